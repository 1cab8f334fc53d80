/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.jobs.option.CorpusOptions;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.train.Training;
import dev.kindred.jobs.train.TrainingDefaults;
import dev.kindred.jobs.train.TrainingOptions;
import dev.kindred.jobs.workspace.Workspace;
import java.io.File;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Mixin;

@Command(
    name = "train",
    description =
        "Trains a model on a corpus, and writes a model directory. A training that was stopped goes on"
            + " from its last checkpoint, to the same result.",
    footer = {
      "kindred train --corpus 'texts/*.txt' --out models/mine --preset small --epochs 10",
      "kindred train --corpus 'texts/*.txt' --out models/mixer --architecture mixer --mixing heads",
      "kindred train --corpus 'texts/*.txt' --out models/llama --architecture llama"
          + " --key-value-heads 2"
    })
final class TrainCommand extends KindredCommand {
  @Mixin private CorpusOptions corpus;
  @Mixin private TrainingOptions training;

  @Override
  public List<String> steps() {
    return List.of("corpus", "train", "self-check");
  }

  @Override
  protected IDefaultValueProvider defaults(File file, Map<String, String> commandLine) {
    return TrainingDefaults.of(file, commandLine);
  }

  @Override
  protected IDefaultValueProvider defaultsForHelp() {
    return TrainingDefaults.forHelp();
  }

  @Override
  public void run(Workspace workspace) {
    training.check();
    workspace.goesOn();
    new Training(workspace, corpus, training).run();
  }
}
