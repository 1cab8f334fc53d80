/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.LocalSpark;
import dev.kindred.prediction.DensePredictions;
import dev.kindred.prediction.ModelPredictions;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
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
class TestDistances {
  private static final int D_VOCAB = 6;

  @ParameterizedTest
  @ValueSource(ints = {1, 7})
  void distancesAndTopTokensAreThoseOfTheDefinition(int partitions, SparkSession spark) {
    Random random = new Random(11);
    List<Map<Integer, Double>> approximations = new ArrayList<>();
    List<Map<Integer, Double>> leaveOneOuts = new ArrayList<>();
    List<float[]> predictions = new ArrayList<>();
    List<Row> approximationRows = new ArrayList<>();
    for (int prompt = 0; prompt < 50; prompt++) {
      approximations.add(randomSparse(random));
      leaveOneOuts.add(randomSparse(random));
      predictions.add(randomDense(random));
      approximationRows.add(
          RowFactory.create("r-1", prompt, approximations.get(prompt), leaveOneOuts.get(prompt)));
    }

    List<Row> rows =
        Distances.measure(
                spark
                    .createDataFrame(approximationRows, Tables.APPROXIMATIONS.columns())
                    .repartition(partitions),
                ModelPredictions.dense(
                    DensePredictions.of(spark, predictions).rows().repartition(partitions)))
            .collectAsList();

    assertThat(rows).hasSize(50);
    for (int prompt = 0; prompt < 50; prompt++) {
      Row row = rows.get(prompt);
      float[] prediction = predictions.get(prompt);
      int modelTop = top(prediction);
      int top = top(dense(approximations.get(prompt)));
      assertThat(row.getInt(0)).as("prompt").isEqualTo(prompt);
      assertThat(row.getDouble(1))
          .as("distance of prompt %d", prompt)
          .isCloseTo(hellinger(approximations.get(prompt), prediction), within(1e-7));
      assertThat(row.getDouble(2))
          .as("leave-one-out distance of prompt %d", prompt)
          .isCloseTo(hellinger(leaveOneOuts.get(prompt), prediction), within(1e-7));
      assertThat(row.getBoolean(3)).as("agreement of prompt %d", prompt).isEqualTo(top == modelTop);
      assertThat(row.getInt(4)).as("model's top token of prompt %d", prompt).isEqualTo(modelTop);
      assertThat(row.getInt(5)).as("top token of prompt %d", prompt).isEqualTo(top);
      assertThat(row.getInt(6))
          .as("leave-one-out top token of prompt %d", prompt)
          .isEqualTo(top(dense(leaveOneOuts.get(prompt))));
    }
  }

  @Test
  void withoutEvidenceTheDistanceIsOneAndThereIsNoTopToken(SparkSession spark) {
    Row row = measure(spark, Map.of(), Map.of(), new float[] {.5f, .2f, .1f, .1f, .1f, 0});

    assertThat(values(row))
        .containsExactly(0, 1.0, 1.0, false, 0, null, null, 0, List.of(), 0, List.of());
  }

  @Test
  void withoutEvidenceButItsOwnOnlyTheLeaveOneOutDistanceIsOne(SparkSession spark) {
    Row row = measure(spark, Map.of(1, 1.), Map.of(), new float[] {0, 1, 0, 0, 0, 0});

    assertThat(values(row))
        .containsExactly(0, 0.0, 1.0, true, 1, 1, null, 1, List.of(1), 0, List.of());
  }

  @Test
  void ofEquallyProbableTokensTheLowestIsTheTopOne(SparkSession spark) {
    Row row =
        measure(
            spark,
            new TreeMap<>(Map.of(5, .4, 2, .4, 0, .2)),
            Map.of(),
            new float[] {0, .25f, .25f, .25f, .25f, 0});

    assertThat(row.getInt(4)).as("model's").isEqualTo(1);
    assertThat(row.getInt(5)).as("approximation's").isEqualTo(2);
    assertThat(row.getBoolean(3)).as("agreement").isFalse();
  }

  @Test
  void theFirstTokensAgreeInOrderUntilOneDiffers() {
    int[] model = {4, 2, 7, 1};

    assertThat(Distances.leadingAgreement(model, new int[] {4, 2, 1, 7})).isEqualTo(2);
    assertThat(Distances.leadingAgreement(model, new int[] {2, 4, 7, 1})).isZero();
    assertThat(Distances.leadingAgreement(model, new int[] {4, 2})).isEqualTo(2);
    assertThat(Distances.leadingAgreement(model, new int[] {})).isZero();
  }

  @Test
  void theFirstTokensAgreeInAnyOrderWhereTheirSetsAreEqual() {
    int[] model = {4, 2, 7, 1};

    assertThat(Distances.setAgreement(model, new int[] {2, 4, 1, 7})).containsExactly(2, 4);
    assertThat(Distances.setAgreement(model, new int[] {4, 2})).containsExactly(1, 2);
    assertThat(Distances.setAgreement(model, new int[] {9, 4, 2, 7})).isEmpty();
  }

  @Test
  void rowsConformToTheDistancesTable(SparkSession spark) {
    Dataset<Row> rows =
        Distances.measure(
            spark.createDataFrame(List.of(), Tables.APPROXIMATIONS.columns()),
            DensePredictions.of(spark, List.of()));

    assertThat(rows.columns()).containsExactly(Tables.DISTANCES.fileColumns().fieldNames());
    assertThat(Tables.DISTANCES.conform(rows).columns()).containsExactly(rows.columns());
  }

  private static List<Object> values(Row row) {
    List<Object> values = new ArrayList<>();
    for (int i = 0; i < row.length(); i++) {
      values.add(row.get(i) instanceof scala.collection.Seq<?> ? row.getList(i) : row.get(i));
    }

    return values;
  }

  private static Row measure(
      SparkSession spark,
      Map<Integer, Double> approximation,
      Map<Integer, Double> leaveOneOut,
      float[] prediction) {
    return Distances.measure(
            spark.createDataFrame(
                List.of(RowFactory.create("r-1", 0, approximation, leaveOneOut)),
                Tables.APPROXIMATIONS.columns()),
            DensePredictions.of(spark, List.of(prediction)))
        .head();
  }

  /** By the Bhattacharyya coefficient: another formula for the same distance. */
  private static double hellinger(Map<Integer, Double> approximation, float[] prediction) {
    double coefficient = 0;
    for (Map.Entry<Integer, Double> entry : approximation.entrySet()) {
      coefficient += Math.sqrt(entry.getValue() * prediction[entry.getKey()]);
    }

    return Math.sqrt(1 - coefficient);
  }

  private static float[] dense(Map<Integer, Double> probabilities) {
    float[] dense = new float[D_VOCAB];
    probabilities.forEach((token, probability) -> dense[token] = probability.floatValue());
    return dense;
  }

  private static int top(float[] probabilities) {
    int top = 0;
    for (int token = 0; token < D_VOCAB; token++) {
      top = probabilities[token] > probabilities[top] ? token : top;
    }

    return top;
  }

  /** Two of the tokens, in eighths, so that probabilities sum to one exactly. */
  private static Map<Integer, Double> randomSparse(Random random) {
    int first = random.nextInt(D_VOCAB);
    int second = (first + 1 + random.nextInt(D_VOCAB - 1)) % D_VOCAB;
    double share = (1 + random.nextInt(7)) / 8.;
    return Map.of(first, share, second, 1 - share);
  }

  /** All of the tokens, in sixty-fourths. */
  private static float[] randomDense(Random random) {
    float[] dense = new float[D_VOCAB];
    for (int i = 0; i < 64; i++) {
      dense[random.nextInt(D_VOCAB)] += 1 / 64f;
    }

    return dense;
  }
}
