/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import dev.kindred.StandaloneCluster;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The jar, submitted by {@code submit-scripts/submit.sh} to a standalone cluster of separate
 * processes: its tables are those of a run in one process, whoever is killed meanwhile.
 */
@Tag("cluster")
class TestRunsOnACluster {
  private static final Path HOME = Path.of(System.getProperty("kindred.home"));
  private static final int CORPUS_BYTES = 12_000;
  private static final int PROMPTS = 40;
  private static final String EXECUTOR_MEMORY = "1g";

  @TempDir private static Path folder;
  private static StandaloneCluster cluster;

  @BeforeAll
  static void startCluster() throws IOException, InterruptedException {
    cluster =
        new StandaloneCluster(Files.createDirectory(folder.resolve("cluster")), distribution());
    for (int i = 0; i < 2; i++) {
      cluster.startWorker(1, EXECUTOR_MEMORY, Map.of(), Map.of());
    }

    Files.writeString(
        folder.resolve("spark.conf"),
        String.join(
            "\n",
            "spark.executor.memory=" + EXECUTOR_MEMORY,
            "spark.driver.memory=1g",
            "spark.sql.shuffle.partitions=2",
            "spark.executorEnv.ENGINE_CACHE_DIR=" + System.getProperty("user.home") + "/.djl.ai",
            "spark.ui.enabled=false"));
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

  @AfterAll
  static void stopCluster() throws IOException {
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void aRunEqualsOneInOneProcess() throws IOException, InterruptedException {
    try (InputStream in = TestGoldenRun.class.getResourceAsStream("/dickens.txt")) {
      Files.write(folder.resolve("corpus.txt"), in.readNBytes(CORPUS_BYTES));
    }

    Process run = submit("first", "corpus.txt");
    awaitSuccess(run);
  }

  private static void awaitSuccess(Process run) throws IOException, InterruptedException {
    if (!run.waitFor(5, TimeUnit.MINUTES)) {
      throw new AssertionError("Does not end:\n" + cluster.logs());
    }

    if (run.exitValue() != 0) {
      throw new AssertionError("Exit status " + run.exitValue() + ":\n" + cluster.logs());
    }
  }

  private static Process submit(String name, String corpus) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(HOME.resolve("submit-scripts/submit.sh").toString());
    command.addAll(
        List.of(
            "--conf",
            "spark.driver.host=127.0.0.1",
            "--conf",
            "spark.driver.bindAddress=127.0.0.1",
            "--",
            "run",
            "--corpus",
            folder.resolve(corpus).toString(),
            "--prompts",
            Integer.toString(PROMPTS),
            "--windows-per-task",
            "300",
            "--warehouse",
            folder.resolve("the cluster's \"warehouse\"").toString()));
    return cluster.start(
        name,
        command,
        Map.of(
            "MASTER", cluster.masterUrl(), "SPARK_CONF", folder.resolve("spark.conf").toString()));
  }
}
