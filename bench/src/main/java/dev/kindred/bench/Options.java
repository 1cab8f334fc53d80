/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import dev.kindred.InvalidInput;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import picocli.CommandLine.Option;

/** What to measure, and where to write it. */
final class Options {
  private static final int PROMPTS = 20_000;
  private static final int QUICK_PROMPTS = 2_000;

  /** Parts of the bench. */
  enum Item {
    KERNEL,
    JOIN,
    ACTIVATIONS,
    TRAINING,
    FAMILIES,
    SIZES,
    INVERSION,
    CIRCUITS,
    READING,
    QUESTIONS,
    RUNS
  }

  @Option(
      names = "--corpus",
      paramLabel = "URI",
      defaultValue = CorpusText.EMBEDDED,
      description = "a text file (${DEFAULT-VALUE})")
  String corpus;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "model directory (models/dickens-small)")
  String model;

  @Option(
      names = "--prompts",
      paramLabel = "N",
      description = "prompts of the whole runs (20000; with --quick 2000)")
  private Integer givenPrompts;

  @Option(
      names = "--quick",
      description =
          "the first sixteenth of the corpus for all of it, fewer prompts and rounds: minutes")
  boolean quick;

  @Option(
      names = "--one-core-all",
      description = "runs: also all of the corpus on one core, which takes long")
  boolean oneCoreAll;

  @Option(
      names = "--only",
      paramLabel = "ITEM",
      split = ",",
      hideParamSyntax = true,
      description = "of ${COMPLETION-CANDIDATES}, separated by commas (all)")
  private Set<Item> only = EnumSet.allOf(Item.class);

  @Option(
      names = "--warehouse",
      paramLabel = "DIR",
      description = "a warehouse with a run, for join, activations and questions without runs")
  String warehouse;

  @Option(names = "--keep", description = "keep the warehouse of the last run, and say where")
  boolean keep;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      required = true,
      description = "where to write the figures")
  private Path json;

  @Option(names = "--plot", paramLabel = "FILE", description = "where to draw the runs' costs, PNG")
  private Path plot;

  /**
   * Checks what goes together.
   *
   * @throws InvalidInput for what does not
   */
  void check() {
    if (givenPrompts != null && givenPrompts < 4) {
      throw new InvalidInput("--prompts %d: at least 4", givenPrompts);
    }

    boolean needsTables = has(Item.JOIN) || has(Item.ACTIVATIONS) || has(Item.QUESTIONS);
    if (needsTables && !has(Item.RUNS) && warehouse == null) {
      throw new InvalidInput(
          "--only %s: join, activations and questions need a run's tables; add runs or give"
              + " --warehouse DIR",
          only);
    }

    if (has(Item.RUNS) && warehouse != null) {
      throw new InvalidInput(
          "--warehouse %s: the runs make their own; leave it out or leave runs out with --only",
          warehouse);
    }

    if (plot != null && !has(Item.RUNS)) {
      throw new InvalidInput("--plot %s: there is nothing to draw without runs", plot);
    }

    checkFolder("--json", json);
    if (plot != null) {
      checkFolder("--plot", plot);
    }

    if (!Files.isReadable(Path.of("/proc/self/status"))) {
      throw new InvalidInput("The bench reads processes' memory from /proc: it needs Linux");
    }
  }

  private static void checkFolder(String option, Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (Files.isDirectory(file) || !Files.isWritable(folder)) {
      throw new InvalidInput("%s %s: not a file that can be written", option, file);
    }
  }

  boolean has(Item item) {
    return only.contains(item);
  }

  int prompts() {
    return givenPrompts != null ? givenPrompts : quick ? QUICK_PROMPTS : PROMPTS;
  }

  Path json() {
    return json;
  }

  /** The PNG file, or null. */
  Path plot() {
    return plot;
  }

  /** Kindred's folder, with the launch script. */
  Path home() {
    return Path.of(System.getProperty("kindred.home", "."));
  }
}
