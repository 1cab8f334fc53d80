/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.jobs.analysis.Analyses;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.workspace.KindredVersion;
import dev.kindred.jobs.workspace.Messages;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** The list of commands; those of analyses are in the list of analyses. */
public final class Commands {
  private static final int NAME_WIDTH = 20; // of a command, with what is before it

  private Commands() {}

  /** Commands under a heading of {@code --help}. */
  private record Group(String title, List<KindredCommand> commands) {}

  private static List<Group> groups() {
    List<KindredCommand> ofModels = new ArrayList<>(List.of(new GenerateCommand()));
    Analyses.ALL.forEach(analysis -> ofModels.addAll(analysis.commands(Analyses.ALL)));
    return List.of(
        new Group(
            "Compare a model with a corpus, and look",
            List.of(
                new RunCommand(),
                new ExplainCommand(),
                new ServeCommand(),
                new ReportCommand(),
                new RunsCommand(),
                new CompareCommand(),
                new CountCommand(),
                new TraceCommand(),
                new SqlCommand(),
                new FilesCommand())),
        new Group(
            "Plan, tune and test a run",
            List.of(new PlanCommand(), new TuneCommand(), new CausalCommand())),
        new Group("Look into a model", ofModels),
        new Group(
            "Make and check models",
            List.of(new TrainCommand(), new ImportModelCommand(), new CheckModelCommand())),
        new Group(
            "A run step by step",
            List.of(
                new WindowsCommand(),
                new ActivationsCommand(),
                new PromptsCommand(),
                new CompareModelsCommand(),
                new SimilarCommand(),
                new EvaluateCommand())),
        new Group("Keep house", List.of(new ExpireCommand(), new CompletionCommand())));
  }

  /** Returns the program's command line, with a command line below it for each command. */
  public static CommandLine program() {
    CommandSpec specification =
        CommandSpec.create()
            .name(Messages.PROGRAM)
            .version("kindred " + KindredVersion.current())
            .mixinStandardHelpOptions(true);
    CommandLine program = new CommandLine(specification);
    List<Group> groups = groups();
    groups.forEach(group -> group.commands().forEach(program::addSubcommand));
    program
        .getHelpSectionMap()
        .put(
            UsageMessageSpec.SECTION_KEY_COMMAND_LIST,
            help ->
                groups.stream()
                    .map(group -> listed(help, group))
                    .collect(Collectors.joining("\n")));
    Messages.nameCommands(program.getSubcommands().keySet());
    specification
        .usageMessage()
        .description(
            "Explains a language model's next-token predictions by the corpus strings that its"
                + " feed-forward layers find alike.")
        .footer(
            "",
            "Example: " + Messages.withProgram("kindred run --prompts 500"),
            "Each command has its own --help. Settings and defaults: conf/kindred.conf.");
    for (CommandLine command : all(program)) {
      command.getCommandSpec().mixinStandardHelpOptions(true);
      UsageMessageSpec usage = command.getCommandSpec().usageMessage();
      command
          .getHelpSectionMap()
          .put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, OptionsInHelp::listed);
      usage.width(110);
      usage.autoWidth(true);
      usage.footer(
          Stream.concat(
                  Stream.of(""),
                  Arrays.stream(usage.footer())
                      .map(example -> "Example: " + Messages.withProgram(example)))
              .toArray(String[]::new));
    }

    return program;
  }

  /** The names of a group's commands, each with the first sentence of what it does. */
  private static String listed(CommandLine.Help help, Group group) {
    int width = help.commandSpec().usageMessage().width();
    CommandLine.Help.TextTable table =
        CommandLine.Help.TextTable.forColumns(
            help.colorScheme(),
            new CommandLine.Help.Column(NAME_WIDTH, 2, CommandLine.Help.Column.Overflow.SPAN),
            new CommandLine.Help.Column(
                width - NAME_WIDTH, 2, CommandLine.Help.Column.Overflow.WRAP));
    for (KindredCommand command : group.commands()) {
      UsageMessageSpec usage =
          help.commandSpec().subcommands().get(command.name()).getCommandSpec().usageMessage();
      table.addRowValues(command.name(), firstSentence(String.join(" ", usage.description())));
    }

    return group.title() + ":\n" + table;
  }

  private static String firstSentence(String text) {
    int end = text.indexOf(". ");
    return end < 0 ? text : text.substring(0, end + 1);
  }

  /** Returns the command lines below the program's. */
  public static Collection<CommandLine> all(CommandLine program) {
    return program.getSubcommands().values();
  }
}
