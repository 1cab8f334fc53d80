/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import dev.kindred.prediction.CountedWindows;
import dev.kindred.prediction.TokenFrequencies;
import dev.kindred.similarity.NextTokens;
import dev.kindred.table.LocalColumns;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All strings of a corpus in this process: {@link Tables#WINDOWS} without texts, about 100 bytes a
 * window of ten tokens. Windows are numbered in the order of their ids.
 */
public final class CorpusStrings implements CountedWindows {
  private static final String KEYS = "next_tokens.key_value.key";

  private final long[] windowIds; // ascending
  private final int windowLength;
  private final int[] tokenIds; // windowLength of each
  private final long[] occurrences;
  private final int[] starts; // of each window, in following and counts
  private final int[] following; // token ids
  private final long[] counts;

  private CorpusStrings(
      long[] windowIds,
      int windowLength,
      int[] tokenIds,
      long[] occurrences,
      int[] starts,
      int[] following,
      long[] counts) {
    this.windowIds = windowIds;
    this.windowLength = windowLength;
    this.tokenIds = tokenIds;
    this.occurrences = occurrences;
    this.starts = starts;
    this.following = following;
    this.counts = counts;
  }

  /**
   * Reads them.
   *
   * @param windows a part of {@link Tables#WINDOWS} of one corpus
   */
  public static CorpusStrings read(Part windows) {
    String values = "next_tokens.key_value.value";
    LocalColumns read =
        LocalColumns.read(
            windows, "window_id", "token_ids.list.element", "occurrences", KEYS, values);
    CorpusStrings strings =
        new CorpusStrings(
            read.longs("window_id"),
            read.rows() == 0 ? 0 : read.starts("token_ids.list.element")[1],
            read.ints("token_ids.list.element"),
            read.longs("occurrences"),
            read.starts(KEYS),
            read.ints(KEYS),
            read.longs(values));
    return strings.inOrder();
  }

  /**
   * Returns the bytes that strings take, about.
   *
   * @param windows how many
   */
  public static long bytes(long windows, int windowLength) {
    int following = 2; // tokens that follow a window, on average
    return windows
        * (2 * Long.BYTES
            + Integer.BYTES
            + (long) Integer.BYTES * windowLength
            + following * (Integer.BYTES + Long.BYTES));
  }

  /** The same with ids ascending, as they are unless files were listed in another order. */
  private CorpusStrings inOrder() {
    long[] sorted = windowIds.clone();
    Arrays.sort(sorted);
    if (Arrays.equals(sorted, windowIds)) {
      return this;
    }

    int[] rows = new int[sorted.length];
    for (int row = 0; row < rows.length; row++) {
      rows[Arrays.binarySearch(sorted, windowIds[row])] = row;
    }

    int[] tokens = new int[tokenIds.length];
    long[] often = new long[rows.length];
    int[] begins = new int[rows.length + 1];
    int[] next = new int[following.length];
    long[] times = new long[following.length];
    for (int i = 0; i < rows.length; i++) {
      int from = starts[rows[i]];
      int count = starts[rows[i] + 1] - from;
      begins[i + 1] = begins[i] + count;
      often[i] = occurrences[rows[i]];
      System.arraycopy(tokenIds, rows[i] * windowLength, tokens, i * windowLength, windowLength);
      System.arraycopy(following, from, next, begins[i], count);
      System.arraycopy(counts, from, times, begins[i], count);
    }

    return new CorpusStrings(sorted, windowLength, tokens, often, begins, next, times);
  }

  /** Returns the number of windows. */
  @Override
  public int size() {
    return windowIds.length;
  }

  /** Returns the tokens of a window; 0 where there is none. */
  @Override
  public int windowLength() {
    return windowLength;
  }

  /** What follows windows, for a join. */
  NextTokens nextTokens() {
    return NextTokens.of(windowIds, starts, following, counts);
  }

  @Override
  public int token(int window, int place) {
    return tokenIds[window * windowLength + place];
  }

  @Override
  public void following(int window, Following each) {
    for (int i = starts[window]; i < starts[window + 1]; i++) {
      each.take(following[i], counts[i]);
    }
  }

  /**
   * How often tokens follow any string.
   *
   * @param vocabularySize {@code d_vocab}
   */
  public TokenFrequencies frequencies(int vocabularySize) {
    long[] all = new long[vocabularySize];
    for (int i = 0; i < following.length; i++) {
      all[following[i]] += counts[i];
    }

    return new TokenFrequencies(all);
  }

  /** Returns the number of a window, or a negative one where there is no such window. */
  public int find(long windowId) {
    return Arrays.binarySearch(windowIds, windowId);
  }

  /**
   * Looks prompts up among the windows.
   *
   * @param prompts token ids of each
   * @return a window's number for each, -1 where it is not a window
   */
  int[] find(int[][] prompts) {
    int[] found = new int[prompts.length];
    Arrays.fill(found, -1);
    Map<Integer, List<Integer>> byFirstToken = new HashMap<>();
    for (int i = 0; i < prompts.length; i++) {
      if (prompts[i].length == windowLength && windowLength > 0) {
        byFirstToken.computeIfAbsent(prompts[i][0], token -> new ArrayList<>()).add(i);
      }
    }

    boolean[] begins = // of a table instead of a map: most windows begin otherwise
        new boolean[1 + byFirstToken.keySet().stream().mapToInt(token -> token).max().orElse(0)];
    byFirstToken.keySet().forEach(token -> begins[token] = true);
    for (int window = 0; window < windowIds.length; window++) {
      int from = window * windowLength;
      if (tokenIds[from] < begins.length && begins[tokenIds[from]]) {
        for (int i : byFirstToken.get(tokenIds[from])) {
          if (Arrays.equals(tokenIds, from, from + windowLength, prompts[i], 0, windowLength)) {
            found[i] = window;
          }
        }
      }
    }

    return found;
  }

  /** Returns a window's id. */
  public long windowId(int window) {
    return windowIds[window];
  }

  /** Returns a window's tokens. */
  public int[] tokenIds(int window) {
    return Arrays.copyOfRange(tokenIds, window * windowLength, (window + 1) * windowLength);
  }

  /** Returns the places where a window stands, at least 1. */
  public long occurrences(int window) {
    return occurrences[window];
  }

  /** Returns what follows a window, by token id. */
  public Map<Integer, Long> following(int window) {
    Map<Integer, Long> tokens = new TreeMap<>();
    for (int place = starts[window]; place < starts[window + 1]; place++) {
      tokens.put(following[place], counts[place]);
    }

    return tokens;
  }
}
