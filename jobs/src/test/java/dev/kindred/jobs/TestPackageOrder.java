/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.PackageOrder;
import dev.kindred.SourceGraph;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who knows whom: packages of this module and those below it, and classes within a package. */
class TestPackageOrder {
  private static final SourceGraph SOURCES = SourceGraph.ofModules("pipeline", "udfs", "jobs");
  private static final Path PAGE =
      Path.of(System.getProperty("kindred.home"), "jobs/src/main/java/dev/kindred/jobs/report");

  /** Packages of the pipeline that are an analysis's maths. */
  private static final Pattern OF_AN_ANALYSIS =
      Pattern.compile(
          "(?m)^@?import (?:static )?dev\\.kindred\\.(ablation|alignment|geometry|lens|subspace)\\.");

  @Test
  void aPackageKnowsOnlyWhatStandsBelowIt() {
    assertThat(PackageOrder.ofPage().upwards(SOURCES)).isEmpty();
  }

  @Test
  void noClassesKnowEachOtherInACircle() {
    assertThat(SOURCES.circles()).isEmpty();
  }

  @Test
  void whatRendersKnowsNoAnalysis() throws IOException {
    List<String> known = new ArrayList<>();
    Path templates = PAGE.resolve("../../../../../jte").normalize();
    for (Path folder : List.of(PAGE, templates)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Matcher imported = OF_AN_ANALYSIS.matcher(Files.readString(file));
          while (imported.find()) {
            known.add(file.getFileName() + " imports " + imported.group(1));
          }
        }
      }
    }

    assertThat(known).isEmpty();
  }

  @Test
  void everyPackageHasItsFloorAndSaysWhatItIs() {
    assertThat(SOURCES.packages()).isEqualTo(PackageOrder.ofPage().packages());
    assertThat(SOURCES.undescribedPackages()).isEmpty();
  }
}
