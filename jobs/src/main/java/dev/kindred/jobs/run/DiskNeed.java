/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.baseline.NGramFit;
import dev.kindred.corpus.CorpusScan;
import dev.kindred.corpus.Passages;
import dev.kindred.jobs.option.ActivationStore;
import dev.kindred.model.ModelShape;
import dev.kindred.model.Precision;
import dev.kindred.prediction.ModelPredictions;
import dev.kindred.table.Warehouse;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.LongFunction;

/**
 * Bytes that a run adds to its warehouse, at most, table by table. Parts that are there already
 * need nothing.
 *
 * @param windows the tables windows, occurrences and passages, with room for the shuffle that makes
 *     them
 * @param activations the table activations, or evidence_pieces in its place
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

  /** A place in occurrences, and the id of a window that has more than one. */
  private static final long BYTES_PER_PLACE = 2 * Long.BYTES;

  /** A passage beside its tokens: numbers and the document's name. */
  private static final long BYTES_PER_PASSAGE = 200;

  /** Parquet's page headers and an id, beside a vector. */
  private static final long BYTES_BESIDE_VECTOR = 32;

  /** A pair of similar_strings: an id and a similarity. */
  private static final long BYTES_PER_SIMILAR_STRING = 12;

  /** Pieces that a pass writes evidence for, at most, unless next tokens need more. */
  static final int EVIDENCE_PIECES = 8;

  /** A pair of evidence_pieces: an id and a similarity. */
  private static final long BYTES_PER_PAIR = 16;

  /** A token's probability or count in a map: its id and 8 bytes. */
  private static final long BYTES_PER_TOKEN = 12;

  /**
   * Tokens that follow a prompt's similar strings in a block, at most. Of a larger vocabulary that
   * is an estimate, not a bound: most tokens follow none of them.
   */
  private static final int MOST_TOKENS = ModelPredictions.MOST_DENSE;

  private static final long BYTES_PER_PROMPT = 200; // text, tokens, distances

  /**
   * What is kept of a model.
   *
   * @param shape with the blocks whose vectors are kept alone
   * @param store how those of windows are
   */
  public record Kept(ModelShape shape, ActivationStore store) {}

  /**
   * What a run with nothing to reuse adds.
   *
   * @param windows distinct windows, or a bound of them
   * @param alternates models of other seeds
   * @param keepSimilar {@link Integer#MAX_VALUE} for all
   */
  public static DiskNeed of(
      long windows, long prompts, int alternates, Kept kept, int keepSimilar) {
    return of(windows, windows, prompts, alternates, kept, keepSimilar);
  }

  /**
   * What a run adds that reuses activations.
   *
   * @param evaluated windows whose activations are not there yet
   */
  public static DiskNeed of(
      long windows, long evaluated, long prompts, int alternates, Kept kept, int keepSimilar) {
    double[] similar = new double[kept.shape().blocks()];
    Arrays.fill(similar, Double.POSITIVE_INFINITY);
    return of(windows, evaluated, prompts, alternates, kept, keepSimilar, similar);
  }

  /**
   * What a run with nothing to reuse will add, about.
   *
   * @param similar windows that are similar to a prompt, on average, by block
   */
  public static DiskNeed expected(
      long windows, long prompts, int alternates, Kept kept, int keepSimilar, double[] similar) {
    return of(windows, windows, prompts, alternates, kept, keepSimilar, similar);
  }

  private static DiskNeed of(
      long windows,
      long evaluated,
      long prompts,
      int alternates,
      Kept kept,
      int keepSimilar,
      double[] similar) {
    ModelShape shape = kept.shape();
    double mostStrings = keepSimilar == Integer.MAX_VALUE ? 0 : Math.min(keepSimilar, windows);
    double strings = Arrays.stream(similar).map(found -> Math.min(mostStrings, found)).sum();
    double mostTokens = Math.min(shape.vocabularySize(), MOST_TOKENS);
    double tokens = Arrays.stream(similar).map(found -> Math.min(mostTokens, found)).sum();
    long prediction = ModelPredictions.bytes(shape) + BYTES_PER_PROMPT;
    return new DiskNeed(
        ofWindows(windows),
        kept.store() == ActivationStore.NONE
            ? (long) (prompts * EVIDENCE_PIECES * BYTES_PER_PAIR * strings)
            : evaluated * vectors(shape, kept.store().precision()),
        prompts * (vectors(shape, Precision.F32) + prediction),
        Math.min(NGramFit.WINDOWS, windows) * prediction,
        alternates * prompts * prediction,
        (long)
            (prompts
                * (BYTES_PER_SIMILAR_STRING * strings
                    + BYTES_PER_TOKEN * tokens
                    + 2 * BYTES_PER_TOKEN * Math.min(mostTokens, tokens)
                    + BYTES_PER_PROMPT)));
  }

  /** The vectors of all blocks. */
  private static long vectors(ModelShape shape, Precision precision) {
    return shape.blocks()
        * (precision.bytes() * (long) shape.modelDimension() + BYTES_BESIDE_VECTOR);
  }

  /** What the table windows needs. */
  public static long ofWindows(long windows) {
    return windows * BYTES_PER_WINDOW;
  }

  /**
   * The same need with the tables occurrences and passages of a corpus.
   *
   * @param keep places of a window, at most
   */
  public DiskNeed withPlaces(CorpusScan scan, int keep) {
    return new DiskNeed(
        windows + ofPlaces(scan, keep), activations, prompts, fittingWindows, noiseFloor, results);
  }

  /** What the tables occurrences and passages need. */
  static long ofPlaces(CorpusScan scan, int keep) {
    return (long) Math.min(scan.occurrences(), scan.windows() * (double) keep) * BYTES_PER_PLACE
        + scan.tokens() * Integer.BYTES
        + (scan.pieces() + scan.tokens() / Passages.TOKENS) * BYTES_PER_PASSAGE;
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
   * Checks that the warehouse's disk has room for all that a run adds.
   *
   * @param chosen how the vectors of windows are kept
   * @param need of a run, by how they are kept
   * @throws dev.kindred.InvalidInput saying how much is needed and free, and what else would fit
   */
  static void check(
      Warehouse warehouse, ActivationStore chosen, Function<ActivationStore, DiskNeed> need) {
    warehouse.checkFree("this run", need.apply(chosen).total(), fitting(chosen, need));
  }

  /** Returns what takes less than is chosen, for who has so many bytes free. */
  public static LongFunction<String> fitting(
      ActivationStore chosen, Function<ActivationStore, DiskNeed> need) {
    return free -> {
      List<String> others =
          Arrays.stream(ActivationStore.values())
              .filter(store -> store != chosen && need.apply(store).total() <= free)
              .map(
                  store ->
                      String.format(
                          Locale.ROOT,
                          "%s with --store-activations %s",
                          Warehouse.size(need.apply(store).total()),
                          store.name().toLowerCase(Locale.ROOT)))
              .toList();
      return others.isEmpty()
          ? "fewer --blocks or another --warehouse would fit"
          : "it would need " + String.join(", or ", others);
    };
  }
}
