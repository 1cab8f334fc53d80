/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.List;

/**
 * What has been found about a published run since.
 *
 * @param ablation null if the command ablate was not run
 * @param ablationPlots one a block; empty likewise
 * @param geometry null if the command geometry was not run
 * @param plane one prompt's vectors; null likewise
 * @param alignment null if the command align was not run
 */
public record Analyses(
    AblationTable ablation,
    List<AblationPlot> ablationPlots,
    GeometryTable geometry,
    PromptPlane plane,
    AlignmentTable alignment) {
  /** Of a run that no command has analysed. */
  static final Analyses NONE = new Analyses(null, List.of(), null, null, null);
}
