/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code submit-scripts/submit.sh}: what it gives to spark-submit. */
class TestSubmitScript {
  private static final String YARN = "yarn";
  private static final String STANDALONE = "spark://host:7077";
  private static final String LOCAL = "local[2]";
  private static final String KUBERNETES = "k8s://https://host:6443";

  /** What a shell would change, were it to read any of it again. */
  private static final String[] AWKWARD = {
    "--corpus", "a b", "it's", "\"quoted\"", "$HOME `id` $(id)", "*", "", "back\\slash", "x;y&z|\n"
  };

  @TempDir private Path folder;

  private ScriptRun submit(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    return ScriptRun.of(folder, List.of(0), environment, "submit.sh", arguments);
  }

  @Test
  void argumentsArriveAsTheyAre() throws IOException, InterruptedException {
    assertThat(submit(Map.of("MASTER", YARN), AWKWARD).arguments()).containsExactly(AWKWARD);
  }

  @Test
  void whatStandsBeforeTheTwoDashesIsForSparkSubmit() throws IOException, InterruptedException {
    ScriptRun run =
        submit(
            Map.of("MASTER", YARN),
            "--num-executors",
            "20",
            "--conf",
            "spark.x=a 'b'",
            "--",
            "run",
            "--",
            "x");
    assertThat(run.arguments()).containsExactly("run", "--", "x");
    assertThat(run.submissions().get(0))
        .containsSequence(
            "--num-executors", "20", "--conf", "spark.x=a 'b'", "local:///kindred.jar");
  }

  @ParameterizedTest
  @CsvSource({
    YARN + ",cpu,3g,,/tmp/kindred-djl,1",
    YARN + ",gpu,6g,./discover-gpus.sh,/tmp/kindred-djl,1",
    STANDALONE + ",cpu,3g,,/tmp/kindred-djl,",
    STANDALONE + ",gpu,6g,,/tmp/kindred-djl,",
    KUBERNETES + ",cpu,3g,,/opt/kindred/native,",
    KUBERNETES + ",gpu,6g,/opt/kindred/submit-scripts/discover-gpus.sh,/opt/kindred/native,"
  })
  void settingsDependOnTheKindOfClusterAndTheDevice(
      String master,
      String device,
      String memoryOverhead,
      String discoveryScript,
      String engineCache,
      String attempts)
      throws IOException, InterruptedException {
    ScriptRun run = submit(Map.of("MASTER", master, "DEVICE", device), "run");
    assertThat(run.submissions().get(0)).containsSequence("--master", master);
    assertThat(run.conf("spark.executor.memoryOverhead")).isEqualTo(memoryOverhead);
    assertThat(run.conf("spark.executor.resource.gpu.discoveryScript")).isEqualTo(discoveryScript);
    assertThat(run.conf("spark.executorEnv.ENGINE_CACHE_DIR")).isEqualTo(engineCache);
    assertThat(run.conf("spark.yarn.maxAppAttempts")).isEqualTo(attempts);
    assertThat(run.conf("spark.plugins")).isEqualTo(ClusterLogs.class.getName());
    assertThat(run.submissions().get(0))
        .filteredOn(argument -> argument.endsWith("submit-scripts/discover-gpus.sh"))
        .hasSize((master + device).equals("yarngpu") || discoveryScript != null ? 1 : 0);
  }

  @Test
  void onThisMachineTheSettingsAreThoseOfOneMachine() throws IOException, InterruptedException {
    ScriptRun run = submit(Map.of("MASTER", LOCAL, "KINDRED_MEMORY", "3g"), "run");
    assertThat(run.submissions().get(0)).containsSequence("--master", LOCAL);
    assertThat(run.conf("spark.driver.memory")).isEqualTo("3g");
    assertThat(run.conf("spark.sql.shuffle.partitions")).isEqualTo("16");
    assertThat(run.conf("spark.master")).isNull();
    assertThat(run.conf("spark.plugins")).isNull();
  }

  @Test
  void theUsersFileWinsAndIsNotCopiedToTheCommandLine() throws IOException, InterruptedException {
    Path conf =
        Files.writeString(
            folder.resolve("my spark.conf"),
            """
            # spark.sql.shuffle.partitions 5
            spark.executor.memoryOverhead=9g
            spark.driver.maxResultSize : 1g
              spark.plugins\tmine
            spark.hadoop.fs.s3a.secret.key secret
            """);
    ScriptRun run = submit(Map.of("MASTER", YARN, "SPARK_CONF", conf.toString()), "run");
    assertThat(run.submissions().get(0))
        .containsSequence("--properties-file", conf.toString(), "--load-spark-defaults");
    for (String key : List.of("executor.memoryOverhead", "driver.maxResultSize", "plugins")) {
      assertThat(run.conf("spark." + key)).as(key).isNull();
    }

    assertThat(run.conf("spark.sql.shuffle.partitions")).isEqualTo("200");
    assertThat(String.join(" ", run.submissions().get(0))).doesNotContain("secret");
  }

  @Test
  void whatCannotBeSubmittedIsRefusedInOneLine() throws IOException, InterruptedException {
    assertRefused(Map.of(), "kindred: MASTER is not set");
    assertRefused(Map.of("MASTER", "mesos"), "kindred: MASTER=mesos: expected spark://");
    assertRefused(Map.of("MASTER", LOCAL, "DEVICE", "gpu"), "kindred: DEVICE=gpu: on a cluster");
    assertRefused(
        Map.of("MASTER", LOCAL, "DEPLOY_MODE", "cluster"), "kindred: DEPLOY_MODE=cluster:");
    assertRefused(Map.of("MASTER", YARN, "DEVICE", "tpu"), "kindred: DEVICE=tpu: expected cpu");
    assertRefused(Map.of("MASTER", YARN, "DEPLOY_MODE", "x"), "kindred: DEPLOY_MODE=x: expected");
    assertRefused(
        Map.of("MASTER", STANDALONE, "DEPLOY_MODE", "cluster"), "kindred: DEPLOY_MODE=cluster:");
    assertRefused(
        Map.of("MASTER", YARN, "SPARK_CONF", "/no/such"), "kindred: SPARK_CONF=/no/such: no such");
    assertRefused(Map.of("MASTER", YARN, "SPARK_HOME", "/no"), "kindred: no /no/bin/spark-submit");
  }

  @Test
  void aDriverPodNeedsAJarOfItsImage() throws IOException, InterruptedException {
    assertRefused(
        Map.of("MASTER", KUBERNETES, "DEPLOY_MODE", "cluster", "KINDRED_JAR", "/lib/kindred.jar"),
        "kindred: KINDRED_JAR=/lib/kindred.jar: a driver pod cannot read it");
    assertThat(submit(Map.of("MASTER", KUBERNETES, "DEPLOY_MODE", "cluster"), "run").submissions())
        .hasSize(1);
  }

  @Test
  void theDriverGetsAHeapAndOnYarnTheEnginesFolderWhereverItRuns()
      throws IOException, InterruptedException {
    ScriptRun run = submit(Map.of("MASTER", YARN, "DEPLOY_MODE", "cluster"), "run");

    assertThat(run.conf("spark.driver.memory")).isEqualTo("4g");
    assertThat(run.conf("spark.yarn.appMasterEnv.ENGINE_CACHE_DIR")).isEqualTo("/tmp/kindred-djl");
  }

  private void assertRefused(Map<String, String> environment, String message)
      throws IOException, InterruptedException {
    ScriptRun run = submit(environment, "run");
    assertThat(run.status()).as(run.output()).isEqualTo(2);
    assertThat(run.output().lines().toList()).singleElement().asString().startsWith(message);
    assertThat(run.submissions()).isEmpty();
  }

  @Test
  void theExitStatusIsSparkSubmits() throws IOException, InterruptedException {
    assertThat(
            ScriptRun.of(folder, List.of(3), Map.of("MASTER", YARN), "submit.sh", "run").status())
        .isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource({"2000", "4GB", "300m"})
  void memoryOfThisMachineIsCheckedAsKindredChecksIt(String memory)
      throws IOException, InterruptedException {
    ScriptRun run = submit(Map.of("MASTER", LOCAL, "KINDRED_MEMORY", memory), "run");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.output()).startsWith("kindred: KINDRED_MEMORY=" + memory + ": ").hasLineCount(1);
  }

  @Test
  void theScriptIsStartedByALinkAndWithACdPath() throws IOException, InterruptedException {
    Path script = Path.of(System.getProperty("kindred.home"), "submit-scripts/submit.sh");
    Path link = Files.createSymbolicLink(folder.resolve("link"), script);
    ScriptRun run =
        ScriptRun.of(
            folder, List.of(0), Map.of("MASTER", YARN, "CDPATH", "/:."), link.toString(), "run");
    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.conf("spark.executor.memoryOverhead")).isEqualTo("3g");
  }
}
