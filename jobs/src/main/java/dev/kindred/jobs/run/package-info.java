/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The stages of a run, each of which reads tables and writes tables.
 *
 * <p>Read {@link dev.kindred.jobs.run.Experiment}, then the stages in the order in which the
 * command run calls them, then {@link dev.kindred.jobs.run.RunPlan}. It imports workspace, option
 * and report.
 */
package dev.kindred.jobs.run;
