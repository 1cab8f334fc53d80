/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The deletion of old runs.
 *
 * <p>What goes is decided by {@link dev.kindred.table.Retention}. It imports workspace and run.
 */
package dev.kindred.jobs.expire;
