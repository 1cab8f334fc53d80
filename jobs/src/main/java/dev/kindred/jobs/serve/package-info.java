/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The explorer: questions about a warehouse that a browser or a script asks over HTTP, answered
 * without Spark and without writing anything.
 */
package dev.kindred.jobs.serve;
