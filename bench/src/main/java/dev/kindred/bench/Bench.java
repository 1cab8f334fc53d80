/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import dev.kindred.DjlEngine;
import dev.kindred.InvalidInput;
import dev.kindred.model.files.ModelDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * Measures Kindred on this machine: kernels, join, activations, whole runs, training. Prints a
 * table to standard output and writes the same figures as JSON; docs/benchmarks.md explains each.
 *
 * <p>Exit status 0: done. 2: the input cannot be used, with one line on standard error. 1: a whole
 * run failed, with its last lines, or a bug, with its stack trace.
 */
@Command(
    name = "bench/run.sh",
    mixinStandardHelpOptions = true,
    description = "Measures Kindred on this machine; docs/benchmarks.md explains the figures.")
public final class Bench implements Runnable {
  private static final int BAD_INPUT = 2;
  private static final int FAILED = 1;

  @Mixin private Options options;

  private final Figures figures = new Figures();

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  /** The program, ready to be executed once. */
  static CommandLine commandLine() {
    return new CommandLine(new Bench())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler((thrown, line, result) -> explain(thrown, line.getErr()))
        .setParameterExceptionHandler(
            (thrown, given) -> explainUsage(thrown.getMessage(), thrown.getCommandLine().getErr()));
  }

  @Override
  public void run() {
    options.check();
    Machine.describe(figures);
    WorkFolder work = new WorkFolder(options.keep);
    WholeRuns runs =
        options.has(Options.Item.RUNS)
            ? new WholeRuns(figures, options, work, Machine.cores())
            : null;
    if (options.has(Options.Item.KERNEL)) {
      new KernelComparison(figures, options.quick).run();
    }

    String warehouse = options.warehouse;
    if (runs != null) {
      Path made = runs.run();
      warehouse = made.toString();
      if (options.keep) {
        System.err.println("bench: kept warehouse " + warehouse);
      }
    }

    if (options.has(Options.Item.JOIN) || options.has(Options.Item.ACTIVATIONS)) {
      compare(warehouse);
    }

    if (options.has(Options.Item.TRAINING)) {
      new TrainingComparison(figures, options.quick).run();
    }

    if (options.has(Options.Item.FAMILIES)) {
      new FamilyComparison(figures, options.quick).run();
    }

    if (options.has(Options.Item.SIZES)) {
      RealSizes sizes = new RealSizes(figures, options.quick);
      sizes.run();
      if (options.model != null) {
        sizes.evaluate(
            ModelDirectory.read(options.model, new Configuration()),
            CorpusText.read(options.corpus).first(options.quick ? 16 : 1));
      }
    }

    if (options.has(Options.Item.INVERSION)) {
      new InversionFigures(figures, options.quick).run();
    }

    if (options.has(Options.Item.CIRCUITS)) {
      new CircuitFigures(figures, options, work).run();
    }

    if (options.has(Options.Item.READING)) {
      new ModelReadingFigures(figures, options, work).run();
    }

    if (options.has(Options.Item.QUESTIONS)) {
      new QuestionFigures(figures, options, work, warehouse).run();
    }

    if (runs != null) {
      runs.addFigures();
      if (options.plot() != null) {
        runs.plot(options.plot());
      }
    }

    System.out.print(figures.table());
    write(figures.json());
  }

  private void compare(String warehouse) {
    DjlEngine.setDefaults();
    try (SparkSession spark = SparkSession.builder().appName("kindred bench").getOrCreate()) {
      RunTables tables = new RunTables(spark, warehouse);
      if (options.has(Options.Item.JOIN)) {
        new JoinFigures(figures, options.quick).add(tables);
      }

      if (options.has(Options.Item.ACTIVATIONS)) {
        new ActivationComparison(figures, options.quick).add(tables);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write(String json) {
    try {
      Files.writeString(options.json(), json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int explain(Exception thrown, PrintWriter err) {
    InvalidInput invalid = InvalidInput.findIn(thrown);
    if (invalid != null) {
      return explainUsage(invalid.getMessage(), err);
    }

    if (thrown instanceof RunFailed) {
      err.println("bench: " + thrown.getMessage());
    } else {
      thrown.printStackTrace(err);
    }

    err.flush();
    return FAILED;
  }

  private static int explainUsage(String message, PrintWriter err) {
    err.println("bench: " + message.lines().findFirst().orElse(""));
    err.flush();
    return BAD_INPUT;
  }
}
