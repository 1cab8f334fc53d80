/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.jobs.option.ExperimentOptions;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.TuningOptions;
import dev.kindred.jobs.option.WriterOptions;
import dev.kindred.jobs.run.ActivationsStage;
import dev.kindred.jobs.run.Alternates;
import dev.kindred.jobs.run.CorpusInput;
import dev.kindred.jobs.run.Experiment;
import dev.kindred.jobs.run.JoinStage;
import dev.kindred.jobs.run.PromptsStage;
import dev.kindred.jobs.run.WindowsStage;
import dev.kindred.jobs.tune.Tuning;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.similarity.SimilarityBins;
import dev.kindred.table.Warehouse;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "tune",
    description =
        "Finds the thresholds and weights whose approximations are closest to the model, on windows"
            + " that are not among the prompts, and says how close the prompts' come with them.",
    footer = "kindred tune --model models/tinyshakespeare --corpus texts --tuning-prompts 5000")
final class TuneCommand extends KindredCommand {
  @Mixin private ExperimentOptions experiment;
  @Mixin private TuningOptions tuning;
  @Mixin private WriterOptions warehouse;

  @Override
  public List<String> steps() {
    return List.of(
        "corpus",
        "windows",
        "prompts",
        "predictions",
        "fitting windows",
        "prompts", // those to tune on
        "predictions",
        "activations",
        "similarity bins",
        "similarity bins",
        "tuning",
        "held-out prompts",
        "n-grams");
  }

  @Override
  public Optional<WriterOptions> written() {
    return Optional.of(warehouse);
  }

  @Override
  public void run(Workspace workspace) {
    int count = tuning.prompts();
    SimilarityBins bins = tuning.bins().centred(experiment.rule().isCentred());
    Experiment.Checked checked = Experiment.check(experiment, Alternates.NONE, workspace.hadoop());
    Warehouse tables = workspace.lock(warehouse.uri(), warehouse.lockWait());
    Experiment opened = Experiment.open(workspace, tables, checked, CorpusInput.CORPORA);
    WindowsStage.write(opened.input().corpus());
    PromptsStage prompts = new PromptsStage(opened.input(), opened.choice());
    prompts.prompts();
    prompts.fittingWindows();
    String tuningSet = prompts.tuningPrompts(count);
    ActivationsStage.write(opened.input(), opened::checkDisk);
    JoinStage.joinFor(List.of(opened.join(tuningSet), opened.join(opened.promptSet())), bins);
    System.out.print(new Tuning(opened, bins, settings()).tune(opened.promptSet(), tuningSet));
  }
}
