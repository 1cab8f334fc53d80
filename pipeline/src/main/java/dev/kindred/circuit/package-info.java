/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the heads of a model do, told by weights alone: the circuits of queries with keys and of
 * values with outputs, their eigenvalues and spectra, and how heads of later blocks read what
 * earlier ones write. After "A Mathematical Framework for Transformer Circuits" (Elhage et al.
 * 2021).
 *
 * <p>Vectors are rows, y = x W. Letters in shapes: V = {@code d_vocab}, D = {@code d_model}, E =
 * width of a head, M = {@code d_mlp}.
 */
package dev.kindred.circuit;
