/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.workspace.Workspace;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "completion",
    description =
        "Prints a script for bash and zsh, after which the tabulator key completes commands and options"
            + " of kindred.sh.",
    footer = {"kindred completion > kindred-completion.sh && source kindred-completion.sh"})
final class CompletionCommand extends KindredCommand {
  /** What is completed: a command of this name, and scripts {@code kindred.sh} in any folder. */
  private static final String NAME = "kindred";

  @Spec private CommandSpec specification;

  @Override
  public void run(Workspace workspace) {
    System.out.print(AutoComplete.bash(NAME, specification.root().commandLine()));
  }
}
