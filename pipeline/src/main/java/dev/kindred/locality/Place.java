/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.locality;

/**
 * A token of a text.
 *
 * @param text token ids, as many as fit the model's context
 * @param index of the token in it
 */
record Place(int[] text, int index) {}
