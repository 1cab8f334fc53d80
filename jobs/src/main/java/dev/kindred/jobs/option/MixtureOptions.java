/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.option.Values.PerBlock;
import dev.kindred.model.ModelShape;
import dev.kindred.prediction.Mixture;
import java.util.Arrays;
import java.util.Locale;
import picocli.CommandLine.Option;

/** Which strings of a block are evidence, and how blocks are mixed. */
public final class MixtureOptions {
  private static final double GREATEST_WEIGHT = 1e9;

  @Option(
      names = "--thresholds",
      paramLabel = "a,b,..",
      converter = Values.Numbers.class,
      description =
          "cosine similarity above which a string is evidence, one for each block"
              + " (${DEFAULT-VALUE})")
  private PerBlock thresholds;

  @Option(
      names = "--weights",
      paramLabel = "a,b,..",
      converter = Values.Numbers.class,
      description = "factor of each block's next-token counts (${DEFAULT-VALUE})")
  private PerBlock weights;

  @Option(
      names = "--saturation",
      paramLabel = "X|none",
      converter = Values.Saturation.class,
      description =
          "next tokens at which a block has half of its greatest share (${DEFAULT-VALUE})")
  private double saturation;

  /** Whether the user gave thresholds. */
  public boolean areThresholdsGiven(Defaults settings) {
    return settings.isGiven("thresholds");
  }

  /** Whether the user gave weights or a saturation. */
  public boolean isMixtureGiven(Defaults settings) {
    return settings.isGiven("weights") || settings.isGiven("saturation");
  }

  /**
   * Returns one threshold a block, each in [-1, 1].
   *
   * @throws InvalidInput if they do not fit the model
   */
  public double[] thresholds(ModelShape model) {
    checkBlocks("--thresholds", thresholds, model);
    for (int block = 0; block < model.blocks(); block++) {
      double threshold = thresholds.numbers()[block];
      if (!(threshold >= -1 && threshold <= 1)) {
        throw Values.invalid(
            "--thresholds",
            thresholds.text(),
            String.format(
                Locale.ROOT,
                "%s for block %d is outside [-1, 1], the range of a cosine",
                threshold,
                block));
      }
    }

    return thresholds.numbers().clone();
  }

  /**
   * Returns how blocks are mixed: by weights that are 0 or from 1e-9 to 1e9, not all of them 0.
   *
   * @throws InvalidInput if they do not fit the model
   */
  public Mixture mixture(ModelShape model) {
    checkBlocks("--weights", weights, model);
    for (int block = 0; block < model.blocks(); block++) {
      double weight = weights.numbers()[block];
      if (weight != 0 && !(weight >= Values.LEAST_FACTOR && weight <= GREATEST_WEIGHT)) {
        throw Values.invalid(
            "--weights",
            weights.text(),
            String.format(
                Locale.ROOT,
                "%s for block %d is not a weight: 0, or a number from %s to %s",
                weight,
                block,
                Values.LEAST_FACTOR,
                GREATEST_WEIGHT));
      }
    }

    if (Arrays.stream(weights.numbers()).sum() == 0) {
      throw Values.invalid("--weights", weights.text(), "at least one weight must be above 0");
    }

    return new Mixture(weights.numbers().clone(), saturation);
  }

  /**
   * Returns the mixture of a run, with what the user gave in place of it.
   *
   * @throws InvalidInput if that does not fit the model
   */
  public Mixture mixture(ModelShape model, Mixture ofRun, Defaults settings) {
    Mixture given = mixture(model);
    return new Mixture(
        settings.isGiven("weights") ? given.weights() : ofRun.weights(),
        settings.isGiven("saturation") ? given.saturation() : ofRun.saturation());
  }

  private static void checkBlocks(String option, PerBlock values, ModelShape model) {
    if (values.numbers().length != model.blocks()) {
      throw Values.invalid(
          option,
          values.text(),
          String.format(
              Locale.ROOT,
              "%d values for a model of %d blocks; give --thresholds and --weights with %d values"
                  + " each",
              values.numbers().length,
              model.blocks(),
              model.blocks()));
    }
  }
}
