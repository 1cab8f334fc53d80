/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.option.Values.Positive;
import dev.kindred.similarity.SimilarityBins;
import picocli.CommandLine.Option;

/** What thresholds and weights are chosen by. */
public final class TuningOptions {
  @Option(
      names = "--tuning-prompts",
      paramLabel = "N",
      converter = Positive.class,
      description =
          "other windows to draw, on which tune chooses thresholds and weights (${DEFAULT-VALUE})")
  private int prompts;

  @Option(
      names = "--bin-floor",
      paramLabel = "X",
      description = "lowest threshold that tune tries (${DEFAULT-VALUE})")
  private String floor;

  @Option(
      names = "--bin-step",
      paramLabel = "X",
      description = "steps between thresholds that tune tries (${DEFAULT-VALUE})")
  private String step;

  /**
   * Returns how many windows to draw.
   *
   * @throws InvalidInput if that is one
   */
  public int prompts() {
    if (prompts < 2) {
      throw Values.invalid(
          "--tuning-prompts", prompts, "expected 2 or more, to search on some and measure others");
    }

    return prompts;
  }

  /**
   * Returns the grid of thresholds that are tried.
   *
   * @throws InvalidInput if there is no such grid
   */
  public SimilarityBins bins() {
    try {
      return SimilarityBins.grid(floor, step);
    } catch (NumberFormatException e) {
      throw new InvalidInput(
          "--bin-floor %s --bin-step %s: expected numbers such as 0.7 and 0.01", floor, step);
    }
  }
}
