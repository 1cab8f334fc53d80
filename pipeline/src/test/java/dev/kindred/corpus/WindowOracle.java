/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** The windows of a corpus by their definition, for character-level tokenizers. */
final class WindowOracle {
  private WindowOracle() {}

  record Window(
      long windowId,
      List<Integer> tokenIds,
      String text,
      long occurrences,
      Map<Integer, Long> nextTokens) {}

  /**
   * Windows in the order of their first occurrence; ids as {@link CharacterTokenizers} has them.
   */
  static List<Window> windows(List<String> documents, String characters, int windowLength) {
    List<Integer> alphabet = characters.codePoints().distinct().sorted().boxed().toList();
    Map<String, Long> firstPositions = new LinkedHashMap<>();
    Map<String, Long> occurrences = new LinkedHashMap<>();
    Map<String, Map<Integer, Long>> nextTokens = new LinkedHashMap<>();
    long documentStart = 0;
    for (String document : documents) {
      int[] text = document.codePoints().toArray();
      for (int i = 0; i + windowLength <= text.length; i++) {
        String window = new String(text, i, windowLength);
        firstPositions.putIfAbsent(window, documentStart + i);
        occurrences.merge(window, 1L, Long::sum);
        nextTokens.putIfAbsent(window, new TreeMap<>());
        if (i + windowLength < text.length) {
          int next = alphabet.indexOf(text[i + windowLength]);
          nextTokens.get(window).merge(next, 1L, Long::sum);
        }
      }

      documentStart += text.length;
    }

    List<Window> windows = new ArrayList<>();
    firstPositions.forEach(
        (text, position) ->
            windows.add(
                new Window(
                    position,
                    text.codePoints().mapToObj(alphabet::indexOf).toList(),
                    text,
                    occurrences.get(text),
                    nextTokens.get(text))));
    return windows;
  }

  /** The rows of a windows table, in their order. */
  static List<Window> collect(Dataset<Row> windows) {
    return windows
        .select("window_id", "token_ids", "text", "occurrences", "next_tokens")
        .collectAsList()
        .stream()
        .map(
            row ->
                new Window(
                    row.getLong(0),
                    List.copyOf(row.<Integer>getList(1)),
                    row.getString(2),
                    row.getLong(3),
                    new TreeMap<>(row.<Integer, Long>getJavaMap(4))))
        .toList();
  }
}
