/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.workspace;

import dev.kindred.InvalidInput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.util.Utils;

/**
 * The folders of this machine that Java and Spark put temporary files into. Without one of them
 * Spark ends the process with its stack traces.
 */
final class TemporaryFolders {
  private TemporaryFolders() {}

  /**
   * Checks that files can be made in all of them.
   *
   * @throws InvalidInput if not
   */
  static void check(SparkConf spark) {
    check("java.io.tmpdir", System.getProperty("java.io.tmpdir"));
    String setting =
        System.getenv("SPARK_LOCAL_DIRS") != null ? "SPARK_LOCAL_DIRS" : "spark.local.dir";
    for (String folder : Utils.getConfiguredLocalDirs(spark)) {
      check(setting, folder);
    }
  }

  private static void check(String setting, String name) {
    try {
      Path folder = Path.of(name);
      if (!Files.isDirectory(folder)) { // which a link can lead to
        Files.createDirectories(folder);
      }

      Files.delete(Files.createTempFile(folder, "kindred", null));
    } catch (IOException | InvalidPathException e) {
      throw new InvalidInput(
          "%s %s: no folder that can be written to; name one that is", setting, name);
    }
  }
}
