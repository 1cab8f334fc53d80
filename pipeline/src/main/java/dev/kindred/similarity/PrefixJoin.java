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
  private final float[] shortOutside; // WindowBatch.CAPACITY
  private final Candidates candidates;
  private final int[] openWindows = new int[WindowBatch.CAPACITY];
  private final float[] openProducts = new float[WindowBatch.CAPACITY];
  private final int[] foundWindows = new int[WindowBatch.CAPACITY];
  private int found; // of a prompt, in foundWindows

  /**
   * @param shortAxes axes of the short prefix, at most all axes
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
    this.shortOutside = new float[WindowBatch.CAPACITY];
    this.candidates = new Candidates(kernel);
  }

  @Override
  public void join(WindowBatch windows) {
    int length = promptPrefixes.shortLength();
    projection.project(windows.pack(), windows.size(), longRows);
    projection.shorten(longRows, windows.size(), length - 1, shortRows);
    for (int window = 0; window < windows.size(); window++) {
      shortOutside[window] = shortRows[(window + 1) * length - 1];
    }

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
        if (candidates.size(column) > 0) {
          settle(windows, column, first + column);
        }
      }
    }
  }

  /** Settles a prompt's pairs that may be above the threshold. */
  private void settle(WindowBatch windows, int column, int prompt) {
    found = 0;
    int open = settleByShortPrefix(column, prompt);
    multiplyLongPrefixes(open, prompt);
    for (int i = 0; i < open; i++) {
      settleByLongPrefix(windows, openWindows[i], prompt, openProducts[i]);
    }

    evidence.count(prompt, windows, foundWindows, found);
  }

  /**
   * Finds the pairs that are surely above the threshold and surely not among the most similar.
   *
   * @return how many it leaves in openWindows
   */
  private int settleByShortPrefix(int column, int prompt) {
    double outside = 2.0 * promptPrefixes.shortOutside()[prompt];
    double certain = threshold + shortError;
    double least = evidence.leastKept(prompt) - shortError;
    int open = 0;
    for (int i = 0; i < candidates.size(column); i++) {
      int window = candidates.window(column, i);
      float upper = candidates.value(column, i);
      boolean above = upper - outside * shortOutside[window] > certain && upper < least;
      foundWindows[found] = window;
      openWindows[open] = window;
      found += above ? 1 : 0;
      open += above ? 0 : 1;
    }

    return open;
  }

  /** In a loop of its own, since a product's last additions would otherwise be waited for. */
  private void multiplyLongPrefixes(int open, int prompt) {
    int length = promptPrefixes.longLength();
    float[] promptRows = promptPrefixes.longRows();
    for (int i = 0; i < open; i++) {
      openProducts[i] =
          kernel.dot(longRows, openWindows[i] * length, promptRows, prompt * length, length);
    }
  }

  private void settleByLongPrefix(WindowBatch windows, int window, int prompt, float product) {
    double upper = product + longError;
    if (upper <= threshold) {
      settled.byLongPrefix++;
      return;
    }

    int length = promptPrefixes.longLength();
    double outside =
        (double) longRows[(window + 1) * length - 1]
            * promptPrefixes.longRows()[(prompt + 1) * length - 1];
    boolean above = upper - 2 * outside - 2 * longError > threshold;
    if (above && upper < evidence.leastKept(prompt)) {
      settled.byLongPrefix++;
      foundWindows[found++] = window;
    } else {
      check.decide(windows, window, prompt);
    }
  }
}
