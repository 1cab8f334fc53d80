/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.StandaloneCluster;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The jar, submitted by {@code submit-scripts/submit.sh} to a standalone cluster of separate
 * processes: a run's tables are those of a run in one process, whoever is killed meanwhile, and a
 * reader in another process sees whole runs only.
 *
 * <p>All runs write into one warehouse, whose name a shell would take apart, each with another part
 * of the embedded corpus.
 */
@Tag("faults")
class TestRunsOnACluster {
  private static final Path HOME = Path.of(System.getProperty("kindred.home"));
  private static final int CORPUS_CHARACTERS = 5_000;
  private static final int BLOCKS = 6;

  /** For processes that live for a minute: only kernels are worth the optimising compiler. */
  static final String SHORT_LIVED =
      "-XX:+UseSerialGC -XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=6000"
          + " -XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000";

  /** As in conf/cluster/common.conf, whose line this one replaces. */
  private static final String ENGINE_THREADS =
      "-Dai.djl.offline=true -Dai.djl.pytorch.num_threads=1"
          + " -Dai.djl.pytorch.num_interop_threads=1";

  private static final int MINUTES = 15; // for anything here, on a busy machine

  @TempDir private static Path folder;
  private static StandaloneCluster cluster;
  private static Path warehouse;
  private static String firstRun;
  private static Process reader;

  private static int submissions;

  /** A run in the cluster: its driver, and under what name its output is. */
  private record Submission(String name, Process driver) {
    String log() throws IOException {
      return Files.readString(cluster.errors(name));
    }

    String runId() throws IOException {
      Matcher line =
          Pattern.compile("kindred: run_id=(\\S+)").matcher(Files.readString(cluster.output(name)));
      assertThat(line.find()).as(cluster.logs()).isTrue();
      return line.group(1);
    }

    /** Waits for the end of the driver. */
    Submission exitsWith(int status) throws IOException, InterruptedException {
      if (!driver.waitFor(MINUTES, TimeUnit.MINUTES)) {
        throw new AssertionError(name + " does not end:\n" + cluster.logs());
      }

      if (driver.exitValue() != status) {
        throw new AssertionError(
            name + " ended with status " + driver.exitValue() + ":\n" + cluster.logs());
      }

      return this;
    }

    /** Waits for something that must happen before the driver ends. */
    void awaitWhileItRuns(String what, BooleanSupplier happened)
        throws IOException, InterruptedException {
      while (!happened.getAsBoolean()) {
        if (driver.waitFor(10, TimeUnit.MILLISECONDS)) {
          throw new AssertionError(name + " ended before " + what + ":\n" + cluster.logs());
        }
      }
    }

    void awaitMiddleOfActivations() throws IOException, InterruptedException {
      awaitWhileItRuns("its activations were half done", () -> activationsRecorded() >= 2);
    }

    void awaitMiddleOfJoin() throws IOException, InterruptedException {
      awaitWhileItRuns("its join was half done", () -> blocksJoined() >= 2);
    }
  }

  @BeforeAll
  static void startClusterAndPublishARun() throws IOException, InterruptedException {
    cluster =
        new StandaloneCluster(Files.createDirectory(folder.resolve("cluster")), distribution());
    for (int i = 0; i < 2; i++) {
      cluster.startWorker(1, "1g", Map.of(), Map.of());
    }

    Files.writeString(
        folder.resolve("spark.conf"),
        String.join(
            "\n",
            "spark.executor.cores=1",
            "spark.executor.memory=1g",
            "spark.driver.memory=1g",
            "spark.driver.host=127.0.0.1",
            "spark.driver.bindAddress=127.0.0.1",
            "spark.sql.shuffle.partitions=2",
            "spark.driver.extraJavaOptions=" + SHORT_LIVED,
            "spark.executor.extraJavaOptions=" + ENGINE_THREADS + " " + SHORT_LIVED,
            "spark.executorEnv.ENGINE_CACHE_DIR=" + System.getProperty("user.home") + "/.djl.ai",
            "spark.ui.enabled=false"));
    warehouse = folder.resolve("the cluster's \"warehouse\" $HOME");
    firstRun = submitRun(corpus(0)).exitsWith(0).runId();
    startReader();
  }

  /** The jars of a Spark distribution, without those that only Kindred's jar has. */
  private static List<Path> distribution() throws IOException {
    List<Path> jars =
        new ArrayList<>(
            StandaloneCluster.jars(
                Files.readString(HOME.resolve("jobs/target/spark.classpath")).strip()));
    // Needed by both, so that Maven counts them with Kindred.
    Pattern shared = Pattern.compile("(slf4j-api|gson|commons-(compress|io|codec))-[\\d.]+\\.jar");
    StandaloneCluster.jars(System.getProperty("java.class.path")).stream()
        .filter(jar -> shared.matcher(jar.getFileName().toString()).matches())
        .filter(jar -> !jars.contains(jar))
        .forEach(jars::add);
    return jars;
  }

  /** A part of the embedded corpus, by its number. */
  private static Path corpus(int part) throws IOException {
    try (InputStream in = TestRunsOnACluster.class.getResourceAsStream("/dickens.txt")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      int start = part * CORPUS_CHARACTERS;
      return Files.writeString(
          folder.resolve("part " + part + ".txt"),
          text.substring(start, start + CORPUS_CHARACTERS));
    }
  }

  private static void startReader() throws IOException, InterruptedException {
    try (Stream<Path> jars = Files.list(HOME.resolve("jobs/target"))) {
      Path jar =
          jars.filter(file -> file.toString().endsWith("-spark.jar")).findFirst().orElseThrow();
      List<String> command =
          StandaloneCluster.java(
              Map.of(
                  "spark.master", "local[1]",
                  "spark.driver.host", "127.0.0.1",
                  "spark.driver.bindAddress", "127.0.0.1",
                  "spark.ui.enabled", "false",
                  "spark.sql.shuffle.partitions", "1",
                  "spark.sql.catalog.kindred", "dev.kindred.sql.KindredCatalog",
                  "spark.sql.catalog.kindred.warehouse", warehouse.toString(),
                  "log4j2.configurationFile", HOME.resolve("conf/log4j2.properties").toString()),
              cluster.sparkHome() + "/jars/*:" + jar + ":" + HOME + "/jobs/target/test-classes");
      command.add(QueryLoop.class.getName());
      reader = cluster.start("reader", command, Map.of());
    }

    awaitAnswer(firstRun);
  }

  /** Waits until the reader has seen a run, and looks at all of its answers. */
  private static void awaitAnswer(String runId) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(MINUTES);
    while (answers().stream().noneMatch(answer -> answer.runId().equals(runId))) {
      if (reader.waitFor(100, TimeUnit.MILLISECONDS) || System.nanoTime() > deadline) {
        throw new AssertionError(
            "The reader ended, or does not see run " + runId + ":\n" + cluster.logs());
      }
    }

    assertThat(answers()).allMatch(QueryLoop.Answer::isOfOneRun);
  }

  private static List<QueryLoop.Answer> answers() throws IOException {
    String lines = Files.readString(cluster.output("reader"));
    return lines
        .substring(0, lines.lastIndexOf('\n') + 1)
        .lines()
        .map(QueryLoop.Answer::parse)
        .toList();
  }

  @AfterEach
  void theReaderIsStillThere() throws IOException {
    assertThat(reader.isAlive()).as(cluster.logs()).isTrue();
  }

  @AfterAll
  static void stopCluster() throws IOException {
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void logsOfExecutorsHaveTheRunAndTheStage() throws IOException {
    StringBuilder logs = new StringBuilder();
    for (Path log : cluster.executorLogs()) {
      logs.append(Files.readString(log));
    }

    assertThat(logs)
        .containsPattern(
            "INFO  run_id=" + firstRun + " stage=activations \\[task [^]]+\\] Executor: Finished")
        .containsPattern("run_id=" + firstRun + " stage=similar_strings ");
  }

  @Test
  void inputThatCannotBeUsedHasItsExitStatus() throws IOException, InterruptedException {
    Submission refused = submitRun(folder.resolve("no \"such\" corpus")).exitsWith(2);
    assertThat(refused.log())
        .contains("kindred: --corpus " + folder + "/no \"such\" corpus: no such file or folder");
  }

  @Test
  void killedExecutorsChangeNothing() throws IOException, InterruptedException {
    Path corpus = corpus(1);
    Submission run = submitRun(corpus);
    run.awaitMiddleOfActivations();
    killAnExecutor();
    assertThat(activationsRecorded()).as("it was the middle").isPositive();
    run.awaitMiddleOfJoin();
    killAnExecutor();
    assertThat(blocksJoined()).as("it was the middle").isBetween(2L, BLOCKS - 1L);

    run.exitsWith(0);
    assertEqualsRunInOneProcess(run.runId(), corpus);
    awaitAnswer(run.runId());
  }

  /** One that works: an executor that has just been started may not have any task yet. */
  private static void killAnExecutor() throws IOException {
    List<ProcessHandle> executors = cluster.executors();
    assertThat(executors).as(cluster.logs()).isNotEmpty();
    assertThat(executors.get(0).destroyForcibly()).isTrue();
  }

  private static void signal(Process process, String name)
      throws IOException, InterruptedException {
    int status =
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
    assertThat(status).isZero();
  }

  @Test
  void aDriverHasTheWarehouseForItselfUntilItIsKilledAndIsThenResumed()
      throws IOException, InterruptedException {
    Path corpus = corpus(2);
    Submission first = submitRun(corpus);
    first.awaitMiddleOfActivations();
    signal(first.driver(), "STOP"); // that the other may be as slow as it likes
    Submission other = submitRun(corpus).exitsWith(4);
    assertThat(other.log()).contains("in use by the command run (process " + first.driver().pid());
    first.driver().destroyForcibly();
    first.exitsWith(137);
    assertThat(activationsRecorded()).as("it was the middle").isPositive();

    Submission second = submitRun(corpus);
    second.awaitMiddleOfJoin();
    second.driver().destroyForcibly();
    second.exitsWith(137);
    assertThat(blocksJoined()).as("it was the middle").isBetween(2L, BLOCKS - 1L);

    Submission third = submitRun(corpus).exitsWith(0);
    assertEqualsRunInOneProcess(third.runId(), corpus);
    awaitAnswer(third.runId());
    assertThat(first.log()).contains("run=" + third.runId() + " resumed=false");
    assertThat(second.log())
        .contains("run=" + third.runId() + " resumed=true")
        .containsPattern("windows +reused");
    Matcher evaluated =
        Pattern.compile("([\\d,]+) of ([\\d,]+) windows to evaluate").matcher(second.log());
    assertThat(evaluated.find()).as(second.log()).isTrue();
    assertThat(number(evaluated.group(1))).isBetween(1, number(evaluated.group(2)) - 1);
    assertThat(third.log())
        .containsPattern("activations +reused")
        .contains("block 0 is there already", "block 1 is there already");
  }

  private static int number(String text) {
    return Integer.parseInt(text.replace(",", ""));
  }

  private static Submission submitRun(Path corpus) throws IOException {
    String name = "run-" + submissions++;
    List<String> command = new ArrayList<>();
    command.add(HOME.resolve("submit-scripts/submit.sh").toString());
    command.addAll(runOf(corpus, warehouse));
    Map<String, String> environment =
        Map.of(
            "MASTER", cluster.masterUrl(), "SPARK_CONF", folder.resolve("spark.conf").toString());
    return new Submission(name, cluster.start(name, command, environment));
  }

  private static List<String> runOf(Path corpus, Path warehouse) {
    return CommandLineRun.ofSmallTasks(corpus, warehouse, 40, 400);
  }

  /** Commit records of activations that are not complete. */
  private static long activationsRecorded() {
    return files("activations/**/_commits")
        .filter(commits -> !Files.exists(commits.resolve("complete.json")))
        .mapToLong(
            commits ->
                names(commits)
                    .filter(name -> name.matches("[0-9a-f-]+\\.[0-9a-f-]{36}\\.json"))
                    .count())
        .sum();
  }

  /** Blocks that are joined, of the run that is not over. */
  private static long blocksJoined() {
    return files("block_distributions/run_id=*")
        .filter(run -> !Files.exists(warehouse.resolve("runs").resolve(run.getFileName())))
        .mapToLong(
            run ->
                names(run)
                    .filter(
                        block -> Files.exists(run.resolve(block).resolve("_commits/complete.json")))
                    .count())
        .sum();
  }

  private static Stream<Path> files(String glob) {
    Path root = warehouse.resolve(glob.substring(0, glob.indexOf('/')));
    if (!Files.exists(root)) {
      return Stream.empty();
    }

    var matcher = warehouse.getFileSystem().getPathMatcher("glob:" + glob);
    try (Stream<Path> files = Files.walk(root, 4)) {
      return files.filter(file -> matcher.matches(warehouse.relativize(file))).toList().stream();
    } catch (IOException | java.io.UncheckedIOException e) {
      return Stream.empty(); // a file went away meanwhile; the caller asks again
    }
  }

  private static Stream<String> names(Path folder) {
    String[] names = folder.toFile().list();
    return names == null ? Stream.empty() : Arrays.stream(names);
  }

  private static void assertEqualsRunInOneProcess(String runId, Path corpus) {
    Path expected = folder.resolve("one-process");
    CommandLineRun run = CommandLineRun.of(runOf(corpus, expected).toArray(String[]::new));
    assertThat(run.status()).as(run.err()).isZero();
    Matcher line = Pattern.compile("run_id=(\\S+)").matcher(run.lastLine());
    assertThat(line.find()).isTrue();
    RunRows.assertEqual(RunRows.of(warehouse, runId), RunRows.of(expected, line.group(1)));
  }
}
