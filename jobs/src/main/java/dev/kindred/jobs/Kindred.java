/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import dev.kindred.InvalidInput;
import dev.kindred.WarehouseBusy;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.lang3.exception.ExceptionUtils;
import org.apache.spark.SparkThrowable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The program: lists the commands, runs one, and turns its outcome into an exit status.
 *
 * <p>0: done. 1: a bug, with its stack trace. With one line on standard error: 2, the input cannot
 * be used; 3, the audit found a run's results to be wrong; 4, another command writes into the
 * warehouse.
 *
 * <p>Example: {@code spark-submit --class dev.kindred.jobs.Kindred kindred-jobs-spark.jar run
 * --corpus s3a://bucket/corpus --model s3a://bucket/model --warehouse s3a://bucket/warehouse}
 */
public final class Kindred {
  private static final int BAD_INPUT = 2;
  private static final int BUG = 1;
  private static final int REJECTED = 3;
  private static final int BUSY = 4;

  private static final String QUIET = "--quiet";
  private static final String VERBOSE = "--verbose";

  private Kindred() {}

  public static void main(String[] arguments) {
    int status = run(arguments);
    if (status != 0) {
      System.exit(status);
    }
  }

  /** Runs a command line and returns the exit status. */
  static int run(String... arguments) {
    CommandSpec program =
        CommandSpec.create()
            .name("kindred")
            .version("kindred " + version())
            .mixinStandardHelpOptions(true);
    program
        .usageMessage()
        .description(
            "Explains a language model's next-token predictions by the corpus strings that its"
                + " feed-forward layers find alike.")
        .footer(
            "",
            "Example: kindred run --prompts 500",
            "Each command has its own --help. Settings and defaults: conf/kindred.conf.");
    Map<String, String> defaults = Settings.resolve(null, Map.of()).asText();
    for (Command command : Command.values()) {
      program.addSubcommand(command.commandName(), specification(command, defaults));
    }

    CommandLine line =
        new CommandLine(program)
            .setExecutionStrategy(Kindred::execute)
            .setParameterExceptionHandler(Kindred::explainUsage);
    return line.execute(arguments);
  }

  private static CommandSpec specification(Command command, Map<String, String> defaults) {
    CommandSpec specification = CommandSpec.create().mixinStandardHelpOptions(true);
    specification.usageMessage().width(110);
    specification.usageMessage().autoWidth(true);
    specification.usageMessage().description(command.description());
    specification
        .usageMessage()
        .footer(
            Stream.concat(
                    Stream.of(""),
                    command.examples().stream().map(example -> "Example: " + example))
                .toArray(String[]::new));
    specification.addOption(
        OptionSpec.builder("--conf")
            .paramLabel("FILE")
            .type(java.io.File.class)
            .description("settings laid over conf/kindred.conf")
            .build());
    specification.addOption(
        OptionSpec.builder("-q", QUIET)
            .arity("0")
            .type(boolean.class)
            .description("prints the result and errors only")
            .build());
    specification.addOption(
        OptionSpec.builder("-v", VERBOSE)
            .arity("0")
            .type(boolean.class)
            .description("shows the log on standard error, too")
            .build());
    if (command.needsRun()) {
      specification.addOption(
          OptionSpec.builder("--run-id")
              .paramLabel("ID")
              .type(String.class)
              .required(true)
              .description("the run, as the command similar or run printed it")
              .build());
    }

    command.ownOptions().forEach(specification::addOption);
    command.ownArguments().forEach(specification::addPositional);
    for (Setting setting : command.settings()) {
      String value = defaults.get(setting.key());
      specification.addOption(
          OptionSpec.builder("--" + setting.key())
              .paramLabel(setting.parameter())
              .type(String.class)
              .description(setting.description() + (value.isEmpty() ? "" : " (" + value + ")"))
              .build());
    }

    return specification;
  }

  private static int execute(CommandLine.ParseResult result) {
    Integer help = CommandLine.executeHelpRequest(result);
    if (help != null) {
      return help;
    }

    if (!result.hasSubcommand()) {
      throw new CommandLine.ParameterException(
          result.commandSpec().commandLine(), "which command?");
    }

    CommandLine.ParseResult chosen = result.subcommand();
    try {
      Command command = Command.of(chosen.commandSpec().name());
      CommandOptions options = CommandOptions.of(command, chosen);
      boolean isQuiet = chosen.hasMatchedOption(QUIET);
      boolean isVerbose = chosen.hasMatchedOption(VERBOSE);
      if (isQuiet && isVerbose) {
        throw new InvalidInput("%s and %s: only one of them can be given", QUIET, VERBOSE);
      }

      CommandLog.open(command, options.settings(), isQuiet, isVerbose);
      command.run(options);
      return 0;
    } catch (Exception e) {
      return explain(e);
    }
  }

  private static int explainUsage(CommandLine.ParameterException thrown, String[] arguments) {
    String command = thrown.getCommandLine().getCommandSpec().qualifiedName();
    System.err.printf(
        Locale.ROOT, "kindred: %s (see %s --help)%n", firstLine(thrown.getMessage()), command);
    return BAD_INPUT;
  }

  private static int explain(Exception thrown) {
    Optional<WarehouseBusy> lost = lostLock(thrown);
    if (lost.isPresent()) {
      System.err.println("kindred: " + firstLine(lost.get().getMessage()));
      return BUSY;
    }

    InvalidInput invalid = InvalidInput.findIn(thrown);
    if (invalid != null) {
      System.err.println("kindred: " + firstLine(invalid.getMessage()));
      return BAD_INPUT;
    }

    Optional<String> unreadable = unreadableFile(thrown);
    if (unreadable.isPresent()) {
      System.err.println("kindred: " + firstLine(unreadable.get()));
      return BAD_INPUT;
    }

    RunRejected rejected = ExceptionUtils.throwableOfType(thrown, RunRejected.class);
    if (rejected != null) {
      System.err.println("kindred: " + firstLine(rejected.getMessage()));
      return REJECTED;
    }

    WarehouseBusy busy = ExceptionUtils.throwableOfType(thrown, WarehouseBusy.class);
    if (busy != null) {
      System.err.println("kindred: " + firstLine(busy.getMessage()));
      return BUSY;
    }

    thrown.printStackTrace(new PrintWriter(System.err, true));
    return BUG;
  }

  /** What closing the session has found, whatever else became of losing the lock. */
  private static Optional<WarehouseBusy> lostLock(Throwable thrown) {
    return Stream.of(thrown.getSuppressed())
        .filter(WarehouseBusy.class::isInstance)
        .map(WarehouseBusy.class::cast)
        .findFirst();
  }

  /** What Spark says of a file whose checksum is wrong, or that is no Parquet file any more. */
  private static Optional<String> unreadableFile(Throwable thrown) {
    return ExceptionUtils.getThrowableList(thrown).stream()
        .filter(SparkThrowable.class::isInstance)
        .map(SparkThrowable.class::cast)
        .filter(cause -> String.valueOf(cause.getCondition()).startsWith("FAILED_READ_FILE"))
        .map(
            cause ->
                String.format(
                    Locale.ROOT,
                    "file %s cannot be read: %s; if it is the warehouse's, remove its folder and"
                        + " run again",
                    cause.getMessageParameters().get("path"),
                    firstLine(ExceptionUtils.getRootCause(thrown).getMessage())))
        .findFirst();
  }

  private static String firstLine(String message) {
    return String.valueOf(message).lines().findFirst().orElse("");
  }

  /** This program's version, or "development" outside a jar. */
  static String version() {
    String version = Kindred.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
