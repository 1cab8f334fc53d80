/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.InvalidInput;
import dev.kindred.attribution.Attribution;
import dev.kindred.attribution.Attribution.Question;
import dev.kindred.corpus.Prompt;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.SnakeCaseJson;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Table;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Attribution: which tokens of a prompt the prediction at its end hangs on. */
final class AttributionAnalysis implements Analysis {
  @Override
  public String name() {
    return "attribute";
  }

  @Override
  public List<Table> tables() {
    return List.of();
  }

  @Override
  public List<KindredCommand> commands(List<Analysis> all) {
    return List.of(new AttributeCommand());
  }

  /** The command. */
  @Command(
      name = "attribute",
      description =
          "Shows which tokens of any prompts the prediction at their end hangs on: by gradients, and"
              + " by taking tokens away. Needs the model directory only.",
      footer = {
        "kindred attribute 'And only l'",
        "kindred attribute 'She said i' --method occlusion --replacement token:e",
        "kindred attribute --prompts prompts.jsonl --html attribution.html"
      })
  static final class AttributeCommand extends PromptAnalysisCommand<Attribution> {
    @Mixin private AttributionOptions options;

    @Override
    List<Attribution> find(ModelDirectory directory, List<Prompt> prompts) {
      options.check(directory);
      for (int i = 0; i < prompts.size(); i++) {
        if (options.isDeleting() && directory.input(prompts.get(i).tokenIds()).length < 2) {
          throw new InvalidInput(
              "--replacement delete: prompt %d has one token; give longer prompts, or mean", i + 1);
        }
      }

      ResidualStream model = LoadedModels.stream(directory);
      Tokenizer tokenizer = Tokenizer.of(directory.tokenizerJson());
      Question question = options.question(directory, model);
      return prompts.stream()
          .map(
              prompt ->
                  Attribution.of(
                      model,
                      tokenizer,
                      prompt.text(),
                      directory.input(prompt.tokenIds()),
                      question))
          .toList();
    }

    @Override
    Findings shown(Attribution found, String name) {
      return new Findings(found.text(), AttributionGrids.of(found, name), List.of());
    }

    /** All prompts, with names in snake case. */
    private record Attributions(
        String model, String modelId, String replacement, List<Attribution> prompts) {}

    @Override
    String json(ModelDirectory directory, List<Attribution> found) {
      return SnakeCaseJson.of(
          new Attributions(directory.uri(), directory.id(), options.name(directory), found));
    }

    @Override
    List<String> head() {
      return List.of(
          "attribution",
          "What each token of a prompt adds to the prediction at its end, by several methods. A row"
              + " is shaded by its own greatest value.");
    }
  }
}
