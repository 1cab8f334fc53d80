/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.baseline.NGramFit;
import dev.kindred.model.ModelShape;
import dev.kindred.prediction.ModelPredictions;
import dev.kindred.table.Warehouse;

/**
 * Bytes that a run adds to its warehouse, at most, table by table. Parts that are there already
 * need nothing.
 *
 * @param windows the table windows, with room for the shuffle that makes it
 * @param activations the table activations
 * @param prompts the tables prompts, prompt_activations and predictions
 * @param fittingWindows prompts and predictions of the windows that n-grams are fitted to
 * @param noiseFloor the prompts' predictions by models of other seeds
 * @param results the tables of the run itself; what is kept of similar strings has a bound only
 *     where keep-similar is a number, and counts as nothing where it is {@code all}
 */
public record DiskNeed(
    long windows,
    long activations,
    long prompts,
    long fittingWindows,
    long noiseFloor,
    long results) {
  private static final long BYTES_PER_WINDOW = 400;

  /** Parquet's page headers and an id, beside a vector. */
  private static final long BYTES_BESIDE_VECTOR = 32;

  /** A pair of similar_strings: an id and a similarity. */
  private static final long BYTES_PER_SIMILAR_STRING = 12;

  /** A token's probability or count in a map: its id and 8 bytes. */
  private static final long BYTES_PER_TOKEN = 12;

  /**
   * Tokens that follow a prompt's similar strings in a block. Of a larger vocabulary that is an
   * estimate, not a bound: most tokens follow none of them.
   */
  private static final int MOST_TOKENS = ModelPredictions.MOST_DENSE;

  private static final long BYTES_PER_PROMPT = 200; // text, tokens, distances

  /**
   * What a run with nothing to reuse adds.
   *
   * @param windows distinct windows, or a bound of them
   * @param alternates models of other seeds
   * @param keepSimilar {@link Integer#MAX_VALUE} for all
   */
  public static DiskNeed of(
      long windows, long prompts, int alternates, ModelShape shape, int keepSimilar) {
    return of(windows, windows, prompts, alternates, shape, keepSimilar);
  }

  /**
   * What a run adds that reuses activations.
   *
   * @param evaluated windows whose activations are not there yet
   */
  public static DiskNeed of(
      long windows,
      long evaluated,
      long prompts,
      int alternates,
      ModelShape shape,
      int keepSimilar) {
    long vector = Float.BYTES * (long) shape.modelDimension() + BYTES_BESIDE_VECTOR;
    long vectors = shape.blocks() * vector;
    long kept = keepSimilar == Integer.MAX_VALUE ? 0 : Math.min(keepSimilar, windows);
    long distribution = BYTES_PER_TOKEN * Math.min(shape.vocabularySize(), MOST_TOKENS);
    long prediction = ModelPredictions.bytes(shape) + BYTES_PER_PROMPT;
    return new DiskNeed(
        ofWindows(windows),
        evaluated * vectors,
        prompts * (vectors + prediction),
        Math.min(NGramFit.WINDOWS, windows) * prediction,
        alternates * prompts * prediction,
        prompts
            * (shape.blocks() * (BYTES_PER_SIMILAR_STRING * kept + distribution)
                + 2 * distribution
                + BYTES_PER_PROMPT));
  }

  /** What the table windows needs. */
  static long ofWindows(long windows) {
    return windows * BYTES_PER_WINDOW;
  }

  /** The need without what the warehouse has. */
  public DiskNeed without(Reused there) {
    return new DiskNeed(
        there.windows() ? 0 : windows,
        there.activations() ? 0 : activations,
        there.predictions() ? 0 : prompts,
        there.fittingWindows() ? 0 : fittingWindows,
        there.noiseFloor() ? 0 : noiseFloor,
        results);
  }

  public long total() {
    return windows + activations + prompts + fittingWindows + noiseFloor + results;
  }

  /**
   * Checks that the warehouse's disk has room for all of it.
   *
   * @throws dev.kindred.InvalidInput saying how much is needed and how much is free
   */
  void check(Warehouse warehouse) {
    warehouse.checkFree("this run", total());
  }
}
