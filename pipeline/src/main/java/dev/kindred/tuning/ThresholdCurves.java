/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.tuning;

import dev.kindred.similarity.SimilarityBins;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** How close each block alone comes to the model, threshold by threshold. */
public final class ThresholdCurves {
  private ThresholdCurves() {}

  /**
   * One block's distribution at one threshold, over all prompts.
   *
   * @param distance mean Hellinger distance, in [0, 1]
   * @param leaveOneOutDistance the same without prompts' own windows as evidence
   * @param strings mean number of similar strings
   */
  public record Point(
      int block, double threshold, double distance, double leaveOneOutDistance, double strings) {}

  /** Rows with the file columns of {@link Tables#THRESHOLD_CURVES}. */
  public static Dataset<Row> rows(SparkSession spark, List<Point> points) {
    return Tables.THRESHOLD_CURVES.rows(
        spark,
        points.stream()
            .map(
                point ->
                    Tables.THRESHOLD_CURVES.row(
                        point.block(),
                        point.threshold(),
                        point.distance(),
                        point.leaveOneOutDistance(),
                        point.strings()))
            .toList());
  }

  /** A prompt's figures, two distances and a number for each block and bin. */
  private record Figures(int promptId, float[] values) implements Serializable {}

  /**
   * Collects three numbers a prompt, block and bin to the driver, and adds them up in the order of
   * prompts, so that the means do not depend on partitions.
   *
   * @return by block, then by threshold
   */
  public static List<Point> of(
      Dataset<PromptBins> prompts, List<Integer> blocks, SimilarityBins bins) {
    int count = bins.count();
    List<Figures> all =
        new ArrayList<>(
            prompts.toJavaRDD().map(prompt -> figures(prompt, blocks.size(), count)).collect());
    all.sort(Comparator.comparingInt(Figures::promptId));
    return means(all, blocks, bins);
  }

  /**
   * Computes the same means from prompts that are on the driver already, in the order of their ids.
   */
  public static List<Point> of(
      List<PromptBins> prompts, List<Integer> blocks, SimilarityBins bins) {
    return means(
        prompts.stream().map(prompt -> figures(prompt, blocks.size(), bins.count())).toList(),
        blocks,
        bins);
  }

  private static List<Point> means(List<Figures> all, List<Integer> blocks, SimilarityBins bins) {
    int count = bins.count();
    double[] sums = new double[3 * blocks.size() * count];
    for (Figures figures : all) {
      for (int i = 0; i < sums.length; i++) {
        sums[i] += figures.values[i];
      }
    }

    List<Point> points = new ArrayList<>();
    for (int i = 0; i < blocks.size() * count; i++) {
      points.add(
          new Point(
              blocks.get(i / count),
              bins.edge(i % count),
              sums[3 * i] / all.size(),
              sums[3 * i + 1] / all.size(),
              sums[3 * i + 2] / all.size()));
    }

    return points;
  }

  private static Figures figures(PromptBins prompt, int blocks, int bins) {
    float[] values = new float[3 * blocks * bins];
    double[] counts = new double[prompt.tokens()];
    int next = 0;
    for (int block = 0; block < blocks; block++) {
      for (int bin = 0; bin < bins; bin++) {
        prompt.countsOfBlock(block, bin, true, counts);
        values[next++] = (float) prompt.distanceOfBlock(block, counts);
        prompt.countsOfBlock(block, bin, false, counts);
        values[next++] = (float) prompt.distanceOfBlock(block, counts);
        values[next++] = prompt.strings(block, bin);
      }
    }

    return new Figures(prompt.promptId(), values);
  }
}
