/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import dev.kindred.corpus.Contexts;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.table.StoredVectors;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;

/** The places of strings that are shown. */
public final class Places {
  /** Tokens before and after a string, at most. */
  private static final int AROUND = 40;

  private Places() {}

  /**
   * Explanations with the places of their strings.
   *
   * @param explanations as {@link Explanations} has them, few enough for this process
   * @param occurrences rows of {@link Tables#OCCURRENCES}
   * @param passages rows of {@link Tables#PASSAGES}
   * @param windowLength tokens in a string
   * @param tokenizerJson the model's tokenizer
   * @param places of a string, at most: the first
   */
  public static List<Explanation> in(
      List<Explanation> explanations,
      Dataset<Row> occurrences,
      Dataset<Row> passages,
      int windowLength,
      String tokenizerJson,
      int places) {
    List<Long> windowIds =
        explanations.stream()
            .flatMap(explanation -> explanation.blocks().stream())
            .flatMap(block -> block.strings().stream())
            .map(SimilarString::windowId)
            .distinct()
            .toList();
    if (windowIds.isEmpty()) {
      return explanations;
    }

    Dataset<Row> ids =
        passages.sparkSession().createDataset(windowIds, Encoders.LONG()).toDF("window_id");
    Tokenizer tokenizer = Tokenizer.of(tokenizerJson);
    Map<Long, List<Place>> found = new HashMap<>();
    Contexts.of(ids, occurrences, passages, windowLength, AROUND, places)
        .sort("window_id", "position")
        .collectAsList()
        .forEach(
            row ->
                found
                    .computeIfAbsent(row.getAs("window_id"), window -> new ArrayList<>())
                    .add(
                        new Place(
                            row.getAs("document"),
                            row.getAs("document_position"),
                            text(tokenizer, row, "before"),
                            text(tokenizer, row, "after"))));
    return explanations.stream().map(explanation -> explanation.with(found)).toList();
  }

  /**
   * Explanations with the places of their strings, found in this process.
   *
   * @param most places of a string: the first
   */
  public static List<Explanation> in(
      List<Explanation> explanations, CorpusPlaces corpus, int most) {
    Map<Long, List<Place>> found = new HashMap<>();
    for (Explanation explanation : explanations) {
      for (BlockExplanation block : explanation.blocks()) {
        for (SimilarString string : block.strings()) {
          found.computeIfAbsent(string.windowId(), id -> corpus.of(id, most, AROUND));
        }
      }
    }

    return explanations.stream().map(explanation -> explanation.with(found)).toList();
  }

  private static String text(Tokenizer tokenizer, Row row, String column) {
    return tokenizer.text(StoredVectors.ints(row, row.fieldIndex(column)));
  }
}
