/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.baseline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.LocalSpark;
import dev.kindred.prediction.CountedWindows;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Counts are those that one gets by going through the text, place by place. */
@ExtendWith(LocalSpark.class)
class TestSuffixCounts {
  private static final int LENGTH = 4;
  private static final int D_VOCAB = 3;
  private static final int[] TEXT = new Random(5).ints(300, 0, D_VOCAB).toArray();

  @ParameterizedTest
  @ValueSource(ints = {1, 5})
  void everySuffixOfAPromptHasTheCountsOfTheText(int partitions, SparkSession spark) {
    try (SuffixCounts counts = new SuffixCounts(windows(spark).repartition(partitions), LENGTH)) {
      SuffixCounts.OfPrompts ofPrompts = counts.ofPrompts(prompts(spark));
      List<Row> found = ofPrompts.rows().sort("prompt_id").collectAsList();

      assertThat(found).hasSize(prompts().size());
      for (Row row : found) {
        SuffixStatistics statistics = ofPrompts.reader().statistics(row.getList(1));
        assertCountsOfTheText(statistics, prompts().get(row.getInt(0)));
      }
    }
  }

  private static void assertCountsOfTheText(SuffixStatistics statistics, List<Integer> prompt) {
    for (int k = 0; k <= LENGTH; k++) {
      List<Integer> suffix = prompt.subList(LENGTH - k, LENGTH);
      assertThat(statistics.following(k).dense(D_VOCAB))
          .as("counts after %s", suffix)
          .isEqualTo(counts(suffix, List.of()));
      if (k < LENGTH) {
        assertThat(preceding(statistics, k))
            .as("tokens before %s", suffix)
            .isEqualTo(preceding(suffix, List.of()));
      }
    }
  }

  @Test
  void countsOfThisProcessAreThoseOfTheText(SparkSession spark) {
    List<Row> windows =
        windows(spark).select("token_ids", "next_tokens").collectAsList(); // in any order
    LocalNGram counted =
        new LocalNGram(
            "any",
            new NGram(true, new double[LENGTH + 1][3], new double[0][]),
            new CountedWindows() {
              @Override
              public int size() {
                return windows.size();
              }

              @Override
              public int windowLength() {
                return LENGTH;
              }

              @Override
              public int token(int window, int place) {
                return windows.get(window).<Integer>getList(0).get(place);
              }

              @Override
              public void following(int window, Following each) {
                windows.get(window).<Integer, Long>getJavaMap(1).forEach(each::take);
              }
            },
            D_VOCAB);

    for (List<Integer> prompt : prompts()) {
      assertCountsOfTheText(
          counted.statistics(prompt.stream().mapToInt(Integer::intValue).toArray()), prompt);
    }
  }

  @Test
  void withoutItsOwnWindowAPromptHasTheCountsOfTheOtherPlaces(SparkSession spark) {
    try (SuffixCounts counts = new SuffixCounts(windows(spark), LENGTH)) {
      SuffixCounts.OfPrompts ofPrompts = counts.ofPrompts(prompts(spark));
      for (Row row : ofPrompts.rows().collectAsList()) {
        SuffixStatistics others = ofPrompts.reader().statistics(row.getList(1)).withoutOwnWindow();
        List<Integer> prompt = prompts().get(row.getInt(0));
        for (int k = 0; k <= LENGTH; k++) {
          List<Integer> suffix = prompt.subList(LENGTH - k, LENGTH);
          assertThat(others.following(k).dense(D_VOCAB))
              .as("counts after %s, not after %s", suffix, prompt)
              .isEqualTo(counts(suffix, prompt));
          if (k < LENGTH) {
            assertThat(preceding(others, k))
                .as("tokens before %s, not of %s", suffix, prompt)
                .isEqualTo(preceding(suffix, prompt));
          }
        }
      }
    }
  }

  @Test
  void countsOfCountsAreThoseOfAllSuffixesOfTheText(SparkSession spark) {
    try (SuffixCounts counts = new SuffixCounts(windows(spark), LENGTH)) {
      List<Row> found = counts.countsOfCounts().sort("length").collectAsList();

      assertThat(found).hasSize(LENGTH + 1);
      for (int k = 0; k <= LENGTH; k++) {
        Long[] expected = new Long[8];
        Arrays.fill(expected, 0L);
        for (List<Integer> suffix : suffixes(k)) {
          addTo(expected, 0, counts(suffix, List.of()));
          if (k < LENGTH) {
            addTo(expected, 4, preceding(suffix, List.of()));
          } else { // nothing stands before a whole window
            addTo(
                expected, 4, Arrays.stream(counts(suffix, List.of())).map(Math::signum).toArray());
          }
        }

        assertThat(found.get(k))
            .isEqualTo(
                RowFactory.create(Stream.concat(Stream.of(k), Arrays.stream(expected)).toArray()));
      }
    }
  }

  private static void addTo(Long[] numbers, int from, double[] times) {
    for (double each : times) {
      if (each >= 1 && each <= 4) {
        numbers[from + (int) each - 1]++;
      }
    }
  }

  private static double[] preceding(SuffixStatistics statistics, int k) {
    return new SuffixStatistics(statistics.tokens(), statistics.preceding(), statistics.counts())
        .following(k)
        .dense(D_VOCAB);
  }

  /** What follows a suffix, at the end of any window but one. */
  private static double[] counts(List<Integer> suffix, List<Integer> except) {
    double[] counts = new double[D_VOCAB];
    for (int end = LENGTH; end < TEXT.length; end++) {
      List<Integer> window = window(end);
      if (!window.equals(except) && window.subList(LENGTH - suffix.size(), LENGTH).equals(suffix)) {
        counts[TEXT[end]]++;
      }
    }

    return counts;
  }

  private static double[] preceding(List<Integer> suffix, List<Integer> except) {
    List<Set<Integer>> before = List.of(new HashSet<>(), new HashSet<>(), new HashSet<>());
    for (int end = LENGTH; end < TEXT.length; end++) {
      List<Integer> window = window(end);
      if (!window.equals(except) && window.subList(LENGTH - suffix.size(), LENGTH).equals(suffix)) {
        before.get(TEXT[end]).add(window.get(LENGTH - suffix.size() - 1));
      }
    }

    return before.stream().mapToDouble(Set::size).toArray();
  }

  private static Set<List<Integer>> suffixes(int k) {
    Set<List<Integer>> suffixes = new HashSet<>();
    for (int end = LENGTH; end < TEXT.length; end++) {
      suffixes.add(window(end).subList(LENGTH - k, LENGTH));
    }

    return suffixes;
  }

  private static List<Integer> window(int end) {
    List<Integer> window = new ArrayList<>();
    for (int i = end - LENGTH; i < end; i++) {
      window.add(TEXT[i]);
    }

    return window;
  }

  private static Dataset<Row> windows(SparkSession spark) {
    Map<String, Row> rows = new TreeMap<>();
    for (int end = LENGTH; end <= TEXT.length; end++) {
      List<Integer> window = window(end);
      Map<Integer, Long> next = new TreeMap<>();
      for (int other = LENGTH; other < TEXT.length; other++) {
        if (window(other).equals(window)) {
          next.merge(TEXT[other], 1L, Long::sum);
        }
      }

      rows.putIfAbsent(
          window.toString(), RowFactory.create("c-1", end - LENGTH + 0L, window, "", 1L, next));
    }

    return spark.createDataFrame(List.copyOf(rows.values()), Tables.WINDOWS.columns());
  }

  /** Every window that is in the text, and some that need not be. */
  private static List<List<Integer>> prompts() {
    List<List<Integer>> prompts = new ArrayList<>();
    for (int a = 0; a < 81; a++) {
      prompts.add(List.of(a / 27, a / 9 % 3, a / 3 % 3, a % 3));
    }

    return prompts;
  }

  private static Dataset<Row> prompts(SparkSession spark) {
    List<Row> rows = new ArrayList<>();
    for (List<Integer> prompt : prompts()) {
      rows.add(RowFactory.create("p-1", rows.size(), prompt, "", null));
    }

    return spark.createDataFrame(rows, Tables.PROMPTS.columns());
  }
}
