/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValueType;
import dev.kindred.InvalidInput;
import dev.kindred.model.GptConfig;
import dev.kindred.model.Safetensors;
import dev.kindred.training.Recipe;
import java.io.File;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The settings of a training: command line, then the user's file, then the preset, then {@code
 * conf/kindred.conf}. A bad value is {@link InvalidInput} naming option and remedy.
 */
final class TrainingSettings {
  /** Where they are in {@code kindred.conf}. */
  static final String ROOT = "kindred.train";

  private static final float NORM_EPSILON = 1e-5f;
  private static final double GREATEST_BETA = .999999; // nearer to 1 it would be 1 as a float
  private static final double LEAST_RATE = 1e-12;
  private static final double GREATEST_RATE = 1000;
  private static final double GREATEST_CLIP = 1e9;
  private static final double LEAST_WEIGHT = 1e-6;
  private static final double GREATEST_WEIGHT = 1e6;
  private static final int MOST_LAYERS = 1000;
  private static final int MOST_BATCH_TOKENS = 1 << 24;
  private static final int MOST_EVALUATION_CONTEXTS = 1_000_000;
  private static final int MOST_THREADS = 4096;
  // A checkpoint, which has each number with both of its moments, is written as one array of bytes.
  private static final long MOST_PARAMETERS = 175_000_000;
  // Of one sequence, as every pair of positions has a weight in each layer and head.
  private static final double MOST_ATTENTION_BYTES = 256e9;

  private static final String PRESETS = "presets";

  private final Config config;

  private TrainingSettings(Config config) {
    this.config = config;
  }

  /**
   * Lays the sources over each other.
   *
   * @param file the user's file, or null
   * @param options of the command line, by their names with dashes
   */
  static TrainingSettings resolve(File file, Map<String, String> options) {
    try {
      return lay(file, options);
    } catch (ConfigException e) {
      throw new InvalidInput("--conf %s: %s", file, e.getMessage());
    }
  }

  private static TrainingSettings lay(File file, Map<String, String> options) {
    Map<String, Object> given = new HashMap<>();
    for (TrainingSetting setting : TrainingSetting.values()) {
      String value = options.get("--" + setting.key());
      if (value != null) {
        given.put(
            setting.key(),
            setting == TrainingSetting.CONTEXT_WEIGHTS
                ? Arrays.asList(value.split(",", -1))
                : value);
      }
    }

    Config ofCommandLine = ConfigFactory.parseMap(given, "command line");
    checkOneDuration("", ofCommandLine);
    Config bundled = Bundled.SETTINGS;
    Config user = userFile(file);
    checkKeys(file, user);
    checkOneDuration("--conf " + file + ": ", user);
    Config own = over(ofCommandLine, user);
    Config all = own.withFallback(bundled);
    String preset = all.getString(TrainingSetting.PRESET.key());
    Config presets = all.getConfig("presets");
    if (!presets.root().containsKey(preset)) {
      throw new InvalidInput(
          "--preset %s: not a preset; there are %s",
          preset, String.join(", ", presets.root().keySet().stream().sorted().toList()));
    }

    Config ofUser = preset(user, preset);
    checkOneDuration("--conf " + file + ": preset " + preset + ": ", ofUser);
    Config chosen = over(ofUser, preset(bundled, preset));
    return new TrainingSettings(over(own, chosen).withFallback(bundled));
  }

  /**
   * Checks the names of settings and of those in presets.
   *
   * @param file for messages
   * @param user what the file has for trainings; need not be resolved
   */
  static void checkKeys(File file, Config user) {
    checkKeys(file, ROOT, user.root());
    if (user.root().get(PRESETS) instanceof ConfigObject presets) {
      presets.forEach(
          (name, preset) -> {
            if (preset instanceof ConfigObject settings) {
              checkKeys(file, ROOT + "." + PRESETS + "." + name, settings);
            }
          });
    }
  }

  private static void checkKeys(File file, String path, ConfigObject settings) {
    for (String key : settings.keySet()) {
      boolean known =
          path.equals(ROOT) && key.equals(PRESETS)
              || Arrays.stream(TrainingSetting.values()).anyMatch(s -> s.key().equals(key));
      if (!known) {
        throw new InvalidInput("--conf %s: %s.%s is not a setting", file, path, key);
      }
    }
  }

  private static Config preset(Config source, String name) {
    String path = ConfigUtil.joinPath("presets", name);
    return source.hasPath(path) ? source.getConfig(path) : ConfigFactory.empty();
  }

  private static Config userFile(File file) {
    if (file == null) {
      return ConfigFactory.empty();
    }

    Config written = ConfigFactory.parseFile(file);
    Config all =
        ConfigFactory.defaultOverrides()
            .withFallback(written)
            .withFallback(ConfigFactory.parseResources("kindred.conf"));
    Config user = written.resolveWith(all);
    return user.hasPath(ROOT) ? user.getConfig(ROOT) : ConfigFactory.empty();
  }

  private static void checkOneDuration(String source, Config config) {
    if (config.hasPath(TrainingSetting.STEPS.key())
        && config.hasPath(TrainingSetting.EPOCHS.key())) {
      throw new InvalidInput("%s--steps and --epochs: only one of them can be given", source);
    }
  }

  /** Steps given by the one take epochs of the other out of force, and the other way round. */
  private static Config over(Config above, Config below) {
    boolean isGiven =
        above.hasPath(TrainingSetting.STEPS.key()) || above.hasPath(TrainingSetting.EPOCHS.key());
    return above.withFallback(
        isGiven
            ? below
                .withoutPath(TrainingSetting.STEPS.key())
                .withoutPath(TrainingSetting.EPOCHS.key())
            : below);
  }

  /** Parsed once, since each setting of each command line asks for it. */
  private static final class Bundled {
    private static final Config SETTINGS =
        ConfigFactory.parseResources("kindred.conf").getConfig(ROOT);
  }

  /** The presets in {@code conf/kindred.conf}, for help texts. */
  static String defaultOf(TrainingSetting setting) {
    Config bundled = Bundled.SETTINGS;
    if (bundled.hasPath(setting.key())) {
      return text(bundled, setting.key());
    }

    List<String> values = new ArrayList<>();
    for (String preset : bundled.getObject("presets").keySet().stream().sorted().toList()) {
      Config settings = bundled.getConfig("presets." + preset);
      if (settings.hasPath(setting.key())) {
        values.add(preset + ": " + text(settings, setting.key()));
      }
    }

    return String.join(", ", values);
  }

  private static String text(Config config, String key) {
    Object value = config.getAnyRef(key);
    return value instanceof List<?> list
        ? String.join(",", list.stream().map(String::valueOf).toList())
        : String.valueOf(value);
  }

  String out() {
    String out = string(TrainingSetting.OUT);
    if (out.isEmpty()) {
      throw new InvalidInput(
          "--out: missing; name the folder of the model, e.g. --out models/mine");
    }

    return out;
  }

  /** A tokenizer's file, or empty for the corpus's characters. */
  String tokenizer() {
    return string(TrainingSetting.TOKENIZER);
  }

  /** The model's shape. */
  GptConfig model(int vocabularySize) {
    int dModel = positive(TrainingSetting.D_MODEL);
    int heads = positive(TrainingSetting.HEADS);
    if (dModel % heads != 0) {
      throw invalid(
          TrainingSetting.D_MODEL,
          String.format(Locale.ROOT, "not a multiple of --heads %d", heads));
    }

    int layers = whole(TrainingSetting.LAYERS, 1, MOST_LAYERS);
    int context = positive(TrainingSetting.CONTEXT);
    checkSize(vocabularySize, dModel, layers, heads, context);
    return new GptConfig(
        vocabularySize,
        dModel,
        layers,
        heads,
        4 * dModel,
        context,
        GptConfig.Activation.RELU,
        false,
        true,
        false,
        true,
        NORM_EPSILON);
  }

  /** In floating point, as products of settings may be larger than any whole number. */
  private void checkSize(int vocabularySize, int dModel, int layers, int heads, int context) {
    double d = dModel;
    double parameters = d * (2. * vocabularySize + context + layers * (12 * d + 10));
    if (parameters > MOST_PARAMETERS) {
      throw new InvalidInput(
          "--layers %d --d-model %d --context %d: with a vocabulary of %d that is a model of %,.0f"
              + " million numbers, which take %,.1f GB to train; expected at most %d million",
          layers,
          dModel,
          context,
          vocabularySize,
          parameters / 1e6,
          4 * Float.BYTES * parameters / 1e9,
          MOST_PARAMETERS / 1_000_000);
    }

    double attention = (double) Float.BYTES * layers * heads * context * context;
    if (attention > MOST_ATTENTION_BYTES) {
      throw new InvalidInput(
          "--context %d: attention over it takes %,.0f GB in %d layers of %d heads; expected at most"
              + " %,.0f GB, give a shorter one",
          context, attention / 1e9, layers, heads, MOST_ATTENTION_BYTES / 1e9);
    }
  }

  /**
   * How it is trained.
   *
   * @param trainTokens of the training split, for epochs
   */
  Recipe recipe(long trainTokens) {
    int batchTokens = whole(TrainingSetting.BATCH_TOKENS, 1, MOST_BATCH_TOKENS);
    return new Recipe(
        wholeNumber(TrainingSetting.SEED),
        steps(trainTokens, batchTokens),
        batchTokens,
        contextWeights(),
        rate(TrainingSetting.LEARNING_RATE, GREATEST_RATE),
        rate(TrainingSetting.FINAL_LEARNING_RATE, GREATEST_RATE),
        notNegative(TrainingSetting.WARM_UP_STEPS),
        oneOf(TrainingSetting.DECAY, Recipe.Decay.class),
        notNegative(TrainingSetting.DECAY_START),
        number(TrainingSetting.BETA1, 0, GREATEST_BETA),
        number(TrainingSetting.BETA2, 0, GREATEST_BETA),
        rate(TrainingSetting.WEIGHT_DECAY, GREATEST_RATE),
        oneOf(TrainingSetting.DECAYED_WEIGHTS, Recipe.DecayedWeights.class),
        rate(TrainingSetting.CLIP, GREATEST_CLIP),
        number(TrainingSetting.DROPOUT, 0, .99),
        positive(TrainingSetting.EVALUATE_EVERY),
        whole(TrainingSetting.EVALUATION_CONTEXTS, 1, MOST_EVALUATION_CONTEXTS));
  }

  private int steps(long trainTokens, int batchTokens) {
    if (!config.hasPath(TrainingSetting.EPOCHS.key())) {
      return positive(TrainingSetting.STEPS);
    }

    double epochs = number(TrainingSetting.EPOCHS, 1e-9, 1e9);
    double steps = Math.ceil(epochs * trainTokens / batchTokens);
    if (steps > Integer.MAX_VALUE) {
      throw invalid(
          TrainingSetting.EPOCHS, String.format(Locale.ROOT, "%.0f steps are too many", steps));
    }

    return (int) steps;
  }

  private List<Double> contextWeights() {
    List<Double> weights;
    try {
      weights = config.getDoubleList(TrainingSetting.CONTEXT_WEIGHTS.key());
    } catch (ConfigException e) {
      throw invalid(TrainingSetting.CONTEXT_WEIGHTS, "expected four numbers");
    }

    boolean valid =
        weights.size() == 4
            && weights.stream().allMatch(TrainingSettings::isWeight)
            && weights.stream().anyMatch(weight -> weight > 0);
    if (!valid) {
      throw invalid(
          TrainingSetting.CONTEXT_WEIGHTS,
          String.format(
              Locale.ROOT,
              "expected four numbers, each of them 0 or from %s to %s, not all of them 0",
              LEAST_WEIGHT,
              GREATEST_WEIGHT));
    }

    return weights;
  }

  private static boolean isWeight(double weight) {
    return weight == 0 || weight >= LEAST_WEIGHT && weight <= GREATEST_WEIGHT;
  }

  Duration checkpointInterval() {
    return Duration.ofSeconds(positive(TrainingSetting.CHECKPOINT_SECONDS));
  }

  int threads() {
    return string(TrainingSetting.THREADS).equalsIgnoreCase("auto")
        ? Runtime.getRuntime().availableProcessors()
        : whole(TrainingSetting.THREADS, 1, MOST_THREADS);
  }

  Safetensors.Dtype dtype() {
    return oneOf(TrainingSetting.DTYPE, Safetensors.Dtype.class);
  }

  /** Checks every setting that needs nothing but itself. */
  void check() {
    out();
    model(1);
    recipe(1);
    checkpointInterval();
    threads();
    dtype();
  }

  private String string(TrainingSetting setting) {
    if (!config.hasPath(setting.key())) {
      throw new InvalidInput(
          "--%s: missing; give it, or another preset, which has it", setting.key());
    }

    ConfigValueType type = config.getValue(setting.key()).valueType();
    if (type == ConfigValueType.OBJECT
        || type == ConfigValueType.LIST && setting != TrainingSetting.CONTEXT_WEIGHTS) {
      throw new InvalidInput(
          "--%s: expected %s, found %s in %s",
          setting.key(),
          setting.parameter(),
          type.name().toLowerCase(Locale.ROOT),
          config.getValue(setting.key()).origin().description());
    }

    return text(config, setting.key());
  }

  private int positive(TrainingSetting setting) {
    return whole(setting, 1, Integer.MAX_VALUE);
  }

  private int notNegative(TrainingSetting setting) {
    return whole(setting, 0, Integer.MAX_VALUE);
  }

  private int whole(TrainingSetting setting, int least, int most) {
    long value = wholeNumber(setting);
    if (value < least || value > most) {
      throw invalid(
          setting,
          String.format(Locale.ROOT, "expected a whole number from %d to %d", least, most));
    }

    return (int) value;
  }

  private long wholeNumber(TrainingSetting setting) {
    try {
      return Long.parseLong(string(setting));
    } catch (NumberFormatException e) {
      throw invalid(setting, "expected a whole number");
    }
  }

  private double number(TrainingSetting setting, double least, double most) {
    double value = number(setting);
    if (!(value >= least && value <= most)) {
      throw invalid(
          setting, String.format(Locale.ROOT, "expected a number from %s to %s", least, most));
    }

    return value;
  }

  /** 0, or a number that is not lost when weights are multiplied by it. */
  private double rate(TrainingSetting setting, double most) {
    double value = number(setting);
    if (!(value == 0 || value >= LEAST_RATE && value <= most)) {
      throw invalid(
          setting,
          String.format(Locale.ROOT, "expected 0, or a number from %s to %s", LEAST_RATE, most));
    }

    return value;
  }

  private double number(TrainingSetting setting) {
    try {
      return Double.parseDouble(string(setting));
    } catch (NumberFormatException e) {
      throw invalid(setting, "expected a number");
    }
  }

  private <E extends Enum<E>> E oneOf(TrainingSetting setting, Class<E> choices) {
    for (E choice : choices.getEnumConstants()) {
      if (choice.name().equalsIgnoreCase(string(setting))) {
        return choice;
      }
    }

    throw invalid(
        setting,
        "expected one of " + Arrays.toString(choices.getEnumConstants()).toLowerCase(Locale.ROOT));
  }

  private InvalidInput invalid(TrainingSetting setting, String remedy) {
    return new InvalidInput("--%s %s: %s", setting.key(), string(setting), remedy);
  }
}
