/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The deletion of old runs.
 *
 * <p>What goes is decided by {@link dev.kindred.table.Retention}. It imports workspace and run.
 *
 * <p>Its one class is {@link dev.kindred.jobs.expire.Expiry}, which the package command imports.
 */
package dev.kindred.jobs.expire;
