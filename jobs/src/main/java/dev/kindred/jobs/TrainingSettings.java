/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
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
  private static final String ROOT = "kindred.train";
  private static final float NORM_EPSILON = 1e-5f;
  private static final double BELOW_ONE = Math.nextDown(1.);

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
    Config bundled = ConfigFactory.parseResources("kindred.conf").getConfig(ROOT);
    Config user = userFile(file);
    for (String key : user.root().keySet()) {
      if (!key.equals("presets")
          && Arrays.stream(TrainingSetting.values()).noneMatch(s -> s.key().equals(key))) {
        throw new InvalidInput("--conf %s: %s.%s is not a setting", file, ROOT, key);
      }
    }

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

  /** The presets in {@code conf/kindred.conf}, for help texts. */
  static String defaultOf(TrainingSetting setting) {
    Config bundled = ConfigFactory.parseResources("kindred.conf").getConfig(ROOT);
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
      throw invalid(TrainingSetting.D_MODEL, String.format("not a multiple of --heads %d", heads));
    }

    return new GptConfig(
        vocabularySize,
        dModel,
        positive(TrainingSetting.LAYERS),
        heads,
        4 * dModel,
        positive(TrainingSetting.CONTEXT),
        GptConfig.Activation.RELU,
        false,
        true,
        false,
        true,
        NORM_EPSILON);
  }

  /**
   * How it is trained.
   *
   * @param trainTokens of the training split, for epochs
   */
  Recipe recipe(long trainTokens) {
    int batchTokens = positive(TrainingSetting.BATCH_TOKENS);
    return new Recipe(
        wholeNumber(TrainingSetting.SEED),
        steps(trainTokens, batchTokens),
        batchTokens,
        contextWeights(),
        number(TrainingSetting.LEARNING_RATE, 0, Double.MAX_VALUE),
        number(TrainingSetting.FINAL_LEARNING_RATE, 0, Double.MAX_VALUE),
        notNegative(TrainingSetting.WARM_UP_STEPS),
        oneOf(TrainingSetting.DECAY, Recipe.Decay.class),
        notNegative(TrainingSetting.DECAY_START),
        number(TrainingSetting.BETA1, 0, BELOW_ONE),
        number(TrainingSetting.BETA2, 0, BELOW_ONE),
        number(TrainingSetting.WEIGHT_DECAY, 0, Double.MAX_VALUE),
        oneOf(TrainingSetting.DECAYED_WEIGHTS, Recipe.DecayedWeights.class),
        number(TrainingSetting.CLIP, 0, Double.MAX_VALUE),
        number(TrainingSetting.DROPOUT, 0, .99),
        positive(TrainingSetting.EVALUATE_EVERY),
        positive(TrainingSetting.EVALUATION_CONTEXTS));
  }

  private int steps(long trainTokens, int batchTokens) {
    if (!config.hasPath(TrainingSetting.EPOCHS.key())) {
      return positive(TrainingSetting.STEPS);
    }

    double epochs = number(TrainingSetting.EPOCHS, 1e-9, 1e9);
    double steps = Math.ceil(epochs * trainTokens / batchTokens);
    if (steps > Integer.MAX_VALUE) {
      throw invalid(TrainingSetting.EPOCHS, String.format("%.0f steps are too many", steps));
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
            && weights.stream().allMatch(weight -> weight >= 0 && Double.isFinite(weight))
            && weights.stream().anyMatch(weight -> weight > 0);
    if (!valid) {
      throw invalid(
          TrainingSetting.CONTEXT_WEIGHTS, "expected four numbers of 0 or more, not all of them 0");
    }

    return weights;
  }

  Duration checkpointInterval() {
    return Duration.ofSeconds(positive(TrainingSetting.CHECKPOINT_SECONDS));
  }

  int threads() {
    return string(TrainingSetting.THREADS).equalsIgnoreCase("auto")
        ? Runtime.getRuntime().availableProcessors()
        : positive(TrainingSetting.THREADS);
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
    return whole(setting, 1);
  }

  private int notNegative(TrainingSetting setting) {
    return whole(setting, 0);
  }

  private int whole(TrainingSetting setting, int least) {
    long value = wholeNumber(setting);
    if (value < least || value > Integer.MAX_VALUE) {
      throw invalid(
          setting,
          String.format("expected a whole number from %d to %d", least, Integer.MAX_VALUE));
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
    double value;
    try {
      value = Double.parseDouble(string(setting));
    } catch (NumberFormatException e) {
      throw invalid(setting, "expected a number");
    }

    if (!(value >= least && value <= most)) {
      throw invalid(
          setting,
          most == Double.MAX_VALUE
              ? String.format(Locale.ROOT, "expected a number of %s or more", least)
              : most == BELOW_ONE
                  ? String.format(Locale.ROOT, "expected a number from %s to below 1", least)
                  : String.format(Locale.ROOT, "expected a number from %s to %s", least, most));
    }

    return value;
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
