/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The commands: what each takes, and the calls that it makes.
 *
 * <p>{@link dev.kindred.jobs.command.Commands} is the list; {@link
 * dev.kindred.jobs.command.RunCommand} is the one to read. Commands of analyses are in analysis. It
 * imports every other package, and only {@link dev.kindred.jobs.Kindred} imports it.
 */
package dev.kindred.jobs.command;
