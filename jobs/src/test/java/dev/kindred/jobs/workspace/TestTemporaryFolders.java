/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.workspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import java.nio.file.Path;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestTemporaryFolders {
  @TempDir private Path folder;

  @Test
  void missingOnesAreMade() {
    TemporaryFolders.check(conf(folder.resolve("a/b").toString()));
    assertThat(folder.resolve("a/b")).isEmptyDirectory();
  }

  @Test
  void oneThatCannotBeMadeIsRefused() {
    assertThatThrownBy(() -> TemporaryFolders.check(conf(folder + ",/proc/nope")))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "spark.local.dir /proc/nope: no folder that can be written to; name one that is");
  }

  @Test
  void javasOwnIsChecked() {
    String before = System.setProperty("java.io.tmpdir", "/dev/null/x");
    try {
      assertThatThrownBy(() -> TemporaryFolders.check(conf(folder.toString())))
          .hasMessageStartingWith("java.io.tmpdir /dev/null/x: no folder");
    } finally {
      System.setProperty("java.io.tmpdir", before);
    }
  }

  private static SparkConf conf(String folders) {
    return new SparkConf(false).set("spark.local.dir", folders);
  }
}
