/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.audit;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.xxhash64;

import dev.kindred.math.Vectors;
import dev.kindred.model.BlockVector;
import dev.kindred.model.DistinctSequences;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.LogitMap;
import dev.kindred.table.StoredVectors;
import dev.kindred.table.Tables;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Some of a run's predictions that are kept as vectors, evaluated anew: that probabilities sum to 1
 * cannot be read off a row. The sample is the {@value #PROMPTS} prompts whose ids have the least
 * hash, seeded by the run.
 */
final class PredictionSample {
  private static final int PROMPTS = 16;

  /**
   * How far numbers may be from their fresh values, relative to a vector's largest; logarithms and
   * probabilities by as much.
   */
  private static final double TOLERANCE = 1e-4;

  private PredictionSample() {}

  /**
   * Returns a line if the sample is not what the model gives.
   *
   * @param prompts rows of {@link Tables#PROMPTS}
   * @param predictions rows of {@link Tables#PREDICTIONS} of the model and these; those that have
   *     all probabilities are not looked at
   */
  static List<String> problems(
      String runId,
      Dataset<Row> prompts,
      Dataset<Row> predictions,
      LanguageModel model,
      LogitMap logits) {
    List<Row> sample =
        predictions
            .where(col("final_vector").isNotNull())
            .join(prompts.select("prompt_id", "token_ids"), "prompt_id")
            .sort(xxhash64(col("prompt_id"), lit(runId.hashCode())), col("prompt_id"))
            .limit(PROMPTS)
            .collectAsList();
    if (sample.isEmpty()) {
      return List.of();
    }

    DistinctSequences sequences =
        DistinctSequences.of(
            sample.stream()
                .map(row -> StoredVectors.ints(row, row.fieldIndex("token_ids")))
                .toArray(int[][]::new));
    float[] vectors = model.ends(BlockVector.FFN_OUT, sequences.tree()).finalVectors();
    float[][] fresh = new float[sample.size()][];
    for (int i = 0; i < fresh.length; i++) {
      fresh[i] = Vectors.row(vectors, sequences.leaves()[i], logits.inputs());
    }

    LogitMap.Summary[] expected = logits.summaries(fresh);
    int wrong = 0;
    String example = null;
    for (int i = 0; i < expected.length; i++) {
      String difference = difference(sample.get(i), expected[i]);
      if (difference != null) {
        wrong++;
        example =
            example == null
                ? String.format(
                    Locale.ROOT,
                    "%s for prompt_id %d",
                    difference,
                    sample.get(i).<Integer>getAs("prompt_id"))
                : example;
      }
    }

    return wrong == 0
        ? List.of()
        : List.of(
            String.format(
                Locale.ROOT,
                "predictions: expected what the model gives, within %.0e, found %s (%d of %d prompts"
                    + " sampled)",
                TOLERANCE,
                example,
                wrong,
                expected.length));
  }

  private static String difference(Row stored, LogitMap.Summary fresh) {
    float[] vector = StoredVectors.floats(stored, stored.fieldIndex("final_vector"));
    float[] top = StoredVectors.floats(stored, stored.fieldIndex("top_probabilities"));
    double largest = 0;
    for (float component : fresh.finalVector()) {
      largest = Math.max(largest, Math.abs(component));
    }

    if (!isClose(vector, fresh.finalVector(), TOLERANCE * largest)) {
      return "another final_vector";
    }

    double logNormalizer = stored.getAs("log_normalizer");
    if (!(Math.abs(logNormalizer - fresh.logNormalizer()) <= TOLERANCE)) {
      return String.format(
          Locale.ROOT, "log_normalizer %s instead of %s", logNormalizer, fresh.logNormalizer());
    }

    double rootSum = stored.getAs("root_sum");
    if (!(Math.abs(rootSum - fresh.rootSum()) <= TOLERANCE * fresh.rootSum())) {
      return String.format(Locale.ROOT, "root_sum %s instead of %s", rootSum, fresh.rootSum());
    }

    return isClose(top, fresh.topProbabilities(), TOLERANCE) ? null : "other top_probabilities";
  }

  private static boolean isClose(float[] stored, float[] fresh, double tolerance) {
    boolean isClose = stored.length == fresh.length;
    for (int i = 0; isClose && i < fresh.length; i++) {
      isClose = Math.abs((double) stored[i] - fresh[i]) <= tolerance;
    }

    return isClose;
  }
}
