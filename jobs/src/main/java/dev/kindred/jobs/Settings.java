/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueType;
import dev.kindred.InvalidInput;
import dev.kindred.Location;
import dev.kindred.corpus.Corpus;
import dev.kindred.kernel.TileKernels;
import dev.kindred.model.ModelShape;
import dev.kindred.prediction.Mixture;
import dev.kindred.similarity.SimilarStrings;
import dev.kindred.similarity.SimilarityBins;
import java.io.File;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * All settings of a run: {@code conf/kindred.conf}, the user's file over it, the command line over
 * both. Each getter checks its value; a bad one is {@link InvalidInput} naming option and remedy.
 */
final class Settings {
  private static final String ROOT = "kindred";

  // Beyond these, products with counts of next tokens are lost: as 0, or as infinity.
  private static final double LEAST_FACTOR = 1e-9;
  private static final double GREATEST_WEIGHT = 1e9;
  private static final double GREATEST_SATURATION = 1e15;

  private final Map<Setting, String> values;
  private final Set<Setting> given;

  private Settings(Map<Setting, String> values, Set<Setting> given) {
    this.values = values;
    this.given = given;
  }

  /**
   * Lays the sources over each other.
   *
   * @param file the user's file, or null
   * @param options what the command line gives, by setting
   */
  static Settings resolve(File file, Map<Setting, String> options) {
    try {
      return lay(file, options);
    } catch (ConfigException e) {
      throw new InvalidInput(
          "%s: %s", file == null ? "system property" : "--conf " + file, e.getMessage());
    } catch (StackOverflowError e) {
      throw new InvalidInput("--conf %s: objects or lists are nested too deeply in it", file);
    }
  }

  private static Settings lay(File file, Map<Setting, String> options) {
    Config user = ConfigFactory.defaultOverrides().withFallback(userFile(file));
    Config config = user.withFallback(ConfigFactory.parseResources("kindred.conf")).resolve();
    Set<String> keys = user.hasPath(ROOT) ? user.getObject(ROOT).keySet() : Set.of();
    Map<Setting, String> values = new TreeMap<>();
    Set<Setting> given = EnumSet.noneOf(Setting.class);
    for (Setting setting : Setting.values()) {
      String option = options.get(setting);
      values.put(setting, option == null ? text(config, setting) : option);
      if (option != null || keys.contains(setting.key())) {
        given.add(setting);
      }
    }

    // A run remembers its model, and may be reported on from another working directory. Where there
    // is none, a model below it, as the default is, will be refused if it is read.
    if (Location.hasWorkingDirectory()) {
      values.computeIfPresent(
          Setting.MODEL, (setting, uri) -> Location.of("--model", uri).path().toString());
    }

    return new Settings(values, given);
  }

  /** Settings as {@link #asText()} wrote them; none counts as given. */
  static Settings of(Map<String, String> text) {
    Map<Setting, String> values = new TreeMap<>();
    for (Setting setting : Setting.values()) {
      values.put(setting, text.get(setting.key()));
    }

    return new Settings(values, Set.of());
  }

  /** Whether the user gave a setting, by option or file: it is more than a default. */
  boolean isGiven(Setting setting) {
    return given.contains(setting);
  }

  private static Config userFile(File file) {
    if (file == null) {
      return ConfigFactory.empty();
    }

    if (!file.isFile()) {
      throw new InvalidInput("--conf %s: no such file", file);
    }

    Config config = ConfigFactory.parseFile(file);
    if (!config.hasPath(ROOT)) {
      throw new InvalidInput(
          "--conf %s: no settings in it; write them as kindred.prompts = 500", file);
    }

    for (String key : config.getConfig(ROOT).root().keySet()) {
      if (!key.equals("home")
          && !key.equals("train")
          && Arrays.stream(Setting.values()).noneMatch(s -> s.key().equals(key))) {
        throw new InvalidInput("--conf %s: kindred.%s is not a setting", file, key);
      }
    }

    if (config.hasPath(TrainingSettings.ROOT)) {
      TrainingSettings.checkKeys(file, config.getConfig(TrainingSettings.ROOT));
    }

    return config;
  }

  private static String text(Config config, Setting setting) {
    String path = ROOT + "." + setting.key();
    return config.getValue(path).valueType() == ConfigValueType.LIST
        ? config.getList(path).stream()
            .map(value -> value.unwrapped().toString())
            .collect(Collectors.joining(","))
        : config.getString(path);
  }

  /** Every setting by its name, as it is in force. */
  Map<String, String> asText() {
    return values.entrySet().stream()
        .collect(
            Collectors.toMap(
                e -> e.getKey().key(), Map.Entry::getValue, (a, b) -> a, TreeMap::new));
  }

  String corpus() {
    return values.get(Setting.CORPUS);
  }

  Corpus.Format corpusFormat() {
    String value = values.get(Setting.CORPUS_FORMAT);
    for (Corpus.Format format : Corpus.Format.values()) {
      if (format.name().equalsIgnoreCase(value)) {
        return format;
      }
    }

    throw invalid(
        Setting.CORPUS_FORMAT,
        "expected one of " + Arrays.toString(Corpus.Format.values()).toLowerCase(Locale.ROOT));
  }

  String textColumn() {
    return values.get(Setting.TEXT_COLUMN);
  }

  String model() {
    return values.get(Setting.MODEL);
  }

  /** Model directories, or auto, or none. */
  String alternates() {
    return values.get(Setting.ALTERNATES);
  }

  int windowLength() {
    return positiveInt(Setting.WINDOW_LENGTH);
  }

  /** How many prompts to draw, or empty if {@link #promptFile} names them. */
  OptionalInt promptCount() {
    String value = values.get(Setting.PROMPTS);
    return value.matches("-?\\d+")
        ? OptionalInt.of(positiveInt(Setting.PROMPTS))
        : OptionalInt.empty();
  }

  String promptFile() {
    return values.get(Setting.PROMPTS);
  }

  long promptSeed() {
    try {
      return Long.parseLong(values.get(Setting.PROMPT_SEED));
    } catch (NumberFormatException e) {
      throw invalid(Setting.PROMPT_SEED, "expected a whole number");
    }
  }

  /** One threshold a block, each in [-1, 1]. */
  double[] thresholds(ModelShape model) {
    double[] thresholds = perBlock(Setting.THRESHOLDS, model);
    for (int block = 0; block < thresholds.length; block++) {
      if (!(thresholds[block] >= -1 && thresholds[block] <= 1)) {
        throw invalid(
            Setting.THRESHOLDS,
            String.format(
                Locale.ROOT,
                "%s for block %d is outside [-1, 1], the range of a cosine",
                thresholds[block],
                block));
      }
    }

    return thresholds;
  }

  /** One weight a block, 0 or from 1e-9 to 1e9, not all zero. */
  private double[] weights(ModelShape model) {
    double[] weights = perBlock(Setting.WEIGHTS, model);
    for (int block = 0; block < weights.length; block++) {
      boolean valid =
          weights[block] == 0
              || weights[block] >= LEAST_FACTOR && weights[block] <= GREATEST_WEIGHT;
      if (!valid) {
        throw invalid(
            Setting.WEIGHTS,
            String.format(
                Locale.ROOT,
                "%s for block %d is not a weight: 0, or a number from %s to %s",
                weights[block],
                block,
                LEAST_FACTOR,
                GREATEST_WEIGHT));
      }
    }

    if (Arrays.stream(weights).sum() == 0) {
      throw invalid(Setting.WEIGHTS, "at least one weight must be above 0");
    }

    return weights;
  }

  int tuningPrompts() {
    int prompts = positiveInt(Setting.TUNING_PROMPTS);
    if (prompts < 2) {
      throw invalid(
          Setting.TUNING_PROMPTS, "expected 2 or more, to search on some and measure others");
    }

    return prompts;
  }

  /** The grid of thresholds that tune tries. */
  SimilarityBins bins() {
    try {
      return SimilarityBins.grid(values.get(Setting.BIN_FLOOR), values.get(Setting.BIN_STEP));
    } catch (NumberFormatException e) {
      throw new InvalidInput(
          "--bin-floor %s --bin-step %s: expected numbers such as 0.7 and 0.01",
          values.get(Setting.BIN_FLOOR), values.get(Setting.BIN_STEP));
    }
  }

  /** How blocks are mixed. */
  Mixture mixture(ModelShape model) {
    return new Mixture(weights(model), saturation());
  }

  private double saturation() {
    String value = values.get(Setting.SATURATION);
    if (value == null || value.equalsIgnoreCase("none")) {
      return Double.POSITIVE_INFINITY;
    }

    try {
      double saturation = Double.parseDouble(value);
      if (saturation >= LEAST_FACTOR && saturation <= GREATEST_SATURATION) {
        return saturation;
      }
    } catch (NumberFormatException e) {
      // The message below serves both.
    }

    throw invalid(
        Setting.SATURATION,
        String.format(
            Locale.ROOT,
            "expected a number from %s to %s, or none",
            LEAST_FACTOR,
            GREATEST_SATURATION));
  }

  private double[] perBlock(Setting setting, ModelShape model) {
    String[] parts = values.get(setting).split(",", -1);
    double[] numbers = new double[parts.length];
    for (int i = 0; i < parts.length; i++) {
      try {
        numbers[i] = Double.parseDouble(parts[i].trim());
      } catch (NumberFormatException e) {
        throw invalid(
            setting, String.format(Locale.ROOT, "\"%s\" is not a number", parts[i].trim()));
      }
    }

    if (numbers.length != model.blocks()) {
      throw invalid(
          setting,
          String.format(
              Locale.ROOT,
              "%d values for a model of %d blocks; give --thresholds and --weights with %d values"
                  + " each",
              numbers.length,
              model.blocks(),
              model.blocks()));
    }

    return numbers;
  }

  /** Similar strings to keep; {@link Integer#MAX_VALUE} for all. */
  int keepSimilar() {
    String value = values.get(Setting.KEEP_SIMILAR);
    if (value.equalsIgnoreCase("all")) {
      return Integer.MAX_VALUE;
    }

    if (!value.matches("\\d{1,9}")) {
      throw invalid(Setting.KEEP_SIMILAR, "expected a whole number of 0 or more, or all");
    }

    return Integer.parseInt(value);
  }

  TileKernels.Choice kernel() {
    return TileKernels.Choice.of(values.get(Setting.KERNEL));
  }

  /** Axes of the join's first bound; {@link SimilarStrings#AUTO_AXES} for a plan a block. */
  int prefixAxes() {
    String value = values.get(Setting.PREFIX_AXES);
    if (value.equalsIgnoreCase("auto")) {
      return SimilarStrings.AUTO_AXES;
    }

    if (!value.matches("\\d{1,2}") || Integer.parseInt(value) > SimilarStrings.MAX_AXES) {
      throw invalid(
          Setting.PREFIX_AXES,
          "expected auto, or a whole number from 0 to " + SimilarStrings.MAX_AXES);
    }

    return Integer.parseInt(value);
  }

  int windowsPerTask() {
    return positiveInt(Setting.WINDOWS_PER_TASK);
  }

  /**
   * Windows that a task evaluates at once: so many that they cannot have more distinct prefixes
   * than nodes-in-flight, but at least one.
   */
  int windowsInFlight() {
    return Math.max(1, nodesInFlight() / windowLength());
  }

  int nodesInFlight() {
    return positiveInt(Setting.NODES_IN_FLIGHT);
  }

  /** Published runs that expiry leaves. */
  int keep() {
    return positiveInt(Setting.KEEP);
  }

  int reportPrompts() {
    return positiveInt(Setting.REPORT_PROMPTS);
  }

  String warehouse() {
    return values.get(Setting.WAREHOUSE);
  }

  /** How long to wait for the warehouse's other writer. */
  Duration lockWait() {
    String value = values.get(Setting.LOCK_WAIT);
    if (!value.matches("\\d{1,9}")) {
      throw invalid(Setting.LOCK_WAIT, "expected a whole number of seconds, 0 or more");
    }

    return Duration.ofSeconds(Long.parseLong(value));
  }

  /** The report's file, or empty for the default beside the tables. */
  String report() {
    return values.get(Setting.REPORT);
  }

  /** Checks every setting that needs nothing but itself. */
  void check() {
    corpusFormat();
    windowLength();
    promptCount();
    promptSeed();
    saturation();
    tuningPrompts();
    bins();
    keepSimilar();
    kernel();
    prefixAxes();
    windowsPerTask();
    windowsInFlight();
    reportPrompts();
    keep();
    lockWait();
    checkNoPassword(Setting.CORPUS);
    checkNoPassword(Setting.MODEL);
    checkNoPassword(Setting.WAREHOUSE);
    checkNoPassword(Setting.ALTERNATES);
    checkNoPassword(Setting.PROMPTS);
    checkNoPassword(Setting.REPORT);
  }

  /** Logs and tables name these. */
  private void checkNoPassword(Setting setting) {
    if (values.get(setting).matches("(.*,)?\\s*[A-Za-z0-9+.-]+://[^/@,]*:[^/@,]*@.*")) {
      throw new InvalidInput(
          "--%s: has a password in it; give credentials to Spark's Hadoop settings instead",
          setting.key());
    }
  }

  private int positiveInt(Setting setting) {
    try {
      int value = Integer.parseInt(values.get(setting));
      if (value > 0) {
        return value;
      }
    } catch (NumberFormatException e) {
      // The message below serves both.
    }

    throw invalid(setting, "expected a whole number from 1 to " + Integer.MAX_VALUE);
  }

  private InvalidInput invalid(Setting setting, String remedy) {
    return new InvalidInput("--%s %s: %s", setting.key(), values.get(setting), remedy);
  }
}
