/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.LocalSpark;
import dev.kindred.prediction.DensePredictions;
import dev.kindred.prediction.ModelPredictions;
import dev.kindred.table.FormerNames;
import dev.kindred.table.Tables;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LocalSpark.class)
class TestModelDistances {
  private static final float[][] MODEL = {{1, 0, 0}, {.5f, .25f, .25f}, {0, 0, 1}};
  private static final float[][] ALTERNATE = {{1, 0, 0}, {.25f, .5f, .25f}, {0, 1, 0}};

  /** sqrt((sqrt(.5) - sqrt(.25))^2) for two of three tokens. */
  private static final double BETWEEN = Math.sqrt(.5) - .5;

  @Test
  void everyPromptHasTheDistanceOfItsTwoDistributions(SparkSession spark) {
    List<Row> rows =
        Tables.MODEL_DISTANCES
            .conform(
                ModelDistances.measure(predictions(spark, MODEL), predictions(spark, ALTERNATE)))
            .collectAsList();

    assertThat(rows).extracting(row -> row.getInt(0)).containsExactly(0, 1, 2);
    assertThat(rows.get(0).getDouble(1)).isZero();
    assertThat(rows.get(1).getDouble(1)).isCloseTo(BETWEEN, within(1e-7));
    assertThat(rows.get(2).getDouble(1)).isEqualTo(1);
    assertThat(rows).extracting(row -> row.getBoolean(2)).containsExactly(true, false, false);
  }

  @Test
  void theNoiseFloorIsOverAllAlternates(SparkSession spark) {
    Dataset<Row> same =
        ModelDistances.measure(predictions(spark, MODEL), predictions(spark, MODEL));
    Dataset<Row> other =
        ModelDistances.measure(predictions(spark, MODEL), predictions(spark, ALTERNATE));
    Map<String, Double> metrics = FormerNames.of(Summaries.noiseFloor(List.of(same, other)));

    assertThat(metrics.get("noise_floor.hellinger.mean"))
        .isCloseTo((1 + BETWEEN) / 6, within(1e-7));
    assertThat(metrics.get("noise_floor.hellinger.max")).isEqualTo(1);
    assertThat(metrics.get("noise_floor.0.hellinger.mean")).isZero();
    assertThat(metrics.get("noise_floor.1.hellinger.mean"))
        .isCloseTo((1 + BETWEEN) / 3, within(1e-7));
    assertThat(metrics.get("noise_floor.1.hellinger.std"))
        .isCloseTo(deviation(0, BETWEEN, 1), within(1e-7));
    assertThat(metrics).containsEntry("noise_floor.top1", 4. / 6);
  }

  @Test
  void whereAnEarlierVersionHasComparedModelsTopTokensAreNotCounted(SparkSession spark) {
    Dataset<Row> distances =
        ModelDistances.measure(predictions(spark, MODEL), predictions(spark, ALTERNATE));
    Dataset<Row> earlier =
        distances.withColumn("top_token_agrees", functions.lit(null).cast("boolean"));

    assertThat(FormerNames.of(Summaries.noiseFloor(List.of(distances, earlier))))
        .containsKey("noise_floor.hellinger.mean")
        .doesNotContainKey("noise_floor.top1");
  }

  @Test
  void withoutAlternatesThereIsNoNoiseFloor() {
    assertThat(FormerNames.of(Summaries.noiseFloor(List.of()))).isEmpty();
  }

  private static double deviation(double... values) {
    double mean = (values[0] + values[1] + values[2]) / 3;
    double squares = 0;
    for (double value : values) {
      squares += Math.pow(value - mean, 2);
    }

    return Math.sqrt(squares / 2);
  }

  private static ModelPredictions predictions(SparkSession spark, float[][] probabilities) {
    return DensePredictions.of(spark, List.of(probabilities));
  }
}
