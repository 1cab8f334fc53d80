/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the model predicts, and what similar strings predict in its place.
 *
 * <p>Read {@link dev.kindred.prediction.Predictions}, {@link dev.kindred.prediction.Mixture} and
 * {@link dev.kindred.prediction.Approximations}.
 *
 * <p>It may be imported by evaluation and the packages after it, and by the jobs.
 */
package dev.kindred.prediction;
