/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.InvalidInput;
import dev.kindred.corpus.Prompt;
import dev.kindred.corpus.Prompts;
import dev.kindred.jobs.option.Defaults.NoSetting;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prompts of the command line, or of a file. */
public final class GivenPrompts {
  @Parameters(
      paramLabel = "PROMPT",
      arity = "0..*",
      description = "a prompt; \\n in it is a line break, \\t a tab, two backslashes are one")
  private List<String> prompts = List.of();

  @NoSetting
  @Option(
      names = "--prompts",
      paramLabel = "FILE",
      description =
          "one prompt a line; JSON strings, or lists of token ids, if it ends with .jsonl")
  private String file;

  @NoSetting
  @Option(
      names = "--token-ids",
      paramLabel = "ID,ID,..",
      converter = Values.TokenIds.class,
      description = "a prompt as token ids of the model; can be given several times")
  private List<Values.Ids> tokenIds = List.of();

  /** Returns the texts among the prompts, for those who have no tokenizer yet. */
  public List<String> texts(Configuration hadoop) {
    return file == null
        ? prompts.stream().map(GivenPrompts::unescaped).toList()
        : Prompts.texts(hadoop, file);
  }

  private static String unescaped(String prompt) {
    try {
      return prompt.translateEscapes();
    } catch (IllegalArgumentException e) {
      return prompt; // which is refused when it is read
    }
  }

  /** Whether there are any. */
  public boolean areGiven() {
    return file != null || !prompts.isEmpty() || !tokenIds.isEmpty();
  }

  /**
   * Returns the prompts.
   *
   * @param tokenizerJson of the model that is to read them
   * @return those of the command line, texts first
   * @throws InvalidInput if there are none, or one cannot be read
   */
  public List<Prompt> read(String tokenizerJson, Prompts.Lengths lengths, Configuration hadoop) {
    boolean hasNone = prompts.isEmpty() && tokenIds.isEmpty();
    if (hasNone == (file == null)) {
      throw new InvalidInput(
          "%s: give prompts such as \"And only l\", or a file of them with --prompts",
          file == null ? "no prompt" : "--prompts " + file + " and a prompt");
    }

    if (file != null) {
      return Prompts.read(hadoop, file, tokenizerJson, lengths);
    }

    List<Prompt> all = new ArrayList<>(Prompts.parse(prompts, tokenizerJson, lengths));
    for (Values.Ids ids : tokenIds) {
      all.add(Prompts.ofTokens("--token-ids " + ids.text(), ids.numbers(), tokenizerJson, lengths));
    }

    return all;
  }
}
