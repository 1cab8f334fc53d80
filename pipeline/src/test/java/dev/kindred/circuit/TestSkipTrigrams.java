/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kindred.LocalSpark;
import dev.kindred.circuit.SkipTrigrams.Cells;
import dev.kindred.math.RankCorrelation;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.ejml.data.DMatrixRMaj;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Skip trigrams of heads against numpy's, those of a text against a plain count. */
@ExtendWith(LocalSpark.class)
class TestSkipTrigrams {
  private static final int TOKENS = 3;
  private static final int WITHIN = 4;

  @Test
  void whatHeadsPredictIsWhatTheReferenceHas() {
    JsonNode file = CircuitCase.json("skip-trigrams.json").get("dickens");
    FoldedModel model = CircuitCase.model("dickens-small");
    long[] counts = new long[model.vocabulary()];
    Arrays.setAll(counts, i -> file.get("source_counts").get(i).asLong());
    for (JsonNode expected : file.get("heads")) {
      TokenCircuit circuit =
          TokenCircuit.of(
              model,
              expected.get("layer").asInt(),
              expected.get("head").asInt(),
              expected.get("offset").asInt(),
              counts,
              CircuitCase.all(model));
      for (JsonNode row : expected.get("top_both_positive")) {
        int source = row.get(0).asInt();
        int destination = row.get(1).asInt();
        int output = row.get(2).asInt();
        assertThat(circuit.product(source, destination, output))
            .as(row.toString())
            .isCloseTo(row.get(3).asDouble(), within(1e-8));
        assertThat(circuit.found().get(destination, source))
            .isCloseTo(row.get(4).asDouble(), within(1e-8));
        assertThat(circuit.given().get(source, output))
            .isCloseTo(row.get(5).asDouble(), within(1e-8));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7})
  void countsAreThoseOfAPlainCount(int partitions, SparkSession spark) {
    int[] text = new Random(3).ints(500, 0, TOKENS).toArray();
    List<Row> windows = new ArrayList<>();
    Map<List<Integer>, Long> triples = new HashMap<>();
    Map<List<Integer>, Long> pairs = new HashMap<>(); // source and destination
    Map<List<Integer>, Long> followed = new HashMap<>(); // destination and output
    Map<Integer, Long> destinations = new HashMap<>();
    for (int i = WITHIN; i + 1 < text.length; i++) {
      int[] window = Arrays.copyOfRange(text, i - WITHIN, i + 1);
      windows.add(Tables.WINDOWS.row((long) i, window, "", 1L, Map.of(text[i + 1], 1L)));
      destinations.merge(text[i], 1L, Long::sum);
      followed.merge(List.of(text[i], text[i + 1]), 1L, Long::sum);
      for (int source : Arrays.stream(window, 0, WITHIN).distinct().toArray()) {
        pairs.merge(List.of(source, text[i]), 1L, Long::sum);
        triples.merge(List.of(source, text[i], text[i + 1]), 1L, Long::sum);
      }
    }

    int[] all = IntStream.range(0, TOKENS).toArray();
    Cells cells =
        Cells.of(
            SkipTrigrams.counts(Tables.WINDOWS.rows(spark, windows).repartition(partitions), all)
                .collectAsList(),
            all);
    assertThat(cells.lifts()).hasSize(TOKENS * TOKENS * TOKENS);
    for (int cell = 0; cell < cells.lifts().length; cell++) {
      int source = cells.sources()[cell];
      int destination = cells.destinations()[cell];
      int output = cells.outputs()[cell];
      long n = triples.getOrDefault(List.of(source, destination, output), 0L);
      double expected =
          (double) pairs.get(List.of(source, destination))
              * followed.get(List.of(destination, output))
              / destinations.get(destination);
      assertThat(cells.counts()[cell]).isEqualTo(n);
      assertThat(cells.lifts()[cell]).isCloseTo(n / expected, within(1e-12));
      assertThat(cells.place(source, destination, output)).isEqualTo(cell);
    }

    assertThat(cells.place(0, 0, TOKENS)).isNegative();
    int[] some = {0, 2};
    Cells ofSome =
        Cells.of(
            SkipTrigrams.counts(Tables.WINDOWS.rows(spark, windows).repartition(partitions), some)
                .collectAsList(),
            some);
    assertThat(ofSome.lifts()).hasSize(some.length * some.length * some.length);
    for (int cell = 0; cell < ofSome.lifts().length; cell++) {
      int same =
          cells.place(
              some[ofSome.sources()[cell]],
              some[ofSome.destinations()[cell]],
              some[ofSome.outputs()[cell]]);
      assertThat(ofSome.counts()[cell]).isEqualTo(cells.counts()[same]);
      assertThat(ofSome.lifts()[cell]).isEqualTo(cells.lifts()[same]);
    }
  }

  @Test
  void thePredictionsOfSomeTokensAreThoseAmongAll() {
    FoldedModel model = CircuitCase.model("dickens-small");
    int[] all = CircuitCase.all(model);
    int[] some = {3, 10, 11, 40, 61};
    long[] counts = new long[model.vocabulary()];
    for (int token : some) {
      counts[token] = token; // of others there are none
    }

    TokenCircuit ofAll = TokenCircuit.of(model, 1, 2, 0, counts, all);
    TokenCircuit ofSome = TokenCircuit.of(model, 1, 2, 0, counts, some);
    for (int i = 0; i < some.length; i++) {
      for (int j = 0; j < some.length; j++) {
        assertThat(ofSome.found().get(i, j))
            .isCloseTo(ofAll.found().get(some[i], some[j]), within(1e-10));
        assertThat(ofSome.given().get(i, j))
            .isCloseTo(ofAll.given().get(some[i], some[j]), within(1e-10));
      }
    }
  }

  @Test
  void theBestAreThoseOfAllPairsOfPositiveFactors() {
    Random random = new Random(5);
    int tokens = 40; // 64,000 skip trigrams, of which 1,000 are the best
    DMatrixRMaj found = new DMatrixRMaj(tokens, tokens);
    DMatrixRMaj given = new DMatrixRMaj(tokens, tokens);
    for (int i = 0; i < tokens * tokens; i++) {
      found.set(i, Math.rint(8 * random.nextGaussian())); // many are alike
      given.set(i, Math.rint(8 * random.nextGaussian()));
    }

    TokenCircuit circuit = new TokenCircuit(found, given);
    List<List<Double>> plain = new ArrayList<>(); // less the product, then the tokens
    for (int source = 0; source < tokens; source++) {
      for (int destination = 0; destination < tokens; destination++) {
        for (int output = 0; output < tokens; output++) {
          if (found.get(destination, source) > 0 && given.get(source, output) > 0) {
            plain.add(
                List.of(
                    -circuit.product(source, destination, output),
                    (double) source,
                    (double) destination,
                    (double) output));
          }
        }
      }
    }

    plain.sort(
        Comparator.comparingDouble((List<Double> one) -> one.get(0))
            .thenComparingDouble(one -> one.get(1))
            .thenComparingDouble(one -> one.get(2))
            .thenComparingDouble(one -> one.get(3)));
    assertThat(SkipTrigrams.best(circuit, tokens))
        .extracting(
            one ->
                List.of(
                    -one.product(),
                    (double) one.source(),
                    (double) one.destination(),
                    (double) one.output()))
        .isEqualTo(plain.subList(0, 1_000));
  }

  @Test
  void aHeadThatKnowsTheTextCorrelatesWithIt() {
    int[] tokens = IntStream.range(0, TOKENS).toArray();
    double[] lifts = {.5, 2, 3, 1};
    Cells cells =
        new Cells(
            new int[] {0, 0, 1, 2},
            new int[] {0, 1, 1, 2},
            new int[] {1, 1, 2, 0},
            new long[4],
            new double[4],
            lifts,
            RankCorrelation.ranks(lifts));
    DMatrixRMaj found = new DMatrixRMaj(TOKENS, TOKENS);
    DMatrixRMaj given = new DMatrixRMaj(TOKENS, TOKENS);
    found.set(0, 0, .5);
    found.set(1, 0, 2);
    found.set(1, 1, 3);
    found.set(2, 2, 1);
    given.fill(1);
    assertThat(cells.correlation(new TokenCircuit(found, given), tokens))
        .isCloseTo(1, within(1e-12));
    given.fill(-1);
    assertThat(cells.correlation(new TokenCircuit(found, given), tokens))
        .isCloseTo(-1, within(1e-12));
  }
}
