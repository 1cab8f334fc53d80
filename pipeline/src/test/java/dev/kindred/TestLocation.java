/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TestLocation {
  private static final String NAME_NODE = "hdfs://127.0.0.1:8020";

  /** A cluster's configuration. Nothing is asked of the name node, which is not there. */
  private static Configuration ofCluster() {
    Configuration hadoop = new Configuration();
    hadoop.set("fs.defaultFS", NAME_NODE);
    return hadoop;
  }

  @Test
  void aPathWithoutSchemeIsLocalAndAbsolute() {
    java.nio.file.Path working = java.nio.file.Path.of("").toAbsolutePath();

    assertThat(Location.of("--out", "some/where").path().toString())
        .isEqualTo("file:" + working.resolve("some/where"));
  }

  @Test
  void aPathWithoutSchemeIsLocalAlsoWhereTheDefaultFileSystemIsAClusters() {
    Location location = Location.of("--corpus", "/data/corpus");

    assertThat(location.qualified(ofCluster()).toString()).isEqualTo("file:/data/corpus");
    assertThat(location.fileSystem(ofCluster())).isInstanceOf(LocalFileSystem.class);
  }

  @Test
  void anEmptyPathIsRefused() {
    assertThatThrownBy(() -> Location.of("--model", ""))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("--model: empty");
  }

  @ParameterizedTest
  @ValueSource(strings = {"warehouse", "./models/mine", "../texts/*.txt"})
  void onAClusterThatRunsTheDriverAPathBelowTheWorkingFolderIsRefused(String text) {
    System.setProperty("spark.submit.deployMode", "cluster");
    try {
      assertThatThrownBy(() -> Location.of("--warehouse", text))
          .isInstanceOf(InvalidInput.class)
          .hasMessageStartingWith("--warehouse " + text + ": is below the working folder")
          .hasMessageContaining("name it with its scheme");
      assertThat(Location.of("--warehouse", "/w").path().toString()).isEqualTo("file:/w");
      assertThat(Location.of("--warehouse", "hdfs:///w").path().toString()).isEqualTo("hdfs:/w");
    } finally {
      System.clearProperty("spark.submit.deployMode");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"seed:1", "a\0b", "://x"})
  void whatIsNoPathIsRefused(String text) {
    assertThatThrownBy(() -> Location.of("--out", text))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("--out " + text + ": not a path")
        .hasMessageEndingWith("begins with ./");
  }

  @Test
  void aColonIsPartOfALocalNameAfterAFolder() {
    assertThat(Location.of("--out", "./seed:1").path().getName()).isEqualTo("seed:1");
  }

  @Test
  void aPathWithSchemeStaysAsItIs() {
    assertThat(Location.of("--out", "s3a://bucket/some/where").path().toString())
        .isEqualTo("s3a://bucket/some/where");
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3a://KEY:SECRET@bucket/x", "hdfs://me:secret@host/x", "S3A://a:@b"})
  void aPasswordIsRefusedAndNotRepeated(String text) {
    assertThatThrownBy(() -> Location.of("--alternates", text))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("--alternates: has a password in it")
        .hasMessageNotContaining("SECRET")
        .hasMessageNotContaining("secret");
  }

  @ParameterizedTest
  @ValueSource(strings = {"https://example.org/text.txt", "HTTP://example.org", "ftp://host/x"})
  void webAddressesAreRefused(String text) {
    assertThatThrownBy(() -> Location.of("--corpus", text))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "--corpus "
                + text
                + ": a web address cannot be used; download it, and name the file or folder");
  }

  @Test
  void aSchemeWithoutAFileSystemIsRefused() {
    Location location = Location.of("--report", "nosuch://host/page.html");

    assertThatThrownBy(() -> location.fileSystem(new Configuration()))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith(
            "--report nosuch://host/page.html: there is no file system for nosuch:// here");
  }

  @Test
  void s3aWithoutItsJarNamesTheJar() {
    Location location = Location.of("--model", "s3a://bucket/model");

    assertThatThrownBy(() -> location.fileSystem(new Configuration()))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("--model s3a://bucket/model: reading s3a:// needs Hadoop's S3A")
        .hasMessageContaining("--packages org.apache.hadoop:hadoop-aws:");
  }

  @Test
  void aClustersPathWithoutAuthorityGetsTheNameNodes() {
    assertThat(Location.of("--warehouse", "hdfs:///kindred/w").qualified(ofCluster()).toString())
        .isEqualTo(NAME_NODE + "/kindred/w");
    assertThat(Location.of("--warehouse", NAME_NODE + "/w").qualified(ofCluster()).toString())
        .isEqualTo(NAME_NODE + "/w");
  }

  @ParameterizedTest
  @ValueSource(strings = {"hdfs:///kindred/w", "hdfs://127.0.0.1:8020/kindred/w", "/kindred/w"})
  void aPlaceInAFolderDoesNotDependOnHowTheFolderIsNamed(String folder) {
    Path file = new Path(NAME_NODE + "/kindred/w/runs/run_id=r-1/part-0.parquet");

    assertThat(Location.below(new Path(folder), file)).isEqualTo("runs/run_id=r-1/part-0.parquet");
  }

  @ParameterizedTest
  @ValueSource(strings = {"hdfs:///kindred/warehouse2/x", "hdfs:///kindred", "hdfs:///kindred/w"})
  void whatIsNotInAFolderHasNoPlaceThere(String file) {
    assertThatThrownBy(() -> Location.below(new Path("hdfs:///kindred/w"), new Path(file)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Not below hdfs:/kindred/w");
  }

  @Test
  void everythingIsBelowARoot() {
    assertThat(Location.below(new Path("s3a://bucket/"), new Path("s3a://bucket/runs/x")))
        .isEqualTo("runs/x");
  }
}
