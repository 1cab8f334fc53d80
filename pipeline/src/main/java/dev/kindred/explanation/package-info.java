/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Everything that is known about a prompt, gathered for readers.
 *
 * <p>Read {@link dev.kindred.explanation.Explanation}, then {@link
 * dev.kindred.explanation.Explanations}.
 *
 * <p>It may be imported by audit, the analyses and the jobs.
 */
package dev.kindred.explanation;
