/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.launcher.JavaModuleOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands in a process that cannot start Spark: its master is none. */
class TestRefusedBeforeSpark {
  private static final String BETWEEN = "--next--";
  private static final Path HOME = Path.of(System.getProperty("kindred.home"));

  @TempDir private Path folder;

  /** Runs command lines one after the other and prints what each ends with. */
  static final class Commands {
    private Commands() {}

    public static void main(String[] arguments) {
      List<String> line = new ArrayList<>();
      for (String argument : arguments) {
        if (!argument.equals(BETWEEN)) {
          line.add(argument);
          continue;
        }

        System.err.println("status " + Kindred.run(line.toArray(String[]::new)));
        line.clear();
      }
    }
  }

  /** What each command says and ends with: its lines, the last of them {@code status N}. */
  private List<String> run(List<List<String>> commands) throws IOException, InterruptedException {
    return run(List.of(), Map.of(), commands);
  }

  private List<String> run(
      List<String> options, Map<String, String> environment, List<List<String>> commands)
      throws IOException, InterruptedException {
    List<String> java = new ArrayList<>();
    java.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    java.addAll(List.of(JavaModuleOptions.defaultModuleOptionArray()));
    java.addAll(
        List.of(
            "-Dkindred.home=" + HOME,
            "-Dkindred.log=file",
            "-Dlog4j2.configurationFile=" + HOME.resolve("conf/log4j2-local.properties"),
            "-Djava.io.tmpdir=" + folder,
            "-Dspark.master=none"));
    java.addAll(options);
    java.addAll(List.of("-cp", System.getProperty("java.class.path"), Commands.class.getName()));
    for (List<String> command : commands) {
      java.addAll(command);
      java.add(BETWEEN);
    }

    File err = folder.resolve("err").toFile();
    ProcessBuilder process =
        new ProcessBuilder(java)
            .directory(folder.toFile())
            .redirectOutput(folder.resolve("out").toFile())
            .redirectError(err);
    process.environment().putAll(environment);
    process.start().waitFor();
    return Files.readAllLines(err.toPath(), StandardCharsets.UTF_8).stream()
        .filter(line -> line.startsWith("kindred: ") || line.startsWith("status "))
        .toList();
  }

  private static List<String> command(String line) {
    return Arrays.asList(line.split(" "));
  }

  @Test
  void whatNeedsNoSparkIsRefusedWithoutIt() throws IOException, InterruptedException {
    Files.createDirectory(folder.resolve("empty"));
    Files.writeString(folder.resolve("prompts.txt"), "short\n");
    String model = " --model " + HOME.resolve("models/tinyshakespeare");
    Map<String, String> refusals = new LinkedHashMap<>();
    refusals.put("run --thresholds 2,2,2,2,2,2", "--thresholds");
    refusals.put("run --window-length 1000", "--window-length 1000");
    refusals.put("run --model nowhere", "--model ");
    refusals.put("run --prompts prompts.txt" + model, "--prompts prompts.txt: line 1: ");
    refusals.put("run --corpus https://example.com/text", "--corpus ");
    refusals.put("windows --corpus nowhere.txt", "--corpus ");
    refusals.put("plan --kernel none", "--kernel none");
    refusals.put("tune --bin-step 7", "--bin-floor 0.60 --bin-step 7: ");
    refusals.put("train --steps 0 --out m", "--steps 0");
    refusals.put("explain abcdefghij --warehouse nowhere", "--warehouse ");
    refusals.put("explain abcdefghij --warehouse empty" + model, "--warehouse ");
    refusals.put("ablate --warehouse nowhere", "--warehouse ");
    refusals.put("subspaces --warehouse nowhere" + model, "--warehouse ");
    refusals.put("learn-embeddings --model nowhere.model --warehouse nowhere", "--model ");
    refusals.put("sql -e x --warehouse nowhere", "--warehouse ");
    refusals.put("lens abc --model nowhere", "--model ");
    refusals.put("expire --warehouse nowhere", "--warehouse ");

    List<String> said =
        run(refusals.keySet().stream().map(TestRefusedBeforeSpark::command).toList());
    List<String> expected = new ArrayList<>();
    for (String named : refusals.values()) {
      expected.add("kindred: " + named);
      expected.add("status 2");
    }

    assertThat(said).hasSameSizeAs(expected);
    for (int i = 0; i < said.size(); i++) {
      assertThat(said.get(i)).startsWith(expected.get(i));
    }

    assertThat(folder.resolve("warehouse")).as("of refused commands").doesNotExist();
    assertThat(folder.resolve("nowhere")).as("of refused commands").doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"expire --warehouse nowhere", "run --corpus nowhere.txt --warehouse nowhere"})
  void theLogOfARefusedCommandMakesNoWarehouse(String line)
      throws IOException, InterruptedException {
    assertThat(run(List.of(command(line)))).last().isEqualTo("status 2");
    assertThat(folder.resolve("nowhere")).doesNotExist();
    assertThat(folder.resolve("err")).content().doesNotContain(" INFO ");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .anyMatch(name -> name.matches("kindred-.*\\.log"));
    }
  }

  @Test
  void theWholeLogIsShownOnRequest() throws IOException, InterruptedException {
    run(List.of(command("run --corpus nowhere.txt --verbose")));
    assertThat(folder.resolve("err")).content().contains(" INFO  TileKernels: ");
  }

  @Test
  void temporaryFoldersThatCannotBeMadeAreRefused() throws IOException, InterruptedException {
    List<List<String>> sql = List.of(command("sql -e select --warehouse ."));

    assertThat(run(List.of(), Map.of("SPARK_LOCAL_DIRS", "/tmp,/dev/null/x"), sql))
        .containsExactly(
            "kindred: SPARK_LOCAL_DIRS /dev/null/x: no folder that can be written to; name one that"
                + " is",
            "status 2");
  }

  @Test
  void theSameProcessCannotStartSpark() throws IOException, InterruptedException {
    Files.createDirectory(folder.resolve("empty"));
    assertThat(run(List.of(command("sql -e select --warehouse empty"))))
        .containsExactly("status 1");
  }
}
