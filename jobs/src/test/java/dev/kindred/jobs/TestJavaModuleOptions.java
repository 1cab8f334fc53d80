/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.launcher.JavaModuleOptions;
import org.junit.jupiter.api.Test;

/**
 * The launch script and the tests start Java as Spark does; the options stand in the parent pom.
 */
class TestJavaModuleOptions {
  private static final List<String> SPARKS =
      List.of(JavaModuleOptions.defaultModuleOptions().split("\\s+"));

  @Test
  void theTestsRunWithSparksOptions() {
    assertThat(ManagementFactory.getRuntimeMXBean().getInputArguments()).containsAll(SPARKS);
  }

  @Test
  void thePomHasSparksOptionsOnOneLineForTheLaunchScript() throws IOException {
    Path pom = Path.of(System.getProperty("kindred.home"), "pom.xml");
    String line =
        Files.readAllLines(pom).stream()
            .filter(text -> text.contains("<spark.java.options>"))
            .findFirst()
            .orElseThrow();
    assertThat(List.of(line.replaceAll("</?spark.java.options>", "").trim().split("\\s+")))
        .containsAll(SPARKS);
  }
}
