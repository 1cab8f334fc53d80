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
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** The list of commands; those of analyses are in the list of analyses. */
public final class Commands {
  private Commands() {}

  private static List<KindredCommand> commands() {
    List<KindredCommand> commands =
        new ArrayList<>(
            List.of(
                new RunCommand(),
                new PlanCommand(),
                new WindowsCommand(),
                new ActivationsCommand(),
                new PromptsCommand(),
                new CompareModelsCommand(),
                new SimilarCommand(),
                new EvaluateCommand(),
                new TuneCommand(),
                new ReportCommand(),
                new ExplainCommand(),
                new ServeCommand(),
                new RunsCommand(),
                new CompareCommand(),
                new CountCommand(),
                new TraceCommand(),
                new GenerateCommand()));
    Analyses.ALL.forEach(analysis -> commands.addAll(analysis.commands(Analyses.ALL)));
    commands.addAll(
        List.of(
            new TrainCommand(),
            new ImportModelCommand(),
            new CheckModelCommand(),
            new ExpireCommand(),
            new SqlCommand()));
    return commands;
  }

  /** Returns the program's command line, with a command line below it for each command. */
  public static CommandLine program() {
    CommandSpec specification =
        CommandSpec.create()
            .name(Messages.PROGRAM)
            .version("kindred " + KindredVersion.current())
            .mixinStandardHelpOptions(true);
    CommandLine program = new CommandLine(specification);
    commands().forEach(program::addSubcommand);
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

  /** Returns the command lines below the program's. */
  public static Collection<CommandLine> all(CommandLine program) {
    return program.getSubcommands().values();
  }
}
