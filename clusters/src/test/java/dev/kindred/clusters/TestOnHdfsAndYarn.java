/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.clusters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import dev.kindred.LocalSpark;
import dev.kindred.table.Warehouse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.fs.ContentSummary;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.protocol.HdfsConstants;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * The jobs jar on HDFS and YARN, submitted as docs/operations.md says. The tests share a cluster
 * and a warehouse, and stand in the order in which an operator would try them.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TestOnHdfsAndYarn {
  private static final String WAREHOUSE = "/kindred/warehouse";

  /** As in conf/cluster/common.conf, whose line this one replaces. */
  private static final String ENGINE_THREADS =
      "-Dai.djl.offline=true -Dai.djl.pytorch.num_threads=1"
          + " -Dai.djl.pytorch.num_interop_threads=1";

  @TempDir private static Path folder;
  private static MiniCluster cluster;
  private static SmallRun small;

  @BeforeAll
  static void startCluster() throws IOException {
    Submission.assumeDistribution();
    cluster = new MiniCluster(Files.createDirectory(folder.resolve("cluster")));
    String cache = System.getProperty("user.home") + "/.djl.ai"; // where the build unpacks it
    Files.write(
        folder.resolve("spark.conf"),
        List.of(
            "spark.driver.memory 1g",
            "spark.driver.memoryOverhead 1g",
            "spark.yarn.am.memory 512m",
            "spark.executor.instances 1",
            "spark.executor.memory 1g",
            "spark.executor.memoryOverhead 1g",
            "spark.sql.shuffle.partitions 2",
            "spark.ui.enabled false",
            "spark.executor.extraJavaOptions " + ENGINE_THREADS + " " + Submission.SHORT_LIVED,
            "spark.yarn.am.extraJavaOptions " + Submission.SHORT_LIVED,
            "spark.driver.extraJavaOptions " + Submission.SHORT_LIVED,
            "spark.yarn.jars local:" + System.getenv("SPARK_HOME") + "/jars/*",
            "spark.executorEnv.ENGINE_CACHE_DIR " + cache,
            "spark.yarn.appMasterEnv.ENGINE_CACHE_DIR " + cache));
    small = new SmallRun(folder.resolve("small"), 1);
    cluster.put(SmallRun.MODEL, "/kindred/model");
    cluster.put(small.corpus(), "/kindred/corpus/corpus.txt");
    cluster.put(small.prompts(), "/kindred/prompts.txt");
    var home = new org.apache.hadoop.fs.Path("/user/analyst");
    cluster.fileSystem().mkdirs(home);
    cluster.fileSystem().setOwner(home, "analyst", "analysts");
  }

  @AfterAll
  static void stopCluster() {
    if (cluster != null) {
      cluster.close();
    }
  }

  private static Map<String, String> environment(String... variables) {
    Map<String, String> environment = new HashMap<>();
    environment.put("MASTER", "yarn");
    environment.put("HADOOP_CONF_DIR", cluster.configuration().toString());
    environment.put("SPARK_CONF", folder.resolve("spark.conf").toString());
    for (int i = 0; i < variables.length; i += 2) {
      environment.put(variables[i], variables[i + 1]);
    }

    return environment;
  }

  private static Submission submit(Map<String, String> environment, List<String> arguments)
      throws IOException {
    return Submission.start(folder, environment, arguments);
  }

  /** The small run, or one with other prompts. */
  private static List<String> run(String authority, String prompts, String warehouse) {
    return SmallRun.run(
        authority + "/kindred/corpus",
        prompts,
        authority + "/kindred/model",
        authority + warehouse);
  }

  private static List<String> run(String authority) {
    return run(authority, authority + "/kindred/prompts.txt", WAREHOUSE);
  }

  @Test
  @Order(1)
  void aRunOnHdfsFindsWhatItFindsInOneProcess() throws Exception {
    submit(environment(), run("hdfs://")).endsWith(0);

    small.assertFoundIn(cluster.get(WAREHOUSE, folder.resolve("client mode")));
  }

  @Test
  @Order(2)
  void theSameFolderIsNamedWithAuthorityOrWithoutIt() throws Exception {
    Set<String> before = cluster.files(WAREHOUSE).names();
    Submission same = submit(environment(), run(cluster.authority())).endsWith(0);
    assertThat(same.log()).contains("kindred: nothing to do: run ");
    assertThat(cluster.files(WAREHOUSE).names()).isEqualTo(before);

    Submission other = submit(environment(), run(cluster.authority(), "15", WAREHOUSE)).endsWith(0);
    assertThat(other.log())
        .containsPattern("windows +reused")
        .containsPattern("activations +reused");
    assertThat(cluster.files(WAREHOUSE).names()).containsAll(before);
  }

  @Test
  @Order(3)
  void inClusterModeARunFindsTheSame() throws Exception {
    submit(
            environment("DEPLOY_MODE", "cluster"),
            run("hdfs://", "hdfs:///kindred/prompts.txt", "/kindred/by-cluster"))
        .endsWith(0);

    small.assertFoundIn(cluster.get("/kindred/by-cluster", folder.resolve("cluster mode")));
  }

  @Test
  @Order(4)
  void executorsAndDriversThatAreKilledChangeNothing() throws Exception {
    String warehouse = "/kindred/of-killed";
    List<String> command = run("hdfs://", "hdfs:///kindred/prompts.txt", warehouse);
    Submission first = submit(environment(), command);
    first.awaitWhileItRuns(
        "its activations were half done",
        () -> cluster.files(warehouse).activationsRecorded() >= 2);
    MiniCluster.kill("YarnCoarseGrainedExecutorBackend");
    assertThat(cluster.files(warehouse).activationsRecorded()).as("the middle").isPositive();
    first.awaitWhileItRuns(
        "its join was half done", () -> cluster.files(warehouse).blocksJoined() >= 2);
    first.kill();
    assertThat(first.log()).doesNotContain("no executor has come"); // it was there from the start
    assertThat(cluster.files(warehouse).blocksJoined())
        .as("the middle")
        .isBetween(2L, StoredFiles.BLOCKS - 1L);

    submit(environment("DEPLOY_MODE", "cluster"), command).endsWith(0);

    small.assertFoundIn(cluster.get(warehouse, folder.resolve("killed")));
    assertThat(cluster.containerLogs())
        .containsPattern("activations +reused")
        .contains("block 0 is there already", "block 1 is there already");
  }

  @Test
  @Order(5)
  void aPathWithoutSchemeIsLocalForEverySetting() throws Exception {
    small.expected();
    Submission again = submit(environment(), small.runLocally()).endsWith(0);

    assertThat(again.log()).contains("kindred: nothing to do: run ");
  }

  @Test
  @Order(6)
  void inClusterModeAPathBelowTheWorkingFolderIsRefused() throws Exception {
    submit(
            environment("DEPLOY_MODE", "cluster"),
            SmallRun.run("hdfs:///kindred/corpus", "15", "hdfs:///kindred/model", "warehouse"))
        .endsWith(1);

    assertThat(cluster.containerLogs())
        .contains("kindred: --warehouse warehouse: is below the working folder")
        .contains("name it with its scheme");
  }

  @Test
  @Order(7)
  void whoMayNotReadIsToldSo() throws Exception {
    var kindred = new org.apache.hadoop.fs.Path("/kindred");
    cluster.fileSystem().setPermission(kindred, new FsPermission((short) 0700));
    try {
      Map<String, String> analyst = environment("HADOOP_USER_NAME", "analyst");
      Submission run = submit(analyst, run("hdfs://")).endsWith(2);
      Submission sql =
          submit(
                  small.environment(
                      "MASTER",
                      "local[*]",
                      "HADOOP_USER_NAME",
                      "analyst",
                      "HADOOP_CONF_DIR",
                      cluster.configuration().toString()),
                  List.of(
                      "sql",
                      "--warehouse",
                      "hdfs://" + WAREHOUSE,
                      "-e",
                      "select count(*) from distances"))
              .endsWith(2);

      assertThat(run.refusal()).contains("Permission denied", "analyst");
      assertThat(sql.refusal()).contains("Permission denied", "analyst");
    } finally {
      cluster.fileSystem().setPermission(kindred, new FsPermission((short) 0755));
    }
  }

  @Test
  @Order(8)
  void whoMayNotWriteIsToldSo() throws Exception {
    Submission run =
        submit(environment("HADOOP_USER_NAME", "analyst"), run("hdfs://", "12", WAREHOUSE))
            .endsWith(2);

    assertThat(run.refusal())
        .contains("--warehouse", "is not writable", "Permission denied", "analyst");
  }

  @Test
  @Order(9)
  void aQuotaOfNamesThatIsReachedIsTold() throws Exception {
    ContentSummary now = contents();
    setQuota(now.getFileCount() + now.getDirectoryCount() + 30, HdfsConstants.QUOTA_DONT_SET);
    try {
      Submission run = submit(environment(), run("hdfs://", "13", WAREHOUSE)).endsWith(2);

      assertThat(run.refusal()).contains("NameSpace quota", WAREHOUSE, "is exceeded");
    } finally {
      setQuota(HdfsConstants.QUOTA_RESET, HdfsConstants.QUOTA_DONT_SET);
    }
  }

  @Test
  @Order(10)
  void aQuotaOfSpaceThatIsReachedIsTold() throws Exception {
    long block = cluster.fileSystem().getDefaultBlockSize(new org.apache.hadoop.fs.Path("/"));
    setQuota(HdfsConstants.QUOTA_DONT_SET, contents().getSpaceConsumed() + 3 * block);
    try {
      Submission run = submit(environment(), run("hdfs://", "14", WAREHOUSE)).endsWith(2);

      assertThat(run.refusal()).contains("DiskSpace quota", WAREHOUSE, "is exceeded");
      assertThat(cluster.files(WAREHOUSE).names()).noneMatch(name -> name.contains(".removal"));
    } finally {
      setQuota(HdfsConstants.QUOTA_DONT_SET, HdfsConstants.QUOTA_RESET);
    }

    submit(environment(), run("hdfs://", "14", WAREHOUSE)).endsWith(0);
  }

  @Test
  @Order(11)
  void freeSpaceIsWhatQuotasLeave() throws Exception {
    Warehouse warehouse = new Warehouse(LocalSpark.session(), cluster.authority() + WAREHOUSE);
    long block = cluster.fileSystem().getDefaultBlockSize(new org.apache.hadoop.fs.Path("/"));
    long ofDisk = warehouse.freeBytes();
    setQuota(HdfsConstants.QUOTA_DONT_SET, contents().getSpaceConsumed() + block);
    try {
      assertThat(warehouse.freeBytes()).isEqualTo(block).isLessThan(ofDisk);
      assertThatThrownBy(() -> warehouse.checkFree("the table windows", block + 1))
          .isInstanceOf(InvalidInput.class);
    } finally {
      setQuota(HdfsConstants.QUOTA_DONT_SET, HdfsConstants.QUOTA_RESET);
    }
  }

  @Test
  @Order(12)
  void aPlanLeavesNoFolder() throws Exception {
    List<String> plan = new ArrayList<>(run("hdfs://", "10", "/kindred/new/warehouse"));
    plan.set(0, "plan");
    submit(
            small.environment(
                "MASTER", "local[*]", "HADOOP_CONF_DIR", cluster.configuration().toString()),
            plan)
        .endsWith(0);

    assertThat(cluster.fileSystem().exists(new org.apache.hadoop.fs.Path("/kindred/new")))
        .isFalse();
  }

  @Test
  @Order(13)
  void gpusThatAreAskedForInVainAreRefusedBeforeAnyWork() throws Exception {
    List<String> command = new ArrayList<>();
    for (String setting :
        List.of(
            "spark.executor.cores=1",
            "spark.task.resource.gpu.amount=1",
            "spark.executor.maxNumFailures=1")) {
      command.addAll(List.of("--conf", setting));
    }

    command.add("--");
    command.addAll(run("hdfs://", "10", "/kindred/gpu"));
    Submission run = submit(environment("DEVICE", "gpu"), command).endsWith(2);

    // No executor starts on hosts without GPUs; on others PyTorch, which is for CPUs here, sees
    // none.
    assertThat(run.log())
        .containsPattern(
            "kindred: (spark.executor.resource.gpu.amount=1: no executor|GPU \\d+, assigned)")
        .doesNotContainPattern("corpus +started");
    assertThat(cluster.files("/kindred/gpu").data("windows")).isEmpty();
  }

  private static ContentSummary contents() throws IOException {
    return cluster.fileSystem().getContentSummary(new org.apache.hadoop.fs.Path(WAREHOUSE));
  }

  private static void setQuota(long names, long space) throws IOException {
    cluster.fileSystem().setQuota(new org.apache.hadoop.fs.Path(WAREHOUSE), names, space);
  }
}
