/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import java.io.Serializable;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a join finds for one prompt in one block, or a task's part of it. A bean for Spark's
 * encoder.
 *
 * <p>{@code tokens} are ascending with their {@code counts}; {@code windowIds} and {@code
 * similarities} go together, in no particular order.
 */
public final class Evidence implements Serializable {
  private static final long serialVersionUID = 1L;

  private int promptId;
  private long similarCount;
  private boolean ownWindowSimilar;
  private int[] tokens = {};
  private long[] counts = {};
  private long[] windowIds = {};
  private float[] similarities = {};

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
    Map<Integer, Long> counts = new TreeMap<>();
    MostSimilar mostSimilar = new MostSimilar(keep);
    while (parts.hasNext()) {
      Evidence part = parts.next();
      sum.similarCount += part.similarCount;
      sum.ownWindowSimilar |= part.ownWindowSimilar;
      for (int i = 0; i < part.tokens.length; i++) {
        counts.merge(part.tokens[i], part.counts[i], Long::sum);
      }

      for (int i = 0; i < part.windowIds.length; i++) {
        mostSimilar.offer(part.similarities[i], part.windowIds[i]);
      }
    }

    sum.tokens = counts.keySet().stream().mapToInt(Integer::intValue).toArray();
    sum.counts = counts.values().stream().mapToLong(Long::longValue).toArray();
    sum.windowIds = mostSimilar.windowIds();
    sum.similarities = mostSimilar.similarities();
    return sum;
  }

  public int getPromptId() {
    return promptId;
  }

  public void setPromptId(int promptId) {
    this.promptId = promptId;
  }

  public long getSimilarCount() {
    return similarCount;
  }

  public void setSimilarCount(long similarCount) {
    this.similarCount = similarCount;
  }

  public boolean isOwnWindowSimilar() {
    return ownWindowSimilar;
  }

  public void setOwnWindowSimilar(boolean ownWindowSimilar) {
    this.ownWindowSimilar = ownWindowSimilar;
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

  public float[] getSimilarities() {
    return similarities;
  }

  public void setSimilarities(float[] similarities) {
    this.similarities = similarities;
  }
}
