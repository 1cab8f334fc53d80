/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import java.io.Serializable;

/**
 * A prompt of the validation text, whose prediction is to be explained.
 *
 * @param id from 0
 * @param tokens L token ids
 * @param token the one that the model finds the most probable to be next
 */
public record Explained(int id, int[] tokens, int token) implements Serializable {}
