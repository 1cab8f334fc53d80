/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import java.io.Serializable;

/**
 * How often a token follows.
 *
 * @param share of all counts of the same strings, in [0, 1]
 */
public record TokenCount(String text, long count, double share) implements Serializable {}
