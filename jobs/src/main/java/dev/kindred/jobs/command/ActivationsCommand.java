/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.jobs.option.CorpusOptions;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.ModelOptions;
import dev.kindred.jobs.option.TaskOptions;
import dev.kindred.jobs.option.WindowOptions;
import dev.kindred.jobs.option.WriterOptions;
import dev.kindred.jobs.run.ActivationsStage;
import dev.kindred.jobs.run.CorpusInput;
import dev.kindred.jobs.run.ModelInput;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Warehouse;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "activations",
    description = "Evaluates the model on all windows into the table activations.",
    footer = "kindred activations --corpus texts --model models/tinyshakespeare")
final class ActivationsCommand extends KindredCommand {
  @Mixin private CorpusOptions corpus;
  @Mixin private ModelOptions model;
  @Mixin private WindowOptions windows;
  @Mixin private TaskOptions tasks;
  @Mixin private WriterOptions warehouse;

  @Override
  public List<String> steps() {
    return List.of("corpus", "activations");
  }

  @Override
  public Optional<WriterOptions> written() {
    return Optional.of(warehouse);
  }

  @Override
  public void run(Workspace workspace) {
    ModelDirectory directory = ModelInput.read(model, windows.length(), workspace.hadoop());
    CorpusInput.check(corpus, workspace.hadoop());
    Warehouse tables = workspace.lock(warehouse.uri(), warehouse.lockWait());
    ModelInput input =
        ModelInput.open(
            workspace, tables, corpus, directory, windows.length(), tasks, CorpusInput.CORPORA);
    ActivationsStage.write(input, input::checkDisk);
  }
}
