/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The program.
 *
 * <p>{@link dev.kindred.jobs.Kindred} runs a command line. Below it are, from the ground up:
 * workspace, option, sql, report, run; then plan, explain, tune, train, expire and analysis beside
 * each other; then command. A package imports only those below it.
 *
 * <p>Read {@link dev.kindred.jobs.Kindred}, then the list of commands in the package command, and
 * from one of them downwards. Nothing imports this package.
 */
package dev.kindred.jobs;
