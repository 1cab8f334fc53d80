/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.jobs.option.CorpusOptions;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.ModelOptions;
import dev.kindred.jobs.option.PromptOptions;
import dev.kindred.jobs.option.TaskOptions;
import dev.kindred.jobs.option.WindowOptions;
import dev.kindred.jobs.option.WriterOptions;
import dev.kindred.jobs.run.CorpusInput;
import dev.kindred.jobs.run.ModelInput;
import dev.kindred.jobs.run.PromptChoice;
import dev.kindred.jobs.run.PromptsStage;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Warehouse;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "prompts",
    description =
        "Chooses the prompts and evaluates the model on them: tables prompts, prompt_activations,"
            + " predictions.",
    footer = "kindred prompts --prompts 20000 --prompt-seed 1337")
final class PromptsCommand extends KindredCommand {
  @Mixin private CorpusOptions corpus;
  @Mixin private ModelOptions model;
  @Mixin private WindowOptions windows;
  @Mixin private PromptOptions prompts;
  @Mixin private TaskOptions tasks;
  @Mixin private WriterOptions warehouse;

  @Override
  public List<String> steps() {
    return List.of("corpus", "prompts", "predictions", "fitting windows");
  }

  @Override
  public Optional<WriterOptions> written() {
    return Optional.of(warehouse);
  }

  @Override
  public void run(Workspace workspace) {
    ModelDirectory directory = ModelInput.read(model, windows.length(), workspace.hadoop());
    CorpusInput.check(corpus, Optional.empty(), workspace.hadoop());
    PromptChoice choice =
        PromptChoice.read(prompts, directory.tokenizerJson(), windows.length(), workspace.hadoop());
    Warehouse tables = workspace.lock(warehouse.uri(), warehouse.lockWait());
    ModelInput input =
        ModelInput.open(
            workspace, tables, corpus, directory, model.store(), windows.length(), tasks);
    choice.check(input.corpus().scan().occurrences());
    PromptsStage stage = new PromptsStage(input, choice);
    stage.prompts();
    stage.fittingWindows();
  }
}
