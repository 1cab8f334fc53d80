/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.evaluation;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.map_keys;
import static org.apache.spark.sql.functions.map_values;

import dev.kindred.math.Counts;
import dev.kindred.math.Hellinger;
import dev.kindred.math.TopTokens;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
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
            col("prompt_id").as("promptId"),
            col("probabilities").as("model"),
            map_keys(col("approximation")).as("tokens"),
            map_values(col("approximation")).as("probabilities"),
            map_keys(col("leave_one_out_probabilities")).as("leaveOneOutTokens"),
            map_values(col("leave_one_out_probabilities")).as("leaveOneOutProbabilities"))
        .as(Encoders.bean(Pair.class))
        .map((MapFunction<Pair, Distance>) Distances::measure, Encoders.bean(Distance.class))
        .select(
            col("promptId").as("prompt_id"),
            col("hellinger"),
            col("hellingerLeaveOneOut").as("hellinger_leave_one_out"),
            col("topTokenAgrees").as("top_token_agrees"),
            col("modelTopToken").as("model_top_token"),
            col("topToken").as("top_token"),
            col("leaveOneOutTopToken").as("leave_one_out_top_token"),
            col("leadingAgreement").as("leading_agreement"),
            col("setAgreement").as("set_agreement"),
            col("leaveOneOutLeadingAgreement").as("leave_one_out_leading_agreement"),
            col("leaveOneOutSetAgreement").as("leave_one_out_set_agreement"))
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

  private static Distance measure(Pair pair) {
    double[] model = new double[pair.model.length];
    for (int token = 0; token < model.length; token++) {
      model[token] = pair.model[token];
    }

    double[] approximation = dense(pair.tokens, pair.probabilities, model.length);
    double[] leaveOneOut =
        dense(pair.leaveOneOutTokens, pair.leaveOneOutProbabilities, model.length);
    Distance distance = new Distance();
    distance.promptId = pair.promptId;
    distance.hellinger =
        pair.tokens.length == 0 ? WITHOUT_EVIDENCE : Hellinger.distance(model, approximation);
    distance.hellingerLeaveOneOut =
        pair.leaveOneOutTokens.length == 0
            ? WITHOUT_EVIDENCE
            : Hellinger.distance(model, leaveOneOut);
    distance.modelTopToken = top(model);
    distance.topToken = pair.tokens.length == 0 ? null : top(approximation);
    distance.leaveOneOutTopToken = pair.leaveOneOutTokens.length == 0 ? null : top(leaveOneOut);
    distance.topTokenAgrees =
        distance.topToken != null && distance.topToken == distance.modelTopToken;
    int[] modelTop = topTokens(IntStream.range(0, model.length).toArray(), model);
    int[] top = topTokens(pair.tokens, pair.probabilities);
    distance.leadingAgreement = leadingAgreement(modelTop, top);
    distance.setAgreement = setAgreement(modelTop, top);
    int[] leaveOneOutTop = topTokens(pair.leaveOneOutTokens, pair.leaveOneOutProbabilities);
    distance.leaveOneOutLeadingAgreement = leadingAgreement(modelTop, leaveOneOutTop);
    distance.leaveOneOutSetAgreement = setAgreement(modelTop, leaveOneOutTop);
    return distance;
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

  private static double[] dense(int[] tokens, double[] probabilities, int vocabularySize) {
    double[] dense = new double[vocabularySize];
    for (int i = 0; i < tokens.length; i++) {
      dense[tokens[i]] = probabilities[i];
    }

    return dense;
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

  /** A prompt's two sides. A bean for Spark's encoder. */
  public static final class Pair implements Serializable {
    private static final long serialVersionUID = 1L;

    private int promptId;
    private float[] model;
    private int[] tokens;
    private double[] probabilities;
    private int[] leaveOneOutTokens;
    private double[] leaveOneOutProbabilities;

    public int getPromptId() {
      return promptId;
    }

    public void setPromptId(int promptId) {
      this.promptId = promptId;
    }

    public float[] getModel() {
      return model;
    }

    public void setModel(float[] model) {
      this.model = model;
    }

    public int[] getTokens() {
      return tokens;
    }

    public void setTokens(int[] tokens) {
      this.tokens = tokens;
    }

    public double[] getProbabilities() {
      return probabilities;
    }

    public void setProbabilities(double[] probabilities) {
      this.probabilities = probabilities;
    }

    public int[] getLeaveOneOutTokens() {
      return leaveOneOutTokens;
    }

    public void setLeaveOneOutTokens(int[] leaveOneOutTokens) {
      this.leaveOneOutTokens = leaveOneOutTokens;
    }

    public double[] getLeaveOneOutProbabilities() {
      return leaveOneOutProbabilities;
    }

    public void setLeaveOneOutProbabilities(double[] leaveOneOutProbabilities) {
      this.leaveOneOutProbabilities = leaveOneOutProbabilities;
    }
  }

  /** A prompt's distances. A bean for Spark's encoder. */
  public static final class Distance implements Serializable {
    private static final long serialVersionUID = 1L;

    private int promptId;
    private double hellinger;
    private double hellingerLeaveOneOut;
    private boolean topTokenAgrees;
    private int modelTopToken;
    private Integer topToken;
    private Integer leaveOneOutTopToken;
    private int leadingAgreement;
    private int[] setAgreement;
    private int leaveOneOutLeadingAgreement;
    private int[] leaveOneOutSetAgreement;

    public int getPromptId() {
      return promptId;
    }

    public void setPromptId(int promptId) {
      this.promptId = promptId;
    }

    public double getHellinger() {
      return hellinger;
    }

    public void setHellinger(double hellinger) {
      this.hellinger = hellinger;
    }

    public double getHellingerLeaveOneOut() {
      return hellingerLeaveOneOut;
    }

    public void setHellingerLeaveOneOut(double hellingerLeaveOneOut) {
      this.hellingerLeaveOneOut = hellingerLeaveOneOut;
    }

    public boolean isTopTokenAgrees() {
      return topTokenAgrees;
    }

    public void setTopTokenAgrees(boolean topTokenAgrees) {
      this.topTokenAgrees = topTokenAgrees;
    }

    public int getModelTopToken() {
      return modelTopToken;
    }

    public void setModelTopToken(int modelTopToken) {
      this.modelTopToken = modelTopToken;
    }

    public Integer getTopToken() {
      return topToken;
    }

    public void setTopToken(Integer topToken) {
      this.topToken = topToken;
    }

    public Integer getLeaveOneOutTopToken() {
      return leaveOneOutTopToken;
    }

    public void setLeaveOneOutTopToken(Integer leaveOneOutTopToken) {
      this.leaveOneOutTopToken = leaveOneOutTopToken;
    }

    public int getLeadingAgreement() {
      return leadingAgreement;
    }

    public void setLeadingAgreement(int leadingAgreement) {
      this.leadingAgreement = leadingAgreement;
    }

    public int[] getSetAgreement() {
      return setAgreement;
    }

    public void setSetAgreement(int[] setAgreement) {
      this.setAgreement = setAgreement;
    }

    public int getLeaveOneOutLeadingAgreement() {
      return leaveOneOutLeadingAgreement;
    }

    public void setLeaveOneOutLeadingAgreement(int leaveOneOutLeadingAgreement) {
      this.leaveOneOutLeadingAgreement = leaveOneOutLeadingAgreement;
    }

    public int[] getLeaveOneOutSetAgreement() {
      return leaveOneOutSetAgreement;
    }

    public void setLeaveOneOutSetAgreement(int[] leaveOneOutSetAgreement) {
      this.leaveOneOutSetAgreement = leaveOneOutSetAgreement;
    }
  }
}
