/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Explanations of any prompts from the tables that are there.
 *
 * <p>It imports workspace, option, report and run.
 *
 * <p>Its one class is {@link dev.kindred.jobs.explain.Explain}, which the package command imports.
 */
package dev.kindred.jobs.explain;
