/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.clusters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * The jobs jar with corpus, model and warehouse in a bucket, through Hadoop's S3A, in one process.
 *
 * <p>KINDRED_S3_ENDPOINT is the address of a server that speaks S3's protocol with conditional
 * writes and checks no signatures, KINDRED_S3_JARS a folder with hadoop-aws and its AWS SDK.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TestOnS3 {
  @TempDir private static Path folder;
  private static Bucket bucket;
  private static SmallRun small;
  private static Map<String, String> environment;

  @BeforeAll
  static void createBucket() throws IOException {
    Submission.assumeDistribution();
    assumeThat(System.getenv("KINDRED_S3_ENDPOINT"))
        .as("KINDRED_S3_ENDPOINT is not set: name a local S3 server, as docs/operations.md says")
        .isNotNull();
    assumeThat(System.getenv("KINDRED_S3_JARS"))
        .as("KINDRED_S3_JARS is not set: name a folder with hadoop-aws and its AWS SDK")
        .isNotNull();
    String endpoint = System.getenv("KINDRED_S3_ENDPOINT");
    bucket = Bucket.create(endpoint, "kindred-" + UUID.randomUUID());
    small = new SmallRun(folder.resolve("small"), 2);
    bucket.put(small.corpus(), "corpus/corpus.txt");
    bucket.put(small.prompts(), "prompts.txt");
    bucket.put(SmallRun.MODEL, "model");
    Path conf =
        Files.write(
            folder.resolve("spark.conf"),
            List.of(
                "spark.sql.shuffle.partitions 2",
                "spark.ui.enabled false",
                "spark.driver.extraJavaOptions " + Submission.SHORT_LIVED,
                "spark.hadoop.fs.s3a.endpoint " + endpoint,
                "spark.hadoop.fs.s3a.endpoint.region us-east-1",
                "spark.hadoop.fs.s3a.path.style.access true",
                "spark.hadoop.fs.s3a.connection.ssl.enabled false",
                "spark.hadoop.fs.s3a.access.key test",
                "spark.hadoop.fs.s3a.secret.key test"));
    environment =
        Map.of("MASTER", "local[*]", "SPARK_CONF", conf.toString(), "KINDRED_MEMORY", "1500m");
  }

  private static Submission run(String warehouse) throws IOException {
    String root = "s3a://" + bucket.name();
    return Submission.start(
        folder,
        environment,
        Stream.concat(
                Stream.of("--driver-class-path", System.getenv("KINDRED_S3_JARS") + "/*", "--"),
                SmallRun.run(
                    root + "/corpus",
                    root + "/prompts.txt",
                    root + "/model",
                    root + "/" + warehouse)
                    .stream())
            .toList());
  }

  @Test
  @Order(1)
  void aRunInABucketFindsWhatItFindsOnLocalFiles() throws Exception {
    run("warehouse").endsWith(0);

    small.assertFoundIn(bucket.get("warehouse", folder.resolve("copy")));
  }

  @Test
  @Order(2)
  void theSameRunAgainHasNothingToDo() throws Exception {
    Submission again = run("warehouse").endsWith(0);

    assertThat(again.log()).contains("kindred: nothing to do: run ");
  }

  @Test
  @Order(3)
  void aSecondWriterIsRefusedAndAWriterThatIsKilledIsResumed() throws Exception {
    Submission first = run("of-killed");
    first.awaitWhileItRuns(
        "its activations were half done",
        () -> bucket.files("of-killed").activationsRecorded() >= 2);
    first.signal("STOP"); // that the other may be as slow as it likes
    try {
      Submission second = run("of-killed").endsWith(4);
      assertThat(second.refusal()).contains("in use by the command run (process " + first.pid());
    } finally {
      first.kill();
    }

    assertThat(bucket.files("of-killed").activationsRecorded()).as("the middle").isPositive();

    Submission third = run("of-killed");
    third.awaitWhileItRuns(
        "its join was half done", () -> bucket.files("of-killed").blocksJoined() >= 2);
    third.kill();
    assertThat(bucket.files("of-killed").blocksJoined())
        .as("the middle")
        .isBetween(2L, StoredFiles.BLOCKS - 1L);

    Submission fourth = run("of-killed").endsWith(0);
    assertThat(fourth.log())
        .containsPattern("activations +reused")
        .contains("block 0 is there already", "block 1 is there already");
    small.assertFoundIn(bucket.get("of-killed", folder.resolve("copy of killed")));
  }

  @Test
  @Order(4)
  void withoutItsJarsTheRemedyIsTold() throws Exception {
    Submission without =
        Submission.start(
                folder,
                environment,
                List.of("windows", "--corpus", "s3a://" + bucket.name() + "/corpus"))
            .endsWith(2);

    assertThat(without.refusal()).contains("--corpus s3a://", "--packages", "hadoop-aws");
  }
}
