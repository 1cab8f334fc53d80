/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.LocalSpark;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.run.RunPlan;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.table.Figures;
import dev.kindred.table.Warehouse;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/** What analyses have found about a run, as its report shows it. */
public final class FoundAbout {
  private FoundAbout() {}

  /** Returns findings by the names of the analyses that have them. */
  public static Map<String, Findings> run(Path folder, String runId) {
    return by(folder, runId, Analysis::ofRun);
  }

  /** Returns figures by the names of the analyses that have them. */
  public static Map<String, Figures> figures(Path folder, String runId) {
    return by(folder, runId, (analysis, run) -> run.figures(analysis.name()));
  }

  private static <F> Map<String, F> by(
      Path folder, String runId, BiFunction<Analysis, AnalysedRun, Optional<F>> what) {
    LocalSpark.session();
    try (Workspace workspace = Workspace.open("report", List.of())) {
      Warehouse warehouse = workspace.warehouseThere(folder.toString());
      RunPlan plan = RunPlan.read(warehouse, runId);
      AnalysedRun run = new AnalysedRun(workspace, warehouse, plan, plan.model(workspace.hadoop()));
      Map<String, F> found = new LinkedHashMap<>();
      for (Analysis analysis : Analyses.ALL) {
        what.apply(analysis, run).ifPresent(one -> found.put(analysis.name(), one));
      }

      return found;
    }
  }
}
