/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.causal.CausalOptions;
import dev.kindred.jobs.causal.CausalStudy;
import dev.kindred.jobs.explain.Explain;
import dev.kindred.jobs.explain.LocalExplain;
import dev.kindred.jobs.option.JoinOptions;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.ModelOptions;
import dev.kindred.jobs.option.RecomputeOption;
import dev.kindred.jobs.option.RuleOptions;
import dev.kindred.jobs.option.TaskOptions;
import dev.kindred.jobs.option.WriterOptions;
import dev.kindred.jobs.report.TerminalFindings;
import dev.kindred.jobs.workspace.Terminal;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Warehouse;
import dev.kindred.training.TrainingFolder;
import dev.kindred.training.TrainingRecord;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "causal",
    description =
        "Trains the model of a published run again without the evidence for its predictions, and"
            + " says how far they move: against other choices of as many places of the text, and"
            + " against chance. For small models that kindred train has made (--preset tiny).",
    footer = {
      "kindred causal --warehouse tiny-run --plan",
      "kindred causal --warehouse tiny-run --explained 40",
      "kindred causal --warehouse tiny-run --study halves --explained 200 --halves 64"
    })
final class CausalCommand extends KindredCommand {
  @Mixin private CausalOptions causal;
  @Mixin private ModelOptions model;
  @Mixin private WriterOptions warehouse;
  @Mixin private RuleOptions rule;
  @Mixin private JoinOptions join;
  @Mixin private TaskOptions tasks;

  @Option(
      names = "--run-id",
      paramLabel = "ID",
      description = "id or name of the run whose evidence is tested (the model's last)")
  private String runId;

  @Override
  public List<String> steps() {
    return causal.steps();
  }

  @Override
  public Optional<WriterOptions> written() {
    return Optional.of(warehouse);
  }

  @Override
  public void run(Workspace workspace) {
    causal.check();
    Explain explain =
        new Explain(
            workspace.hadoop(),
            workspace.warehouseThere(warehouse.uri()),
            runId,
            model,
            rule,
            join,
            tasks,
            new RecomputeOption(),
            settings());
    TrainingRecord record = record(workspace, explain.model());
    System.err.println("kindred: " + CausalStudy.plan(causal, record));
    if (causal.isPlan()) {
      return;
    }

    Warehouse tables = workspace.lock(warehouse.uri(), warehouse.lockWait());
    try (LocalExplain opened =
        LocalExplain.open(explain)
            .orElseThrow(
                () ->
                    new InvalidInput(
                        "--warehouse %s: causal compares prompts within this process: the run's"
                            + " vectors must be files of this machine, not centred, and spark.master"
                            + " local",
                        warehouse.uri()))) {
      CausalStudy study = new CausalStudy(workspace, tables, opened, record, causal);
      String found = TerminalFindings.of(study.run(), Terminal.isColoured());
      System.out.println();
      System.out.print(found);
      System.out.println("kindred: question=" + study.question());
    }
  }

  private static TrainingRecord record(Workspace workspace, ModelDirectory directory) {
    if (directory.firstToken() != null) {
      throw new InvalidInput(
          "--model %s: reads a token before every text, which trainings do not; causal is for models"
              + " that kindred train has made",
          directory.uri());
    }

    return new TrainingFolder(directory.uri(), workspace.hadoop())
        .record()
        .orElseThrow(
            () ->
                new InvalidInput(
                    "--model %s: has no training.json, so that it is not known how to train it again;"
                        + " make one with kindred train --preset tiny",
                    directory.uri()));
  }
}
