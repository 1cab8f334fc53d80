/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import java.io.Serializable;
import java.util.Iterator;
import java.util.stream.LongStream;

/**
 * What a join finds for one prompt in one block, or a task's part of it. A bean for Spark's
 * encoder.
 *
 * <p>By {@linkplain SimilarityBins bin of similarity}: {@code similarCounts} has a number of
 * windows for each bin, or is empty; {@code tokens} has bin * d_vocab + token id, ascending, with
 * their {@code counts}; {@code ownBin} is that of the prompt's own window, -1 where it is not
 * similar. {@code windowIds} and {@code similarities} go together, in no particular order.
 */
public final class Evidence implements Serializable {
  private static final long serialVersionUID = 1L;

  private int promptId;
  private long[] similarCounts = {};
  private int ownBin = SimilarityBins.BELOW;
  private int[] tokens = {};
  private long[] counts = {};
  private long[] windowIds = {};
  private double[] similarities = {};

  /** No evidence. */
  static Evidence none(int promptId) {
    Evidence evidence = new Evidence();
    evidence.promptId = promptId;
    return evidence;
  }

  /**
   * Adds up parts.
   *
   * @param keep the most similar windows to keep, or {@link MostSimilar#ALL}
   */
  static Evidence merge(int promptId, Iterator<Evidence> parts, int keep) {
    Evidence sum = none(promptId);
    TokenCounts counts = new TokenCounts(Integer.MAX_VALUE);
    MostSimilar mostSimilar = new MostSimilar(keep);
    while (parts.hasNext()) {
      Evidence part = parts.next();
      sum.addSimilarCounts(part.similarCounts);
      sum.ownBin = Math.max(sum.ownBin, part.ownBin);
      for (int i = 0; i < part.tokens.length; i++) {
        counts.add(part.tokens[i], part.counts[i]);
      }

      for (int i = 0; i < part.windowIds.length; i++) {
        mostSimilar.offer(part.similarities[i], part.windowIds[i]);
      }
    }

    TokenCounts.Sorted sorted = counts.sorted();
    sum.tokens = sorted.keys();
    sum.counts = sorted.counts();
    sum.windowIds = mostSimilar.windowIds();
    sum.similarities = mostSimilar.similarities();
    return sum;
  }

  private void addSimilarCounts(long[] others) {
    if (similarCounts.length == 0) {
      similarCounts = others.clone();
      return;
    }

    for (int bin = 0; bin < others.length; bin++) {
      similarCounts[bin] += others[bin];
    }
  }

  /** Similar windows in all bins. */
  public long similarCount() {
    return LongStream.of(similarCounts).sum();
  }

  public int getPromptId() {
    return promptId;
  }

  public void setPromptId(int promptId) {
    this.promptId = promptId;
  }

  public long[] getSimilarCounts() {
    return similarCounts;
  }

  public void setSimilarCounts(long[] similarCounts) {
    this.similarCounts = similarCounts;
  }

  public int getOwnBin() {
    return ownBin;
  }

  public void setOwnBin(int ownBin) {
    this.ownBin = ownBin;
  }

  public int[] getTokens() {
    return tokens;
  }

  public void setTokens(int[] tokens) {
    this.tokens = tokens;
  }

  public long[] getCounts() {
    return counts;
  }

  public void setCounts(long[] counts) {
    this.counts = counts;
  }

  public long[] getWindowIds() {
    return windowIds;
  }

  public void setWindowIds(long[] windowIds) {
    this.windowIds = windowIds;
  }

  public double[] getSimilarities() {
    return similarities;
  }

  public void setSimilarities(double[] similarities) {
    this.similarities = similarities;
  }
}
