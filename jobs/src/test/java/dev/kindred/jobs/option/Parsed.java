/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/** Options as the program parses them, without running the command. */
public final class Parsed {
  private Parsed() {}

  /**
   * Parses a command's options.
   *
   * @param file settings of the user's, or null
   * @return the command
   * @throws dev.kindred.InvalidInput if a value is not as it must be
   */
  public static <C extends KindredCommand> C of(C command, File file, String... options) {
    List<String> arguments = new ArrayList<>(List.of(options));
    if (file != null) {
      arguments.addAll(List.of("--conf", file.toString()));
    }

    CommandLine line = new CommandLine(command);
    try {
      line.parseArgs(arguments.toArray(String[]::new));
      command.setDefaults(line);
      line.parseArgs(arguments.toArray(String[]::new));
      return command;
    } catch (CommandLine.ParameterException e) {
      if (e.getCause() instanceof CommandLine.TypeConversionException remedy) {
        throw Values.invalid(e.getArgSpec(), e.getValue(), remedy);
      }

      throw e;
    }
  }
}
