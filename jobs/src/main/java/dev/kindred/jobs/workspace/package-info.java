/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a command works with: Spark, the terminal, the log and the lock.
 *
 * <p>Read {@link dev.kindred.jobs.workspace.Workspace} first, then {@link
 * dev.kindred.jobs.workspace.Progress}. Every other package of jobs may import it; it imports none
 * of them.
 */
package dev.kindred.jobs.workspace;
