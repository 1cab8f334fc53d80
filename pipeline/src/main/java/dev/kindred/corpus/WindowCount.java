/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import java.io.Serializable;
import java.util.Arrays;

/**
 * What a stretch of the corpus says of a window. A bean for Spark's encoder; {@code nextTokens} are
 * ascending, with their {@code nextCounts}, and {@code positions} the first places, ascending.
 */
public final class WindowCount implements Serializable {
  private static final long serialVersionUID = 1L;

  private int[] tokenIds;
  private long occurrences;
  private int[] nextTokens;
  private long[] nextCounts;
  private long[] positions;

  /** A window that stands in one place. */
  static WindowCount of(int[] tokenIds, long position) {
    WindowCount window = new WindowCount();
    window.tokenIds = tokenIds;
    window.occurrences = 1;
    window.nextTokens = new int[0];
    window.nextCounts = new long[0];
    window.positions = new long[] {position};
    return window;
  }

  /** The same, followed by a token. */
  WindowCount before(int nextToken) {
    nextTokens = new int[] {nextToken};
    nextCounts = new long[] {1};
    return this;
  }

  boolean isSameWindow(WindowCount other) {
    return Arrays.equals(tokenIds, other.tokenIds);
  }

  /**
   * Adds what a later stretch says of the same window.
   *
   * @param keep places that are kept, at most
   */
  void add(WindowCount later, int keep) {
    occurrences += later.occurrences;
    int kept = positions.length;
    if (kept < keep) {
      int more = Math.min(keep - kept, later.positions.length);
      positions = Arrays.copyOf(positions, kept + more);
      System.arraycopy(later.positions, 0, positions, kept, more);
    }

    for (int i = 0; i < later.nextTokens.length; i++) {
      count(later.nextTokens[i], later.nextCounts[i]);
    }
  }

  private void count(int token, long count) {
    int place = Arrays.binarySearch(nextTokens, token);
    if (place >= 0) {
      nextCounts[place] += count;
      return;
    }

    int at = -place - 1;
    int rest = nextTokens.length - at;
    nextTokens = Arrays.copyOf(nextTokens, nextTokens.length + 1);
    nextCounts = Arrays.copyOf(nextCounts, nextCounts.length + 1);
    System.arraycopy(nextTokens, at, nextTokens, at + 1, rest);
    System.arraycopy(nextCounts, at, nextCounts, at + 1, rest);
    nextTokens[at] = token;
    nextCounts[at] = count;
  }

  public int[] getTokenIds() {
    return tokenIds;
  }

  public void setTokenIds(int[] tokenIds) {
    this.tokenIds = tokenIds;
  }

  public long getOccurrences() {
    return occurrences;
  }

  public void setOccurrences(long occurrences) {
    this.occurrences = occurrences;
  }

  public int[] getNextTokens() {
    return nextTokens;
  }

  public void setNextTokens(int[] nextTokens) {
    this.nextTokens = nextTokens;
  }

  public long[] getNextCounts() {
    return nextCounts;
  }

  public void setNextCounts(long[] nextCounts) {
    this.nextCounts = nextCounts;
  }

  public long[] getPositions() {
    return positions;
  }

  public void setPositions(long[] positions) {
    this.positions = positions;
  }
}
