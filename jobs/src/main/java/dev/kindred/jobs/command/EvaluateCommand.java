/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.jobs.option.BegunRunOptions;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.WriterOptions;
import dev.kindred.jobs.run.EvaluationStage;
import dev.kindred.jobs.run.RunPlan;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Warehouse;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "evaluate",
    description = "Computes a run's approximations, distances and summaries, and publishes it.",
    footer = "kindred evaluate --run-id r-20261122-041500-3f2a")
final class EvaluateCommand extends KindredCommand {
  @Mixin private BegunRunOptions run;
  @Mixin private WriterOptions warehouse;

  @Override
  public List<String> steps() {
    return List.of("evaluation", "audit");
  }

  @Override
  public Optional<WriterOptions> written() {
    return Optional.of(warehouse);
  }

  @Override
  public void run(Workspace workspace) {
    RunPlan plan = RunPlan.read(workspace.warehouseThere(warehouse.uri()), run.id());
    ModelDirectory model = plan.model(workspace.hadoop());
    Warehouse tables = workspace.lock(warehouse.uri(), warehouse.lockWait());
    new EvaluationStage(workspace, tables, model).evaluate(plan);
    System.out.println("kindred: run_id=" + plan.runId());
  }
}
