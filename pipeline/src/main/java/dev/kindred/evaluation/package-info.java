/* SPDX-License-Identifier: Apache-2.0 */
/**
 * How close the two come: distances of prompts and figures of runs.
 *
 * <p>Read {@link dev.kindred.evaluation.Distances}, then {@link dev.kindred.evaluation.Summaries}
 * and {@link dev.kindred.evaluation.PromptFigures}.
 *
 * <p>It may be imported by baseline, tuning, explanation, audit, the analyses and the jobs.
 */
package dev.kindred.evaluation;
