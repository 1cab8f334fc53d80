/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.io.FileUtils;

/**
 * Runs short commands over a warehouse without tables, so that a JVM that keeps the classes it has
 * loaded ({@code -XX:ArchiveClassesAtExit}) knows those that most commands begin with: Spark's, and
 * the engine's and the model's. {@code submit-scripts/kindred.sh} has it run once a build.
 */
final class Rehearsal {
  private Rehearsal() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Files.createTempDirectory("kindred-rehearsal");
    try {
      for (List<String> command :
          List.of(
              List.of("lens", "And only l"),
              List.of("sql", "--warehouse", folder.toString(), "-e", "select count(1)"))) {
        if (Kindred.run(command.toArray(String[]::new)) != 0) {
          System.exit(1);
        }
      }
    } finally {
      FileUtils.deleteQuietly(folder.toFile());
    }
  }
}
