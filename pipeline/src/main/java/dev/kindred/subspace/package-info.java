/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Embeddings that are learned for tokens, and the directions in which they lie.
 *
 * <p>Read {@link dev.kindred.subspace.EmbeddingRecipe}, {@link
 * dev.kindred.subspace.LearnedEmbeddings}, then {@link dev.kindred.subspace.Subspaces}. An
 * analysis: it imports no other one.
 */
package dev.kindred.subspace;
