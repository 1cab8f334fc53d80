/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.ModelOptions;
import dev.kindred.jobs.option.ReportOptions;
import dev.kindred.jobs.option.WriterOptions;
import dev.kindred.jobs.report.PageFile;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.table.Warehouse;
import java.util.Locale;
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
      description = "the run to analyse (the last published)")
  private String runId;

  /** What was found: a text for the terminal, and what the last line says for scripts. */
  record Found(String text, String line) {}

  /**
   * Computes what is not there yet.
   *
   * @throws dev.kindred.InvalidInput if an option does not fit the run, before anything long
   */
  abstract Found find(AnalysedRun run);

  /** Returns the prompt whose vectors the report draws; null for the run's first. */
  String drawnPrompt(AnalysedRun run) {
    return null;
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
    AnalysedRun.check(there, workspace.hadoop(), model, runId, settings());
    Warehouse tables = workspace.lock(warehouse.uri(), warehouse.lockWait());
    AnalysedRun run =
        AnalysedRun.find(workspace, tables, model, runId, settings()); // as it is after the wait
    workspace.progress().setRun(run.plan().runId());
    String drawn = drawnPrompt(run);
    Found found = find(run);
    PageFile file = new RunReport(workspace, tables, report).write(run.plan(), run.model(), drawn);
    System.out.print(found.text());
    System.out.printf(
        Locale.ROOT,
        "kindred: run_id=%s %s report=%s%n",
        run.plan().runId(),
        found.line(),
        file.shown());
  }
}
