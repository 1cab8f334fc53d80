/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Predictions that do not look into the model: n-grams, suffixes, random strings.
 *
 * <p>Read {@link dev.kindred.baseline.Baselines}, then {@link dev.kindred.baseline.NGram} and
 * {@link dev.kindred.baseline.NGramFit}.
 *
 * <p>It may be imported by tuning, explanation, audit, the analyses and the jobs.
 */
package dev.kindred.baseline;
