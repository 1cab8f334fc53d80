/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Row;

/** What a join finds for one prompt in one block, by bin of similarity. */
final class EvidenceBins {
  private EvidenceBins() {}

  /** Returns a row with the file columns of {@link Tables#BLOCK_DISTRIBUTIONS}, of all bins. */
  static Row allBins(Evidence evidence, int vocabularySize) {
    Map<Integer, Long> counts = new TreeMap<>();
    for (int i = 0; i < evidence.getTokens().length; i++) {
      counts.merge(evidence.getTokens()[i] % vocabularySize, evidence.getCounts()[i], Long::sum);
    }

    return Tables.BLOCK_DISTRIBUTIONS.row(
        evidence.getPromptId(), evidence.similarCount(), counts, evidence.getOwnBin() >= 0);
  }

  /**
   * Returns rows with the file columns of {@link Tables#SIMILARITY_BINS}, of the bins that have
   * windows, ascending.
   */
  static List<Row> rows(Evidence evidence, SimilarityBins bins, int vocabularySize) {
    int[] tokens = evidence.getTokens();
    List<Row> found = new ArrayList<>();
    int place = 0;
    for (int bin = 0; bin < evidence.getSimilarCounts().length; bin++) {
      Map<Integer, Long> counts = new TreeMap<>();
      for (; place < tokens.length && tokens[place] / vocabularySize == bin; place++) {
        counts.put(tokens[place] % vocabularySize, evidence.getCounts()[place]);
      }

      if (evidence.getSimilarCounts()[bin] > 0) {
        found.add(
            Tables.SIMILARITY_BINS.row(
                evidence.getPromptId(),
                bin,
                bins.edge(bin),
                evidence.getSimilarCounts()[bin],
                counts,
                evidence.getOwnBin() == bin));
      }
    }

    return found;
  }
}
