/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import java.util.List;

/** The one list of analyses. */
public final class Analyses {
  /** All of them, in the order in which reports and {@code --help} show them. */
  public static final List<Analysis> ALL =
      List.of(
          new LensAnalysis(),
          new AttributionAnalysis(),
          new InversionAnalysis(),
          new CircuitAnalysis(),
          new ExpansionAnalysis(),
          new HeadAnalysis(),
          new LocalityAnalysis(),
          new AblationAnalysis(),
          new GeometryAnalysis(),
          new EmbeddingAnalysis(),
          new AlignmentAnalysis());

  private Analyses() {}
}
