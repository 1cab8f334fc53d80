/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Explanations of any prompts from the tables that are there.
 *
 * <p>It imports workspace, option, report and run.
 */
package dev.kindred.jobs.explain;
