/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Statements of SQL over a warehouse, and how their rows are printed.
 *
 * <p>Read {@link dev.kindred.jobs.sql.SqlShell}. It imports no other package of jobs.
 */
package dev.kindred.jobs.sql;
