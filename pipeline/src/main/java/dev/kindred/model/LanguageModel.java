/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import java.util.Arrays;

/**
 * A causal language model, as much of it as Kindred asks for. Engines implement it, each for models
 * of many architectures.
 *
 * <p>Letters in shapes: B = sequences in a batch, T = tokens in each of them (the same for all), D
 * = {@code d_model}, V = {@code d_vocab}, N = {@code n_layers}. Arrays are row-major.
 *
 * <p>Implementations are safe for use by several threads at once.
 */
public interface LanguageModel extends AutoCloseable {

  ModelShape shape();

  /**
   * Vectors of every block at the last position.
   *
   * @param kind which vector of a block
   * @param tokenIds B x T token ids, each in [0, V)
   * @return N arrays of B x D floats
   */
  float[][] vectors(BlockVector kind, int[][] tokenIds);

  /**
   * The vectors of the sequences of a tree, in the tree's order, of the first blocks; later ones
   * are not evaluated. What an architecture can share between sequences with a common prefix, it
   * computes once; this default shares nothing.
   *
   * @param blocks how many, in [1, N]
   */
  default float[][] vectors(BlockVector kind, PrefixTree tree, int blocks) {
    return Arrays.copyOf(vectors(kind, tree.sequences()), blocks);
  }

  /**
   * The residual stream before block 0 and after each block, of all nodes at some depths: what
   * {@link BlockVector#RESID_POST} is at the end of every prefix of so many tokens.
   *
   * @param depths in [0, T), ascending; the last block may leave out what they do not need
   * @return N + 1 arrays of a row of D floats a node, as {@link PrefixTree#rowsAt} numbers them
   */
  float[][] residualStreams(PrefixTree tree, int... depths);

  /** FFN outputs of every block, before the residual addition. */
  default float[][] ffnOutputs(int[][] tokenIds) {
    return vectors(BlockVector.FFN_OUT, tokenIds);
  }

  /** The FFN outputs of the sequences of a tree, in the tree's order. */
  default float[][] ffnOutputs(PrefixTree tree) {
    return vectors(BlockVector.FFN_OUT, tree, shape().blocks());
  }

  /** The vectors and the next-token distribution of each sequence. */
  Predictions predict(BlockVector kind, int[][] tokenIds);

  /** Predicts for the sequences of a tree, in its order. This default shares nothing. */
  default Predictions predict(BlockVector kind, PrefixTree tree) {
    return predict(kind, tree.sequences());
  }

  /** The same with FFN outputs. */
  default Predictions predict(int[][] tokenIds) {
    return predict(BlockVector.FFN_OUT, tokenIds);
  }

  /** The same of a tree. */
  default Predictions predict(PrefixTree tree) {
    return predict(BlockVector.FFN_OUT, tree);
  }

  /**
   * Returns the vectors of the sequences of a tree, and those that their logits are made of, in its
   * order. It takes no memory by V.
   */
  Ends ends(BlockVector kind, PrefixTree tree);

  /**
   * What evaluating a tree takes at most, besides the weights and the results.
   *
   * @param nodes of the tree
   * @param length T
   */
  EvaluationMemory evaluationMemory(int nodes, int length);

  /**
   * Returns how many sequences that have little in common are best evaluated together, as far as
   * memory allows it: at least 1. This default says all.
   *
   * @param length T
   */
  default int sequencesTogether(int length) {
    return Integer.MAX_VALUE;
  }

  /**
   * Floating-point operations of the matrix products that {@code predict} of a tree takes, an
   * addition and a multiplication being two.
   *
   * @param nodes of each depth, T numbers; the last are the leaves
   */
  double operations(long[] nodes);

  /**
   * Counts the floating-point operations of {@link #vectors(BlockVector, PrefixTree, int)} in the
   * same way.
   *
   * @param blocks how many are evaluated, in [1, N]
   */
  double operations(long[] nodes, int blocks);

  @Override
  void close();

  /**
   * What {@code predict} finds at the last position.
   *
   * @param vectors N arrays of B x D floats
   * @param probabilities B x V floats, each row a softmax: in [0, 1], summing to 1
   */
  record Predictions(float[][] vectors, float[] probabilities) {}

  /**
   * What {@link #ends} finds at the last position.
   *
   * @param vectors N arrays of B x D floats
   * @param finalVectors B x H floats: what the last linear map reads, which makes logits. H is D
   *     but where a projection stands before that map
   */
  record Ends(float[][] vectors, float[] finalVectors) {}

  /**
   * Memory of an evaluation.
   *
   * @param heapBytes on the heap
   * @param engineBytes outside the heap, or on the GPU
   */
  record EvaluationMemory(long heapBytes, long engineBytes) {}
}
