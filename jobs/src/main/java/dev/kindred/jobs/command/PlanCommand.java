/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.jobs.option.AlternatesOptions;
import dev.kindred.jobs.option.ClusterOptions;
import dev.kindred.jobs.option.ExperimentOptions;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.WarehouseOptions;
import dev.kindred.jobs.plan.Plan;
import dev.kindred.jobs.run.Experiment;
import dev.kindred.jobs.workspace.NewFolders;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import dev.kindred.table.WarehouseFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "plan",
    description =
        "Estimates what a run with the same settings would take: windows, floating-point operations,"
            + " memory, disk and time of each stage, from a calibration of some seconds. With --cores"
            + " or --windows it simulates the run on a cluster, and says what stops scaling first.",
    footer = {
      "kindred plan --corpus 'texts/*.txt' --model models/tinyshakespeare --prompts 20000",
      "kindred plan --windows 1e9 --prompts 1e6 --cores 2000"
    })
final class PlanCommand extends KindredCommand {
  @Mixin private ExperimentOptions experiment;
  @Mixin private AlternatesOptions alternates;
  @Mixin private ClusterOptions cluster;
  @Mixin private WarehouseOptions warehouse;

  @Override
  public List<String> steps() {
    List<String> steps = new ArrayList<>(List.of("corpus", "corpus sketch", "calibration"));
    if (cluster.isGiven()) {
      steps.add("driver and shuffle");
    }

    return steps;
  }

  /** Leaves nothing behind in the warehouse. */
  @Override
  public void run(Workspace workspace) throws IOException {
    Experiment.Checked checked =
        Experiment.check(experiment, alternates.uris(), workspace.hadoop());
    Warehouse tables = workspace.warehouse(warehouse.uri());
    NewFolders made = NewFolders.of(tables, Tables.ACTIVATIONS.name());
    // Of its own: a run that begins meanwhile may read the one that runs share.
    Path corpora = WarehouseFiles.newPlanned(tables.root());
    try {
      tables.fileSystem().deleteOnExit(corpora);
      tables.checkWritable();
      Experiment opened =
          Experiment.open(workspace, tables, checked, corpora.getName(), cluster.windows());
      System.out.print(
          cluster.isGiven()
              ? Plan.simulated(opened, experiment.join(), cluster)
              : Plan.text(opened, experiment.join()));
    } finally {
      NewFolders.delete(tables.fileSystem(), corpora);
      made.deleteIfEmpty();
    }
  }
}
