/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.PackageOrder;
import dev.kindred.SourceGraph;
import org.junit.jupiter.api.Test;

/** Who knows whom: packages of this module and those below it, and classes within a package. */
class TestPackageOrder {
  private static final SourceGraph SOURCES = SourceGraph.ofModules("pipeline", "udfs", "jobs");

  @Test
  void aPackageKnowsOnlyWhatStandsBelowIt() {
    assertThat(PackageOrder.ofPage().upwards(SOURCES)).isEmpty();
  }

  @Test
  void noClassesKnowEachOtherInACircle() {
    assertThat(SOURCES.circles()).isEmpty();
  }

  @Test
  void everyPackageHasItsFloorAndSaysWhatItIs() {
    assertThat(SOURCES.packages()).isEqualTo(PackageOrder.ofPage().packages());
    assertThat(SOURCES.undescribedPackages()).isEmpty();
  }
}
