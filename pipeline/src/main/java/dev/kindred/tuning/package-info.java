/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The search for thresholds, weights and saturation.
 *
 * <p>Read {@link dev.kindred.tuning.PromptBins}, {@link dev.kindred.tuning.Combination}, {@link
 * dev.kindred.tuning.Tuner} and {@link dev.kindred.tuning.Search}.
 *
 * <p>It may be imported by audit, the analyses and the jobs.
 */
package dev.kindred.tuning;
