/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The outputs that README and docs show are what their commands print. Each stands in a block of
 * text after a comment with its command. {@code -Dkindred.golden=write} writes them anew.
 *
 * <p>Those of the warehouse {@code study} need a full run on TinyShakespeare, as {@link
 * TestStudyRun} does, and are skipped without it; those of {@code beginning} are of {@link
 * SharedRun}, the others need no run.
 */
class TestSamples {
  private static final Path HOME = Path.of(System.getProperty("kindred.home"));
  private static final boolean WRITE = "write".equals(System.getProperty("kindred.golden"));
  private static final Pattern SAMPLE =
      Pattern.compile("<!-- sample: kindred (.+?) -->\n```text\n(.*?)```\n", Pattern.DOTALL);
  private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");

  private record Sample(Path file, String command, String output) {
    @Override
    public String toString() {
      return HOME.relativize(file) + ": " + command;
    }
  }

  private static List<Sample> samples() throws IOException {
    List<Sample> samples = new ArrayList<>();
    for (Path file : pages()) {
      Matcher found = SAMPLE.matcher(Files.readString(file));
      while (found.find()) {
        samples.add(new Sample(file, found.group(1), found.group(2)));
      }
    }

    return samples;
  }

  private static List<Path> pages() throws IOException {
    try (Stream<Path> docs = Files.walk(HOME.resolve("docs"))) {
      return Stream.concat(
              Stream.of(HOME.resolve("README.md")),
              docs.filter(file -> file.toString().endsWith(".md")).sorted())
          .toList();
    }
  }

  @Test
  void thereAreSamplesOfARunAndOfAModelAlone() throws IOException {
    List<String> commands = samples().stream().map(Sample::command).toList();

    assertThat(commands).anyMatch(command -> command.contains("--warehouse beginning"));
    assertThat(commands).anyMatch(command -> !command.contains("--warehouse"));
  }

  @ParameterizedTest
  @MethodSource("samples")
  void aSampleIsWhatItsCommandPrints(Sample sample) throws IOException {
    String study = System.getenv("KINDRED_STUDY_WAREHOUSE");
    assumeTrue(
        study != null || !sample.command().contains("--warehouse study"),
        "set KINDRED_STUDY_WAREHOUSE to a warehouse with a full run on TinyShakespeare");
    List<String> words = new ArrayList<>();
    for (MatchResult word : WORD.matcher(sample.command()).results().toList()) {
      words.add(word.group(1) == null ? word.group(2) : word.group(1));
    }

    words.replaceAll(
        word ->
            switch (word) {
              case "study" -> study;
              case "beginning" -> SharedRun.warehouse().toString();
              default -> word.startsWith("models/") ? HOME.resolve(word).toString() : word;
            });
    CommandLineRun run = CommandLineRun.of(words.toArray(String[]::new));

    assertThat(run.status()).as(run.err()).isZero();
    if (WRITE) {
      write(sample, run.out());
    } else {
      assertThat(settled(sample.output())).isEqualTo(settled(run.out()));
    }
  }

  /** Without ids of runs, seconds and spaces at the ends of lines, which pages do not keep. */
  private static String settled(String output) {
    return String.join(
        "\n",
        Arrays.stream(output.strip().split("\n"))
            .map(line -> line.replaceAll("r-\\d{8}-\\d{6}-[0-9a-f]{4}", "r-"))
            .map(line -> line.replaceAll("; [\\d.,]+ s$", "; s"))
            .map(String::stripTrailing)
            .toList());
  }

  private static void write(Sample sample, String output) throws IOException {
    String before = "<!-- sample: kindred " + sample.command() + " -->\n```text\n";
    String text = Files.readString(sample.file());
    String kept =
        String.join("\n", output.strip().lines().map(String::stripTrailing).toList()) + "\n";
    Files.writeString(sample.file(), text.replace(before + sample.output(), before + kept));
  }
}
