/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.evaluation;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.map_keys;
import static org.apache.spark.sql.functions.size;

import dev.kindred.math.Bootstrap;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * How often predictions put the token first that really follows: of the prompts that occur once in
 * the corpus, which one token follows. With the prompt's own window set aside nobody but the model,
 * whose training text has most of them, can have seen that token there.
 */
public final class NextTokenAccuracy {
  private final List<String> predictions;
  private final int[] following;
  private final Integer[][] topTokens; // a prediction's, by prompt; null predicts nothing

  private NextTokenAccuracy(List<String> predictions, List<Row> rows) {
    this.predictions = predictions;
    this.following = rows.stream().mapToInt(row -> row.getInt(0)).toArray();
    this.topTokens = new Integer[predictions.size()][rows.size()];
    for (int prompt = 0; prompt < rows.size(); prompt++) {
      for (int p = 0; p < topTokens.length; p++) {
        topTokens[p][prompt] = (Integer) rows.get(prompt).get(p + 1);
      }
    }
  }

  /** Whether a prediction puts the token first that follows. */
  public static final String RIGHT = "next_token_right";

  /** The prompts that occur once and are followed by a token: statistic count. */
  public static final Measure PROMPTS = Measure.of("once", "prompts");

  /** Returns the prompts for which two predictions have another first token. */
  public static Measure differing(String first, String second) {
    return Measure.of(first + "_or_" + second, RIGHT);
  }

  /**
   * Returns figures of one run:
   *
   * <ul>
   *   <li>how many {@link #PROMPTS} there are; if none, there are no other figures
   *   <li>mean, ci95_low and ci95_high of {@link #RIGHT} of each prediction: the share of them for
   *       which it puts that token first, in [0, 1], and a {@link Bootstrap} interval
   *   <li>of {@link #differing}, of each prediction and the next one: how many prompts differ, in
   *       the statistic prompts, and the shares of these for which one is right, in the statistics
   *       of the predictions' names, and in neither
   * </ul>
   *
   * @param prompts rows of {@link Tables#PROMPTS} of one prompt set
   * @param windows rows of {@link Tables#WINDOWS} of the corpus
   * @param topTokens prompt_id and, for each prediction, a column with its most probable token,
   *     null where it predicts nothing
   */
  public static Figures of(Dataset<Row> prompts, Dataset<Row> windows, Dataset<Row> topTokens) {
    List<String> predictions =
        Arrays.stream(topTokens.columns()).filter(name -> !name.equals("prompt_id")).toList();
    List<Row> rows =
        prompts
            .join(
                windows
                    .where(col("occurrences").equalTo(1).and(size(col("next_tokens")).equalTo(1)))
                    .select(
                        col("window_id"), map_keys(col("next_tokens")).getItem(0).as("following")),
                "window_id")
            .select("prompt_id", "following")
            .join(topTokens, "prompt_id")
            .sort("prompt_id")
            .drop("prompt_id")
            .collectAsList();
    return new NextTokenAccuracy(predictions, rows).figures();
  }

  private Figures figures() {
    Figures figures = new Figures().put(PROMPTS, "count", following.length);
    if (following.length == 0) {
      return figures;
    }

    double[][] right = new double[predictions.size()][];
    for (int p = 0; p < right.length; p++) {
      right[p] = right(p);
    }

    Bootstrap.Interval[] intervals = Bootstrap.intervals(right);
    for (int p = 0; p < right.length; p++) {
      figures
          .put(
              Measure.of(predictions.get(p), RIGHT),
              "mean",
              Arrays.stream(right[p]).sum() / following.length)
          .put(Measure.of(predictions.get(p), RIGHT), "ci95_low", intervals[p].low())
          .put(Measure.of(predictions.get(p), RIGHT), "ci95_high", intervals[p].high());
    }

    for (int p = 0; p + 1 < right.length; p++) {
      compare(figures, p, right[p], right[p + 1]);
    }

    return figures;
  }

  /** 1 where a prediction is right, else 0. */
  private double[] right(int prediction) {
    double[] right = new double[following.length];
    for (int prompt = 0; prompt < right.length; prompt++) {
      Integer top = topTokens[prediction][prompt];
      right[prompt] = top != null && top == following[prompt] ? 1 : 0;
    }

    return right;
  }

  private void compare(Figures figures, int p, double[] right, double[] nextRight) {
    List<Integer> differing = new ArrayList<>();
    for (int prompt = 0; prompt < following.length; prompt++) {
      Integer top = topTokens[p][prompt];
      if (top == null ? topTokens[p + 1][prompt] != null : !top.equals(topTokens[p + 1][prompt])) {
        differing.add(prompt);
      }
    }

    Measure of = differing(predictions.get(p), predictions.get(p + 1));
    double prompts = differing.size();
    figures.put(of, "prompts", prompts);
    if (differing.isEmpty()) {
      return;
    }

    double first = differing.stream().mapToDouble(prompt -> right[prompt]).sum();
    double second = differing.stream().mapToDouble(prompt -> nextRight[prompt]).sum();
    figures
        .put(of, predictions.get(p), first / prompts)
        .put(of, predictions.get(p + 1), second / prompts)
        .put(of, "neither", (prompts - first - second) / prompts);
  }
}
