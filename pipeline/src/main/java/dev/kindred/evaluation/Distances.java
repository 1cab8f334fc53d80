/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.evaluation;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.map_keys;
import static org.apache.spark.sql.functions.map_values;

import dev.kindred.math.TopTokens;
import dev.kindred.prediction.ModelPredictions;
import dev.kindred.prediction.NextTokenDistribution;
import dev.kindred.table.StoredVectors;
import dev.kindred.table.Tables;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.SortedMap;
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
   * @param predictions of its model and prompt set
   * @return rows with the file columns of {@link Tables#DISTANCES}
   */
  public static Dataset<Row> measure(Dataset<Row> approximations, ModelPredictions predictions) {
    ModelPredictions.Reader reader = predictions.reader();
    return approximations
        .join(predictions.columns(), "prompt_id")
        .select(
            col("prompt_id"),
            col(ModelPredictions.PREDICTION),
            map_keys(col("probabilities")),
            map_values(col("probabilities")),
            map_keys(col("leave_one_out_probabilities")),
            map_values(col("leave_one_out_probabilities")))
        .sort("prompt_id") // before the measuring, as a sort reads its rows twice
        .map(
            (MapFunction<Row, Row>) pair -> measure(reader.read(pair, 1), pair),
            Tables.DISTANCES.encoder());
  }

  /**
   * Measures a prompt.
   *
   * @param pair prompt_id, the model's prediction, tokens and probabilities of its approximation,
   *     and those of the leave-one-out approximation
   */
  private static Row measure(NextTokenDistribution model, Row pair) {
    Measured measured = measure(model, Prediction.of(pair, 2), Prediction.of(pair, 4));
    return Tables.DISTANCES.row(
        pair.getInt(0),
        measured.hellinger(),
        measured.hellingerLeaveOneOut(),
        measured.topToken() != null && measured.topToken() == measured.modelTopToken(),
        measured.modelTopToken(),
        measured.topToken(),
        measured.leaveOneOutTopToken(),
        measured.leadingAgreement(),
        measured.setAgreement(),
        measured.leaveOneOutLeadingAgreement(),
        measured.leaveOneOutSetAgreement());
  }

  /**
   * A prompt's distances, as in {@link Tables#DISTANCES}.
   *
   * @param topToken of the approximation, as the next one of that without the prompt itself; null
   *     without evidence
   */
  public record Measured(
      double hellinger,
      double hellingerLeaveOneOut,
      int modelTopToken,
      Integer topToken,
      Integer leaveOneOutTopToken,
      int leadingAgreement,
      int[] setAgreement,
      int leaveOneOutLeadingAgreement,
      int[] leaveOneOutSetAgreement) {}

  /**
   * Measures a prompt.
   *
   * @param model the model's prediction
   * @param approximation by similar strings
   * @param leaveOneOut the same without the prompt itself
   */
  public static Measured measure(
      NextTokenDistribution model, Prediction approximation, Prediction leaveOneOut) {
    int[] modelTop = model.top(TOP);
    int[] top = approximation.top();
    int[] leaveOneOutTop = leaveOneOut.top();
    return new Measured(
        approximation.distance(model),
        leaveOneOut.distance(model),
        modelTop[0],
        first(top),
        first(leaveOneOutTop),
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
  public record Prediction(int[] tokens, double[] probabilities) {
    /** The prediction of probabilities by token id. */
    public static Prediction of(SortedMap<Integer, Double> probabilities) {
      return new Prediction(
          probabilities.keySet().stream().mapToInt(Integer::intValue).toArray(),
          probabilities.values().stream().mapToDouble(Double::doubleValue).toArray());
    }

    private static Prediction of(Row pair, int column) {
      return new Prediction(
          StoredVectors.ints(pair, column), StoredVectors.doubles(pair, column + 1));
    }

    private double distance(NextTokenDistribution model) {
      return tokens.length == 0 ? WITHOUT_EVIDENCE : model.distance(tokens, probabilities);
    }

    /** The first {@link #TOP} tokens, the most probable first; fewer where there are fewer. */
    private int[] top() {
      int[] places = TopTokens.places(tokens, probabilities, TOP);
      return Arrays.stream(places).map(place -> tokens[place]).toArray();
    }
  }

  private static Integer first(int[] tokens) {
    return tokens.length == 0 ? null : (Integer) tokens[0];
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
}
