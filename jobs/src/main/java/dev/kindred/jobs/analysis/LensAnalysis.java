/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.corpus.Prompt;
import dev.kindred.explanation.Explanation;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.OfPrompt;
import dev.kindred.jobs.report.SnakeCaseJson;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.lens.Lens;
import dev.kindred.lens.LogitLens;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Table;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The logit lens: what the model would predict if it ended after each block. */
final class LensAnalysis implements Analysis {
  @Override
  public String name() {
    return "lens";
  }

  @Override
  public List<Table> tables() {
    return List.of();
  }

  @Override
  public List<KindredCommand> commands(List<Analysis> all) {
    return List.of(new LensCommand());
  }

  @Override
  public Map<Integer, OfPrompt> ofPrompts(AnalysedRun run, List<Explanation> prompts) {
    List<Lens> lenses =
        lenses(
            run.model(),
            prompts.stream().map(prompt -> new Prompt(prompt.text(), prompt.tokenIds())).toList(),
            LogitLens.Layers.BLOCKS);
    Map<Integer, OfPrompt> found = new HashMap<>();
    for (int i = 0; i < lenses.size(); i++) {
      int promptId = prompts.get(i).promptId();
      found.put(
          promptId,
          new OfPrompt(
              "Logit lens",
              "what the model would predict if it ended after each block",
              List.of(LensGrids.positions(lenses.get(i), "prompt " + promptId))));
    }

    return found;
  }

  /** Prompts through the lens, in their order. */
  private static List<Lens> lenses(
      ModelDirectory directory, List<Prompt> prompts, LogitLens.Layers layers) {
    return prompts.stream().map(prompt -> PromptLens.of(directory, prompt, layers)).toList();
  }

  /** The command. */
  @Command(
      name = "lens",
      description =
          "Shows what the model would predict next at each position of any prompts if it ended before"
              + " the first block or after each: the logit lens. Needs the model directory only.",
      footer = {
        "kindred lens 'And only l'",
        "kindred lens 'said.\\n\\nThe' 'Mr. Quilp ' --parts --model models/mine",
        "kindred lens --prompts prompts.jsonl --html lens.html"
      })
  static final class LensCommand extends PromptAnalysisCommand<Lens> {
    @Option(names = "--parts", description = "shows the stream after each block's attention, too")
    private boolean isWithParts;

    @Override
    List<Lens> find(Workspace workspace, ModelDirectory directory, List<Prompt> prompts) {
      return lenses(
          directory, prompts, isWithParts ? LogitLens.Layers.PARTS : LogitLens.Layers.BLOCKS);
    }

    @Override
    Findings shown(Lens lens, String name) {
      return PromptLens.findings(lens, name);
    }

    /** All prompts, with names in snake case. */
    private record Lenses(String model, String modelId, List<Lens> prompts) {}

    @Override
    String json(ModelDirectory directory, List<Lens> lenses) {
      return SnakeCaseJson.of(new Lenses(directory.uri(), directory.id(), lenses));
    }

    @Override
    List<String> head() {
      return List.of(
          "logit lens",
          "The token that the model would predict next at each position if it ended after each block:"
              + " the residual stream there, through the final norm and the unembedding.");
    }
  }
}
