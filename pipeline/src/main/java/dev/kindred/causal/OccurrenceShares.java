/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import dev.kindred.explanation.WholeEvidence;
import dev.kindred.prediction.BlockCounts;
import dev.kindred.prediction.Rule;
import dev.kindred.prediction.TokenFrequencies;
import dev.kindred.similarity.SimilarityBins;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What single occurrences of similar strings add to the probability that a rule gives a token: that
 * of all evidence, less that of the evidence without this occurrence. Those of a block's ring that
 * are followed by one token all add the same. An occurrence that is evidence in several blocks adds
 * the sum.
 *
 * <p>Letters: B = blocks, S = strings of the corpus.
 */
public final class OccurrenceShares {
  private final Rule rule;
  private final TokenFrequencies frequencies;
  private final List<BlockCounts> counts;
  private final int token;
  private final double probability;
  private final byte[][] rings; // [B][S], one more than the string's ring; 0 for no evidence
  private final float[][] similarities; // [B][S]
  private final Map<Integer, double[][]> ofToken = new HashMap<>();

  /**
   * @param strings S
   * @param frequencies of the corpus's tokens; null where the rule does not use them
   * @param token the one whose probability it is about
   */
  public OccurrenceShares(
      Rule rule, TokenFrequencies frequencies, WholeEvidence evidence, int strings, int token) {
    this.rule = rule;
    this.frequencies = frequencies;
    this.counts = evidence.counts();
    this.token = token;
    this.probability = rule.mix(counts, frequencies).getOrDefault(token, 0.);
    this.rings = new byte[rule.blocks()][strings];
    this.similarities = new float[rule.blocks()][strings];
    for (int block = 0; block < rings.length; block++) {
      SimilarityBins bins = rule.bins(block);
      if (bins.count() >= Byte.MAX_VALUE) {
        throw new IllegalStateException("More rings than a byte numbers: " + bins.count());
      }

      WholeEvidence.OfBlock found = evidence.blocks().get(block);
      for (int i = 0; i < found.windows().length; i++) {
        rings[block][found.windows()[i]] = (byte) (1 + bins.of(found.similarities()[i]));
        similarities[block][found.windows()[i]] = (float) found.similarities()[i];
      }
    }
  }

  /** Returns B. */
  public int blocks() {
    return rings.length;
  }

  /**
   * What an occurrence adds by one block.
   *
   * @param string the one that stands there
   * @param next the token that follows it there
   * @return in [-1, 1]; 0 where it is no evidence
   */
  public double of(int block, int string, int next) {
    int ring = rings[block][string] - 1;
    return ring < 0 ? 0 : ofToken.computeIfAbsent(next, this::shares)[block][ring];
  }

  /** What an occurrence adds by all blocks together. */
  public double of(int string, int next) {
    double sum = 0;
    for (int block = 0; block < rings.length; block++) {
      sum += of(block, string, next);
    }

    return sum;
  }

  /** The sum of a string's similarities in those blocks where it is evidence. */
  public double similarity(int string) {
    double sum = 0;
    for (float[] ofBlock : similarities) {
      sum += ofBlock[string];
    }

    return sum;
  }

  /** What one occurrence that is followed by a token adds, by block and ring. */
  private double[][] shares(int next) {
    double[][] shares = new double[counts.size()][];
    for (int block = 0; block < shares.length; block++) {
      BlockCounts all = counts.get(block);
      shares[block] = new double[all.rings().size()];
      for (int ring = 0; ring < shares[block].length; ring++) {
        if (all.rings().get(ring).getOrDefault(next, 0L) > 0) {
          List<BlockCounts> others = new ArrayList<>(counts);
          others.set(block, all.without(ring, Map.of(next, 1L)));
          shares[block][ring] = probability - rule.mix(others, frequencies).getOrDefault(token, 0.);
        }
      }
    }

    return shares;
  }
}
