/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.clusters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.jobs.RunRows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The run that all tests here do, of some thousand characters, on one file system or another; and
 * what it finds when it is done in one process on local files.
 */
final class SmallRun {
  /** Local. */
  static final Path MODEL = Path.of(System.getProperty("kindred.home"), "models", "dickens-small");

  private static final int PROMPTS = 20;
  private static final int WORDS = 400;

  private final Path folder;
  private Map<String, List<String>> expected;

  /** Writes a corpus and prompts into a local folder. */
  SmallRun(Path folder, int seed) throws IOException {
    this.folder = Files.createDirectories(folder);
    String text = text(seed);
    Files.writeString(corpus(), text);
    Files.write(
        prompts(),
        IntStream.range(0, PROMPTS).mapToObj(i -> text.substring(41 * i, 41 * i + 10)).toList());
  }

  /** Words that nobody has written, of characters that the bundled model has tokens for. */
  private static String text(int seed) {
    List<String> syllables = List.of("the", "man", "so", "li", "tre", "ver", "old", "ing", "ca");
    Random random = new Random(seed);
    return IntStream.range(0, WORDS)
        .mapToObj(
            i ->
                IntStream.rangeClosed(0, random.nextInt(3))
                    .mapToObj(j -> syllables.get(random.nextInt(syllables.size())))
                    .collect(Collectors.joining()))
        .collect(Collectors.joining(" "));
  }

  Path corpus() {
    return folder.resolve("corpus.txt");
  }

  Path prompts() {
    return folder.resolve("prompts.txt");
  }

  /** Where {@link #expected} has it computed. */
  Path warehouse() {
    return folder.resolve("a warehouse");
  }

  /** The command, with places that it reads from and writes to. */
  static List<String> run(String corpus, String prompts, String model, String warehouse) {
    return List.of(
        "run",
        "--corpus",
        corpus,
        "--prompts",
        prompts,
        "--model",
        model,
        "--warehouse",
        warehouse,
        "--alternates",
        "none",
        "--nodes-in-flight",
        "4000",
        "--windows-per-task",
        "200");
  }

  /** The command, with local paths as people write them: without a scheme. */
  List<String> runLocally() {
    return run(corpus().toString(), prompts().toString(), MODEL.toString(), warehouse().toString());
  }

  /** Does the run in one process, on local files, once. */
  Map<String, List<String>> expected() throws IOException, InterruptedException {
    if (expected == null) {
      Submission run =
          Submission.start(folder, environment("MASTER", "local[*]"), runLocally()).endsWith(0);
      expected = RunRows.of(warehouse(), run.runId());
    }

    return expected;
  }

  /** The environment of a command that computes on this machine. */
  Map<String, String> environment(String... variables) throws IOException {
    Path conf =
        Files.write(
            folder.resolve("spark-local.conf"),
            List.of(
                "spark.sql.shuffle.partitions 2",
                "spark.ui.enabled false",
                "spark.driver.extraJavaOptions " + Submission.SHORT_LIVED));
    Map<String, String> environment =
        new HashMap<>(Map.of("SPARK_CONF", conf.toString(), "KINDRED_MEMORY", "1500m"));
    for (int i = 0; i < variables.length; i += 2) {
      environment.put(variables[i], variables[i + 1]);
    }

    return environment;
  }

  /** Checks that the only run of a warehouse has found what it finds in one process. */
  void assertFoundIn(Path copy) throws IOException, InterruptedException {
    List<String> runs = runs(copy);
    assertThat(runs).hasSize(1);
    RunRows.assertEqual(RunRows.of(copy, runs.get(0)), expected());
  }

  private static List<String> runs(Path warehouse) throws IOException {
    try (Stream<Path> runs = Files.list(warehouse.resolve("runs"))) {
      return runs.map(run -> run.getFileName().toString())
          .filter(name -> name.startsWith("run_id="))
          .map(name -> Arrays.asList(name.split("=")).get(1))
          .toList();
    }
  }
}
