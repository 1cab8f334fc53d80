/* SPDX-License-Identifier: Apache-2.0 */
/**
 * How much of a model's predictions paths of several heads bear, one after another. After "A
 * Mathematical Framework for Transformer Circuits" (Elhage et al. 2021).
 *
 * <p>Read {@link dev.kindred.expansion.PathExpansion}. Letters in shapes: T = tokens of a sequence,
 * D = {@code d_model}, V = {@code d_vocab}, N = {@code n_layers}. An analysis: it imports no other
 * one.
 */
package dev.kindred.expansion;
