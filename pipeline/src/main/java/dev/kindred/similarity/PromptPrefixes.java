/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

/**
 * All prompts of a slice as {@link PrefixJoin} wants them: in an order in which close ones follow
 * each other, so that the pairs that a prefix leaves open come in few tiles, many in each.
 *
 * @param order the prompts' indices, place by place
 * @param shortLength floats in a prefix
 * @param shortPanels prefixes in a kernel's panels
 * @param panels unit vectors in a kernel's panels
 */
record PromptPrefixes(int[] order, int shortLength, float[] shortPanels, float[] panels) {}
