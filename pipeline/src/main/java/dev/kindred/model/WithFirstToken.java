/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import java.util.Arrays;

/**
 * A model that reads a token before every sequence, as it did in training: the one that begins
 * texts. Sequences are given without it. In a prefix tree it is the one root.
 */
public final class WithFirstToken implements LanguageModel {
  private final LanguageModel model;
  private final int token;

  public WithFirstToken(LanguageModel model, int token) {
    this.model = model;
    this.token = token;
  }

  /** A sequence with a token before it. */
  public static int[] prepend(int token, int[] tokenIds) {
    int[] input = new int[tokenIds.length + 1];
    input[0] = token;
    System.arraycopy(tokenIds, 0, input, 1, tokenIds.length);
    return input;
  }

  private int[][] inputs(int[][] tokenIds) {
    int[][] inputs = new int[tokenIds.length][];
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = prepend(token, tokenIds[i]);
    }

    return inputs;
  }

  /** The tree with the token before each sequence, whose others stand one position farther on. */
  private PrefixTree behind(PrefixTree tree) {
    int[] moved = tree.positions(tree.depths() - 1);
    Arrays.setAll(moved, depth -> moved[depth] + 1);
    return PrefixTree.of(inputs(tree.sequences()), prepend(0, moved));
  }

  @Override
  public ModelShape shape() {
    return model.shape();
  }

  @Override
  public float[][] vectors(BlockVector kind, int[][] tokenIds) {
    return model.vectors(kind, inputs(tokenIds));
  }

  @Override
  public float[][] vectors(BlockVector kind, PrefixTree tree, int blocks) {
    return model.vectors(kind, behind(tree), blocks);
  }

  @Override
  public float[][] residualStreams(PrefixTree tree, int... depths) {
    return model.residualStreams(
        behind(tree), Arrays.stream(depths).map(depth -> depth + 1).toArray());
  }

  @Override
  public Predictions predict(BlockVector kind, int[][] tokenIds) {
    return model.predict(kind, inputs(tokenIds));
  }

  @Override
  public Predictions predict(BlockVector kind, PrefixTree tree) {
    return model.predict(kind, behind(tree));
  }

  @Override
  public Ends ends(BlockVector kind, PrefixTree tree) {
    return model.ends(kind, behind(tree));
  }

  @Override
  public EvaluationMemory evaluationMemory(int nodes, int length) {
    return model.evaluationMemory(nodes + 1, length + 1);
  }

  @Override
  public int sequencesTogether(int length) {
    return model.sequencesTogether(length + 1);
  }

  @Override
  public double operations(long[] nodes) {
    return model.operations(withRoot(nodes));
  }

  @Override
  public double operations(long[] nodes, int blocks) {
    return model.operations(withRoot(nodes), blocks);
  }

  private static long[] withRoot(long[] nodes) {
    long[] withRoot = new long[nodes.length + 1];
    withRoot[0] = 1;
    System.arraycopy(nodes, 0, withRoot, 1, nodes.length);
    return withRoot;
  }

  @Override
  public void close() {
    model.close();
  }
}
