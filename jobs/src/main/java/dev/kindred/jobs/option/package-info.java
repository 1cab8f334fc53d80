/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The options of commands, in groups that several commands have, and where their defaults come
 * from.
 *
 * <p>Read {@link dev.kindred.jobs.option.KindredCommand}, then {@link
 * dev.kindred.jobs.option.Defaults}. It imports workspace.
 */
package dev.kindred.jobs.option;
