/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.LocalSpark;
import dev.kindred.table.Tables;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LocalSpark.class)
class TestApproximations {
  private static final double ROUNDING = 1e-15;

  @Test
  void mixWeighsRawCountsAndNormalises() {
    Map<Integer, Double> mixed =
        Approximations.mix(
            List.of(Map.of(3, 2L, 7, 6L), Map.of(7, 1L, 9, 4L)), Mixture.ofCounts(.5, 2));

    // Token 3: .5 * 2; token 7: .5 * 6 + 2 * 1; token 9: 2 * 4; together 14.
    assertThat(mixed.keySet()).containsExactly(3, 7, 9);
    assertThat(mixed.get(3)).isCloseTo(1 / 14., within(ROUNDING));
    assertThat(mixed.get(7)).isCloseTo(5 / 14., within(ROUNDING));
    assertThat(mixed.get(9)).isCloseTo(8 / 14., within(ROUNDING));
  }

  @Test
  void mixGivesEachBlockItsOwnWeight() {
    Map<Integer, Double> mixed =
        Approximations.mix(List.of(Map.of(1, 1L), Map.of(2, 1L)), Mixture.ofCounts(3, 1));

    assertThat(mixed).containsExactly(Map.entry(1, .75), Map.entry(2, .25));
  }

  @Test
  void aBlockWithManyCountsOutweighsOneWithFew() {
    Map<Integer, Double> mixed =
        Approximations.mix(List.of(Map.of(1, 1L), Map.of(2, 3L)), Mixture.ofCounts(1, 1));

    assertThat(mixed).containsExactly(Map.entry(1, .25), Map.entry(2, .75));
  }

  @Test
  void tokensOfABlockWithoutWeightAreLeftOut() {
    Map<Integer, Double> mixed =
        Approximations.mix(List.of(Map.of(1, 5L), Map.of(2, 1L)), Mixture.ofCounts(0, 1));

    assertThat(mixed).containsExactly(Map.entry(2, 1.));
  }

  @Test
  void tokensWithoutCountsAreLeftOut() {
    Map<Integer, Double> mixed =
        Approximations.mix(List.of(Map.of(1, 0L, 2, 4L)), Mixture.ofCounts(1));

    assertThat(mixed).containsExactly(Map.entry(2, 1.));
  }

  @Test
  void noEvidenceGivesNoDistribution() {
    assertThat(Approximations.mix(List.of(Map.of(), Map.of(1, 0L)), Mixture.ofCounts(1, 1)))
        .isEmpty();
  }

  @Test
  void noWeightGivesNoDistribution() {
    assertThat(Approximations.mix(List.of(Map.of(1, 5L)), Mixture.ofCounts(0))).isEmpty();
  }

  @Test
  void leaveOneOutSubtractsOwnNextTokensWhereTheOwnWindowIsSimilar(SparkSession spark) {
    Row result =
        approximate(
                spark,
                new double[] {1, 10},
                List.of(prompt(0, 100L)),
                List.of(window(100, Map.of(5, 2L, 6, 1L)), window(200, Map.of(7, 9L))),
                blocks(0, 0, Map.of(5, 4L, 7, 3L, 6, 1L), true),
                blocks(0, 1, Map.of(5, 2L, 7, 1L), false))
            .head();

    // With all evidence: token 5: 4 + 20, token 6: 1, token 7: 3 + 10; together 38.
    assertDistribution(result, 1, Map.of(5, 24 / 38., 6, 1 / 38., 7, 13 / 38.));
    // Without its own in block 0: token 5: 2 + 20, token 7: 3 + 10; together 35.
    assertDistribution(result, 2, Map.of(5, 22 / 35., 7, 13 / 35.));
  }

  @Test
  void aPromptWithoutWindowKeepsAllEvidence(SparkSession spark) {
    Row result =
        approximate(
                spark,
                new double[] {1},
                List.of(prompt(0, null)),
                List.of(window(100, Map.of(5, 2L))),
                blocks(0, 0, Map.of(5, 3L, 6, 1L), false))
            .head();

    assertDistribution(result, 1, Map.of(5, .75, 6, .25));
    assertDistribution(result, 2, Map.of(5, .75, 6, .25));
  }

  @Test
  void aPromptWhoseOnlyEvidenceIsItselfHasNoneLeft(SparkSession spark) {
    Row result =
        approximate(
                spark,
                new double[] {1, 2},
                List.of(prompt(0, 100L)),
                List.of(window(100, Map.of(5, 2L, 6, 2L))),
                blocks(0, 0, Map.of(5, 2L, 6, 2L), true),
                blocks(0, 1, Map.of(5, 2L, 6, 2L), true))
            .head();

    assertDistribution(result, 1, Map.of(5, .5, 6, .5));
    assertDistribution(result, 2, Map.of());
  }

  @Test
  void aPromptWithoutEvidenceHasARowWithEmptyDistributions(SparkSession spark) {
    Row result =
        approximate(
                spark,
                new double[] {1},
                List.of(prompt(0, null)),
                List.of(window(100, Map.of(5, 2L))),
                blocks(0, 0, Map.of(), false))
            .head();

    assertDistribution(result, 1, Map.of());
    assertDistribution(result, 2, Map.of());
  }

  @Test
  void anOwnWindowWithoutNextTokensTakesNothingAway(SparkSession spark) {
    Row result =
        approximate(
                spark,
                new double[] {1},
                List.of(prompt(0, 100L)),
                List.of(window(100, Map.of())),
                blocks(0, 0, Map.of(5, 1L), true))
            .head();

    assertDistribution(result, 2, Map.of(5, 1.));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7})
  void everyPromptIsMixedByItselfWhateverThePartitions(int partitions, SparkSession spark) {
    Dataset<Row> distributions =
        spark
            .createDataFrame(
                List.of(
                    blocks(0, 1, Map.of(1, 1L), false),
                    blocks(1, 0, Map.of(2, 1L), false),
                    blocks(0, 0, Map.of(3, 1L), false),
                    blocks(2, 1, Map.of(), false),
                    blocks(1, 1, Map.of(4, 3L), false),
                    blocks(2, 0, Map.of(5, 1L), false)),
                Tables.BLOCK_DISTRIBUTIONS.columns())
            .repartition(partitions);

    List<Row> rows =
        Approximations.compute(
                distributions,
                prompts(spark, List.of(prompt(0, null), prompt(1, null), prompt(2, null))),
                windows(spark, List.of(window(100, Map.of(1, 1L)))),
                Mixture.ofCounts(1, 3))
            .collectAsList();

    assertThat(rows).extracting(row -> row.getInt(0)).containsExactly(0, 1, 2);
    assertDistribution(rows.get(0), 1, Map.of(1, .75, 3, .25));
    assertDistribution(rows.get(1), 1, Map.of(2, .1, 4, .9));
    assertDistribution(rows.get(2), 1, Map.of(5, 1.));
  }

  @Test
  void rowsConformToTheApproximationsTable(SparkSession spark) {
    Dataset<Row> rows =
        approximate(
            spark,
            new double[] {1},
            List.of(prompt(0, null)),
            List.of(window(100, Map.of(5, 2L))),
            blocks(0, 0, Map.of(5, 1L), false));

    assertThat(Tables.APPROXIMATIONS.conform(rows).columns()).containsExactly(rows.columns());
  }

  @Test
  void aPromptWithoutOneOfTheBlocksIsABug(SparkSession spark) {
    Dataset<Row> rows =
        approximate(
            spark,
            new double[] {1, 1},
            List.of(prompt(4, null)),
            List.of(window(100, Map.of(5, 2L))),
            blocks(4, 0, Map.of(5, 1L), false));

    assertThatThrownBy(rows::collectAsList)
        .hasStackTraceContaining("Prompt 4 has 1 block distributions, expected 2");
  }

  private static Dataset<Row> approximate(
      SparkSession spark,
      double[] weights,
      List<Row> prompts,
      List<Row> windows,
      Row... distributions) {
    return Approximations.compute(
        spark.createDataFrame(Arrays.asList(distributions), Tables.BLOCK_DISTRIBUTIONS.columns()),
        prompts(spark, prompts),
        windows(spark, windows),
        Mixture.ofCounts(weights));
  }

  private static Dataset<Row> prompts(SparkSession spark, List<Row> rows) {
    return spark.createDataFrame(rows, Tables.PROMPTS.columns());
  }

  private static Dataset<Row> windows(SparkSession spark, List<Row> rows) {
    return spark.createDataFrame(rows, Tables.WINDOWS.columns());
  }

  private static Row prompt(int promptId, Long windowId) {
    return RowFactory.create("p-1", promptId, new int[] {1, 2}, "ab", windowId);
  }

  private static Row window(long windowId, Map<Integer, Long> nextTokens) {
    return RowFactory.create("c-1", windowId, new int[] {1, 2}, "ab", 9L, nextTokens);
  }

  private static Row blocks(
      int promptId, int block, Map<Integer, Long> counts, boolean ownWindowSimilar) {
    return RowFactory.create("r-1", block, promptId, 9L, counts, ownWindowSimilar);
  }

  private static void assertDistribution(Row row, int column, Map<Integer, Double> expected) {
    Map<Integer, Double> actual = new TreeMap<>(row.<Integer, Double>getJavaMap(column));
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (token, probability) ->
            assertThat(actual.get(token))
                .as("probability of token %d", token)
                .isCloseTo(probability, within(ROUNDING)));
  }
}
