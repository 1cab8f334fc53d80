/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.LocalSpark;
import dev.kindred.model.Models;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.prediction.RandomPrompts;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.storage.StorageLevel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LocalSpark.class)
class TestPredictionSample {
  private static final ModelDirectory MODEL = Models.directory(Models.TWO_BLOCKS);
  private static final int PROMPTS = 20;
  private static final String EVERY = "(16 of 16 prompts sampled)";

  @Test
  void whatTheModelDoesNotGiveIsNamed(SparkSession spark) {
    Dataset<Row> sound =
        RandomPrompts.predictions(spark, MODEL, PROMPTS, 0, 2)
            .rows()
            .persist(StorageLevel.MEMORY_ONLY());

    assertThat(problems(spark, sound)).isEmpty();
    assertNamed(spark, sound, "log_normalizer", "log_normalizer + .001", "log_normalizer ");
    assertNamed(spark, sound, "root_sum", "root_sum * 1.001", "root_sum ");
    assertNamed(spark, sound, "root_sum", "double('nan')", "root_sum NaN");
    assertNamed(
        spark,
        sound,
        "final_vector",
        "transform(final_vector, x -> float(x * 1.001))",
        "another final_vector");
    assertNamed(spark, sound, "final_vector", "slice(final_vector, 1, 3)", "another final_vector");
    assertNamed(
        spark,
        sound,
        "top_probabilities",
        "transform(top_probabilities, p -> float(p * 1.01))",
        "other top_probabilities");
    sound.unpersist();
  }

  @Test
  void predictionsWithAllProbabilitiesAreNotEvaluatedAnew(SparkSession spark) {
    assertThat(
            problems(
                spark, RandomPrompts.predictions(spark, MODEL, 3, Integer.MAX_VALUE, 1).rows()))
        .isEmpty();
  }

  private static void assertNamed(
      SparkSession spark, Dataset<Row> sound, String column, String damage, String found) {
    assertThat(problems(spark, sound.withColumn(column, functions.expr(damage))))
        .singleElement()
        .asString()
        .startsWith("predictions: expected what the model gives")
        .contains("found " + found)
        .endsWith(EVERY);
  }

  private static List<String> problems(SparkSession spark, Dataset<Row> predictions) {
    return PredictionSample.problems(
        "r-1",
        RandomPrompts.rows(spark, PROMPTS),
        predictions,
        LoadedModels.get(MODEL),
        LoadedModels.logitMap(MODEL));
  }
}
