/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.jobs.option.AskedCorpusOptions;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.SnakeCaseJson;
import dev.kindred.jobs.report.TerminalFindings;
import dev.kindred.jobs.run.RunPlan;
import dev.kindred.jobs.serve.CorpusText;
import dev.kindred.jobs.workspace.Terminal;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.table.RunNames;
import dev.kindred.table.Warehouse;
import picocli.CommandLine.Mixin;

/** A command that looks for a text in a run's corpus. */
abstract class CorpusCommand<T> extends KindredCommand {
  @Mixin private AskedCorpusOptions asked;

  /** Looks for the text. */
  abstract T found(CorpusText corpus, String text);

  /** Shows what was found on a terminal. */
  abstract Findings shown(T found);

  @Override
  public final void run(Workspace workspace) {
    Warehouse warehouse = workspace.warehouseThere(asked.warehouse());
    String text = asked.text();
    RunPlan run = RunPlan.published(warehouse, RunNames.idOrNewest(warehouse, asked.runId()));
    T found =
        found(CorpusText.of(warehouse, run, run.model(workspace.hadoop()).tokenizerJson()), text);
    System.out.print(
        asked.isJson()
            ? SnakeCaseJson.of(found) + "\n"
            : TerminalFindings.of(shown(found), Terminal.isColoured()));
  }
}
