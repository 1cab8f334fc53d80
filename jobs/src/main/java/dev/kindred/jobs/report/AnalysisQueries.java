/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.floor;
import static org.apache.spark.sql.functions.least;
import static org.apache.spark.sql.functions.lit;

import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Reads from a warehouse what analyses have found about a run. */
final class AnalysisQueries {
  private AnalysisQueries() {}

  /**
   * Reads what there is.
   *
   * @param metrics the run's summaries
   * @param drawnPrompt whose vectors to draw; null for the first of the set
   */
  static Analyses read(
      Warehouse warehouse,
      String modelId,
      String promptSet,
      Map<String, Double> metrics,
      ModelViews model,
      String drawnPrompt) {
    AblationTable ablation = AblationTable.of(metrics);
    GeometryTable geometry = GeometryTable.of(metrics);
    return new Analyses(
        ablation,
        ablation == null
            ? List.of()
            : ablationPlots(warehouse.part(Tables.ABLATIONS, modelId, promptSet).read()),
        geometry,
        geometry == null
            ? null
            : model.plane(drawnPrompt == null ? firstPrompt(warehouse, promptSet) : drawnPrompt),
        AlignmentTable.of(metrics));
  }

  private static String firstPrompt(Warehouse warehouse, String promptSet) {
    return warehouse
        .part(Tables.PROMPTS, promptSet)
        .read()
        .where(col("prompt_id").equalTo(lit(0)))
        .select("text")
        .first()
        .getString(0);
  }

  private record Series(int block, String removed, String context) {}

  private static List<AblationPlot> ablationPlots(Dataset<Row> ablations) {
    Map<Integer, Map<String, AblationPlot.Line>> blocks = new TreeMap<>();
    for (Row row :
        ablations
            .withColumn(
                "bin",
                least(
                    floor(col("hellinger").multiply(AblationPlot.BINS)).cast("int"),
                    lit(AblationPlot.BINS - 1)))
            .groupBy("block", "removed", "context", "bin")
            .count()
            .collectAsList()) {
      Series series = new Series(row.getInt(0), row.getString(1), row.getString(2));
      blocks
              .computeIfAbsent(series.block(), block -> new TreeMap<>())
              .computeIfAbsent(
                  series.context() + series.removed(),
                  name ->
                      new AblationPlot.Line(
                          series.removed(), series.context(), new double[AblationPlot.BINS]))
              .shares()[row.getInt(3)] =
          row.getLong(4);
    }

    double top = 0;
    for (Map<String, AblationPlot.Line> lines : blocks.values()) {
      for (AblationPlot.Line line : lines.values()) {
        double prompts = Arrays.stream(line.shares()).sum();
        for (int bin = 0; bin < AblationPlot.BINS; bin++) {
          line.shares()[bin] /= prompts;
          top = Math.max(top, line.shares()[bin]);
        }
      }
    }

    List<AblationPlot> plots = new ArrayList<>();
    for (Map.Entry<Integer, Map<String, AblationPlot.Line>> block : blocks.entrySet()) {
      plots.add(new AblationPlot(block.getKey(), List.copyOf(block.getValue().values()), top));
    }

    return plots;
  }
}
