/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the heads of a model do on tokens: where they look, which of them find a token that stood
 * there before, what becomes of predictions without them, which parts a token's logit is made of,
 * and what is carried from where to where. After "In-context Learning and Induction Heads" (Olsson
 * et al. 2022) and the analyses that users of TransformerLens begin with.
 *
 * <p>Read {@link dev.kindred.head.Stimulus}, then {@code PatternMeasures}, then {@link
 * dev.kindred.head.Heads}, which spreads it over executors. Letters in shapes: T = tokens of a
 * sequence, H = query heads, G = heads of keys and values, E = width of a head, D = {@code
 * d_model}, V = {@code d_vocab}. A pattern's row is a query. An analysis: it imports no other one.
 */
package dev.kindred.head;
