/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.ReadModelOptions;
import dev.kindred.jobs.option.WriterOptions;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.TerminalFindings;
import dev.kindred.jobs.workspace.Terminal;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Warehouse;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Mixin;

/** A command that finds out something about a model, and keeps it in tables of a warehouse. */
abstract class ModelAnalysisCommand extends KindredCommand {
  @Mixin private ReadModelOptions model;
  @Mixin private WriterOptions warehouse;

  /** Reads the model. */
  ModelDirectory read(ReadModelOptions options, Configuration hadoop) {
    return options.read(hadoop);
  }

  /** Checks what can be checked before there is a lock: a page's file, a warehouse. */
  void check(Workspace workspace, String uri) {}

  /**
   * Checks the options, and computes what is not there yet.
   *
   * @throws dev.kindred.InvalidInput if an option does not fit the model, before anything long
   */
  abstract Findings find(Workspace workspace, Warehouse tables, ModelDirectory directory);

  /** Returns the last line, for scripts. */
  abstract String lastLine();

  @Override
  public final Optional<WriterOptions> written() {
    return Optional.of(warehouse);
  }

  @Override
  public final void run(Workspace workspace) {
    check(workspace, warehouse.uri());
    ModelDirectory directory = read(model, workspace.hadoop());
    checkOptions(directory);
    Warehouse tables = workspace.lock(warehouse.uri(), warehouse.lockWait());
    Findings findings = find(workspace, tables, directory);
    System.out.println();
    System.out.print(TerminalFindings.of(findings, Terminal.isColoured()));
    System.out.println(lastLine());
  }

  /**
   * Checks the options against the model.
   *
   * @throws dev.kindred.InvalidInput if one does not fit
   */
  abstract void checkOptions(ModelDirectory directory);
}
