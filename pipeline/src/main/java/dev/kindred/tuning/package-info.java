/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The search for thresholds, weights and saturation.
 *
 * <p>Read {@link dev.kindred.tuning.PromptBins}, then {@link dev.kindred.tuning.Tuner}.
 */
package dev.kindred.tuning;
