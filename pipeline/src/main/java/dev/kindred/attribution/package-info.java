/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Which tokens of a prompt a prediction hangs on, by gradients and by taking tokens away.
 *
 * <p>Read {@link dev.kindred.attribution.Attribution}. Letters in shapes: T = tokens of the prompt,
 * D = {@code d_model}, V = {@code d_vocab}, B = sequences of one pass. An analysis: it imports no
 * other one.
 */
package dev.kindred.attribution;
