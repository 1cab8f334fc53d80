/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.option.Values.PerBlock;
import dev.kindred.jobs.option.Values.RingChoice;
import dev.kindred.model.Blocks;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.model.files.OwnRule;
import dev.kindred.prediction.Mixture;
import dev.kindred.prediction.Rings;
import dev.kindred.prediction.Rule;
import dev.kindred.prediction.WeightedCounts;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which strings of a block are evidence, and how blocks are mixed. */
public final class RuleOptions {
  private static final double GREATEST_WEIGHT = 1e9;

  @Option(
      names = "--thresholds",
      paramLabel = "auto|a,b,..",
      converter = Values.Numbers.class,
      description =
          "cosine similarity above which a string is evidence, one for each block"
              + " (${DEFAULT-VALUE}); auto: as the model's folder says, or else chosen by windows"
              + " that are not prompts")
  private PerBlock thresholds;

  @Option(
      names = "--weights",
      paramLabel = "auto|a,b,..",
      converter = Values.Numbers.class,
      description = "factor of each block's next-token counts (${DEFAULT-VALUE})")
  private PerBlock weights;

  @Option(
      names = "--saturation",
      paramLabel = "auto|X|none",
      converter = Values.Saturation.class,
      description =
          "next tokens at which a block has half of its greatest share (${DEFAULT-VALUE})")
  private double saturation; // NaN for auto

  @Option(
      names = "--rings",
      paramLabel = "auto|fit|none|RINGS",
      converter = Values.RingsOf.class,
      description =
          "rings of similarity in place of one threshold a block, each as threshold/tokens/exponent/growth"
              + " (${DEFAULT-VALUE}); auto: where the rule is chosen; fit: chosen though the model's"
              + " folder has a rule; none: thresholds and weights are chosen")
  private RingChoice rings;

  @Option(
      names = "--center",
      paramLabel = "true|false",
      arity = "0..1",
      fallbackValue = "true",
      description =
          "takes the mean of a block's vectors away before similarities (${DEFAULT-VALUE})")
  private boolean isCentred;

  /** Whether similarities are of vectors without their block's mean. */
  public boolean isCentred() {
    return isCentred;
  }

  /** Whether nothing of the rule is given. */
  public boolean isOfModel() {
    return hasNoCounts() && rings.rings() == null;
  }

  private boolean hasNoCounts() {
    return thresholds.numbers() == null && weights.numbers() == null && Double.isNaN(saturation);
  }

  /** Whether a rule that is to be chosen may have rings. */
  public boolean isOfRings() {
    return !rings.text().equals(RingChoice.NONE);
  }

  /**
   * Returns the rule for a model: what is given, or else what its folder says.
   *
   * @return none if the rule is to be chosen by evidence
   * @throws InvalidInput if it does not fit the model
   */
  public Optional<Rule> rule(ModelDirectory model) {
    if (rings.rings() != null || rings.text().equals(RingChoice.FIT)) {
      checkAlone();
      return Optional.ofNullable(rings.rings()).map(given -> checked(given, model.blocks()));
    }

    Optional<OwnRule> ofFolder = Optional.ofNullable(model.rule());
    boolean hasRings = ofFolder.isPresent() && ofFolder.get().rings() != null;
    if (hasRings && hasNoCounts() && isOfRings()) {
      return Optional.of(ringsOf(model));
    }

    Optional<WeightedCounts> own =
        hasRings ? Optional.empty() : ofFolder.map(rule -> checked(rule, model));
    if (own.isPresent()) {
      return own.map(rule -> counts(model.blocks(), rule));
    }

    if (thresholds.numbers() != null && weights.numbers() != null) {
      return Optional.of(
          new WeightedCounts(
              thresholds(model.blocks()),
              new Mixture(
                  weights(model.blocks()),
                  Double.isNaN(saturation) ? Double.POSITIVE_INFINITY : saturation)));
    }

    if (!isOfModel()) {
      throw new InvalidInput(
          "--thresholds %s --weights %s: for this model give both of them, or neither and no"
              + " --saturation, to have them chosen",
          thresholds.text(), weights.text());
    }

    return Optional.empty();
  }

  /** Rings stand for themselves. */
  private void checkAlone() {
    if (!hasNoCounts()) {
      throw new InvalidInput(
          "--rings %s: rings have thresholds and exponents of their own; leave out --thresholds,"
              + " --weights and --saturation, or --rings",
          rings.text());
    }
  }

  private static Rings checked(Rings rings, Blocks blocks) {
    if (rings.blocks() != blocks.count()) {
      throw Values.invalid(
          "--rings",
          rings.toString(),
          String.format(
              Locale.ROOT,
              "rings of %d blocks for %d blocks; put a semicolon between blocks",
              rings.blocks(),
              blocks.count()));
    }

    return rings;
  }

  /** The rings that the model's folder has, of the blocks that are looked at. */
  private static Rings ringsOf(ModelDirectory model) {
    Blocks blocks = model.blocks();
    String setting = String.format(Locale.ROOT, "--model %s: rule.json: rings", model.uri());
    try {
      Rings ofAll = Rings.parse(model.rule().rings());
      if (ofAll.blocks() == blocks.ofModel()) {
        return new Rings(blocks.numbers().stream().map(ofAll.rings()::get).toList());
      }

      throw new InvalidInput(
          "%s: of %d blocks, the model has %d", setting, ofAll.blocks(), blocks.ofModel());
    } catch (IllegalArgumentException e) {
      throw new InvalidInput("%s: %s", setting, e.getMessage());
    }
  }

  private static WeightedCounts checked(OwnRule own, ModelDirectory model) {
    String setting = String.format(Locale.ROOT, "--model %s: rule.json: ", model.uri());
    Blocks blocks = model.blocks(); // the file has a value for every block of the model
    return new WeightedCounts(
        thresholds(setting + "thresholds", PerBlock.of(blocks.of(own.thresholds())), blocks),
        new Mixture(
            weights(setting + "weights", PerBlock.of(blocks.of(own.weights())), blocks),
            own.saturation() == null
                ? Double.POSITIVE_INFINITY
                : Values.Saturation.checked(setting + "saturation", own.saturation())));
  }

  /**
   * Returns the rule of a run, with what the user gave in place of it.
   *
   * @throws InvalidInput if that does not fit the model
   */
  public Rule rule(Blocks blocks, Rule ofRun) {
    if (rings.rings() != null) {
      checkAlone();
      return checked(rings.rings(), blocks);
    }

    if (rings.text().equals(RingChoice.FIT)) {
      throw new InvalidInput(
          "--rings fit: nothing is fitted here; kindred tune or a run with --rings fit does it, or give"
              + " the rings themselves");
    }

    if (ofRun instanceof WeightedCounts counts) {
      return counts(blocks, counts);
    }

    if (hasNoCounts() && isOfRings()) {
      return ofRun;
    }

    if (thresholds.numbers() == null || weights.numbers() == null) {
      throw new InvalidInput(
          "--rings %s --thresholds %s --weights %s: the run's rule has rings; give thresholds and"
              + " weights in their place, both of them",
          rings.text(), thresholds.text(), weights.text());
    }

    return new WeightedCounts(
        thresholds(blocks),
        new Mixture(
            weights(blocks), Double.isNaN(saturation) ? Double.POSITIVE_INFINITY : saturation));
  }

  private WeightedCounts counts(Blocks blocks, WeightedCounts known) {
    return new WeightedCounts(
        thresholds.numbers() == null ? known.thresholds() : thresholds(blocks),
        new Mixture(
            weights.numbers() == null ? known.mixture().weights() : weights(blocks),
            Double.isNaN(saturation) ? known.mixture().saturation() : saturation));
  }

  private double[] thresholds(Blocks blocks) {
    return thresholds("--thresholds", thresholds, blocks);
  }

  private static double[] thresholds(String setting, PerBlock thresholds, Blocks blocks) {
    checkBlocks(setting, thresholds, blocks);
    for (int place = 0; place < blocks.count(); place++) {
      double threshold = thresholds.numbers()[place];
      if (!(threshold >= -1 && threshold <= 1)) {
        throw Values.invalid(
            setting,
            thresholds.text(),
            String.format(
                Locale.ROOT,
                "%s for block %d is outside [-1, 1], the range of a cosine",
                threshold,
                blocks.number(place)));
      }
    }

    return thresholds.numbers().clone();
  }

  private double[] weights(Blocks blocks) {
    return weights("--weights", weights, blocks);
  }

  /** Weights are 0 or from 1e-9 to 1e9, not all of them 0. */
  private static double[] weights(String setting, PerBlock weights, Blocks blocks) {
    checkBlocks(setting, weights, blocks);
    for (int place = 0; place < blocks.count(); place++) {
      double weight = weights.numbers()[place];
      if (weight != 0 && !(weight >= Values.LEAST_FACTOR && weight <= GREATEST_WEIGHT)) {
        throw Values.invalid(
            setting,
            weights.text(),
            String.format(
                Locale.ROOT,
                "%s for block %d is not a weight: 0, or a number from %s to %s",
                weight,
                blocks.number(place),
                Values.LEAST_FACTOR,
                GREATEST_WEIGHT));
      }
    }

    if (Arrays.stream(weights.numbers()).sum() == 0) {
      throw Values.invalid(setting, weights.text(), "at least one weight must be above 0");
    }

    return weights.numbers().clone();
  }

  private static void checkBlocks(String option, PerBlock values, Blocks blocks) {
    if (values.numbers().length != blocks.count()) {
      throw Values.invalid(
          option,
          values.text(),
          String.format(
              Locale.ROOT,
              "%d values for %d blocks; give --thresholds and --weights with %d values"
                  + " each, or auto",
              values.numbers().length,
              blocks.count(),
              blocks.count()));
    }
  }
}
