/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.serve;

import dev.kindred.evaluation.Summaries;
import dev.kindred.jobs.run.RunPlan;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import dev.kindred.table.Part;
import dev.kindred.table.RunNames;
import dev.kindred.table.Runs;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * A published run in a list.
 *
 * @param name that somebody gave to it; null where nobody did
 * @param endedAt UTC, ISO 8601
 * @param model folder that it was begun with
 * @param corpus folder or file that it was begun with; empty for the embedded text
 * @param prompts how many
 * @param honest mean Hellinger distance of similar strings and model, without a prompt itself as
 *     evidence, in [0, 1]; null of a run without such a figure
 * @param noiseFloor mean distance of equally good models; null where there are none
 * @param settings by name
 */
public record RunLine(
    String runId,
    String name,
    String endedAt,
    String modelId,
    String model,
    String corpusId,
    String corpus,
    String promptSet,
    long prompts,
    Double honest,
    Double noiseFloor,
    Map<String, String> settings) {

  /** Returns the published runs of a warehouse, the newest first. */
  public static List<RunLine> of(Warehouse warehouse) {
    Map<String, String> names = RunNames.all(warehouse);
    List<RunLine> lines = new ArrayList<>();
    for (Runs.Run run : Runs.readable(warehouse)) {
      if (run.isPublished()) {
        lines.add(of(warehouse, run, names.get(run.runId())));
      }
    }

    Collections.reverse(lines);
    return lines;
  }

  private static RunLine of(Warehouse warehouse, Runs.Run run, String name) {
    RunPlan plan = RunPlan.read(warehouse, run.runId());
    Part summaries = warehouse.part(Tables.SUMMARIES, run.runId(), Summaries.OF_RUN);
    Figures figures = summaries.isComplete() ? Figures.here(summaries) : new Figures();
    return new RunLine(
        run.runId(),
        name,
        run.endedAt().toString(),
        run.modelId(),
        plan.settings().getOrDefault("model", ""),
        run.corpusId(),
        plan.settings().getOrDefault("corpus", ""),
        run.promptSet(),
        warehouse.part(Tables.PROMPTS, run.promptSet()).rows(),
        mean(figures, Summaries.of(Summaries.HELLINGER).honest()),
        mean(figures, Measure.of(Summaries.NOISE_FLOOR, Summaries.HELLINGER)),
        plan.settings());
  }

  private static Double mean(Figures figures, Measure measure) {
    return figures.has(measure, "mean") ? (Double) figures.get(measure, "mean") : null;
  }
}
