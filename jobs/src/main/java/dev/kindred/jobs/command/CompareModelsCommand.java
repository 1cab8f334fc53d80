/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.InvalidInput;
import dev.kindred.evaluation.Summaries;
import dev.kindred.jobs.option.AlternatesOptions;
import dev.kindred.jobs.option.CorpusOptions;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.ModelOptions;
import dev.kindred.jobs.option.PromptOptions;
import dev.kindred.jobs.option.TaskOptions;
import dev.kindred.jobs.option.WindowOptions;
import dev.kindred.jobs.option.WriterOptions;
import dev.kindred.jobs.report.Summary;
import dev.kindred.jobs.run.Alternates;
import dev.kindred.jobs.run.ComparisonStage;
import dev.kindred.jobs.run.CorpusInput;
import dev.kindred.jobs.run.ModelInput;
import dev.kindred.jobs.run.PromptChoice;
import dev.kindred.jobs.run.PromptsStage;
import dev.kindred.jobs.run.WindowsStage;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Warehouse;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "compare-models",
    description =
        "Compares the model's predictions with those of models of other seeds: the noise floor that an"
            + " approximation should reach.",
    footer =
        "kindred compare-models --model models/mine --alternates models/seed-1,models/seed-2"
            + " --prompts 2000")
final class CompareModelsCommand extends KindredCommand {
  @Mixin private CorpusOptions corpus;
  @Mixin private ModelOptions model;
  @Mixin private WindowOptions windows;
  @Mixin private PromptOptions prompts;
  @Mixin private AlternatesOptions alternates;
  @Mixin private TaskOptions tasks;
  @Mixin private WriterOptions warehouse;

  @Override
  public List<String> steps() {
    return List.of("corpus", "windows", "prompts", "predictions", "noise floor");
  }

  @Override
  public Optional<WriterOptions> written() {
    return Optional.of(warehouse);
  }

  @Override
  public void run(Workspace workspace) {
    ModelDirectory directory = ModelInput.read(model, windows.length(), workspace.hadoop());
    CorpusInput.check(corpus, Optional.empty(), workspace.hadoop());
    List<ModelDirectory> others =
        Alternates.read(
            alternates.uris(), directory, model.bos(), windows.length(), workspace.hadoop());
    PromptChoice choice =
        PromptChoice.read(prompts, directory.tokenizerJson(), windows.length(), workspace.hadoop());
    if (others.isEmpty()) {
      throw new InvalidInput(
          "--alternates %s: no model to compare with; name model directories, as"
              + " --alternates models/seed-1,models/seed-2",
          alternates.uris());
    }

    Warehouse tables = workspace.lock(warehouse.uri(), warehouse.lockWait());
    ModelInput input =
        ModelInput.open(
            workspace, tables, corpus, directory, model.store(), windows.length(), tasks);
    choice.check(input.corpus().scan().occurrences());
    WindowsStage.write(input.corpus());
    new PromptsStage(input, choice).prompts();
    String promptSet = choice.set(input.corpus().id());
    System.out.print(
        Summary.noiseFloor(
            directory.uri(),
            others.stream().map(ModelDirectory::uri).toList(),
            choice.count(),
            Summaries.noiseFloor(ComparisonStage.write(input, promptSet, others))));
  }
}
