/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.ModelOptions;
import dev.kindred.jobs.option.ReportOptions;
import dev.kindred.jobs.option.WriterOptions;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.PageFile;
import dev.kindred.jobs.report.TerminalFindings;
import dev.kindred.jobs.workspace.Terminal;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.table.Warehouse;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A command that finds out something about a published run, and shows it in the run's report. */
abstract class RunAnalysisCommand extends KindredCommand {
  @Mixin private ModelOptions model;
  @Mixin private WriterOptions warehouse;
  @Mixin private ReportOptions report;

  @Option(
      names = "--run-id",
      paramLabel = "ID",
      description = "id or name of the run to analyse (the last published)")
  private String runId;

  private final String analysis;
  private final List<Analysis> all;

  /**
   * @param all analyses whose findings the report shows
   */
  RunAnalysisCommand(Analysis analysis, List<Analysis> all) {
    this.analysis = analysis.name();
    this.all = all;
  }

  /**
   * Checks the options, and computes what is not there yet.
   *
   * @throws dev.kindred.InvalidInput if an option does not fit the run, before anything long
   */
  abstract Findings find(AnalysedRun run);

  /** Returns what the last line has for scripts beside the analysis's name; empty for nothing. */
  String figures(AnalysedRun run) {
    return "";
  }

  @Override
  public final Optional<WriterOptions> written() {
    return Optional.of(warehouse);
  }

  @Override
  public final void run(Workspace workspace) {
    RunReport.check(report, workspace.hadoop());
    // Or else a warehouse comes to be that was not there.
    Warehouse there = workspace.warehouseThere(warehouse.uri());
    AnalysedRun.Found found =
        AnalysedRun.check(there, workspace.hadoop(), model, runId, settings());
    Warehouse tables = workspace.lock(warehouse.uri(), warehouse.lockWait());
    AnalysedRun run = AnalysedRun.locked(workspace, tables, found);
    workspace.progress().setRun(run.plan().runId());
    Findings findings = find(run);
    PageFile file =
        new RunReport(workspace, tables, report, all)
            .write(run.plan(), run.model(), Map.of(analysis, findings));
    System.out.println();
    System.out.print(TerminalFindings.of(findings, Terminal.isColoured()));
    System.out.printf(
        Locale.ROOT,
        "kindred: run_id=%s analysis=%s%s report=%s%n",
        run.plan().runId(),
        analysis,
        figures(run),
        file.shown());
  }
}
