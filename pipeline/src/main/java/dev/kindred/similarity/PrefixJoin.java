/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

/**
 * Settles most pairs by the bounds of a short prefix ({@link Projection}), computed densely, tile
 * by tile; of the rest most by a longer prefix, and what is left by the full vectors.
 *
 * <p>A slice of prompts and a batch of windows stay in the second-level cache together: prefixes
 * and the prompts' rows of evidence.
 */
final class PrefixJoin implements PairJoin {
  private static final int SLICE = 1008; // a multiple of every kernel's panel

  private final TileKernel kernel;
  private final PromptVectors prompts;
  private final PromptPrefixes promptPrefixes;
  private final EvidenceTable evidence;
  private final PairCheck check;
  private final SettledPairs settled;
  private final Projection projection;
  private final double threshold;
  private final double shortError;
  private final double longError;
  private final float surelyBelow;
  private final float[] longRows; // WindowBatch.CAPACITY x longLength
  private final float[] shortRows; // WindowBatch.CAPACITY x shortLength
  private final float[] shortPacked;
  private final Candidates candidates;

  /**
   * @param shortAxes axes of the short prefix, fewer than all axes
   */
  PrefixJoin(
      TileKernel kernel,
      PromptVectors prompts,
      PrincipalAxes axes,
      int shortAxes,
      EvidenceTable evidence,
      PairCheck check,
      SettledPairs settled,
      double threshold) {
    this.kernel = kernel;
    this.prompts = prompts;
    this.promptPrefixes = prompts.prefixes(kernel, axes, shortAxes);
    this.evidence = evidence;
    this.check = check;
    this.settled = settled;
    this.projection = new Projection(kernel, axes);
    this.threshold = threshold;
    this.shortError = projection.boundError(shortAxes);
    this.longError = projection.boundError(axes.count());
    this.surelyBelow = Math.nextDown((float) (threshold - shortError));
    this.longRows = new float[WindowBatch.CAPACITY * promptPrefixes.longLength()];
    this.shortRows = new float[WindowBatch.CAPACITY * promptPrefixes.shortLength()];
    this.shortPacked = new float[shortRows.length];
    this.candidates = new Candidates(kernel);
  }

  @Override
  public void join(WindowBatch windows) {
    int length = promptPrefixes.shortLength();
    projection.project(windows.pack(), windows.size(), longRows);
    projection.shorten(longRows, windows.size(), length - 1, shortRows);
    UnitVectors.interleave(
        shortRows, 0, windows.size(), length, length, TileKernel.WINDOWS, shortPacked);
    long before = later();
    for (int first = 0; first < prompts.count(); first += SLICE) {
      joinSlice(windows, first, Math.min(prompts.count(), first + SLICE));
    }

    settled.byPrefix += (long) windows.size() * prompts.count() - (later() - before);
  }

  private long later() {
    return settled.byLongPrefix + settled.byFloat + settled.byDouble;
  }

  private void joinSlice(WindowBatch windows, int from, int to) {
    for (int first = from; first < to; first += kernel.promptsPerPanel()) {
      candidates.gather(
          shortPacked,
          windows.size(),
          promptPrefixes.shortPanels(),
          first,
          promptPrefixes.shortLength(),
          surelyBelow);
      int columns = Math.min(kernel.promptsPerPanel(), to - first);
      for (int column = 0; column < columns; column++) {
        for (int i = 0; i < candidates.size(column); i++) {
          settle(
              windows, candidates.window(column, i), first + column, candidates.value(column, i));
        }
      }
    }
  }

  /**
   * Settles a pair that may be above the threshold.
   *
   * @param upper the short prefixes' upper bound
   */
  private void settle(WindowBatch windows, int window, int prompt, float upper) {
    int shortLength = promptPrefixes.shortLength();
    double outside =
        (double) shortRows[(window + 1) * shortLength - 1] * promptPrefixes.shortOutside()[prompt];
    boolean above = upper - 2 * outside - shortError > threshold;
    if (above && !evidence.mayKeep(prompt, upper + shortError)) {
      evidence.count(prompt, windows, window);
    } else {
      settleByLongPrefix(windows, window, prompt);
    }
  }

  private void settleByLongPrefix(WindowBatch windows, int window, int prompt) {
    int length = promptPrefixes.longLength();
    float[] promptRows = promptPrefixes.longRows();
    double upper =
        longError + kernel.dot(longRows, window * length, promptRows, prompt * length, length);
    if (upper <= threshold) {
      settled.byLongPrefix++;
      return;
    }

    double outside =
        (double) longRows[(window + 1) * length - 1] * promptRows[(prompt + 1) * length - 1];
    boolean above = upper - 2 * outside - 2 * longError > threshold;
    if (above && !evidence.mayKeep(prompt, upper)) {
      settled.byLongPrefix++;
      evidence.count(prompt, windows, window);
    } else {
      check.decide(windows, window, prompt);
    }
  }
}
