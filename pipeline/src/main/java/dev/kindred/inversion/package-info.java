/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the output of some blocks still knows of the tokens that went in: gradient descent from
 * noise to vectors that give the same output, their decoding to tokens, an exhaustive search beside
 * it, and exact recovery token by token. After "Language modeling and discrete encodings" and
 * "Information between tokens".
 */
package dev.kindred.inversion;
