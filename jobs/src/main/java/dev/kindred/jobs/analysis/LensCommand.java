/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.corpus.Prompts;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.jobs.option.GivenPrompts;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.ModelOptions;
import dev.kindred.jobs.option.PageOptions;
import dev.kindred.jobs.report.LensText;
import dev.kindred.jobs.report.Lenses;
import dev.kindred.jobs.report.Report;
import dev.kindred.jobs.report.Shown;
import dev.kindred.jobs.workspace.Terminal;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.lens.LogitLens;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "lens",
    description =
        "Shows what the model would predict next at each position of any prompts if it ended before the"
            + " first block or after each: the logit lens. Needs the model directory only.",
    footer = {
      "kindred lens 'And only l'",
      "kindred lens 'said.\\n\\nThe' 'Mr. Quilp ' --parts --model models/mine",
      "kindred lens --prompts prompts.jsonl --html lens.html"
    })
final class LensCommand extends KindredCommand {
  private static final int AT_END = 5; // tokens shown at a prompt's end

  @Mixin private GivenPrompts given;
  @Mixin private ModelOptions model;
  @Mixin private PageOptions page;

  @Option(names = "--parts", description = "shows the stream after each block's attention, too")
  private boolean isWithParts;

  @Override
  public void run(Workspace workspace) {
    Shown.check(page, workspace.hadoop());
    ModelDirectory directory = ModelDirectory.read(model.uri(), workspace.hadoop());
    List<String> prompts =
        given.read(
            directory.tokenizerJson(),
            Prompts.Lengths.upTo(directory.shape().contextLength()),
            workspace.hadoop());
    ResidualStream stream = LoadedModels.stream(directory);
    Tokenizer tokenizer = Tokenizer.of(directory.tokenizerJson());
    LogitLens.Layers layers = isWithParts ? LogitLens.Layers.PARTS : LogitLens.Layers.BLOCKS;
    Lenses lenses =
        new Lenses(
            directory.uri(),
            directory.id(),
            prompts.stream()
                .map(prompt -> LogitLens.of(stream, tokenizer, prompt, layers, AT_END))
                .toList());
    Shown.show(
        page,
        workspace.hadoop(),
        () -> Report.html(lenses),
        lenses::json,
        () -> LensText.of(lenses, Terminal.isColoured()));
  }
}
