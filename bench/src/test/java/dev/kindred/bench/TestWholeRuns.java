/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A shell script stands in for the launch scripts; it notes how it was called. */
class TestWholeRuns {
  private static final int TEXT_BYTES = 16 * 16 * 4; // lines of four bytes

  @TempDir Path folder;

  private final WorkFolder work = new WorkFolder(false);
  private String home;

  @BeforeEach
  void writeScripts() throws IOException {
    Path scripts = Files.createDirectories(folder.resolve("submit-scripts"));
    for (String name : List.of("run-local.sh", "kindred.sh")) {
      Path script = scripts.resolve(name);
      Files.writeString(
          script,
          """
          #!/usr/bin/env bash
          [ "$1" = --version ] && exit
          echo "$(stat -c %%s "$2") $6 $KINDRED_MEMORY" >> %s
          mkdir "$8" && echo > "$8/part-0"
          echo "corpus           done in 0.1 s"
          echo "activations      done in $(stat -c %%s "$2").0 s"
          echo "similar strings  done in $6.0 s"
          for ((i = 0; i < 50000; i++)); do :; done # CPU time is counted in hundredths of a second
          sleep 0.2
          """
              .formatted(folder.resolve("calls")));
      assertThat(script.toFile().setExecutable(true)).isTrue();
    }

    Files.writeString(folder.resolve("text"), "abc\n".repeat(TEXT_BYTES / 4));
    home = System.setProperty("kindred.home", folder.toString());
  }

  @AfterEach
  void restoreHome() {
    System.setProperty("kindred.home", home);
  }

  @Test
  void runsPartsOfTheCorpusWithOneCoreAndAllAndFewPrompts() throws IOException {
    JsonNode figures = figures(2);
    assertThat(Files.readAllLines(folder.resolve("calls")))
        .containsExactly(
            "64 400 2048m",
            "64 400 4096m",
            "256 400 2048m",
            "256 400 4096m",
            "512 400 4096m",
            "1024 100 4096m",
            "1024 400 4096m");
    assertThat(figures.fieldNames())
        .toIterable()
        .contains(
            "run_seconds_corpus_1_16",
            "run_seconds_corpus_1_4",
            "run_seconds_corpus_1_2",
            "run_seconds_corpus_1",
            "run_seconds_prompts_1_4",
            "run_one_core_seconds_corpus_1_4",
            "run_all_cores_over_one_corpus_1_16",
            "run_growth_corpus_1_2_to_1",
            "run_growth_prompts_1_4_to_1",
            "run_share_similar_strings",
            "run_share_other",
            "peak_memory_mib");
    assertThat(figures.get("run_activations_seconds_corpus_1_4").doubleValue()).isEqualTo(256);
    assertThat(figures.get("run_growth_activations_corpus_1_2_to_1").doubleValue()).isEqualTo(2);
    assertThat(figures.get("run_growth_similar_strings_prompts_1_4_to_1").doubleValue())
        .isEqualTo(4);
    assertThat(figures.has("run_growth_corpus_corpus_1_2_to_1")).as("0.1 s is too short").isFalse();
    assertThat(figures.get("run_corpus_bytes").intValue()).isEqualTo(TEXT_BYTES);
  }

  @Test
  void quickRunsHaveTheSameFiguresOfASixteenth() throws IOException {
    JsonNode figures = figures(1, "--quick");
    assertThat(Files.readAllLines(folder.resolve("calls")))
        .containsExactly(
            "4 400 2048m", "16 400 2048m", "32 400 2048m", "64 100 2048m", "64 400 2048m");
    assertThat(figures.get("run_corpus_bytes").intValue()).isEqualTo(TEXT_BYTES / 16);
    assertThat(figures.get("run_quick").booleanValue()).isTrue();
    assertThat(figures.fieldNames())
        .toIterable()
        .contains("run_seconds_corpus_1_16", "run_growth_corpus_1_4_to_1", "peak_memory_mib")
        .noneMatch(key -> key.contains("one_core"));
  }

  private JsonNode figures(int cores, String... more) throws IOException {
    List<String> arguments = new ArrayList<>(Arrays.asList(more));
    arguments.addAll(List.of("--corpus", folder.resolve("text").toString(), "--prompts", "400"));
    arguments.addAll(List.of("--only", "runs", "--json", folder.resolve("json").toString()));
    Options options = new Options();
    new CommandLine(options)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs(arguments.toArray(String[]::new));
    Figures figures = new Figures();
    WholeRuns runs = new WholeRuns(figures, options, work, cores);
    Path warehouse = runs.run();
    assertThat(warehouse.resolve("part-0")).exists();
    runs.addFigures();
    runs.plot(folder.resolve("cost.png"));
    assertThat(folder.resolve("cost.png")).isNotEmptyFile();
    return new ObjectMapper().readTree(figures.json());
  }
}
