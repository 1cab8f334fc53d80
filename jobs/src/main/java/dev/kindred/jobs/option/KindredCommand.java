/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.workspace.Workspace;
import java.io.File;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * A command: a class with {@code @Command}, whose annotated fields are what it takes. Groups of
 * options that several commands have are the other classes of this package, as {@code @Mixin}s. In
 * {@code @Command} the footer's lines are examples of command lines, the simplest first.
 */
public abstract class KindredCommand {
  @Spec private CommandSpec specification;

  @Option(
      names = "--conf",
      paramLabel = "FILE",
      description = "settings laid over conf/kindred.conf")
  private File conf;

  @Option(
      names = {"-q", "--quiet"},
      description = "prints the result and errors only")
  private boolean isQuiet;

  @Option(
      names = {"-v", "--verbose"},
      description = "shows the log on standard error, too")
  private boolean isVerbose;

  /**
   * Does what the command is for, and prints what it found.
   *
   * @throws InvalidInput for what the user can mend, before anything that takes long
   */
  public abstract void run(Workspace workspace) throws IOException;

  /** Returns the names of the command's steps, in order; none for a command of one step. */
  public List<String> steps() {
    return List.of();
  }

  /** Returns the warehouse that the command writes into, if it does: its log is there. */
  public Optional<WriterOptions> written() {
    return Optional.empty();
  }

  /**
   * Returns where values come from that the command line does not have.
   *
   * @param file the user's settings, or null
   * @param commandLine what the command line has, by option without dashes
   */
  protected IDefaultValueProvider defaults(File file, Map<String, String> commandLine) {
    return Defaults.of(file, commandLine);
  }

  /** Returns where the defaults in {@code --help} come from. */
  protected IDefaultValueProvider defaultsForHelp() {
    return Defaults.of((File) null, Map.of());
  }

  /** Returns the settings that the command was parsed with. */
  protected final Defaults settings() {
    return (Defaults) specification.defaultValueProvider();
  }

  /** Returns the settings file that the user named, or null. */
  protected final File conf() {
    return conf;
  }

  public final String name() {
    return specification.name();
  }

  public final boolean isQuiet() {
    return isQuiet;
  }

  public final boolean isVerbose() {
    return isVerbose;
  }

  /** Makes a command line's defaults those of this command, which has been parsed without them. */
  public final void setDefaults(CommandLine parsed) {
    if (isQuiet && isVerbose) {
      throw new InvalidInput("--quiet and --verbose: only one of them can be given");
    }

    parsed.setDefaultValueProvider(defaults(conf, given(parsed.getParseResult())));
  }

  /** Makes {@code --help} show defaults. */
  public final void setDefaultsForHelp(CommandLine line) {
    line.setDefaultValueProvider(defaultsForHelp());
  }

  private static Map<String, String> given(CommandLine.ParseResult result) {
    Map<String, String> given = new HashMap<>();
    result
        .matchedOptions()
        .forEach(
            option ->
                given.put(Defaults.key(option), String.join(",", option.originalStringValues())));
    return given;
  }
}
