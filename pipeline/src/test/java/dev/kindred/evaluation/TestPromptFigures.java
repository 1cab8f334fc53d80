/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.LocalSpark;
import dev.kindred.prediction.DensePredictions;
import dev.kindred.table.FormerNames;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(LocalSpark.class)
class TestPromptFigures {
  private static final int LENGTH = 10;

  @ParameterizedTest(name = "window {0} x {1}, top {2}, {3} similar")
  @CsvSource({
    ", 0, .3, 99, split.outside, confidence.below_50, similar_strings.below_100, occurrences.none",
    "80, 1, .5, 100, split.inside, confidence.from_50, similar_strings.from_100, occurrences.once",
    "81, 9, .95, 9999, split.outside, confidence.from_90, similar_strings.from_1000,"
        + " occurrences.from_2",
    "0, 10, .995, 10000, split.inside, confidence.from_99, similar_strings.from_10000,"
        + " occurrences.from_10",
  })
  void aPromptIsInOneSliceOfEachKind(
      Long window,
      long occurrences,
      float top,
      long similar,
      String split,
      String confidence,
      String similarStrings,
      String occurrence,
      SparkSession spark) {
    Dataset<Row> slices =
        Slices.of(
            table(spark, Tables.PROMPTS, RowFactory.create("p-1", 0, List.of(), "", window)),
            table(
                spark,
                Tables.WINDOWS,
                RowFactory.create(
                    "c-1", window == null ? 7L : window, List.of(), "", occurrences, Map.of())),
            DensePredictions.of(spark, List.of(new float[] {top})).rows(),
            table(
                spark,
                Tables.BLOCK_DISTRIBUTIONS,
                RowFactory.create("r-1", 0, 0, similar - 40, Map.of(), true),
                RowFactory.create("r-1", 1, 0, 40L, Map.of(), true)),
            LENGTH,
            90);

    assertThat(slices.first().<String>getAs("confidence")).isEqualTo(confidence);
    assertThat(slices.first().<String>getAs("split")).isEqualTo(split);
    assertThat(slices.first().<String>getAs("similar_strings")).isEqualTo(similarStrings);
    assertThat(slices.first().<String>getAs("occurrences")).isEqualTo(occurrence);
  }

  @Test
  void meansOfSlicesAreOfTheirPromptsAlone(SparkSession spark) {
    Map<String, Double> figures = figures(spark, 1);

    assertThat(figures.get("slice.split.inside.compatible.hellinger.mean"))
        .isCloseTo(.2, within(1e-15));
    assertThat(figures)
        .containsEntry("slice.split.inside.prompts", 2.)
        .containsEntry("slice.split.inside.honest.hellinger.mean", .5)
        .containsEntry("slice.split.inside.compatible.top1", 1.)
        .containsEntry("slice.split.outside.compatible.hellinger.mean", .5)
        .containsEntry("slice.split.outside.honest.top1", 0.)
        .containsEntry("slice.split.outside.baseline.unigram.hellinger.mean", .75);
  }

  @Test
  void baselinesAreDescribedInBothProtocolsWhereBothMakeSense(SparkSession spark) {
    Map<String, Double> figures = figures(spark, 1);

    assertThat(figures.get("baseline.unigram.hellinger.mean")).isCloseTo(.65, within(1e-15));
    assertThat(figures.get("honest.baseline.unigram.hellinger.max")).isEqualTo(.85);
    assertThat(figures.get("baseline.own_next_tokens.hellinger.min")).isEqualTo(.25);
    assertThat(figures.keySet()).noneMatch(name -> name.contains("honest.baseline.own"));
  }

  @Test
  void stringsAreSetBesideTheNGramPromptByPrompt(SparkSession spark) {
    Map<String, Double> figures = figures(spark, 1);

    // .65 .75 .85 less .25 .75 .75.
    assertThat(figures.get("honest.gain_over_ngram.mean")).isCloseTo(.5 / 3, within(1e-15));
    assertThat(figures.get("honest.gain_over_ngram.max")).isCloseTo(.4, within(1e-15));
    assertThat(figures.get("slice.split.inside.honest.gain_over_ngram.mean"))
        .isCloseTo(.2, within(1e-15));
    assertThat(figures.get("slice.split.outside.honest.gain_over_ngram.ci95_low"))
        .isCloseTo(.1, within(1e-15));
    assertThat(figures.get("honest.ngram.hellinger.mean"))
        .isEqualTo(figures.get("honest.baseline.unigram.hellinger.mean"));
    assertThat(figures).containsKey("slice.split.inside.ngram.hellinger.ci95_low");
  }

  @Test
  void everyMeanHasAnIntervalAroundIt(SparkSession spark) {
    Map<String, Double> figures = figures(spark, 1);

    for (String name :
        List.of(
            "baseline.unigram.hellinger",
            "honest.baseline.unigram.hellinger",
            "baseline.own_next_tokens.hellinger")) {
      assertThat(figures.get(name + ".mean"))
          .as(name)
          .isBetween(figures.get(name + ".ci95_low"), figures.get(name + ".ci95_high"));
    }

    assertThat(figures)
        .containsKeys(
            "compatible.hellinger.ci95_low",
            "honest.hellinger.ci95_high",
            "compatible.top1.ci95_low",
            "honest.top1.ci95_high",
            "noise_floor.hellinger.ci95_low",
            "slice.split.inside.compatible.top1.ci95_low",
            "slice.split.inside.noise_floor.hellinger.mean");
  }

  @Test
  void figuresAreTheSameToTheLastBitWhateverThePartitions(SparkSession spark) {
    assertThat(figures(spark, 7)).isEqualTo(figures(spark, 1));
  }

  /** Three prompts, of which the first two are in the training split. */
  private static Map<String, Double> figures(SparkSession spark, int partitions) {
    List<Row> baselines = new ArrayList<>();
    List<Row> alternate = new ArrayList<>();
    for (int prompt = 0; prompt < 3; prompt++) {
      double distance = .55 + .1 * prompt;
      baselines.add(RowFactory.create("r-1", prompt, "unigram", distance, distance + .1, 3, 3));
      baselines.add(
          RowFactory.create("r-1", prompt, "own_next_tokens", .25 * (1 + prompt), null, 3, null));
      alternate.add(RowFactory.create("m-1", "p-1", "m-2", prompt, .1 * prompt, null));
    }

    Dataset<Row> slices =
        table(
                spark,
                Tables.PROMPTS,
                RowFactory.create("p-1", 0, List.of(), "split.inside", 0L),
                RowFactory.create("p-1", 1, List.of(), "split.inside", 1L),
                RowFactory.create("p-1", 2, List.of(), "split.outside", 2L))
            .selectExpr(
                "prompt_id",
                "text as split",
                "'confidence.from_50' as confidence",
                "'similar_strings.from_100' as similar_strings",
                "'occurrences.once' as occurrences");
    return FormerNames.of(
        PromptFigures.of(
            table(
                    spark,
                    Tables.DISTANCES,
                    distance(0, .1, .25, true),
                    distance(1, .3, .75, true),
                    distance(2, .5, .75, false))
                .repartition(partitions),
            table(spark, Tables.BASELINES, baselines.toArray(Row[]::new)).repartition(partitions),
            "unigram",
            List.of(
                table(spark, Tables.MODEL_DISTANCES, alternate.toArray(Row[]::new))
                    .repartition(partitions)),
            slices.repartition(partitions)));
  }

  private static Row distance(int prompt, double hellinger, double honest, boolean agrees) {
    Integer top = agrees ? 3 : 4;
    return RowFactory.create(
        "r-1", prompt, hellinger, honest, agrees, 3, top, top, 0, List.of(), 0, List.of());
  }

  private static Dataset<Row> table(
      SparkSession spark, dev.kindred.table.Table table, Row... rows) {
    return spark.createDataFrame(List.of(rows), table.columns());
  }
}
