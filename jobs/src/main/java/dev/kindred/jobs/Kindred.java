/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import dev.kindred.InvalidInput;
import dev.kindred.WarehouseBusy;
import dev.kindred.jobs.command.Commands;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.Values;
import dev.kindred.jobs.option.WriterOptions;
import dev.kindred.jobs.run.RunRejected;
import dev.kindred.jobs.sql.NearestName;
import dev.kindred.jobs.sql.UnreadableFile;
import dev.kindred.jobs.workspace.CommandLog;
import dev.kindred.jobs.workspace.Interruption;
import dev.kindred.jobs.workspace.Messages;
import dev.kindred.jobs.workspace.Workspace;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.commons.lang3.exception.ExceptionUtils;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The program: lists the commands, runs one, and turns its outcome into an exit status.
 *
 * <p>0: done. 1: a bug, with its stack trace. With one line on standard error: 2, the input cannot
 * be used, or memory or disk do not suffice; 3, the audit found a run's results to be wrong; 4,
 * another command writes into the warehouse.
 *
 * <p>Example: {@code spark-submit --class dev.kindred.jobs.Kindred kindred-jobs-spark.jar run
 * --corpus s3a://bucket/corpus --model s3a://bucket/model --warehouse s3a://bucket/warehouse}
 */
public final class Kindred {
  private static final int BAD_INPUT = 2;
  private static final int BUG = 1;
  private static final int REJECTED = 3;
  private static final int BUSY = 4;

  /** What a server's exception begins with after it has come over the network. */
  private static final Pattern EXCEPTIONS = Pattern.compile("^(?:[\\w.$]+Exception: )+");

  private static final String PROMPT_WITH_DASH = "; write -- before a prompt that begins with -";

  private Kindred() {}

  public static void main(String[] arguments) {
    Locale.setDefault(Locale.ROOT);
    System.setOut(utf8(FileDescriptor.out));
    System.setErr(utf8(FileDescriptor.err));
    int status = run(arguments);
    if (status != 0) {
      System.exit(status);
    }
  }

  /**
   * Files are UTF-8, and so is what is printed: the locale's charset may have no such characters.
   */
  private static PrintStream utf8(FileDescriptor descriptor) {
    return new PrintStream(
        new BufferedOutputStream(new FileOutputStream(descriptor), 8192),
        true,
        StandardCharsets.UTF_8);
  }

  /** Runs a command line and returns the exit status. */
  static int run(String... typed) {
    String[] arguments = withoutHelp(typed);
    CommandLine program = Commands.program();
    try {
      CommandLine.ParseResult given = program.parseArgs(arguments);
      if (isHelp(given)) {
        Commands.all(program).forEach(one -> command(one).setDefaultsForHelp(one));
        return CommandLine.executeHelpRequest(given);
      }

      if (!given.hasSubcommand()) {
        program.usage(System.err);
        System.err.println("kindred: which command?");
        return BAD_INPUT;
      }

      checkDecoded(given.originalArgs());
      CommandLine chosen = given.subcommand().commandSpec().commandLine();
      KindredCommand command = command(chosen);
      command.setDefaults(chosen);
      program.parseArgs(arguments); // again, with defaults for what is not given
      CommandLog.open(
          command.name(),
          command.written().map(WriterOptions::uri),
          command.isQuiet(),
          command.isVerbose());
      try (Workspace workspace = Workspace.open(command.name(), command.steps())) {
        command.run(workspace);
      }

      return 0;
    } catch (CommandLine.ParameterException e) {
      return explainUsage(e, arguments);
    } catch (Throwable e) {
      return explain(e);
    }
  }

  /** Takes {@code help} for {@code --help}, and {@code help COMMAND} for that of a command. */
  private static String[] withoutHelp(String... typed) {
    return typed.length > 0 && typed[0].equals("help")
        ? Stream.concat(Stream.of(typed).skip(1), Stream.of("--help")).toArray(String[]::new)
        : typed;
  }

  private static boolean isHelp(CommandLine.ParseResult given) {
    return given.asCommandLineList().stream()
        .anyMatch(line -> line.isUsageHelpRequested() || line.isVersionHelpRequested());
  }

  private static KindredCommand command(CommandLine line) {
    return line.getCommand();
  }

  /** The JVM decodes arguments in the locale's charset, and has replaced what is not in it. */
  private static void checkDecoded(List<String> arguments) {
    String charset = System.getProperty("sun.jnu.encoding");
    if (!"UTF-8".equals(charset) && arguments.stream().anyMatch(text -> text.contains("\uFFFD"))) {
      throw new InvalidInput(
          "an argument has characters that the locale's charset %s does not have; set LC_ALL=C.UTF-8",
          charset);
    }
  }

  private static int explainUsage(CommandLine.ParameterException thrown, String[] arguments) {
    if (thrown.getCause() instanceof CommandLine.TypeConversionException remedy) {
      return explain(Values.invalid(thrown.getArgSpec(), thrown.getValue(), remedy));
    }

    System.err.printf(
        Locale.ROOT,
        "kindred: %s (see %s --help)%n",
        Messages.line(usageProblem(thrown, arguments)),
        thrown.getCommandLine().getCommandSpec().qualifiedName());
    return BAD_INPUT;
  }

  private static String usageProblem(CommandLine.ParameterException thrown, String[] arguments) {
    if (!(thrown instanceof CommandLine.UnmatchedArgumentException unmatched)
        || unmatched.getUnmatched().isEmpty()) {
      return thrown.getMessage();
    }

    CommandSpec specification = thrown.getCommandLine().getCommandSpec();
    String word = unmatched.getUnmatched().get(0);
    boolean isOption = word.startsWith("-");
    if (!isOption && specification.subcommands().isEmpty()) {
      return "unexpected argument " + word;
    }

    if (isOption && !specification.positionalParameters().isEmpty()) {
      Optional<String> prompt =
          Stream.of(arguments)
              .takeWhile(text -> !text.equals("--")) // what follows it is no option
              .filter(text -> text.matches("(?s)-[^=\\s]*\\s.*"))
              .findFirst();
      if (prompt.isPresent()) {
        return "no option is \"" + prompt.get() + "\"" + PROMPT_WITH_DASH;
      }
    }

    String name = isOption ? word.replaceFirst("[=\\s].*", "") : word;
    String suggestion =
        didYouMean(name, isOption ? options(specification) : specification.subcommands().keySet());
    return "there is no "
        + (isOption ? "option " : "command ")
        + name
        + suggestion
        + (suggestion.isEmpty() && isOption && !specification.positionalParameters().isEmpty()
            ? PROMPT_WITH_DASH
            : "");
  }

  private static List<String> options(CommandSpec specification) {
    return specification.options().stream().map(OptionSpec::longestName).toList();
  }

  private static String didYouMean(String word, Collection<String> names) {
    return NearestName.of(word, names).map(name -> "; did you mean " + name + "?").orElse("");
  }

  /** Says what went wrong and returns the exit status. */
  static int explain(Throwable thrown) {
    if (Interruption.isStopping()) {
      return BUG; // the signal's own status is what the process ends with
    }

    Optional<WarehouseBusy> lost = lostLock(thrown);
    if (lost.isPresent()) {
      System.err.println("kindred: " + Messages.line(lost.get().getMessage()));
      return BUSY;
    }

    Optional<String> unusable =
        Optional.<Throwable>ofNullable(InvalidInput.findIn(thrown))
            .map(Throwable::getMessage)
            .or(() -> exhausted(thrown))
            .or(() -> UnreadableFile.message(thrown));
    if (unusable.isPresent()) {
      System.err.println("kindred: " + Messages.line(unusable.get()));
      return BAD_INPUT;
    }

    RunRejected rejected = ExceptionUtils.throwableOfType(thrown, RunRejected.class);
    if (rejected != null) {
      System.err.println("kindred: " + Messages.line(rejected.getMessage()));
      return REJECTED;
    }

    WarehouseBusy busy = ExceptionUtils.throwableOfType(thrown, WarehouseBusy.class);
    if (busy != null) {
      System.err.println("kindred: " + Messages.line(busy.getMessage()));
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

  /** What there is too little of, and how to get more: trying again would not help. */
  private static Optional<String> exhausted(Throwable thrown) {
    if (ExceptionUtils.indexOfThrowable(thrown, OutOfMemoryError.class) >= 0) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "out of memory: the heap of this process has %d MB; give it more with KINDRED_MEMORY,"
                  + " or with spark-submit --driver-memory",
              Runtime.getRuntime().maxMemory() >> 20));
    }

    String said =
        ExceptionUtils.getThrowableList(thrown).stream()
            .map(cause -> String.valueOf(cause.getMessage()))
            .reduce("", (all, message) -> all + message + "\n");
    if (said.contains("No space left on device") || said.contains("Disk quota exceeded")) {
      return Optional.of(
          "the disk of the warehouse or of temporary files is full; free some of it, and the same"
              + " command goes on from what it has committed");
    }

    Optional<String> ofHdfs =
        said.lines()
            .filter(
                line ->
                    line.contains("quota") && line.contains("is exceeded")
                        || line.contains("Permission denied: user="))
            .map(line -> EXCEPTIONS.matcher(line).replaceFirst(""))
            .findFirst();
    if (ofHdfs.isPresent()) {
      return Optional.of("the file system refuses: " + ofHdfs.get());
    }

    return said.contains("Too many open files")
        ? Optional.of("too many files are open; allow more with ulimit -n")
        : Optional.empty();
  }
}
