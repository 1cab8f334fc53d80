/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.kindred.model.Models;
import dev.kindred.table.WarehouseLock;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.spark.launcher.JavaModuleOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Commands in processes of their own. One that stands still for longer than the lease, in another
 * process namespace as in a container, is taken over and goes on while the other works; one that is
 * killed is started again until it gets to its end. The tables are then those of commands that
 * nobody disturbed.
 */
@Tag("faults")
class TestStoppedAndKilledWriters {
  private static final Path HOME = Path.of(System.getProperty("kindred.home"));
  private static final int CORPUS_BYTES = 4_000;
  private static final int LEASE_SECONDS = 12;
  private static final int MINUTES = 10; // for anything here, on a busy machine

  @TempDir private static Path base;
  private static Path corpus;
  private static CommandLineRun undisturbed;
  private static Map<String, List<String>> expected;

  private final List<ProcessHandle> started = new ArrayList<>();
  @TempDir private Path folder;

  @BeforeAll
  static void runUndisturbed() throws IOException {
    System.setProperty(WarehouseLock.Times.LEASE, Integer.toString(LEASE_SECONDS));
    try (InputStream in = TestStoppedAndKilledWriters.class.getResourceAsStream("/dickens.txt")) {
      in.skipNBytes(3); // the byte order mark
      corpus =
          Files.writeString(
              base.resolve("corpus.txt"),
              new String(in.readNBytes(CORPUS_BYTES), StandardCharsets.UTF_8));
    }

    undisturbed = CommandLineRun.of(run(base.resolve("warehouse")).toArray(String[]::new));
    assertThat(undisturbed.status()).as(undisturbed.err()).isZero();
    expected = RunRows.of(base.resolve("warehouse"), runId(undisturbed));
  }

  @AfterAll
  static void restoreLease() {
    System.clearProperty(WarehouseLock.Times.LEASE);
  }

  @AfterEach
  void killWhatIsLeft() {
    started.forEach(ProcessHandle::destroyForcibly);
  }

  private static List<String> run(Path warehouse) {
    return Arrays.asList(SmallModel.with(CommandLineRun.ofSmallTasks(corpus, warehouse, 20, 200)));
  }

  private static String runId(CommandLineRun run) {
    return run.lastLine().replaceAll(".*run_id=(\\S+).*", "$1");
  }

  /** Where the one that is stopped is. */
  enum Stage {
    ACTIVATIONS,
    SIMILAR_STRINGS,
    EVALUATION;

    private boolean isReached(Path warehouse) {
      return switch (this) {
        case ACTIVATIONS -> records(warehouse, "activations") >= 3;
        case SIMILAR_STRINGS -> records(warehouse, "block_distributions") >= 1;
        case EVALUATION -> records(warehouse, "approximations") >= 1;
      };
    }
  }

  @ParameterizedTest
  @EnumSource(Stage.class)
  void aWriterThatIsWokenWhileAnotherHasItsLockStopsAndHarmsNothing(Stage stage) throws Exception {
    assumeThat(inNamespace(List.of("true")).waitFor()).as("may unshare").isZero();
    Path warehouse = folder.resolve("warehouse");
    Process outside = inNamespace(java(run(warehouse)));
    await("the first is at " + stage, outside, () -> stage.isReached(warehouse));
    ProcessHandle first = outside.children().findFirst().orElseThrow();
    started.add(first);
    signal(first, "STOP");
    List<String> before = locks(warehouse);
    assertThat(before).hasSize(1);

    ExecutorService background = Executors.newSingleThreadExecutor();
    Future<CommandLineRun> second =
        background.submit(
            () -> {
              List<String> arguments = new ArrayList<>(run(warehouse));
              arguments.addAll(List.of("--lock-wait", "600"));
              return CommandLineRun.of(arguments.toArray(String[]::new));
            });
    background.shutdown();
    await(
        "the second has taken the lock over and begins",
        outside,
        () -> locks(warehouse).size() == 1 && !locks(warehouse).equals(before));
    signal(first, "CONT");

    assertThat(outside.waitFor(MINUTES, TimeUnit.MINUTES)).isTrue();
    String said = Files.readString(folder.resolve("first.err"));
    assertThat(outside.exitValue()).as(said).isEqualTo(4);
    // Spark logs the tasks that end with it, which the scripts send to a file.
    assertThat(said.lines().filter(line -> line.startsWith("kindred: ")))
        .as(said)
        .singleElement()
        .asString()
        .contains("lock of this process was taken away");
    CommandLineRun end = second.get(MINUTES, TimeUnit.MINUTES);
    assertThat(end.status()).as(end.err()).isZero();
    assertThat(RunRows.of(warehouse, runId(end))).isEqualTo(expected);
    CommandLineRun next = CommandLineRun.of(run(warehouse).toArray(String[]::new));
    assertThat(next.status()).as(next.err()).isZero();
    assertThat(next.err()).contains("nothing to do");
    assertThatTheLockIsReleased(warehouse);
  }

  @Test
  void aTuningThatIsKilledAgainAndAgainEndsWithTheSameTables() throws Exception {
    surviveKills(
        "similarity_bins",
        SmallModel.with(
            List.of(
                "tune",
                "--corpus",
                corpus.toString(),
                "--prompts",
                "20",
                "--tuning-prompts",
                "20")));
  }

  @Test
  void anAblationThatIsKilledAgainAndAgainEndsWithTheSameTables() throws Exception {
    surviveKills("ablations", "ablate");
  }

  @Test
  void inversionsThatAreKilledAgainAndAgainEndWithTheSameTables() throws Exception {
    surviveKills(
        "inversions",
        "invert",
        "abc",
        "ab",
        "--model",
        SmallModel.URI,
        "--steps",
        "3",
        "--restarts",
        "300",
        "--no-oracle");
  }

  @Test
  void learnedEmbeddingsThatAreKilledAgainAndAgainEndWithTheSameTables() throws Exception {
    surviveKills(
        "learned_embeddings",
        "learn-embeddings",
        "--model",
        SmallModel.URI,
        "--restarts",
        "2",
        "--max-steps",
        "3");
  }

  /** By hand: it takes minutes for each analysis. */
  @TestFactory
  @Tag("kills")
  Stream<DynamicTest> everyCommandOfAnAnalysisThatIsKilledEndsWithTheSameTables()
      throws IOException {
    Path alone = folder.resolve("alone");
    Path killed = folder.resolve("killed");
    copy(base.resolve("warehouse"), alone);
    copy(base.resolve("warehouse"), killed);
    return TestAnalysisContract.commands().stream()
        .filter(TestAnalysisContract::isWithWarehouse)
        .map(
            name ->
                DynamicTest.dynamicTest(
                    name,
                    () -> {
                      List<String> command = new ArrayList<>(List.of(name));
                      command.addAll(TestAnalysisContract.options(name));
                      command.addAll(List.of("--model", SmallModel.URI));
                      surviveKills(alone, killed, command.toArray(String[]::new));
                    }));
  }

  @Test
  void aComparisonOfModelsThatIsKilledAgainAndAgainEndsWithTheSameTables() throws Exception {
    List<String> alternates = new ArrayList<>();
    for (String seed : List.of("1", "2")) {
      Path out = folder.resolve("model-" + seed);
      CommandLineRun training =
          CommandLineRun.of(
              "train",
              "--corpus",
              corpus.toString(),
              "--out",
              out.toString(),
              "--tokenizer",
              Models.folder(Models.TWO_BLOCKS).resolve("tokenizer.json").toString(),
              "--d-model",
              "12",
              "--context",
              "16",
              "--steps",
              "3",
              "--batch-tokens",
              "512",
              "--seed",
              seed);
      assertThat(training.status()).as(training.err()).isZero();
      alternates.add(out.toString());
    }

    surviveKills(
        "model_distances",
        "compare-models",
        "--model",
        SmallModel.URI,
        "--corpus",
        corpus.toString(),
        "--prompts",
        "20",
        "--alternates",
        String.join(",", alternates));
  }

  /**
   * Starts a command again and again, and kills it once its records have changed once, then four
   * times, nine, .., until it comes to its end first.
   *
   * @param table that it fills
   */
  private void surviveKills(String table, String... command) throws Exception {
    Path alone = folder.resolve("alone");
    Path killed = folder.resolve("killed");
    copy(base.resolve("warehouse"), alone);
    copy(base.resolve("warehouse"), killed);
    int rounds = surviveKills(alone, killed, command);
    assertThat(rounds).as("it was killed").isGreaterThan(2);
    assertThat(records(killed, table)).isPositive();
  }

  /** Returns how often it was started. */
  private int surviveKills(Path alone, Path killed, String... command) throws Exception {
    CommandLineRun once = CommandLineRun.of(with(alone, command).toArray(String[]::new));
    assertThat(once.status()).as(once.err()).isZero();

    int rounds = 0;
    Process process;
    do {
      rounds++;
      process = process("round-" + rounds, java(with(killed, command)));
      long last = records(killed, "");
      for (int changes = 0; process.isAlive() && changes < rounds * rounds; ) {
        process.waitFor(2, TimeUnit.MILLISECONDS);
        long now = records(killed, "");
        changes += now == last ? 0 : 1;
        last = now;
      }

      process.destroyForcibly();
      assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES)).isTrue();
      assertThat(process.exitValue()).as(errors("round-" + rounds)).isIn(0, 137);
    } while (process.exitValue() != 0);

    assertThat(rounds).as("it was killed").isGreaterThan(1);
    assertThat(RunRows.all(killed)).isEqualTo(RunRows.all(alone));
    assertThatTheLockIsReleased(killed);
    return rounds;
  }

  private static List<String> with(Path warehouse, String... command) {
    List<String> arguments = new ArrayList<>(Arrays.asList(command));
    arguments.addAll(List.of("--warehouse", warehouse.toString()));
    return arguments;
  }

  /** A command line for Java that runs a command in a Spark of one core. */
  private static List<String> java(List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(Arrays.asList(JavaModuleOptions.defaultModuleOptionArray()));
    command.addAll(List.of("-Xmx1500m", "-Djava.awt.headless=true"));
    command.addAll(List.of(TestRunsOnACluster.SHORT_LIVED.split(" ")));
    for (String line : Files.readAllLines(HOME.resolve("conf/spark-local.conf"))) {
      if (line.matches("spark\\..*")) {
        command.add("-D" + line.strip().replaceFirst("\\s+", "="));
      }
    }

    command.addAll(
        List.of(
            "-Dspark.master=local[1]",
            "-Dspark.sql.shuffle.partitions=2",
            "-Dspark.ui.enabled=false",
            "-Dai.djl.offline=true",
            "-Dkindred.home=" + HOME,
            "-Dlog4j2.configurationFile=" + HOME.resolve("conf/log4j2.properties"),
            "-D" + WarehouseLock.Times.LEASE + "=" + LEASE_SECONDS,
            "-cp",
            System.getProperty("java.class.path"),
            Kindred.class.getName()));
    command.addAll(arguments);
    return command;
  }

  private Process inNamespace(List<String> command) throws IOException {
    List<String> namespace =
        new ArrayList<>(List.of("unshare", "--pid", "--fork", "--mount-proc", "--kill-child"));
    namespace.addAll(command);
    return process("first", namespace);
  }

  private Process process(String name, List<String> command) throws IOException {
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(new File(folder.toFile(), name + ".out"))
            .redirectError(new File(folder.toFile(), name + ".err"))
            .start();
    started.add(process.toHandle());
    return process;
  }

  private String errors(String name) throws IOException {
    return Files.readString(folder.resolve(name + ".err"));
  }

  private void await(String what, Process process, BooleanSupplier happened) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(MINUTES);
    while (!happened.getAsBoolean()) {
      if (process.waitFor(5, TimeUnit.MILLISECONDS) || System.nanoTime() > deadline) {
        throw new AssertionError("Not reached: " + what + "\n" + errors("first"));
      }
    }
  }

  private static void signal(ProcessHandle process, String name) throws Exception {
    String pid = Long.toString(process.pid());
    assertThat(new ProcessBuilder("kill", "-" + name, pid).start().waitFor()).isZero();
  }

  /** The files of locks, of which one is left when who takes it over begins. */
  private static List<String> locks(Path warehouse) {
    return names(warehouse).stream().filter(name -> name.matches("_lock\\.\\d+")).toList();
  }

  private static void assertThatTheLockIsReleased(Path warehouse) {
    assertThat(names(warehouse).stream().filter(name -> name.startsWith("_lock")))
        .hasSize(2)
        .contains(locks(warehouse).get(0))
        .anyMatch(name -> name.endsWith(".released"));
  }

  private static List<String> names(Path folder) {
    return Arrays.asList(folder.toFile().list());
  }

  /** Files that say what counts of a table's parts, or of all tables' with an empty name. */
  private static long records(Path warehouse, String table) {
    Path all = warehouse.resolve(table);
    while (Files.exists(all)) {
      try (Stream<Path> files = Files.walk(all)) {
        return files
            .filter(
                file ->
                    file.getParent().endsWith("_commits")
                        && file.toString().endsWith(".json")
                        && !file.getFileName().toString().startsWith("."))
            .count();
      } catch (IOException | UncheckedIOException e) {
        Thread.onSpinWait(); // a file went away meanwhile
      }
    }

    return 0;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }
}
