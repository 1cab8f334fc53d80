/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.evaluation;

import static org.apache.spark.sql.functions.col;

import dev.kindred.math.Cosine;
import dev.kindred.similarity.Centers;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import dev.kindred.table.StoredVectors;
import dev.kindred.table.Tables;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * How similar any two prompts are in a block: what a threshold is to be compared with. In many
 * models a few coordinates that all vectors share make any two of them similar (Timkey and van
 * Schijndel 2021).
 */
public final class PairCosines {
  private static final int PROMPTS = 400; // 79,800 pairs
  private static final double HIGH = .999;

  /** Cosine similarity of pairs of prompts: statistics median, p999 and above_threshold. */
  public static final String QUANTITY = "pair_cosine";

  private PairCosines() {}

  /**
   * Measures the pairs of the first prompts.
   *
   * @param activations rows of {@link Tables#PROMPT_ACTIVATIONS} of a prompt set
   * @param blocks that were looked at
   * @param thresholds one for each of them
   * @param center by block, what is taken away from vectors; null for nothing
   */
  public static Figures of(
      Dataset<Row> activations,
      List<Integer> blocks,
      double[] thresholds,
      IntFunction<float[]> center) {
    Figures figures = new Figures();
    for (int place = 0; place < thresholds.length; place++) {
      int block = blocks.get(place);
      List<Row> rows =
          activations
              .where(col("block").equalTo(block).and(col("prompt_id").lt(PROMPTS)))
              .select("prompt_id", "ffn_out")
              .sort("prompt_id")
              .collectAsList();
      float[][] vectors =
          rows.stream().map(row -> StoredVectors.floats(row, 1)).toArray(float[][]::new);
      float[] mean = center.apply(block);
      for (float[] vector : vectors) {
        Centers.subtract(vector, mean);
      }

      double[] cosines = cosines(vectors);
      if (cosines.length == 0) {
        continue;
      }

      double threshold = thresholds[place];
      Measure measure = Summaries.of(QUANTITY).block(block);
      figures
          .put(measure, "median", cosines[cosines.length / 2])
          .put(measure, "p999", cosines[(int) (HIGH * (cosines.length - 1))])
          .put(
              measure,
              "above_threshold",
              Arrays.stream(cosines).filter(cosine -> cosine > threshold).count()
                  / (double) cosines.length);
    }

    return figures;
  }

  /** Returns the cosines of all pairs of vectors, ascending. */
  private static double[] cosines(float[]... vectors) {
    double[] cosines = new double[vectors.length * (vectors.length - 1) / 2];
    int place = 0;
    for (int i = 0; i < vectors.length; i++) {
      for (int j = 0; j < i; j++) {
        cosines[place++] = Cosine.similarity(vectors[i], vectors[j]);
      }
    }

    Arrays.sort(cosines);
    return cosines;
  }
}
