/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The search for thresholds and weights.
 *
 * <p>It imports workspace, option, report and run.
 */
package dev.kindred.jobs.tune;
