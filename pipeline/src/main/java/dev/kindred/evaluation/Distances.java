/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.evaluation;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.map_keys;
import static org.apache.spark.sql.functions.map_values;

import dev.kindred.math.Counts;
import dev.kindred.math.Hellinger;
import dev.kindred.math.TopTokens;
import dev.kindred.table.StoredVectors;
import dev.kindred.table.Tables;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** How close each prompt's approximation comes to the model's own distribution. */
public final class Distances {
  /** Tokens that are compared by rank. */
  static final int TOP = 10;

  private static final double WITHOUT_EVIDENCE = 1;

  private Distances() {}

  /**
   * Measures every prompt.
   *
   * @param approximations rows of {@link Tables#APPROXIMATIONS} of one run
   * @param predictions rows of {@link Tables#PREDICTIONS} of its model and prompt set
   * @return rows with the file columns of {@link Tables#DISTANCES}
   */
  public static Dataset<Row> measure(Dataset<Row> approximations, Dataset<Row> predictions) {
    return approximations
        .withColumnRenamed("probabilities", "approximation")
        .join(predictions.select("prompt_id", "probabilities"), "prompt_id")
        .select(
            col("prompt_id"),
            col("probabilities"),
            map_keys(col("approximation")),
            map_values(col("approximation")),
            map_keys(col("leave_one_out_probabilities")),
            map_values(col("leave_one_out_probabilities")))
        .map((MapFunction<Row, Row>) Distances::measure, Tables.DISTANCES.encoder())
        .sort("prompt_id");
  }

  /**
   * How far a prediction is from the model's.
   *
   * @param model probabilities, one a token
   * @param counts of the same tokens: any multiple of the prediction, not negative
   * @return in [0, 1]; 1 if there is nothing to count
   */
  public static double toModel(double[] model, double[] counts) {
    double[] prediction = Counts.normalize(counts);
    return prediction.length == 0 ? WITHOUT_EVIDENCE : Hellinger.distance(model, prediction);
  }

  /**
   * Measures a prompt.
   *
   * @param pair prompt_id, the model's probabilities, tokens and probabilities of its
   *     approximation, and those of the leave-one-out approximation
   */
  private static Row measure(Row pair) {
    double[] model = StoredVectors.doubles(pair, 1);
    Prediction approximation = Prediction.of(pair, 2);
    Prediction leaveOneOut = Prediction.of(pair, 4);
    int modelTopToken = top(model);
    Integer topToken = approximation.topToken(model.length);
    int[] modelTop = topTokens(IntStream.range(0, model.length).toArray(), model);
    int[] top = topTokens(approximation.tokens, approximation.probabilities);
    int[] leaveOneOutTop = topTokens(leaveOneOut.tokens, leaveOneOut.probabilities);
    return Tables.DISTANCES.row(
        pair.getInt(0),
        approximation.distance(model),
        leaveOneOut.distance(model),
        topToken != null && topToken == modelTopToken,
        modelTopToken,
        topToken,
        leaveOneOut.topToken(model.length),
        leadingAgreement(modelTop, top),
        setAgreement(modelTop, top),
        leadingAgreement(modelTop, leaveOneOutTop),
        setAgreement(modelTop, leaveOneOutTop));
  }

  /**
   * A prediction from similar strings.
   *
   * @param tokens those with a positive probability; none without evidence
   */
  private record Prediction(int[] tokens, double[] probabilities) {
    private static Prediction of(Row pair, int column) {
      return new Prediction(
          StoredVectors.ints(pair, column), StoredVectors.doubles(pair, column + 1));
    }

    private double distance(double[] model) {
      return tokens.length == 0 ? WITHOUT_EVIDENCE : Hellinger.distance(model, dense(model.length));
    }

    private Integer topToken(int vocabularySize) {
      return tokens.length == 0 ? null : (Integer) top(dense(vocabularySize));
    }

    private double[] dense(int vocabularySize) {
      double[] dense = new double[vocabularySize];
      for (int i = 0; i < tokens.length; i++) {
        dense[tokens[i]] = probabilities[i];
      }

      return dense;
    }
  }

  /**
   * The first {@link #TOP} tokens, the most probable first; fewer of an approximation with fewer.
   */
  private static int[] topTokens(int[] tokens, double[] probabilities) {
    int[] places = TopTokens.places(tokens, probabilities, TOP);
    return Arrays.stream(places).map(place -> tokens[place]).toArray();
  }

  /** How many of the first tokens agree, one by one. */
  static int leadingAgreement(int[] model, int[] approximation) {
    int agreeing = 0;
    while (agreeing < Math.min(model.length, approximation.length)
        && model[agreeing] == approximation[agreeing]) {
      agreeing++;
    }

    return agreeing;
  }

  /** For which n the first n tokens are the same in any order, ascending. */
  static int[] setAgreement(int[] model, int[] approximation) {
    int[] agreeing = new int[TOP];
    int size = 0;
    Set<Integer> onlyOnce = new HashSet<>();
    for (int n = 1; n <= Math.min(model.length, approximation.length); n++) {
      for (int token : new int[] {model[n - 1], approximation[n - 1]}) {
        if (!onlyOnce.remove(token)) {
          onlyOnce.add(token);
        }
      }

      if (onlyOnce.isEmpty()) {
        agreeing[size++] = n;
      }
    }

    return Arrays.copyOf(agreeing, size);
  }

  /** The most probable token; of equally probable ones the one with the lowest id. */
  public static int top(double[] probabilities) {
    int top = 0;
    for (int token = 1; token < probabilities.length; token++) {
      if (probabilities[token] > probabilities[top]) {
        top = token;
      }
    }

    return top;
  }
}
