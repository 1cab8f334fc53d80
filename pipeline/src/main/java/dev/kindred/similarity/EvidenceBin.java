/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a join finds for one prompt in one block and one bin of similarity. A bean for Spark's
 * encoder.
 */
public final class EvidenceBin implements Serializable {
  private static final long serialVersionUID = 1L;

  private int promptId;
  private int bin;
  private double above;
  private long similarCount;
  private int[] tokens = {};
  private long[] counts = {};
  private boolean ownWindowSimilar;

  /** The bins that have windows, ascending. */
  static List<EvidenceBin> of(Evidence evidence, SimilarityBins bins, int vocabularySize) {
    List<EvidenceBin> found = new ArrayList<>();
    int from = 0;
    for (int bin = 0; bin < evidence.getSimilarCounts().length; bin++) {
      int to = from;
      while (to < evidence.getTokens().length && evidence.getTokens()[to] / vocabularySize == bin) {
        to++;
      }

      if (evidence.getSimilarCounts()[bin] > 0) {
        EvidenceBin row = new EvidenceBin();
        row.promptId = evidence.getPromptId();
        row.bin = bin;
        row.above = bins.edge(bin);
        row.similarCount = evidence.getSimilarCounts()[bin];
        row.tokens =
            Arrays.stream(evidence.getTokens(), from, to)
                .map(key -> key % vocabularySize)
                .toArray();
        row.counts = Arrays.copyOfRange(evidence.getCounts(), from, to);
        row.ownWindowSimilar = evidence.getOwnBin() == bin;
        found.add(row);
      }

      from = to;
    }

    return found;
  }

  public int getPromptId() {
    return promptId;
  }

  public void setPromptId(int promptId) {
    this.promptId = promptId;
  }

  public int getBin() {
    return bin;
  }

  public void setBin(int bin) {
    this.bin = bin;
  }

  public double getAbove() {
    return above;
  }

  public void setAbove(double above) {
    this.above = above;
  }

  public long getSimilarCount() {
    return similarCount;
  }

  public void setSimilarCount(long similarCount) {
    this.similarCount = similarCount;
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

  public boolean isOwnWindowSimilar() {
    return ownWindowSimilar;
  }

  public void setOwnWindowSimilar(boolean ownWindowSimilar) {
    this.ownWindowSimilar = ownWindowSimilar;
  }
}
