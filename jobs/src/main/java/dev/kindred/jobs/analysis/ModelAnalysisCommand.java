/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.InvalidInput;
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
import picocli.CommandLine.Option;

/** A command that finds out something about a model, and keeps it in tables of a warehouse. */
abstract class ModelAnalysisCommand extends KindredCommand {
  @Mixin private ReadModelOptions model;
  @Mixin private WriterOptions warehouse;

  @Option(
      names = "--checkpoints",
      description =
          "looks at every model that the training has kept (train --keep-checkpoints), too; the"
              + " table training_steps has their steps")
  private boolean isSeries;

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

  /** Whether options put drawn weights in the place of the model's. */
  boolean hasOtherWeights() {
    return false;
  }

  /** Whether all models are looked at that the training has kept. */
  final boolean isSeries() {
    return isSeries;
  }

  /** Returns the last line, for scripts. */
  abstract String lastLine();

  @Override
  public final Optional<WriterOptions> written() {
    return Optional.of(warehouse);
  }

  @Override
  public final void run(Workspace workspace) {
    check(workspace, warehouse.uri());
    if (!isSeries) {
      ModelDirectory directory = read(model, workspace.hadoop());
      checkOptions(directory);
      show(find(workspace, workspace.lock(warehouse.uri(), warehouse.lockWait()), directory));
      System.out.println(lastLine());
      return;
    }

    if (hasOtherWeights()) {
      throw new InvalidInput(
          "--checkpoints: is about what a training has kept; leave it out, or the option that draws"
              + " other weights");
    }

    Checkpoints checkpoints = Checkpoints.of(model.uri(), workspace.hadoop());
    Warehouse tables = null; // locked when the first model has been checked
    for (int step : checkpoints.steps()) {
      ModelDirectory directory = read(model.at(checkpoints.folder(step)), workspace.hadoop());
      checkOptions(directory);
      tables = tables == null ? workspace.lock(warehouse.uri(), warehouse.lockWait()) : tables;
      Findings findings = find(workspace, tables, directory);
      checkpoints.write(workspace.spark(), tables, directory, step);
      System.out.println();
      System.out.println(checkpoints.title(step));
      show(findings);
    }

    System.out.println(lastLine());
  }

  private static void show(Findings findings) {
    System.out.println();
    System.out.print(TerminalFindings.of(findings, Terminal.isColoured()));
  }

  /**
   * Checks the options against the model.
   *
   * @throws dev.kindred.InvalidInput if one does not fit
   */
  abstract void checkOptions(ModelDirectory directory);
}
