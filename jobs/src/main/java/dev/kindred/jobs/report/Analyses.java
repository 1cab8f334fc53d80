/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.List;

/**
 * What has been found about a published run since.
 *
 * @param ablation null if the command ablate was not run
 * @param ablationPlots one a block; empty likewise
 */
public record Analyses(AblationTable ablation, List<AblationPlot> ablationPlots) {}
