/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.option.ActivationStore;
import dev.kindred.jobs.option.CorpusOptions;
import dev.kindred.jobs.option.HookOptions;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.ModelOptions;
import dev.kindred.jobs.option.TaskOptions;
import dev.kindred.jobs.option.WindowOptions;
import dev.kindred.jobs.option.WriterOptions;
import dev.kindred.jobs.run.ActivationsStage;
import dev.kindred.jobs.run.CorpusInput;
import dev.kindred.jobs.run.HookStage;
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
    description =
        "Evaluates the model on all windows into the table activations; or, with --hook, keeps what is"
            + " at places of the forward pass of given prompts, for which it needs no corpus.",
    footer = {
      "kindred activations --corpus texts --model models/tinyshakespeare",
      "kindred activations 'And only l' --hook blocks.3.attn.hook_z --positions last",
      "kindred activations --prompts prompts.jsonl --hook 'blocks.*.hook_attn_out,ln_final.hook_scale'"
    })
final class ActivationsCommand extends KindredCommand {
  @Mixin private CorpusOptions corpus;
  @Mixin private ModelOptions model;
  @Mixin private WindowOptions windows;
  @Mixin private TaskOptions tasks;
  @Mixin private HookOptions hooks;
  @Mixin private WriterOptions warehouse;

  @Override
  public List<String> steps() {
    return hooks.areGiven() ? List.of(HookStage.STEP) : List.of("corpus", "activations");
  }

  @Override
  public Optional<WriterOptions> written() {
    return Optional.of(warehouse);
  }

  @Override
  public void run(Workspace workspace) {
    if (hooks.areGiven()) {
      HookStage stage = HookStage.check(hooks, model.read(workspace.hadoop()), workspace.hadoop());
      stage.write(workspace, workspace.lock(warehouse.uri(), warehouse.lockWait()));
      return;
    }

    ModelDirectory directory = ModelInput.read(model, windows.length(), workspace.hadoop());
    if (model.store() == ActivationStore.NONE) {
      throw new InvalidInput(
          "--store-activations none: this command stores activations; give f32 or f16");
    }

    CorpusInput.check(corpus, Optional.empty(), workspace.hadoop());
    Warehouse tables = workspace.lock(warehouse.uri(), warehouse.lockWait());
    ModelInput input =
        ModelInput.open(
            workspace, tables, corpus, directory, model.store(), windows.length(), tasks);
    ActivationsStage.write(input, input::checkDisk);
  }
}
