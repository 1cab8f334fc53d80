/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The search for thresholds and weights.
 *
 * <p>It imports workspace, option, report and run.
 *
 * <p>Its one class is {@link dev.kindred.jobs.tune.Tuning}, which the package command imports.
 */
package dev.kindred.jobs.tune;
