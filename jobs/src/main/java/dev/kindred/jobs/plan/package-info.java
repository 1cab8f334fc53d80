/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a run would take, before it is run.
 *
 * <p>Read {@link dev.kindred.jobs.plan.Plan}, then {@link dev.kindred.jobs.plan.Calibration} and
 * {@link dev.kindred.jobs.plan.Estimate}. It imports workspace, option and run.
 */
package dev.kindred.jobs.plan;
