/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.baseline;

import dev.kindred.math.Shares;
import dev.kindred.prediction.CountedWindows;
import dev.kindred.table.LocalColumns;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The n-gram that a run's similar strings are compared with, in this process and for any prompt: it
 * gives what {@link Baselines} measures, to the last bit.
 *
 * <p>Letters: W = windows of the corpus, L = tokens of each.
 */
public final class LocalNGram {
  private static final int OF_DISCOUNTS = 3; // numbers of each length of contexts

  private final String baseline;
  private final NGram ngram;
  private final CountedWindows windows;
  private final int vocabularySize;
  private SuffixStatistics afterNoToken; // which all prompts share; null until it is asked for

  LocalNGram(String baseline, NGram ngram, CountedWindows windows, int vocabularySize) {
    this.baseline = baseline;
    this.ngram = ngram;
    this.windows = windows;
    this.vocabularySize = vocabularySize;
  }

  /**
   * Reads the strongest n-gram that was fitted.
   *
   * @param fits rows of {@link Tables#BASELINE_FITS} of a model and prompts
   * @return none if there are no fits
   */
  public static Optional<LocalNGram> read(Part fits, CountedWindows windows, int vocabularySize) {
    if (!fits.isComplete()) {
      return Optional.empty();
    }

    String discounts = "discounts.list.element.list.element";
    String shares = "lower_shares.list.element.list.element";
    LocalColumns read =
        LocalColumns.read(fits, "baseline", "continuation", discounts, shares, "is_strongest");
    return IntStream.range(0, read.rows())
        .filter(row -> read.booleans("is_strongest")[row])
        .mapToObj(
            row ->
                new LocalNGram(
                    read.text("baseline", row),
                    new NGram(
                        read.booleans("continuation")[row],
                        rows(read, discounts, row, OF_DISCOUNTS),
                        rows(read, shares, row, NGram.BUCKETS)),
                    windows,
                    vocabularySize))
        .findFirst();
  }

  private static double[][] rows(LocalColumns read, String name, int row, int width) {
    int from = read.starts(name)[row];
    double[][] rows = new double[(read.starts(name)[row + 1] - from) / width][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Arrays.copyOfRange(read.doubles(name), from + i * width, from + (i + 1) * width);
    }

    return rows;
  }

  /** Returns which of the baselines it is. */
  public String baseline() {
    return baseline;
  }

  /** Returns the tokens of its longest context. */
  public int order() {
    return ngram.contexts() - 1;
  }

  /**
   * Predicts what follows a prompt.
   *
   * @param prompt L token ids
   * @return probabilities of all tokens
   */
  public Shares probabilities(int[] prompt) {
    return ngram.probabilities(statistics(prompt), vocabularySize);
  }

  /** What follows the last tokens of a prompt, by how many of them a window ends with. */
  SuffixStatistics statistics(int[] prompt) {
    Counts counts = new Counts(1, windows.windowLength());
    int last = prompt[prompt.length - 1];
    for (int window = 0; window < windows.size(); window++) {
      if (windows.token(window, prompt.length - 1) == last) {
        counts.add(window, shared(window, prompt));
      }
    }

    return counts.statistics(afterNoToken());
  }

  private synchronized SuffixStatistics afterNoToken() {
    if (afterNoToken == null) {
      Counts counts = new Counts(0, 0);
      for (int window = 0; window < windows.size(); window++) {
        counts.add(window, 0);
      }

      afterNoToken = counts.statistics(null);
    }

    return afterNoToken;
  }

  private int shared(int window, int[] prompt) {
    int shared = 0;
    while (shared < prompt.length
        && windows.token(window, prompt.length - 1 - shared)
            == prompt[prompt.length - 1 - shared]) {
      shared++;
    }

    return shared;
  }

  /** Counts what follows suffixes of some lengths. */
  private final class Counts {
    private final int first; // length of a suffix
    private final List<SortedMap<Integer, Followed>> ofLengths = new ArrayList<>(); // by token

    private Counts(int first, int last) {
      this.first = first;
      for (int length = first; length <= last; length++) {
        ofLengths.add(new TreeMap<>());
      }
    }

    /** Adds what follows a window, for each of its last tokens up to some. */
    private void add(int window, int shared) {
      int length = windows.windowLength();
      windows.following(
          window,
          (token, count) -> {
            for (int k = first; k <= Math.min(shared, first + ofLengths.size() - 1); k++) {
              Followed followed =
                  ofLengths.get(k - first).computeIfAbsent(token, absent -> new Followed());
              followed.count += count;
              if (k < length) {
                followed.preceding.set(windows.token(window, length - 1 - k));
              }
            }
          });
    }

    /** Puts them together, behind the statistics of shorter suffixes. */
    private SuffixStatistics statistics(SuffixStatistics shorter) {
      int lengths = first + ofLengths.size();
      int[][] tokens = new int[lengths][];
      long[][] counts = new long[lengths][];
      long[][] preceding = new long[lengths][];
      for (int k = 0; k < lengths; k++) {
        if (k < first) {
          tokens[k] = shorter.tokens()[k];
          counts[k] = shorter.counts()[k];
          preceding[k] = shorter.preceding()[k];
          continue;
        }

        SortedMap<Integer, Followed> found = ofLengths.get(k - first);
        tokens[k] = found.keySet().stream().mapToInt(Integer::intValue).toArray();
        counts[k] = found.values().stream().mapToLong(its -> its.count).toArray();
        preceding[k] =
            found.values().stream().mapToLong(its -> its.preceding.cardinality()).toArray();
      }

      return new SuffixStatistics(tokens, counts, preceding);
    }
  }

  /** A token after a suffix. */
  private static final class Followed {
    private final BitSet preceding = new BitSet(); // tokens before the suffix
    private long count;
  }
}
