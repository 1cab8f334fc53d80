/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What is shown: findings on the terminal and in pages, and the report of a run.
 *
 * <p>Read {@link dev.kindred.jobs.report.Findings} for analyses, and {@link
 * dev.kindred.jobs.report.ReportQueries}, then {@link dev.kindred.jobs.report.Report} for the
 * report. The pages are in {@code src/main/jte}. It imports workspace and option.
 */
package dev.kindred.jobs.report;
