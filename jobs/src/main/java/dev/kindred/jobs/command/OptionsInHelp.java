/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.jobs.option.KindredCommand;
import java.lang.reflect.Field;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.OptionSpec;

/** The options in a command's {@code --help}: first those that most people need. */
final class OptionsInHelp {
  /** Options of many commands that most people need, in the order in which they are shown. */
  private static final List<String> BASIC =
      List.of(
          "--corpus",
          "--model",
          "--prompts",
          "--alternates",
          "--run-id",
          "--warehouse",
          "--out",
          "--preset",
          "--architecture",
          "--steps",
          "--report",
          "--html",
          "--json",
          "--help");

  private OptionsInHelp() {}

  /**
   * Lists options under two headings: the basic ones and those that only this command has, then
   * those that it shares with others. A command that has no others has one list.
   */
  static String listed(Help help) {
    Map<Boolean, List<OptionSpec>> options =
        help.commandSpec().options().stream()
            .collect(
                Collectors.partitioningBy(
                    option ->
                        place(option) < BASIC.size()
                            || isOwn(option, help.commandSpec().userObject())));
    return options.get(false).isEmpty() || options.get(true).isEmpty()
        ? listed(help, help.commandSpec().options())
        : "\nOptions:\n"
            + listed(help, options.get(true))
            + "\nFurther options:\n"
            + listed(help, options.get(false));
  }

  private static String listed(Help help, List<OptionSpec> options) {
    return help.optionListExcludingGroups(
        options,
        help.createDefaultLayout(),
        Comparator.<OptionSpec>comparingInt(OptionsInHelp::place)
            .thenComparing(OptionSpec::longestName),
        help.parameterLabelRenderer());
  }

  private static int place(OptionSpec option) {
    int place = BASIC.indexOf(option.longestName());
    return place < 0 ? BASIC.size() : place;
  }

  /** Whether a field of the command is set by the option, and none that commands share. */
  private static boolean isOwn(OptionSpec option, Object command) {
    return option.userObject() instanceof Field field
        && field.getDeclaringClass() != KindredCommand.class
        && field.getDeclaringClass().isInstance(command);
  }
}
