/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.LocalSpark;
import dev.kindred.math.Hellinger;
import dev.kindred.prediction.DensePredictions;
import dev.kindred.prediction.ModelPredictions;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** N-grams are those that one gets by going through the text, place by place. */
@ExtendWith(LocalSpark.class)
class TestNGramFit {
  private static final int LENGTH = 4;
  private static final int D_VOCAB = 5;
  private static final int[] TEXT = text();
  private static final List<List<Integer>> WINDOWS = windows();
  private static final Map<Integer, Found> FOUND = new TreeMap<>(); // by partitions
  private static final int FITTED = 100; // the first windows; the others are prompts

  /** Of which a token depends on the two before it. */
  private static int[] text() {
    Random random = new Random(8);
    int[] text = new int[900];
    for (int i = 2; i < text.length; i++) {
      text[i] =
          random.nextInt(3) == 0
              ? random.nextInt(D_VOCAB)
              : (2 * text[i - 1] + text[i - 2]) % D_VOCAB;
    }

    return text;
  }

  private static List<List<Integer>> windows() {
    Set<List<Integer>> windows = new HashSet<>();
    for (int end = LENGTH; end <= TEXT.length; end++) {
      windows.add(window(end));
    }

    return List.copyOf(
        windows.stream()
            .sorted((one, other) -> one.toString().compareTo(other.toString()))
            .toList());
  }

  private static List<Integer> window(int end) {
    return Arrays.stream(TEXT, end - LENGTH, end).boxed().toList();
  }

  /** A model that has seen more than the text: the rule beside noise. */
  private static double[] model(List<Integer> window) {
    double[] model = new Random(window.hashCode()).doubles(D_VOCAB, .01, .1).toArray();
    model[(2 * window.get(LENGTH - 1) + window.get(LENGTH - 2)) % D_VOCAB] += .7;
    double sum = Arrays.stream(model).sum();
    return Arrays.stream(model).map(each -> (float) (each / sum)).toArray();
  }

  private record Found(List<NGramFit> fits, Map<String, List<Row>> measured, int steps) {}

  /** The same for all tests: it is never changed. */
  private static Found found(SparkSession spark, int partitions) {
    return FOUND.computeIfAbsent(partitions, missing -> compute(spark, partitions));
  }

  private static Found compute(SparkSession spark, int partitions) {
    Dataset<Row> windows = windowsTable(spark).repartition(partitions);
    Dataset<Row> fitted = prompts(spark, WINDOWS.subList(0, FITTED)).repartition(partitions);
    ModelPredictions ofFitted = predictions(spark, WINDOWS.subList(0, FITTED), partitions);
    List<List<Integer>> others = WINDOWS.subList(FITTED, WINDOWS.size());
    try (SuffixCounts suffixes = new SuffixCounts(windows, LENGTH)) {
      AtomicInteger steps = new AtomicInteger();
      List<NGramFit> fits = NGramFit.all(suffixes, fitted, ofFitted, steps::incrementAndGet);
      Map<String, List<Row>> measured = new TreeMap<>();
      for (NGramFit fit : fits) {
        measured.put(
            fit.baseline(),
            Baselines.measure(
                    suffixes,
                    prompts(spark, others).repartition(partitions),
                    predictions(spark, others, partitions),
                    fit)
                .collectAsList());
      }

      return new Found(fits, measured, steps.get());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7})
  void distancesAreThoseOfTheTextWithoutThePrompt(int partitions, SparkSession spark) {
    Found found = found(spark, partitions);

    assertThat(found.fits()).hasSize(3).filteredOn(NGramFit::isStrongest).hasSize(1);
    for (NGramFit fit : found.fits()) {
      List<Row> rows = found.measured().get(fit.baseline());
      assertThat(rows).hasSize(WINDOWS.size() - FITTED);
      for (Row row : rows) {
        List<Integer> prompt = WINDOWS.get(FITTED + row.getInt(0));
        double[] all = probabilities(fit.ngram(), prompt, List.of());
        double[] others = probabilities(fit.ngram(), prompt, prompt);
        assertThat(Arrays.stream(others).sum()).isCloseTo(1, within(1e-12));
        assertThat(row.getDouble(2))
            .isCloseTo(Hellinger.ofCounts(model(prompt), all), within(1e-12));
        assertThat(row.getDouble(3))
            .as("%s after %s", fit.baseline(), prompt)
            .isCloseTo(Hellinger.ofCounts(model(prompt), others), within(1e-12));
        assertThat(all[row.getInt(4)])
            .isCloseTo(Arrays.stream(all).max().orElseThrow(), within(1e-12));
        assertThat(others[row.getInt(5)])
            .isCloseTo(Arrays.stream(others).max().orElseThrow(), within(1e-12));
      }
    }
  }

  @Test
  void fitsAreTheSameToTheLastBitWhateverThePartitions(SparkSession spark) {
    Found one = found(spark, 1);
    Found seven = found(spark, 7);

    assertThat(NGramFit.rows(spark, seven.fits()).collectAsList())
        .isEqualTo(NGramFit.rows(spark, one.fits()).collectAsList());
    assertThat(seven.measured()).isEqualTo(one.measured());
    assertThat(NGramFit.rows(spark, NGramFit.of(NGramFit.rows(spark, one.fits()))).collectAsList())
        .hasSameElementsAs(NGramFit.rows(spark, one.fits()).collectAsList());
  }

  @Test
  void heldOutDistancesAreThoseOfEveryFifthWindow(SparkSession spark) {
    for (NGramFit fit : found(spark, 1).fits()) {
      double sum = 0;
      for (int i = 0; i < FITTED; i += 5) {
        List<Integer> window = WINDOWS.get(i);
        sum += Hellinger.ofCounts(model(window), probabilities(fit.ngram(), window, window));
      }

      assertThat(fit.heldOutWindows()).isEqualTo(FITTED / 5);
      assertThat(fit.fittingWindows()).isEqualTo(FITTED - FITTED / 5);
      // Tokens that follow nothing are taken together in fitting.
      assertThat(fit.heldOutDistance()).isCloseTo(sum / (FITTED / 5), within(2e-3));
    }
  }

  @Test
  void tuningComesCloserThanDiscountsThatTheCorpusSuggests(SparkSession spark) {
    Map<String, Double> distances = new TreeMap<>();
    Found found = found(spark, 1);
    found.fits().forEach(fit -> distances.put(fit.baseline(), fit.heldOutDistance()));

    assertThat(distances.get("tuned_interpolation")).isLessThan(distances.get("kneser_ney"));
    assertThat(NGramFit.strongest(found.fits()).heldOutDistance())
        .isEqualTo(distances.values().stream().min(Double::compare).orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7})
  void everyStepOfTheFittingIsTold(int partitions, SparkSession spark) {
    assertThat(found(spark, partitions).steps()).isEqualTo(NGramFit.STEPS);
  }

  @Test
  void withoutWindowsToFitToSmoothingIsAsTheCorpusSuggests(SparkSession spark) {
    try (SuffixCounts suffixes = new SuffixCounts(windowsTable(spark), LENGTH)) {
      List<NGramFit> fits =
          NGramFit.all(
              suffixes, prompts(spark, List.of()), predictions(spark, List.of(), 1), () -> {});

      assertThat(NGramFit.strongest(fits).baseline()).isEqualTo("kneser_ney");
      assertThat(fits).allSatisfy(fit -> assertThat(fit.heldOutDistance()).isNull());
      assertThat(fits).allSatisfy(fit -> assertThat(fit.fittingWindows()).isZero());
      assertThat(fits).allSatisfy(fit -> assertThat(fit.order()).isEqualTo(LENGTH - 1));
    }
  }

  /** By the definition, from counts of the text without one window. */
  private static double[] probabilities(NGram ngram, List<Integer> window, List<Integer> except) {
    double[] lower = new double[D_VOCAB];
    Arrays.fill(lower, 1. / D_VOCAB);
    for (int k = 0; k < ngram.contexts(); k++) {
      List<Integer> context = window.subList(LENGTH - k, LENGTH);
      Map<Integer, Integer> counts = new HashMap<>();
      Map<Integer, Set<Integer>> preceding = new HashMap<>();
      for (int end = LENGTH; end < TEXT.length; end++) {
        List<Integer> other = window(end);
        if (!other.equals(except) && other.subList(LENGTH - k, LENGTH).equals(context)) {
          counts.merge(TEXT[end], 1, Integer::sum);
          preceding
              .computeIfAbsent(TEXT[end], token -> new HashSet<>())
              .add(other.get(LENGTH - k - 1));
        }
      }

      if (ngram.continuation() && k < ngram.contexts() - 1) {
        counts.replaceAll((token, count) -> preceding.get(token).size());
      }

      double n = counts.values().stream().mapToInt(Integer::intValue).sum();
      if (n == 0) {
        continue;
      }

      double l = 0;
      if (ngram.lowerShares().length > 0) {
        int byOccurrences = Math.min(15, (int) Math.floor(Math.log(n) / Math.log(2) + 1e-9));
        int byTypes =
            Math.min(7, (int) Math.floor(Math.log(2. * counts.size() - 1) / Math.log(2) + 1e-9));
        l = ngram.lowerShares()[k][8 * byOccurrences + byTypes];
      }

      double taken = 0;
      for (int count : counts.values()) {
        taken += ngram.discounts()[k][Math.min(count, 3) - 1];
      }

      double[] next = new double[D_VOCAB];
      for (int token = 0; token < D_VOCAB; token++) {
        int count = counts.getOrDefault(token, 0);
        double discount = count == 0 ? 0 : ngram.discounts()[k][Math.min(count, 3) - 1];
        next[token] = (1 - l) * (count - discount + taken * lower[token]) / n + l * lower[token];
      }

      lower = next;
    }

    return lower;
  }

  private static Dataset<Row> windowsTable(SparkSession spark) {
    Map<List<Integer>, Map<Integer, Long>> next = new HashMap<>();
    WINDOWS.forEach(window -> next.put(window, new TreeMap<>()));
    for (int end = LENGTH; end < TEXT.length; end++) {
      next.get(window(end)).merge(TEXT[end], 1L, Long::sum);
    }

    List<Row> rows = new ArrayList<>();
    for (List<Integer> window : WINDOWS) {
      rows.add(RowFactory.create("c-1", (long) rows.size(), window, "", 1L, next.get(window)));
    }

    return spark.createDataFrame(rows, Tables.WINDOWS.columns());
  }

  private static Dataset<Row> prompts(SparkSession spark, List<List<Integer>> windows) {
    List<Row> rows = new ArrayList<>();
    for (List<Integer> window : windows) {
      rows.add(RowFactory.create("p-1", rows.size(), window, "", null));
    }

    return spark.createDataFrame(rows, Tables.PROMPTS.columns());
  }

  private static ModelPredictions predictions(
      SparkSession spark, List<List<Integer>> windows, int partitions) {
    List<float[]> predictions = new ArrayList<>();
    for (List<Integer> window : windows) {
      double[] model = model(window);
      float[] probabilities = new float[D_VOCAB];
      for (int token = 0; token < D_VOCAB; token++) {
        probabilities[token] = (float) model[token];
      }

      predictions.add(probabilities);
    }

    return ModelPredictions.dense(
        DensePredictions.of(spark, predictions).rows().repartition(partitions));
  }
}
