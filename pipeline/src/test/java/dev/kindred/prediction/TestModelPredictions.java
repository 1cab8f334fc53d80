/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.LocalSpark;
import dev.kindred.audit.Audit;
import dev.kindred.evaluation.Distances;
import dev.kindred.evaluation.ModelDistances;
import dev.kindred.math.Hellinger;
import dev.kindred.math.Shares;
import dev.kindred.math.TopTokens;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.Models;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Predictions that are kept as vectors, against the probabilities themselves. */
@ExtendWith(LocalSpark.class)
class TestModelPredictions {
  private static final ModelDirectory MODEL = Models.directory(Models.DICKENS_SMALL);
  private static final ModelDirectory OTHER = Models.directory(Models.TWO_BLOCKS);
  private static final int PROMPTS = 70; // more than are summed up at once
  private static final int DENSE = Integer.MAX_VALUE;
  private static final int VECTORS = 0;

  @Test
  void aVectorGivesTheProbabilitiesOfTheModel(SparkSession spark) {
    Map<Integer, NextTokenDistribution> found =
        distributions(predictions(spark, MODEL, VECTORS, 3));
    LanguageModel model = LoadedModels.get(MODEL);

    assertThat(found).hasSize(PROMPTS);
    found.forEach(
        (prompt, distribution) -> {
          float[] expected =
              model.predict(new int[][] {RandomPrompts.tokens(prompt)}).probabilities();
          double[] dense = distribution.dense();
          assertThat(distribution).isInstanceOf(NextTokenDistribution.OfVector.class);
          assertThat(distribution.vocabularySize()).isEqualTo(expected.length);
          for (int token = 0; token < expected.length; token++) {
            assertThat(dense[token]).isCloseTo(expected[token], within(1e-5));
            assertThat(distribution.probability(token)).isCloseTo(dense[token], within(1e-5));
          }
        });
  }

  @Test
  void theSummaryOfAVectorIsThatOfAllProbabilities(SparkSession spark) {
    for (Row row : predictions(spark, MODEL, VECTORS, 2).rows().collectAsList()) {
      double[] expected =
          doubles(
              LoadedModels.get(MODEL)
                  .predict(new int[][] {RandomPrompts.tokens(row.getInt(0))})
                  .probabilities());
      double roots =
          IntStream.range(0, expected.length).mapToDouble(i -> Math.sqrt(expected[i])).sum();
      List<Integer> top = row.getList(row.fieldIndex("top_tokens"));
      List<Float> ofTop = row.getList(row.fieldIndex("top_probabilities"));

      assertThat(row.isNullAt(row.fieldIndex("probabilities"))).isTrue();
      assertThat(row.<Double>getAs("root_sum")).isCloseTo(roots, within(1e-4));
      assertThat(top).hasSize(expected.length).doesNotHaveDuplicates(); // fewer than are listed
      for (int place = 0; place < top.size(); place++) {
        assertThat(ofTop.get(place).doubleValue())
            .isCloseTo(expected[top.get(place)], within(1e-5));
      }

      assertThat(ofTop).isSortedAccordingTo((a, b) -> Float.compare(b, a));
    }
  }

  @Test
  void vectorsDoNotDependOnPartitions(SparkSession spark) {
    assertThat(predictions(spark, MODEL, VECTORS, 1).rows().sort("prompt_id").collectAsList())
        .isEqualTo(predictions(spark, MODEL, VECTORS, 5).rows().sort("prompt_id").collectAsList());
  }

  @Test
  void distancesOfVectorsAreThoseOfProbabilities(SparkSession spark) {
    Random random = new Random(3);
    Map<Integer, NextTokenDistribution> vectors =
        distributions(predictions(spark, MODEL, VECTORS, 2));
    Map<Integer, NextTokenDistribution> dense = distributions(predictions(spark, MODEL, DENSE, 2));
    vectors.forEach(
        (prompt, vector) -> {
          int tokens = vector.vocabularySize();
          int[] some = IntStream.range(0, tokens).filter(token -> random.nextBoolean()).toArray();
          double[] values = random.doubles(some.length, 0, 9).toArray();
          for (double others : new double[] {0, .3}) {
            Shares shares = new Shares(some, values, others);
            double expected = Hellinger.ofCounts(dense.get(prompt).dense(), shares.dense(tokens));

            assertThat(dense.get(prompt).distance(shares)).isEqualTo(expected);
            assertThat(vector.distance(shares)).isCloseTo(expected, within(1e-5));
          }

          assertThat(vector.distance(new Shares(some, new double[some.length], 0))).isEqualTo(1);
          assertThat(dense.get(prompt).distance(new Shares(new int[0], new double[0], 0)))
              .isEqualTo(1);
        });
  }

  @Test
  void ofApproximationsDistancesAndFirstTokensAreTheSameForVectors(SparkSession spark) {
    Dataset<Row> approximations = approximations(spark);
    List<Row> vectors =
        Distances.measure(approximations, predictions(spark, MODEL, VECTORS, 2)).collectAsList();
    List<Row> dense =
        Distances.measure(approximations, predictions(spark, MODEL, DENSE, 2)).collectAsList();

    assertThat(vectors).hasSize(PROMPTS);
    for (int prompt = 0; prompt < PROMPTS; prompt++) {
      for (int column = 0; column < vectors.get(prompt).length(); column++) {
        Object found = vectors.get(prompt).get(column);
        if (found instanceof Double distance) {
          assertThat(distance).isCloseTo(dense.get(prompt).getDouble(column), within(1e-5));
        } else {
          assertThat(found).isEqualTo(dense.get(prompt).get(column));
        }
      }
    }
  }

  @Test
  void twoModelsAreAsFarApartAsTheirProbabilities(SparkSession spark) {
    List<Row> vectors =
        ModelDistances.measure(
                predictions(spark, MODEL, VECTORS, 2), predictions(spark, OTHER, VECTORS, 2))
            .collectAsList();
    List<Row> dense =
        ModelDistances.measure(
                predictions(spark, MODEL, DENSE, 2), predictions(spark, OTHER, DENSE, 2))
            .collectAsList();

    assertThat(vectors).hasSize(PROMPTS);
    for (int prompt = 0; prompt < PROMPTS; prompt++) {
      assertThat(vectors.get(prompt).getDouble(1))
          .isCloseTo(dense.get(prompt).getDouble(1), within(1e-5));
      assertThat(vectors.get(prompt).getBoolean(2)).isEqualTo(dense.get(prompt).getBoolean(2));
    }
  }

  @Test
  void theFirstTokensAreThoseOfAllProbabilities(SparkSession spark) {
    Map<Integer, NextTokenDistribution> dense = distributions(predictions(spark, MODEL, DENSE, 2));
    distributions(predictions(spark, MODEL, VECTORS, 2))
        .forEach(
            (prompt, vector) -> {
              double[] all = dense.get(prompt).dense();
              int[] expected = TopTokens.places(IntStream.range(0, all.length).toArray(), all, 5);
              assertThat(vector.top(5)).isEqualTo(expected);
              assertThat(dense.get(prompt).top(5)).isEqualTo(expected);
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          final_vector      | transform(final_vector, x -> float('nan'))              | array_max(final_vector)
          final_vector      | null                                                    | (probabilities is null)
          log_normalizer    | double('infinity')                                      | abs(log_normalizer)
          log_normalizer    | null                                                    | (log_normalizer is null)
          root_sum          | 0.9                                                     | root_sum
          root_sum          | 9.1                                                     | root_sum
          top_tokens        | transform(top_tokens, t -> 3)                           | array_distinct(top_tokens)
          top_tokens        | transform(top_tokens, t -> t - 1)                       | forall(top_tokens
          top_probabilities | slice(top_probabilities, 1, 9)                          | array_compact(top_probabilities)
          top_probabilities | reverse(top_probabilities)                              | array_sort(top_probabilities)
          top_probabilities | transform(top_probabilities, p -> float(2 * p))         | aggregate(top_probabilities
          probabilities     | array(1f)                                               | (probabilities is null)
          """)
  void anAuditNamesDamageOfVectors(String column, String damage, String rule, SparkSession spark) {
    Dataset<Row> sound = stored.computeIfAbsent(spark, TestModelPredictions::stored);

    assertThat(problems(sound)).isEmpty();
    assertThat(problems(sound.withColumn(column, functions.expr(damage))))
        .anySatisfy(problem -> assertThat(problem).startsWith("predictions: ").contains(rule));
  }

  private static List<String> problems(Dataset<Row> predictions) {
    return Audit.problems(
        "r-1", 10, MODEL.shape(), List.of(0), Map.of(Tables.PREDICTIONS, predictions));
  }

  /** Rows that are computed once for all damages. */
  private static final Map<SparkSession, Dataset<Row>> stored = new HashMap<>();

  private static Dataset<Row> stored(SparkSession spark) {
    return spark
        .createDataFrame(
            predictions(spark, MODEL, VECTORS, 2).rows().collectAsList(),
            Tables.PREDICTIONS.fileColumns())
        .withColumn("model_id", functions.lit("m-1"))
        .withColumn("prompt_set", functions.lit("p-1"));
  }

  private static ModelPredictions predictions(
      SparkSession spark, ModelDirectory model, int mostDense, int partitions) {
    return RandomPrompts.predictions(spark, model, PROMPTS, mostDense, partitions);
  }

  private static Map<Integer, NextTokenDistribution> distributions(ModelPredictions predictions) {
    Map<Integer, NextTokenDistribution> found = new TreeMap<>();
    for (Row row : predictions.columns().collectAsList()) {
      found.put(row.getInt(0), predictions.reader().read(row, 1));
    }

    return found;
  }

  private static Dataset<Row> approximations(SparkSession spark) {
    Random random = new Random(5);
    List<Row> rows = new ArrayList<>();
    for (int prompt = 0; prompt < PROMPTS; prompt++) {
      rows.add(Tables.APPROXIMATIONS.row(prompt, sparse(random), sparse(random)));
    }

    return Tables.APPROXIMATIONS.rows(spark, rows);
  }

  /** A distribution of up to six tokens; of none, now and then. */
  private static Map<Integer, Double> sparse(Random random) {
    int[] tokens = random.ints(random.nextInt(7), 0, 40).distinct().toArray();
    double[] values = random.doubles(tokens.length, .1, 1).toArray();
    double sum = IntStream.range(0, values.length).mapToDouble(i -> values[i]).sum();
    Map<Integer, Double> sparse = new TreeMap<>();
    for (int i = 0; i < tokens.length; i++) {
      sparse.put(tokens[i], values[i] / sum);
    }

    return sparse;
  }

  private static double[] doubles(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }
}
