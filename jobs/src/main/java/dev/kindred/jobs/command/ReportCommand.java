/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.jobs.analysis.Analyses;
import dev.kindred.jobs.analysis.RunReport;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.ReportOptions;
import dev.kindred.jobs.option.WarehouseOptions;
import dev.kindred.jobs.run.RunPlan;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.table.RunNames;
import dev.kindred.table.Warehouse;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "report",
    description = "Prints a published run's summary and writes its report.",
    footer = {
      "kindred report",
      "kindred report --run-id r-20261122-041500-3f2a --report report.html"
    })
final class ReportCommand extends KindredCommand {
  @Mixin private WarehouseOptions warehouse;
  @Mixin private ReportOptions report;

  @Option(
      names = "--run-id",
      paramLabel = "ID",
      description = "the run's id or name (the last published)")
  private String runId;

  @Override
  public void run(Workspace workspace) {
    Warehouse tables = workspace.warehouseThere(warehouse.uri());
    RunPlan plan = RunPlan.read(tables, RunNames.idOrNewest(tables, runId));
    RunReport.check(report, workspace.hadoop());
    new RunReport(workspace, tables, report, Analyses.ALL)
        .publish(plan, plan.model(workspace.hadoop()));
  }
}
