/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.geometry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import dev.kindred.LocalSpark;
import dev.kindred.model.HookPoint;
import dev.kindred.model.Models;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.FormerNames;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(LocalSpark.class)
class TestGeometry {
  private static final int PROMPTS = 23;
  private static final int BATCH = 4;
  private static final long SEED = 42;

  private static ModelDirectory model;
  private static int[][] tokenIds;
  private static Dataset<Row> prompts;
  private static Broadcast<ModelDirectory> broadcast;
  private static List<Row> directions;
  private static List<Row> perturbations;

  @BeforeAll
  static void measure(SparkSession spark) {
    model = Models.directory(Models.TINYSHAKESPEARE);
    broadcast = JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(model);
    Random random = new Random(7);
    tokenIds = new int[PROMPTS][];
    List<Row> rows = new ArrayList<>();
    for (int prompt = 0; prompt < PROMPTS; prompt++) {
      tokenIds[prompt] = random.ints(10, 0, 65).toArray();
      rows.add(RowFactory.create("p-1", prompt, tokenIds[prompt], "", null));
    }

    prompts = spark.createDataFrame(rows, Tables.PROMPTS.columns());
    Dataset<Row> measured = measured(3, SEED).cache();
    directions = Geometry.directions(measured).collectAsList();
    perturbations = Geometry.perturbations(measured).collectAsList();
  }

  private static Dataset<Row> measured(int partitions, long seed) {
    return Geometry.measure(prompts, broadcast, BATCH, partitions, seed);
  }

  @Test
  void rowsAreThoseOfTheirTables() {
    Dataset<Row> measured = measured(1, SEED);

    assertThat(Tables.DIRECTIONS.conform(Geometry.directions(measured)).columns()).hasSize(4);
    assertThat(Tables.PERTURBATIONS.conform(Geometry.perturbations(measured)).columns()).hasSize(9);
  }

  @Test
  void rowsDoNotDependOnPartitions() {
    Dataset<Row> measured = measured(1, SEED);

    assertThat(Geometry.directions(measured).collectAsList()).isEqualTo(directions);
    assertThat(Geometry.perturbations(measured).collectAsList()).isEqualTo(perturbations);
  }

  @Test
  void everyPromptHasADirectionInEveryBlock() {
    assertThat(directions).hasSize(6 * PROMPTS);
  }

  @Test
  void directionsAreThoseOfAPlainSumOfTheParts() {
    try (ResidualStream tapped = model.loadStream(Device.cpu())) {
      for (int prompt = 0; prompt < PROMPTS; prompt++) {
        try (ResidualStream.Pass pass = tapped.run(new int[][] {tokenIds[prompt]})) {
          for (int block = 0; block < 6; block++) {
            double dot = 0;
            double sums = 0;
            double streams = 0;
            for (int k = 0; k < 384; k++) {
              double sum = pass.last(0, HookPoint.RESID_PRE)[k];
              for (int earlier = 0; earlier <= block; earlier++) {
                sum += pass.last(earlier, HookPoint.MLP_OUT)[k];
              }

              double stream = pass.last(block, HookPoint.RESID_POST)[k];
              dot += sum * stream;
              sums += sum * sum;
              streams += stream * stream;
            }

            Row found = directions.get(6 * prompt + block);
            assertThat(found.<Double>getAs("cosine_without_attention"))
                .isCloseTo(dot / Math.sqrt(sums * streams), within(1e-5));
            assertThat(found.<Double>getAs("norm_ratio"))
                .isCloseTo(Math.sqrt(sums / streams), within(1e-5));
          }
        }
      }
    }
  }

  @Test
  void scalingLeavesDirectionAndPredictionAsTheyAre() {
    for (Row row : of("scale_10")) {
      assertThat(row.<Double>getAs("norm_after"))
          .isCloseTo(10 * row.<Double>getAs("norm_before"), within(1e-4));
      assertThat(row.<Double>getAs("cosine")).isCloseTo(1, within(1e-6));
      assertThat(row.<Double>getAs("normed_cosine")).isCloseTo(1, within(1e-6));
      assertThat(row.<Double>getAs("hellinger")).isLessThan(1e-4);
    }
  }

  private static List<Row> of(String perturbation) {
    List<Row> rows =
        perturbations.stream()
            .filter(row -> row.getAs("perturbation").equals(perturbation))
            .toList();
    assertThat(rows).hasSize(PROMPTS);
    return rows;
  }

  @ParameterizedTest
  @CsvSource({"NOISE_SMALL, .1", "NOISE_LARGE, 2"})
  void componentsOfNoiseHaveItsDeviation(Change noise, double deviation) {
    int components = 100_000;
    double squares = 0;
    for (float component : noise.of(new float[components], SEED, 1)) {
      squares += (double) component * component;
    }

    double variance = deviation * deviation;
    assertThat(squares / components)
        .isCloseTo(variance, within(6 * variance * Math.sqrt(2.0 / components)));
  }

  @Test
  void moreNoiseTurnsVectorsFurther() {
    for (int prompt = 0; prompt < PROMPTS; prompt++) {
      assertThat(of("noise_2").get(prompt).<Double>getAs("cosine"))
          .isLessThan(of("noise_0.1").get(prompt).<Double>getAs("cosine"));
    }
  }

  @Test
  void noiseDiffersBetweenPromptsWithTheSameTokens() {
    float[] x = new float[384];

    assertThat(Change.NOISE_LARGE.of(x, SEED, 1)).isNotEqualTo(Change.NOISE_LARGE.of(x, SEED, 2));
  }

  @Test
  void noiseIsDrawnAnewWithAnotherSeed() {
    List<Row> others = Geometry.perturbations(measured(1, SEED + 1)).collectAsList();

    assertThat(others).hasSameSizeAs(perturbations).isNotEqualTo(perturbations);
  }

  @Test
  void figuresAreMeansOverPrompts(SparkSession spark) {
    Map<String, Double> metrics =
        FormerNames.of(
            Geometry.summarize(
                spark.createDataFrame(directions, directions.get(0).schema()),
                spark.createDataFrame(perturbations, perturbations.get(0).schema())));

    double mean =
        of("noise_2").stream().mapToDouble(row -> row.getAs("cosine")).average().orElseThrow();
    assertThat(metrics.get("geometry.perturbation.noise_2.cosine.mean"))
        .isCloseTo(mean, within(1e-12));
    assertThat(metrics).containsKey("geometry.block.5.norm_ratio.std").hasSize(4 * (6 * 2 + 3 * 7));
  }
}
