/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import dev.kindred.math.SplitMix;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.TreeMap;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.api.java.function.Function2;

/**
 * About how many distinct windows and prefixes of windows a corpus has, and some of its windows,
 * from one pass without a shuffle.
 *
 * <p>For each length the {@value #SIZE} smallest hashes are kept. If the last of them is at the
 * share s of all hashes, there are about (SIZE - 1) / s distinct prefixes, with a relative standard
 * error of 1 / sqrt(SIZE - 2): 1.6 % (Bar-Yossef and others, Counting Distinct Elements in a Data
 * Stream, 2002). Where there are fewer the count is exact. The windows of the smallest hashes are a
 * random sample of the distinct windows.
 */
public final class CorpusSketch implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final int SIZE = 4096;

  private final List<TreeMap<Long, int[]>> smallest = new ArrayList<>(); // by length; 2^64 hashes

  private CorpusSketch(int windowLength) {
    for (int length = 1; length <= windowLength; length++) {
      smallest.add(new TreeMap<>());
    }
  }

  /**
   * Reads the whole corpus once.
   *
   * @param corpus whose {@link CorpusScan} found no problem
   * @param windowLength tokens in a window
   */
  public static CorpusSketch of(Corpus corpus, String tokenizerJson, int windowLength) {
    CutPlaces places = Tokenizer.of(tokenizerJson).cutPlaces();
    Function2<CorpusSketch, CorpusSketch, CorpusSketch> merge = CorpusSketch::merge;
    return corpus
        .pieces(places, windowLength)
        .mapPartitions(new SketchPieces(tokenizerJson, windowLength))
        .treeReduce(merge);
  }

  /** A sketch of the windows that begin at each of the first places of a token sequence. */
  static CorpusSketch of(int[] tokens, int starts, int windowLength) {
    CorpusSketch sketch = new CorpusSketch(windowLength);
    sketch.add(tokens, starts);
    return sketch;
  }

  private void add(int[] tokens, int starts) {
    for (int start = 0; start < starts; start++) {
      long hash = 0;
      for (int length = 1; length <= smallest.size(); length++) {
        hash = SplitMix.hash(hash + 1 + tokens[start + length - 1]);
        TreeMap<Long, int[]> kept = smallest.get(length - 1);
        if (kept.size() < SIZE || hash < kept.lastKey()) {
          boolean whole = length == smallest.size();
          keep(kept, hash, whole ? Arrays.copyOfRange(tokens, start, start + length) : null);
        }
      }
    }
  }

  private static void keep(TreeMap<Long, int[]> kept, long hash, int[] window) {
    kept.put(hash, window);
    if (kept.size() > SIZE) {
      kept.pollLastEntry();
    }
  }

  CorpusSketch merge(CorpusSketch other) {
    for (int i = 0; i < smallest.size(); i++) {
      TreeMap<Long, int[]> kept = smallest.get(i);
      other.smallest.get(i).forEach((hash, window) -> keep(kept, hash, window));
    }

    return this;
  }

  /** How many distinct prefixes of 1, 2, .. tokens the windows have; the last are the windows. */
  public long[] prefixes() {
    return smallest.stream().mapToLong(CorpusSketch::distinct).toArray();
  }

  private static long distinct(TreeMap<Long, int[]> kept) {
    if (kept.size() < SIZE) {
      return kept.size();
    }

    double share = (kept.lastKey() - (double) Long.MIN_VALUE) / 0x1p64;
    return Math.round((SIZE - 1) / share);
  }

  /** About how many distinct windows there are. */
  public long windows() {
    return distinct(smallest.get(smallest.size() - 1));
  }

  /** The relative standard error of {@link #windows}; 0 if the number is exact. */
  public double error() {
    return smallest.get(smallest.size() - 1).size() < SIZE ? 0 : 1 / Math.sqrt(SIZE - 2);
  }

  /** Distinct windows drawn at random, up to {@value #SIZE}, in random order. */
  public List<int[]> sample() {
    return List.copyOf(smallest.get(smallest.size() - 1).values());
  }

  private static final class SketchPieces
      implements FlatMapFunction<Iterator<Piece>, CorpusSketch> {
    private static final long serialVersionUID = 1L;

    private final String tokenizerJson;
    private final int windowLength;

    private SketchPieces(String tokenizerJson, int windowLength) {
      this.tokenizerJson = tokenizerJson;
      this.windowLength = windowLength;
    }

    @Override
    public Iterator<CorpusSketch> call(Iterator<Piece> pieces) {
      Tokenizer tokenizer = Tokenizer.of(tokenizerJson);
      CorpusSketch sketch = new CorpusSketch(windowLength);
      while (pieces.hasNext()) {
        Piece piece = pieces.next();
        if (piece.problem() != null) { // it changed since it was scanned
          throw new Problem(piece.document(), piece.problem()).asInvalidInput();
        }

        int[] own = piece.tokens(tokenizer);
        int[] following = piece.followingTokens(tokenizer);
        sketch.add(
            Piece.joined(own, following),
            Piece.windowStarts(own.length, following.length, windowLength));
      }

      return List.of(sketch).iterator();
    }
  }
}
