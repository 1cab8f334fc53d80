/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

import dev.kindred.similarity.SimilarityBins;
import java.io.Serializable;
import java.util.List;
import java.util.SortedMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Which strings are evidence in each block, and how all of it makes one distribution of next
 * tokens.
 *
 * <p>Letter: B = blocks that are looked at, which are called by their places here.
 */
public interface Rule extends Serializable {

  /** Returns [B], the cosine similarity above which a string is similar. */
  double[] thresholds();

  /** Returns [B], what a block weighs beside the others, before it is known what it has found. */
  double[] weights();

  /** The thresholds by which a block's strings are counted apart. */
  SimilarityBins bins(int block);

  /** Whether it matters how often tokens follow any string of the corpus. */
  boolean usesFrequencies();

  /**
   * Makes one distribution of all blocks' evidence.
   *
   * @param blocks [B]
   * @param frequencies of the corpus's tokens; null where they do not matter
   * @return probabilities by token id, ascending, all positive; empty if there is nothing to count
   */
  SortedMap<Integer, Double> mix(List<BlockCounts> blocks, TokenFrequencies frequencies);

  /**
   * How much each block has given.
   *
   * @param blocks [B]
   * @param frequencies of the corpus's tokens; null where they do not matter
   * @return [B], in [0, 1], sum 1; all 0 if there is nothing to count
   */
  double[] shares(List<BlockCounts> blocks, TokenFrequencies frequencies);

  /**
   * Collects how often tokens follow any string, where that matters.
   *
   * @param windows rows of {@link dev.kindred.table.Tables#WINDOWS} of the whole corpus
   * @return null where it does not
   */
  default TokenFrequencies frequencies(Dataset<Row> windows, int vocabularySize) {
    return usesFrequencies() ? TokenFrequencies.of(windows, vocabularySize) : null;
  }

  /** Returns B. */
  default int blocks() {
    return thresholds().length;
  }
}
