/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import dev.kindred.LocalSpark;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Function;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

class TestGpuTasks {

  /**
   * A cluster of several processes whose hosts seem to have GPUs: the discovery script is ours, and
   * its {@code nvidia-smi} prints two.
   */
  @Nested
  class OnAClusterWithTwoGpusAnExecutor {
    private static final int GPUS = 2;
    private static final int CORES = 4;

    @TempDir private static Path folder;

    /** What tasks did where ordinary tasks get no GPU, and where two share one. */
    private static List<String> withoutShares;

    private static List<String> withShares;

    /** What a task held, and when, by its executor's clock. */
    private record Occupation(
        String stage, String executor, String addresses, long start, long end) {

      static Occupation parse(String line) {
        String[] words = line.split(" ");
        return new Occupation(
            words[0], words[1], words[2], Long.parseLong(words[3]), Long.parseLong(words[4]));
      }

      String address() {
        return executor + "/" + addresses;
      }

      boolean runsAt(long time) {
        return start <= time && time < end;
      }
    }

    @BeforeAll
    static void run() throws IOException, InterruptedException {
      Path nvidiaSmi = Files.createDirectory(folder.resolve("bin")).resolve("nvidia-smi");
      Files.writeString(nvidiaSmi, "#!/bin/sh\nprintf '0\\n1\\n'\n");
      assertThat(nvidiaSmi.toFile().setExecutable(true)).isTrue();
      Map<String, String> workerConf =
          Map.of(
              "spark.worker.resource.gpu.amount",
              Integer.toString(GPUS),
              "spark.worker.resource.gpu.discoveryScript",
              System.getProperty("kindred.home") + "/submit-scripts/discover-gpus.sh");
      Map<String, String> conf = conf();
      try (StandaloneCluster cluster =
          new StandaloneCluster(folder, 2, CORES, workerConf, nvidiaSmi.getParent())) {
        conf.remove("spark.task.resource.gpu.amount");
        withoutShares = cluster.run(GpuTasksDriver.class, conf);
        conf.put("spark.task.resource.gpu.amount", "0.5");
        withShares = cluster.run(GpuTasksDriver.class, conf);
      }
    }

    /** conf/spark-gpu.conf, fitted to this cluster. */
    private static Map<String, String> conf() throws IOException {
      Properties properties = new Properties();
      try (Reader reader =
          Files.newBufferedReader(
              Path.of(System.getProperty("kindred.home"), "conf", "spark-gpu.conf"))) {
        properties.load(reader);
      }

      Map<String, String> conf = new HashMap<>();
      properties.forEach((key, value) -> conf.put((String) key, (String) value));
      conf.remove("spark.executorEnv.ENGINE_CACHE_DIR"); // no second copy of the libraries
      conf.put("spark.executor.cores", Integer.toString(CORES));
      conf.put("spark.executor.memory", "512m");
      conf.put("spark.executor.resource.gpu.amount", Integer.toString(GPUS));
      conf.put("spark.scheduler.minRegisteredResourcesRatio", "1");
      conf.put("spark.scheduler.maxRegisteredResourcesWaitingTime", "60s");
      conf.put("spark.cores.max", Integer.toString(2 * CORES));
      conf.put("spark.task.maxFailures", "1");
      return conf;
    }

    private static List<Occupation> tasks(List<String> lines, String stage) {
      return lines.stream()
          .filter(line -> line.startsWith(stage + " "))
          .map(Occupation::parse)
          .toList();
    }

    @Test
    void everyGpuTaskHasOneAddressAndAllAreUsed() {
      for (List<String> lines : List.of(withoutShares, withShares)) {
        assertThat(tasks(lines, "gpu"))
            .hasSize(GpuTasksDriver.TASKS)
            .allSatisfy(task -> assertThat(task.addresses()).matches("[01]"));
        assertThat(tasks(lines, "gpu").stream().map(Occupation::address).distinct())
            .containsExactlyInAnyOrder("0/0", "0/1", "1/0", "1/1");
      }
    }

    @Test
    void noGpuIsHeldByTwoTasksOfAGpuStageAtOnce() {
      assertThat(mostAtOnce(tasks(withoutShares, "gpu"), Occupation::address)).isEqualTo(1);
      assertThat(mostAtOnce(tasks(withShares, "gpu"), Occupation::address)).isEqualTo(1);
    }

    @Test
    void ordinaryStagesRunATaskACoreWithoutGpus() {
      List<Occupation> tasks = tasks(withoutShares, "plain");
      assertThat(tasks)
          .hasSize(GpuTasksDriver.TASKS)
          .allSatisfy(task -> assertThat(task.addresses()).isEqualTo("-"));
      assertThat(mostAtOnce(tasks, Occupation::executor)).isEqualTo(CORES);
      assertThat(mostAtOnce(tasks(withoutShares, "gpu"), Occupation::executor)).isEqualTo(GPUS);
    }

    @Test
    void ordinaryStagesRunATaskACoreWithSharesOfAGpu() {
      List<Occupation> tasks = tasks(withShares, "plain");
      assertThat(tasks)
          .hasSize(GpuTasksDriver.TASKS)
          .allSatisfy(task -> assertThat(task.addresses()).matches("[01]"));
      assertThat(mostAtOnce(tasks, Occupation::executor)).isEqualTo(CORES);
      assertThat(mostAtOnce(tasks, Occupation::address)).isEqualTo(CORES / GPUS);
    }

    @Test
    void aGpuThatPyTorchDoesNotSeeIsRefusedAndTheCpuNotUsedInstead() {
      for (List<String> lines : List.of(withoutShares, withShares)) {
        assertThat(lines).noneMatch(line -> line.startsWith("device "));
        assertThat(lines)
            .filteredOn(line -> line.startsWith("refused "))
            .singleElement()
            .asString()
            .contains("PyTorch sees 0 GPUs", "docs/gpu.md");
      }
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

  @Nested
  @ExtendWith(LocalSpark.class)
  class InALocalMaster {

    @Test
    void aGpuStageIsOneLikeAnyOther(SparkSession spark) {
      assertThat(
              GpuTasks.mapPartitions(
                      spark.range(10).as(Encoders.LONG()), rows -> rows, Encoders.LONG())
                  .collectAsList())
          .hasSize(10);
      JavaRDD<Long> rdd = spark.range(10).as(Encoders.LONG()).toJavaRDD();
      assertThat(GpuTasks.oneGpuEach(rdd)).isSameAs(rdd);
    }
  }

  @Test
  void profilesAreForClustersWithGpusAndWithoutDynamicAllocation() {
    String amount = "spark.executor.resource.gpu.amount";
    assertThat(GpuTasks.needProfile(conf("yarn"))).isFalse();
    assertThat(GpuTasks.needProfile(conf("yarn", amount, "1"))).isTrue();
    assertThat(GpuTasks.needProfile(conf("k8s://host", amount, "2"))).isTrue();
    assertThat(GpuTasks.needProfile(conf("local[2]", amount, "1"))).isFalse();
    assertThat(GpuTasks.needProfile(conf("local", amount, "1"))).isFalse();
    SparkConf dynamic = conf("yarn", amount, "1", "spark.dynamicAllocation.enabled", "true");
    assertThat(GpuTasks.needProfile(dynamic.clone().set("spark.task.resource.gpu.amount", "0.25")))
        .isFalse();
    assertThatThrownBy(() -> GpuTasks.needProfile(dynamic))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("spark.executor.resource.gpu.amount=1 with dynamic allocation");
  }

  private static SparkConf conf(String master, String... keysAndValues) {
    SparkConf conf = new SparkConf(false).setMaster(master);
    for (int i = 0; i < keysAndValues.length; i += 2) {
      conf.set(keysAndValues[i], keysAndValues[i + 1]);
    }

    return conf;
  }
}
