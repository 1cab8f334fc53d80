/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import static dev.kindred.model.GptLayers.rows;
import static dev.kindred.model.GptLayers.slice;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.kindred.DjlEngine;
import java.util.Arrays;

/**
 * The {@code gpt} architecture: a pre-LN, decoder-only transformer with learned positions, ReLU or
 * GELU feed-forward networks and a tied or untied unembedding (Radford et al. 2019, with the
 * variations that {@code config.json} names).
 *
 * <p>Letters in shapes: B = sequences in a batch, T = tokens in each, D = {@code d_model}, H =
 * {@code n_heads}, E = D / H, M = {@code d_mlp}, V = {@code d_vocab}. Linear maps are y = x W^T +
 * b.
 *
 * <p>Only the last position is asked for, so the last block computes keys and values for all
 * positions and everything else for the last one alone.
 *
 * <p>A {@link PrefixTree} is evaluated block by block over all of its N nodes, as rows of matrices;
 * only attention knows of the tree. The input of block 0 depends on nothing but token and position,
 * so its queries, keys and values are computed once for each of the few distinct pairs.
 *
 * <p>Tensor names and shapes are those of {@link GptConfig#tensors}.
 */
public final class Gpt implements LanguageModel {
  /** Rows of a tree that pass a feed-forward network at once: their activations stay in cache. */
  private static final int FEED_FORWARD_ROWS = 512;

  private final GptConfig config;
  private final NDManager weights;
  private final GptLayers layers;

  private Gpt(GptConfig config, NDManager weights, GptLayers layers) {
    this.config = config;
    this.weights = weights;
    this.layers = layers;
  }

  /**
   * Puts the model on a device.
   *
   * @param tensors by name, checked against {@link GptConfig#tensors}
   */
  public static Gpt load(GptConfig config, Safetensors tensors, Device device) {
    DjlEngine.load();
    NDManager weights = NDManager.newBaseManager(device, "PyTorch");
    return new Gpt(config, weights, GptLayers.load(config, tensors, weights));
  }

  @Override
  public ModelShape shape() {
    return config.shape();
  }

  @Override
  public float[][] ffnOutputs(int[][] tokenIds) {
    FfnOutputs outputs = new FfnOutputs(config, tokenIds.length);
    try (NDManager batch = weights.newSubManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      forward(tokens(batch, tokenIds), outputs);
    }

    return outputs.values;
  }

  @Override
  public float[][] ffnOutputs(PrefixTree tree) {
    FfnOutputs outputs = new FfnOutputs(config, tree.leaves());
    try (NDManager batch = weights.newSubManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      forward(batch, tree, outputs);
    }

    return outputs.values;
  }

  @Override
  public Predictions predict(int[][] tokenIds) {
    FfnOutputs outputs = new FfnOutputs(config, tokenIds.length);
    try (NDManager batch = weights.newSubManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray residual = forward(tokens(batch, tokenIds), outputs); // [B, 1, D]
      return predictions(outputs, residual);
    }
  }

  @Override
  public Predictions predict(PrefixTree tree) {
    FfnOutputs outputs = new FfnOutputs(config, tree.leaves());
    try (NDManager batch = weights.newSubManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray residual = forward(batch, tree, outputs); // [B, D]
      return predictions(outputs, residual);
    }
  }

  private Predictions predictions(FfnOutputs outputs, NDArray residual) {
    NDArray logits = layers.unembedding.logits(residual); // [.., V]
    return new Predictions(outputs.values, logits.softmax(-1).toFloatArray());
  }

  /**
   * Runs all blocks.
   *
   * @param tokenIds [B, T]
   * @param sink receives each block's FFN output at the last position
   * @return the residual stream at the last position after the last block, [B, 1, D]
   */
  private NDArray forward(NDArray tokenIds, FfnOutputs sink) {
    long length = tokenIds.getShape().get(1);
    NDArray x = // [B, T, D]
        layers.embedding.embed(tokenIds, tokenIds.getManager().arange((int) length));
    for (int i = 0; i < layers.blocks.size(); i++) {
      GptLayers.Block block = layers.blocks.get(i);
      boolean last = i == layers.blocks.size() - 1;
      NDArray normed = block.ln1.apply(x);
      x = last ? lastPosition(x) : x;
      NDArray queried = last ? lastPosition(normed) : normed;
      x = x.add(block.attention.apply(queried, normed, GptLayers.Dropout.NONE));
      NDArray ffnOut = block.mlp.apply(block.ln2.apply(x));
      sink.add(i, 0, lastPosition(ffnOut));
      x = x.addi(ffnOut);
    }

    return x;
  }

  /**
   * Runs all blocks over a tree.
   *
   * @param sink receives each block's FFN outputs of the leaves
   * @return the residual stream of the leaves after the last block, [B, D]
   */
  private NDArray forward(NDManager batch, PrefixTree tree, FfnOutputs sink) {
    int nodes = tree.nodes();
    int leaf = nodes - tree.leaves(); // the first
    PrefixTree.Inputs inputs = tree.inputs();
    NDArray input = // [distinct inputs, D]
        layers.embedding.embed(batch.create(inputs.tokens()), batch.create(inputs.depths()));
    NDArray inputOfNode = batch.create(inputs.ofNodes()); // [N]
    NDArray x = rows(input, inputOfNode); // [N, D]
    for (int i = 0; i < layers.blocks.size(); i++) {
      GptLayers.Block block = layers.blocks.get(i);
      boolean last = i == layers.blocks.size() - 1;
      int from = last ? leaf : 0; // nodes before it need keys and values only
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray normed = block.ln1.apply(i == 0 ? input : x);
        NDArray keys = block.attention.key.apply(normed);
        NDArray values = block.attention.value.apply(normed);
        NDArray queries = // [N - from, D]
            i == 0
                ? slice(rows(block.attention.query.apply(normed), inputOfNode), from, nodes)
                : block.attention.query.apply(slice(normed, from, nodes));
        normed.close();
        NDArray mixed = batch.create(queries.getShape());
        for (int depth = last ? tree.depths() - 1 : 0; depth < tree.depths(); depth++) {
          int[] paths = tree.paths(depth);
          if (i == 0) {
            Arrays.setAll(paths, k -> inputs.ofNodes()[paths[k]]);
          }

          int first = tree.levelStart(depth) - from;
          block.attention.mix(
              batch.create(paths, new Shape(tree.levelSize(depth), depth + 1)),
              slice(queries, first, first + tree.levelSize(depth)),
              keys,
              values,
              slice(mixed, first, first + tree.levelSize(depth)));
        }

        for (int start = from, end; start < nodes; start = end) {
          end = Math.min(start + FEED_FORWARD_ROWS, start < leaf ? leaf : nodes);
          try (NDScope chunk = new NDScope()) {
            chunk.suppressNotUsedWarning();
            NDArray ffnOut =
                block.feedForward(slice(x, start, end), slice(mixed, start - from, end - from));
            if (start >= leaf) {
              sink.add(i, start - leaf, ffnOut);
            }
          }
        }
      }
    }

    return slice(x, leaf, nodes);
  }

  static NDArray tokens(NDManager batch, int[][] tokenIds) {
    int length = tokenIds[0].length;
    int[] flat = new int[tokenIds.length * length];
    for (int i = 0; i < tokenIds.length; i++) {
      System.arraycopy(tokenIds[i], 0, flat, i * length, length);
    }

    return batch.create(flat, new Shape(tokenIds.length, length));
  }

  private static NDArray lastPosition(NDArray x) {
    long length = x.getShape().get(1);
    return length == 1 ? x : x.get(new NDIndex().addAllDim().addSliceDim(length - 1, length));
  }

  /**
   * Floats: eight rows of D a node (the residual stream, its norm, queries, keys, values and mixed
   * values, and what the allocator keeps of two more); for the chunk that attends, the keys, values
   * and temporaries of all paths (4 T D a row); for the chunk in the feed-forward network two rows
   * of M and four of D; paths of T indices a node, twice.
   */
  @Override
  public EvaluationMemory evaluationMemory(int nodes, int length) {
    long d = config.dModel();
    long perNode = 8 * d + 2L * length;
    long attention = Math.min(nodes, GptLayers.ATTENTION_ROWS) * 4 * length * d;
    long feedForward = Math.min(nodes, FEED_FORWARD_ROWS) * (2L * config.dMlp() + 4 * d);
    return new EvaluationMemory(0, Float.BYTES * (nodes * perNode + attention + feedForward));
  }

  @Override
  public double operations(long[] nodes) {
    return config.operations(nodes);
  }

  @Override
  public void close() {
    weights.close();
  }

  /** What a forward pass was run for, copied out of the engine's memory. */
  private static final class FfnOutputs {
    private final int dModel;
    private final float[][] values;

    private FfnOutputs(GptConfig config, int sequences) {
      this.dModel = config.dModel();
      this.values = new float[config.nLayers()][sequences * dModel];
    }

    /** Takes a block's FFN outputs of some sequences from one on, [.., D]. */
    private void add(int block, int sequence, NDArray ffnOut) {
      float[] rows = ffnOut.toFloatArray();
      System.arraycopy(rows, 0, values[block], sequence * dModel, rows.length);
    }
  }
}
