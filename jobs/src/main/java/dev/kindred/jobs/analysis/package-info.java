/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What can be found out about models and published runs: a file each, with its commands.
 *
 * <p>Read {@link dev.kindred.jobs.analysis.Analysis}, then {@link
 * dev.kindred.jobs.analysis.AblationAnalysis} as the example to follow. {@link
 * dev.kindred.jobs.analysis.Analyses} is the list. Their maths is in packages of the pipeline. It
 * imports workspace, option, report and run.
 */
package dev.kindred.jobs.analysis;
