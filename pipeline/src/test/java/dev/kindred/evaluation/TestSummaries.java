/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.LocalSpark;
import dev.kindred.table.FormerNames;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LocalSpark.class)
class TestSummaries {
  private static final Map<Integer, Double> EVIDENCE = Map.of(1, 1.);
  private static final Map<Integer, Double> NONE = Map.of();

  @Test
  void distancesAreDescribedByMeanSampleDeviationAndRange(SparkSession spark) {
    Map<String, Double> metrics =
        FormerNames.of(
            Summaries.of(
                distances(
                    spark,
                    distance(0, .1, .5, true),
                    distance(1, .4, .75, false),
                    distance(2, .25, 1, true),
                    distance(3, .25, .75, true)),
                approximations(spark, approximation(0, EVIDENCE, EVIDENCE)),
                blocks(spark, block(0, 0, 1))));

    // Deviations from .25: -.15, .15, 0, 0. From .75: -.25, 0, .25, 0.
    assertThat(metrics.get("compatible.hellinger.mean")).isCloseTo(.25, within(1e-15));
    assertThat(metrics.get("compatible.hellinger.std"))
        .isCloseTo(Math.sqrt(.045 / 3), within(1e-15));
    assertThat(metrics.get("compatible.hellinger.min")).isEqualTo(.1);
    assertThat(metrics.get("compatible.hellinger.max")).isEqualTo(.4);
    assertThat(metrics.get("honest.hellinger.mean")).isCloseTo(.75, within(1e-15));
    assertThat(metrics.get("honest.hellinger.std")).isCloseTo(Math.sqrt(.125 / 3), within(1e-15));
    assertThat(metrics.get("honest.hellinger.min")).isEqualTo(.5);
    assertThat(metrics.get("honest.hellinger.max")).isEqualTo(1);
  }

  @Test
  void top1IsTheShareOfPromptsWhoseTopTokenAgrees(SparkSession spark) {
    Map<String, Double> metrics =
        FormerNames.of(
            Summaries.of(
                distances(
                    spark,
                    distance(0, .1, .5, true),
                    distance(1, .4, .75, false),
                    distance(2, .25, 1, true),
                    distance(3, .25, .75, true)),
                approximations(spark, approximation(0, EVIDENCE, EVIDENCE)),
                blocks(spark, block(0, 0, 1))));

    assertThat(metrics.get("compatible.top1")).isEqualTo(.75);
    assertThat(metrics.get("honest.top1")).isEqualTo(.25);
  }

  @Test
  void agreementOfTheFirstTokensIsTheShareOfPromptsInOrderAndInAnyOrder(SparkSession spark) {
    Map<String, Double> metrics =
        FormerNames.of(
            Summaries.of(
                distances(
                    spark,
                    distance(0, .1, .5, true),
                    distance(1, .4, .75, false),
                    distance(2, .25, 1, true),
                    distance(3, .25, .75, true)),
                approximations(spark, approximation(0, EVIDENCE, EVIDENCE)),
                blocks(spark, block(0, 0, 1))));

    assertThat(metrics)
        .containsEntry("compatible.top.1.in_order", .75)
        .containsEntry("compatible.top.2.in_order", .75)
        .containsEntry("compatible.top.3.in_order", 0.)
        .containsEntry("compatible.top.2.any_order", .75)
        .containsEntry("compatible.top.5.any_order", 1.)
        .containsEntry("honest.top.1.in_order", .25)
        .containsEntry("honest.top.5.any_order", 0.);
  }

  @Test
  void promptsAreCountedWithAndWithoutEvidence(SparkSession spark) {
    Map<String, Double> metrics =
        FormerNames.of(
            Summaries.of(
                distances(spark, distance(0, .1, .5, true), distance(1, .4, .75, false)),
                approximations(
                    spark,
                    approximation(0, EVIDENCE, NONE),
                    approximation(1, NONE, NONE),
                    approximation(2, EVIDENCE, EVIDENCE),
                    approximation(3, EVIDENCE, NONE)),
                blocks(spark, block(0, 0, 1))));

    assertThat(metrics.get("compatible.prompts")).isEqualTo(2);
    assertThat(metrics.get("compatible.prompts_without_evidence")).isEqualTo(1);
    assertThat(metrics.get("honest.prompts_without_evidence")).isEqualTo(3);
  }

  @Test
  void similarStringsAreDescribedPerBlock(SparkSession spark) {
    Map<String, Double> metrics =
        FormerNames.of(
            Summaries.of(
                distances(spark, distance(0, .1, .5, true)),
                approximations(spark, approximation(0, EVIDENCE, EVIDENCE)),
                blocks(spark, block(0, 0, 2), block(1, 0, 4), block(2, 0, 9), block(0, 1, 7))));

    // Deviations from 5: -3, -1, 4.
    assertThat(metrics.get("block.0.similar_strings.mean")).isEqualTo(5);
    assertThat(metrics.get("block.0.similar_strings.std"))
        .isCloseTo(Math.sqrt(26 / 2.), within(1e-14));
    assertThat(metrics.get("block.0.similar_strings.min")).isEqualTo(2);
    assertThat(metrics.get("block.0.similar_strings.max")).isEqualTo(9);
    assertThat(metrics.get("block.0.similar_strings.total")).isEqualTo(15);
    assertThat(metrics.get("block.1.similar_strings.mean")).isEqualTo(7);
    assertThat(metrics.get("block.1.similar_strings.total")).isEqualTo(7);
  }

  @Test
  void theDeviationOfASinglePromptIsZero(SparkSession spark) {
    Map<String, Double> metrics =
        FormerNames.of(
            Summaries.of(
                distances(spark, distance(0, .1, .5, true)),
                approximations(spark, approximation(0, EVIDENCE, EVIDENCE)),
                blocks(spark, block(0, 0, 7))));

    assertThat(metrics.get("compatible.hellinger.std")).isZero();
    assertThat(metrics.get("block.0.similar_strings.std")).isZero();
  }

  @Test
  void aSmallSpreadOfLargeCountsIsNotLostToRounding(SparkSession spark) {
    long large = 1_000_000_000_000L;

    Map<String, Double> metrics =
        FormerNames.of(
            Summaries.of(
                distances(spark, distance(0, .1, .5, true)),
                approximations(spark, approximation(0, EVIDENCE, EVIDENCE)),
                blocks(spark, block(0, 0, large), block(1, 0, large + 1), block(2, 0, large + 2))));

    assertThat(metrics.get("block.0.similar_strings.std")).isCloseTo(1, within(1e-12));
  }

  @Test
  void figuresAreTheSameToTheLastBitWhateverThePartitions(SparkSession spark) {
    Random random = new Random(12);
    List<Row> distances = new ArrayList<>();
    List<Row> approximations = new ArrayList<>();
    List<Row> blocks = new ArrayList<>();
    for (int prompt = 0; prompt < 1000; prompt++) {
      distances.add(
          distance(prompt, random.nextDouble(), random.nextDouble(), random.nextBoolean()));
      approximations.add(approximation(prompt, EVIDENCE, random.nextBoolean() ? EVIDENCE : NONE));
      blocks.add(block(prompt, 0, random.nextInt(1_000_000)));
      blocks.add(block(prompt, 1, random.nextInt(1_000_000)));
    }

    List<Map<String, Double>> figures = new ArrayList<>();
    for (int partitions : new int[] {1, 7}) {
      figures.add(
          FormerNames.of(
              Summaries.of(
                  table(spark, distances, Tables.DISTANCES.columns()).repartition(partitions),
                  table(spark, approximations, Tables.APPROXIMATIONS.columns())
                      .repartition(partitions),
                  table(spark, blocks, Tables.BLOCK_DISTRIBUTIONS.columns())
                      .repartition(partitions))));
    }

    assertThat(figures.get(1)).isEqualTo(figures.get(0));
  }

  @Test
  void everyDocumentedFigureIsThereAndNoOther(SparkSession spark) {
    Map<String, Double> metrics =
        FormerNames.of(
            Summaries.of(
                distances(spark, distance(0, .1, .5, true)),
                approximations(spark, approximation(0, EVIDENCE, EVIDENCE)),
                blocks(spark, block(0, 0, 7))));

    List<String> names = new ArrayList<>();
    for (int n = 1; n <= 10; n++) {
      for (String protocol : List.of("compatible", "honest")) {
        names.add(protocol + ".top." + n + ".in_order");
        names.add(protocol + ".top." + n + ".any_order");
      }
    }

    names.addAll(
        List.of(
            "compatible.prompts",
            "compatible.prompts_without_evidence",
            "compatible.hellinger.mean",
            "compatible.hellinger.std",
            "compatible.hellinger.min",
            "compatible.hellinger.max",
            "compatible.top1",
            "honest.prompts_without_evidence",
            "honest.top1",
            "honest.hellinger.mean",
            "honest.hellinger.std",
            "honest.hellinger.min",
            "honest.hellinger.max",
            "block.0.similar_strings.mean",
            "block.0.similar_strings.std",
            "block.0.similar_strings.min",
            "block.0.similar_strings.max",
            "block.0.similar_strings.total"));
    assertThat(metrics.keySet()).containsExactlyInAnyOrderElementsOf(names);
  }

  private static Dataset<Row> distances(SparkSession spark, Row... rows) {
    return table(spark, List.of(rows), Tables.DISTANCES.columns());
  }

  private static Dataset<Row> approximations(SparkSession spark, Row... rows) {
    return table(spark, List.of(rows), Tables.APPROXIMATIONS.columns());
  }

  private static Dataset<Row> blocks(SparkSession spark, Row... rows) {
    return table(spark, List.of(rows), Tables.BLOCK_DISTRIBUTIONS.columns());
  }

  private static Dataset<Row> table(SparkSession spark, List<Row> rows, StructType columns) {
    return spark.createDataFrame(rows, columns);
  }

  /** The model's top token is 3; the leave-one-out one agrees where that distance is at most .5. */
  private static Row distance(
      int prompt, double hellinger, double leaveOneOut, boolean topTokenAgrees) {
    return RowFactory.create(
        "r-1",
        prompt,
        hellinger,
        leaveOneOut,
        topTokenAgrees,
        3,
        topTokenAgrees ? 3 : 4,
        leaveOneOut <= .5 ? (Integer) 3 : null,
        topTokenAgrees ? 2 : 0,
        topTokenAgrees ? List.of(1, 2, 5) : List.of(5),
        leaveOneOut <= .5 ? 1 : 0,
        leaveOneOut <= .5 ? List.of(1) : List.of());
  }

  private static Row approximation(
      int prompt, Map<Integer, Double> probabilities, Map<Integer, Double> leaveOneOut) {
    return RowFactory.create("r-1", prompt, probabilities, leaveOneOut);
  }

  private static Row block(int prompt, int block, long similarCount) {
    return RowFactory.create("r-1", block, prompt, similarCount, Map.of(1, 1L), true);
  }
}
