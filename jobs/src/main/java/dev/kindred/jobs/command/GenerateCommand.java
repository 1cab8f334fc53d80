/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.corpus.ByteNotation;
import dev.kindred.corpus.Prompt;
import dev.kindred.corpus.Prompts;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.jobs.option.Defaults.NoSetting;
import dev.kindred.jobs.option.GivenPrompts;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.ReadModelOptions;
import dev.kindred.jobs.option.Values;
import dev.kindred.jobs.option.Values.RealInRange;
import dev.kindred.jobs.report.SnakeCaseJson;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.Generation;
import dev.kindred.model.TaskDevice;
import dev.kindred.model.TokenReader;
import dev.kindred.model.files.ModelDirectory;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "generate",
    description =
        "Goes on with prompts by what the model predicts, token by token. The same seed gives the same"
            + " text. Where the model's context is full, the last half of the text begins another."
            + " Needs the model directory only.",
    footer = {
      "kindred generate 'She said '",
      "kindred generate 'ROMEO:' --model models/tinyshakespeare --tokens 500 --seed 2321",
      "kindred generate 'She said ' --temperature 0 --json"
    })
final class GenerateCommand extends KindredCommand {
  @Mixin private GivenPrompts given;
  @Mixin private ReadModelOptions model;

  @NoSetting
  @Option(
      names = "--tokens",
      paramLabel = "N",
      converter = Values.Count.class,
      defaultValue = "200",
      description = "tokens that are added to each prompt (${DEFAULT-VALUE})")
  private int tokens;

  @NoSetting
  @Option(
      names = "--temperature",
      paramLabel = "X",
      converter = Temperature.class,
      defaultValue = "1",
      description =
          "how evenly tokens are drawn (${DEFAULT-VALUE}): 1 as the model has it; 0 the most probable"
              + " ones")
  private double temperature;

  @NoSetting
  @Option(
      names = "--seed",
      paramLabel = "S",
      converter = Values.Whole.class,
      defaultValue = "1337",
      description = "seed of the draws of each prompt (${DEFAULT-VALUE})")
  private long seed;

  @Option(
      names = "--json",
      description = "prints one JSON object, with the probability of each token")
  private boolean isJson;

  /** What logits are divided by. */
  static final class Temperature extends RealInRange {
    Temperature() {
      super(0, 100);
    }
  }

  /**
   * A token that was drawn.
   *
   * @param probability that the model gave it, whatever the temperature
   */
  private record Token(int tokenId, String text, double probability) {}

  /**
   * How a prompt goes on.
   *
   * @param text what was added to it
   */
  private record Text(String prompt, String text, List<Token> tokens) {}

  /** All texts, with names in snake case. */
  private record Texts(
      String model, String modelId, long seed, double temperature, List<Text> texts) {}

  @Override
  public void run(Workspace workspace) {
    ModelDirectory directory = model.read(workspace.hadoop());
    Tokenizer tokenizer = Tokenizer.of(directory.tokenizerJson());
    List<Prompt> prompts =
        given.read(
            directory.tokenizerJson(),
            Prompts.Lengths.upTo(directory.contextLength()),
            workspace.hadoop());
    List<Text> texts = new ArrayList<>();
    try (TokenReader reader = directory.loadReader(TaskDevice.assigned())) {
      for (Prompt prompt : prompts) {
        Text text = text(directory, tokenizer, reader, prompt);
        texts.add(text);
        if (!isJson) {
          String shown = ByteNotation.withoutControls(text.prompt() + text.text());
          System.out.println(texts.size() == 1 ? shown : System.lineSeparator() + shown);
        }
      }
    }

    if (isJson) {
      System.out.println(
          SnakeCaseJson.of(new Texts(directory.uri(), directory.id(), seed, temperature, texts)));
    }
  }

  private Text text(
      ModelDirectory directory, Tokenizer tokenizer, TokenReader reader, Prompt prompt) {
    List<Generation.Drawn> drawn =
        new Generation(
                reader, directory.firstToken(), tokenizer.vocabularySize(), temperature, seed)
            .of(prompt.tokenIds(), tokens);
    int[] ids = drawn.stream().mapToInt(Generation.Drawn::tokenId).toArray();
    int[] all = IntStream.concat(IntStream.of(prompt.tokenIds()), IntStream.of(ids)).toArray();
    String before = tokenizer.text(prompt.tokenIds());
    String whole = tokenizer.text(all);
    return new Text(
        before,
        // A token may depend on the one before it.
        whole.startsWith(before) ? whole.substring(before.length()) : tokenizer.text(ids),
        drawn.stream()
            .map(one -> new Token(one.tokenId(), tokenizer.text(one.tokenId()), one.probability()))
            .toList());
  }
}
