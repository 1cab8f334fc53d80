/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * How long it takes to explain prompts from a run's warehouse, as processes from start to end: one
 * prompt, again and again, 300 prompts, and one prompt by Spark, which is how it was done before.
 */
final class QuestionFigures {
  private static final int ROUNDS = 3;
  private static final int MANY = 300;
  private static final int CHARACTERS = 400; // of a text whose last tokens are explained
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Figures figures;
  private final Options options;
  private final WorkFolder work;
  private final String warehouse;

  QuestionFigures(Figures figures, Options options, WorkFolder work, String warehouse) {
    this.figures = figures;
    this.options = options;
    this.work = work;
    this.warehouse = warehouse;
  }

  void run() {
    String text = CorpusText.read(options.corpus).text();
    Random random = new Random(1);
    List<String> prompts = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      int from = random.nextInt(text.length() - CHARACTERS);
      prompts.add(text.substring(from, from + CHARACTERS));
    }

    figures.group("12. Questions to a run, from start to end of the process, all cores");
    double[] seconds = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      seconds[i] = ask("explain_" + i, file(prompts.subList(i, i + 1))).seconds();
    }

    figures.number("explain_first_seconds", seconds[0], "s", "one prompt, the first time");
    figures.number("explain_seconds", Median.of(seconds), "s", "one prompt, median of 3");
    WholeRun many = ask("explain_many", file(prompts));
    figures.number("explain_300_seconds", many.seconds(), "s", "300 prompts");
    figures.number("explain_300_peak_memory_mib", many.peakMemoryMib(), "MiB", "  peak memory");
    WholeRun bySpark = ask("explain_by_spark", file(prompts.subList(0, 1)), "--by-spark");
    figures.number("explain_by_spark_seconds", bySpark.seconds(), "s", "one prompt, by Spark");
    figures.number(
        "explain_by_spark_over_here",
        bySpark.seconds() / Median.of(seconds),
        "x",
        "  over this process");
  }

  private WholeRun ask(String key, Path prompts, String... further) {
    System.err.println("bench: " + key.replace('_', ' '));
    List<String> command =
        new ArrayList<>(List.of("explain", "--prompts", prompts.toString(), "--json"));
    command.addAll(List.of(further));
    return WholeRun.on(warehouse, key, command, options, work);
  }

  private Path file(List<String> prompts) {
    List<String> lines = new ArrayList<>();
    try {
      for (String prompt : prompts) {
        lines.add(JSON.writeValueAsString(prompt));
      }

      return Files.write(work.folder().resolve("asked-" + prompts.size() + ".jsonl"), lines);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
