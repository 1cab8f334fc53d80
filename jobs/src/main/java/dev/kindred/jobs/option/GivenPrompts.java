/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.InvalidInput;
import dev.kindred.corpus.Prompts;
import dev.kindred.jobs.option.Defaults.NoSetting;
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
      description = "one prompt a line; JSON strings if it ends with .jsonl")
  private String file;

  /**
   * Returns the prompts.
   *
   * @param tokenizerJson of the model that is to read them
   * @throws InvalidInput if there are none, or one cannot be read
   */
  public List<String> read(String tokenizerJson, Prompts.Lengths lengths, Configuration hadoop) {
    if (prompts.isEmpty() == (file == null)) {
      throw new InvalidInput(
          "%s: give prompts such as \"And only l\", or a file of them with --prompts",
          file == null ? "no prompt" : "--prompts " + file + " and a prompt");
    }

    return file == null
        ? Prompts.parse(prompts, tokenizerJson, lengths)
        : Prompts.read(hadoop, file, tokenizerJson, lengths);
  }
}
