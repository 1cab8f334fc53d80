/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.StandaloneCluster;
import java.io.File;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@link GpuTasks} on a cluster of several processes, on a host that seems to have four GPUs: the
 * discovery script is ours, {@code nvidia-smi} is not NVIDIA's. Two executors have two GPUs each.
 */
@Tag("faults")
class TestGpuTasksOnACluster {
  private static final int EXECUTORS = 2;
  private static final int GPUS = 2; // of an executor
  private static final int CORES = 4; // of an executor

  @TempDir private static Path folder;
  private static List<String> lines;

  /** What a task held, and when, in milliseconds of the host's clock. */
  private record Occupation(String stage, String executor, String addresses, long start, long end) {

    static Occupation parse(String line) {
      String[] words = line.split(" ");
      return new Occupation(
          words[0], words[1], words[2], Long.parseLong(words[3]), Long.parseLong(words[4]));
    }

    boolean runsAt(long time) {
      return start <= time && time < end;
    }
  }

  @BeforeAll
  static void run() throws IOException, InterruptedException {
    Path nvidiaSmi = Files.createDirectory(folder.resolve("bin")).resolve("nvidia-smi");
    Files.writeString(nvidiaSmi, "#!/bin/sh\nprintf '0\\n1\\n2\\n3\\n'\n");
    assertThat(nvidiaSmi.toFile().setExecutable(true)).isTrue();
    Map<String, String> workerConf =
        Map.of(
            "spark.worker.resource.gpu.amount",
            Integer.toString(EXECUTORS * GPUS),
            "spark.worker.resource.gpu.discoveryScript",
            System.getProperty("kindred.home") + "/submit-scripts/discover-gpus.sh");
    Map<String, String> environment =
        Map.of("PATH", nvidiaSmi.getParent() + File.pathSeparator + System.getenv("PATH"));
    try (StandaloneCluster cluster =
        new StandaloneCluster(
            folder, StandaloneCluster.jars(System.getProperty("java.class.path")))) {
      cluster.startWorker(EXECUTORS * CORES, "2g", workerConf, environment);
      lines = cluster.run(GpuTasksDriver.class, conf());
    }
  }

  /** What submit.sh takes from conf/cluster for GPUs, fitted to this cluster. */
  private static Map<String, String> conf() throws IOException {
    Map<String, String> conf = new HashMap<>();
    for (String file : List.of("common.conf", "standalone.conf", "gpu.conf")) {
      Properties properties = new Properties();
      try (Reader reader =
          Files.newBufferedReader(
              Path.of(System.getProperty("kindred.home"), "conf", "cluster", file))) {
        properties.load(reader);
      }

      properties.forEach((key, value) -> conf.put((String) key, (String) value));
    }

    conf.remove("spark.plugins"); // of another module
    conf.remove("spark.executorEnv.ENGINE_CACHE_DIR"); // no second copy of the libraries
    conf.remove("spark.task.resource.gpu.amount"); // the driver sets it
    conf.put("spark.executor.cores", Integer.toString(CORES));
    conf.put("spark.executor.memory", "512m");
    conf.put("spark.executor.resource.gpu.amount", Integer.toString(GPUS));
    conf.put("spark.scheduler.minRegisteredResourcesRatio", "1");
    conf.put("spark.scheduler.maxRegisteredResourcesWaitingTime", "60s");
    conf.put("spark.cores.max", Integer.toString(EXECUTORS * CORES));
    conf.put(
        "spark.executor.extraJavaOptions",
        conf.get("spark.executor.extraJavaOptions")
            + " "
            + String.join(" ", StandaloneCluster.SHORT_LIVED));
    conf.put("spark.task.maxFailures", "1");
    return conf;
  }

  private static List<Occupation> tasks(String stage) {
    List<Occupation> tasks =
        lines.stream().filter(line -> line.startsWith(stage + " ")).map(Occupation::parse).toList();
    assertThat(tasks).hasSize(GpuTasksDriver.TASKS);
    return tasks;
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpu", "gpu-beside-sharing"})
  void everyGpuTaskHasOneAddressAndAllAreUsed(String stage) {
    assertThat(tasks(stage))
        .allSatisfy(task -> assertThat(task.addresses()).matches("[0-3]"))
        .extracting(Occupation::addresses)
        .contains("0", "1", "2", "3");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpu", "gpu-beside-sharing"})
  void noGpuIsHeldByTwoTasksOfAGpuStageAtOnce(String stage) {
    List<Occupation> tasks = tasks(stage);
    assertThat(mostAtOnce(tasks, Occupation::addresses)).isEqualTo(1);
    assertThat(mostAtOnce(tasks, Occupation::executor)).isEqualTo(GPUS);
  }

  @Test
  void ordinaryStagesRunATaskACoreWithoutGpus() {
    List<Occupation> tasks = tasks("plain");
    assertThat(tasks).allSatisfy(task -> assertThat(task.addresses()).isEqualTo("-"));
    assertThat(mostAtOnce(tasks, Occupation::executor)).isEqualTo(CORES);
  }

  @Test
  void ordinaryStagesRunATaskACoreWithSharesOfAGpu() {
    List<Occupation> tasks = tasks("sharing");
    assertThat(tasks).allSatisfy(task -> assertThat(task.addresses()).matches("[0-3]"));
    assertThat(mostAtOnce(tasks, Occupation::executor)).isEqualTo(CORES);
    assertThat(mostAtOnce(tasks, Occupation::addresses)).isEqualTo(CORES / GPUS);
  }

  @Test
  void aGpuThatPyTorchDoesNotSeeIsRefusedAndTheCpuNotUsedInstead() {
    assertThat(lines)
        .filteredOn(line -> line.startsWith("refused "))
        .singleElement()
        .asString()
        .contains("PyTorch sees 0 GPUs", "docs/gpu.md");
  }

  /** The most tasks with the same holder at the same time; that is so at some task's start. */
  private static long mostAtOnce(List<Occupation> tasks, Function<Occupation, String> holder) {
    return tasks.stream()
        .mapToLong(
            task ->
                tasks.stream()
                    .filter(other -> holder.apply(other).equals(holder.apply(task)))
                    .filter(other -> other.runsAt(task.start()))
                    .count())
        .max()
        .orElse(0);
  }
}
