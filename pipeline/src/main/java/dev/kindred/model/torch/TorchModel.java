/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.kindred.DjlEngine;
import dev.kindred.model.BlockVector;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.ModelShape;
import dev.kindred.model.PrefixTree;
import dev.kindred.model.TokenReader;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.Tensors;
import java.util.Arrays;

/**
 * A model in the engine.
 *
 * <p>Letters in shapes: B = sequences in a batch, T = tokens in each, D = {@code d_model}, V =
 * {@code d_vocab}. Linear maps are y = x W^T + b.
 *
 * <p>Only the last position is asked for, so the last block computes what others see of all
 * positions and everything else for the last one alone.
 *
 * <p>A {@link PrefixTree} is evaluated block by block over all of its N nodes, as rows of matrices;
 * only mixers know of the tree. The input of block 0 depends on nothing but token and position, so
 * its queries, keys and values are computed once for each of the few distinct pairs.
 */
public final class TorchModel implements LanguageModel {
  /** Rows of a tree that pass a feed-forward network at once: their activations stay in cache. */
  private static final int FEED_FORWARD_ROWS = 512;

  private final Blueprint blueprint;
  private final NDManager weights;
  private final TorchLayers layers;

  private TorchModel(Blueprint blueprint, NDManager weights, TorchLayers layers) {
    this.blueprint = blueprint;
    this.weights = weights;
    this.layers = layers;
  }

  /**
   * Puts a model on a device.
   *
   * @param tensors as {@link Blueprint#tensors} has them
   */
  public static TorchModel load(Blueprint blueprint, Tensors tensors, Device device) {
    DjlEngine.load();
    NDManager weights = NDManager.newBaseManager(device, "PyTorch");
    try {
      return new TorchModel(blueprint, weights, TorchLayers.load(blueprint, tensors, weights));
    } catch (RuntimeException | Error e) {
      weights.close();
      throw e;
    }
  }

  /** Returns the same model, of the same weights, to be looked into; closing either closes both. */
  public TorchStream stream() {
    return new TorchStream(blueprint, weights, layers);
  }

  /** Returns the same model, to read a text token by token; closing either closes both. */
  public TokenReader reader() {
    return new TorchReader(blueprint, weights, layers);
  }

  @Override
  public ModelShape shape() {
    return blueprint.shape();
  }

  @Override
  public float[][] vectors(BlockVector kind, int[][] tokenIds) {
    Vectors vectors = new Vectors(kind, blueprint.shape().blocks(), tokenIds.length);
    try (NDManager batch = weights.newSubManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      forward(Rows.tokens(batch, tokenIds), vectors);
    }

    return vectors.values;
  }

  @Override
  public float[][] vectors(BlockVector kind, PrefixTree tree, int blocks) {
    Vectors vectors = new Vectors(kind, blocks, tree.leaves());
    try (NDManager batch = weights.newSubManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      forward(batch, tree, vectors);
    }

    return vectors.values;
  }

  @Override
  public float[][] residualStreams(PrefixTree tree, int... depths) {
    int firstDepth = depths[0];
    int wanted = tree.levelStart(firstDepth);
    Vectors after =
        new Vectors(BlockVector.RESID_POST, blueprint.shape().blocks(), tree.nodes() - wanted);
    float[][] streams = new float[blueprint.shape().blocks() + 1][];
    try (NDManager batch = weights.newSubManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      PrefixTree.Inputs inputs = tree.inputs();
      NDArray embedded = embedded(batch, inputs);
      NDArray ofNodes = batch.create(inputs.ofNodes());
      streams[0] = Rows.copies(embedded, Rows.slice(ofNodes, wanted, tree.nodes())).toFloatArray();
      forward(batch, tree, inputs, embedded, after, firstDepth);
    }

    System.arraycopy(after.values, 0, streams, 1, after.values.length);
    boolean isEvery = depths.length == tree.depths() - firstDepth;
    for (int layer = 0; !isEvery && layer < streams.length; layer++) {
      streams[layer] = atDepths(tree, streams[layer], depths);
    }

    return streams;
  }

  @Override
  public Predictions predict(BlockVector kind, int[][] tokenIds) {
    Vectors vectors = new Vectors(kind, blueprint.shape().blocks(), tokenIds.length);
    try (NDManager batch = weights.newSubManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray residual = forward(Rows.tokens(batch, tokenIds), vectors); // [B, 1, D]
      return predictions(vectors, residual);
    }
  }

  @Override
  public Predictions predict(BlockVector kind, PrefixTree tree) {
    Vectors vectors = new Vectors(kind, blueprint.shape().blocks(), tree.leaves());
    try (NDManager batch = weights.newSubManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray residual = forward(batch, tree, vectors); // [B, D]
      return predictions(vectors, residual);
    }
  }

  @Override
  public Ends ends(BlockVector kind, PrefixTree tree) {
    Vectors vectors = new Vectors(kind, blueprint.shape().blocks(), tree.leaves());
    try (NDManager batch = weights.newSubManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray residual = forward(batch, tree, vectors); // [B, D]
      return new Ends(vectors.values, layers.unembedding().finalVectors(residual).toFloatArray());
    }
  }

  private Predictions predictions(Vectors vectors, NDArray residual) {
    NDArray logits = layers.unembedding().logits(residual); // [.., V]
    return new Predictions(vectors.values, logits.softmax(-1).toFloatArray());
  }

  /**
   * Runs all blocks.
   *
   * @param tokenIds [B, T]
   * @param sink receives each block's vector at the last position
   * @return the residual stream at the last position after the last block, [B, 1, D]
   */
  private NDArray forward(NDArray tokenIds, Vectors sink) {
    long length = tokenIds.getShape().get(1);
    NDArray x = // [B, T, D]
        layers.embedding().embed(tokenIds, tokenIds.getManager().arange((int) length), Tap.NONE);
    for (int i = 0; i < layers.blocks().size(); i++) {
      int number = i;
      TorchBlock block = layers.blocks().get(i);
      Tap tap =
          (point, found) -> {
            if (point == sink.kind.point()) {
              sink.add(number, 0, Rows.lastPosition(found));
            }

            return found;
          };
      boolean last = i == layers.blocks().size() - 1;
      x = last ? block.applyForLast(x, tap) : block.apply(x, Dropout.NONE, tap);
    }

    return x;
  }

  /** Rows of some depths, out of those of all nodes from the first of them on. */
  private float[] atDepths(PrefixTree tree, float[] rows, int[] depths) {
    int d = blueprint.shape().modelDimension();
    float[] some = new float[Arrays.stream(depths).map(tree::levelSize).sum() * d];
    int to = 0;
    for (int depth : depths) {
      int length = tree.levelSize(depth) * d;
      System.arraycopy(
          rows, (tree.levelStart(depth) - tree.levelStart(depths[0])) * d, some, to, length);
      to += length;
    }

    return some;
  }

  private NDArray forward(NDManager batch, PrefixTree tree, Vectors sink) {
    PrefixTree.Inputs inputs = tree.inputs();
    return forward(batch, tree, inputs, embedded(batch, inputs), sink, tree.depths() - 1);
  }

  /** What the blocks begin with, of distinct inputs, [distinct inputs, D]. */
  private NDArray embedded(NDManager batch, PrefixTree.Inputs inputs) {
    return layers
        .embedding()
        .embed(batch.create(inputs.tokens()), batch.create(inputs.positions()), Tap.NONE);
  }

  /**
   * Runs blocks over a tree.
   *
   * @param inputs of the tree
   * @param input what the blocks begin with, [distinct inputs, D]
   * @param sink receives the vectors of the nodes from a depth on, of all blocks that are run
   * @param firstDepth that depth: T - 1 for the leaves
   * @return the residual stream of these nodes after the last block, [.., D]
   */
  private NDArray forward(
      NDManager batch,
      PrefixTree tree,
      PrefixTree.Inputs inputs,
      NDArray input,
      Vectors sink,
      int firstDepth) {
    int nodes = tree.nodes();
    int wanted = tree.levelStart(firstDepth); // the first
    int[] positions = tree.positionsOfNodes();
    NDArray inputOfNode = batch.create(inputs.ofNodes()); // [N]
    NDArray x = Rows.copies(input, inputOfNode); // [N, D]
    for (int i = 0; i < sink.values.length; i++) {
      TorchBlock block = layers.blocks().get(i);
      boolean first = i == 0;
      boolean last = i == sink.values.length - 1;
      int from = last ? wanted : 0; // what is before it is only seen
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray stream = first ? input : x;
        NDArray normed = block.mixerNorm.apply(stream);
        TorchMixer.Kept kept = block.mixer.kept(normed, first ? inputs.positions() : positions);
        NDArray queries = // [N - from, ..]
            first
                ? block.mixer.queries(normed, inputs.positions())
                : block.mixer.queries(
                    Rows.slice(normed, from, nodes), Arrays.copyOfRange(positions, from, nodes));
        if (first && queries != null) {
          queries = Rows.slice(Rows.copies(queries, inputOfNode), from, nodes);
        }

        if (normed != stream && normed != kept.values()) {
          normed.close();
        }

        int[] rowOfNode = first ? inputs.ofNodes() : null; // in what is kept
        if (block.mixer.spreadWidth() > 0) {
          NDArray spread = batch.create(new Shape(nodes, block.mixer.spreadWidth()));
          for (int depth = 0; depth < tree.depths(); depth++) {
            int start = tree.levelStart(depth);
            block.mixer.spread(
                paths(batch, tree, depth, rowOfNode),
                tree.positions(depth),
                kept,
                Rows.slice(spread, start, start + tree.levelSize(depth)));
          }

          kept = new TorchMixer.Kept(null, spread);
          rowOfNode = null;
        }

        NDArray mixed = batch.create(new Shape(nodes - from, block.mixer.width()));
        for (int depth = last ? firstDepth : 0; depth < tree.depths(); depth++) {
          int start = tree.levelStart(depth) - from;
          int end = start + tree.levelSize(depth);
          block.mixer.mix(
              paths(batch, tree, depth, rowOfNode),
              tree.positions(depth),
              queries == null ? null : Rows.slice(queries, start, end),
              kept,
              Rows.slice(mixed, start, end));
        }

        // In block 0 it depends on the input alone.
        NDArray beside = first && block.isParallel() ? block.feedForward(input, Tap.NONE) : null;
        for (int start = from, end; start < nodes; start = end) {
          end = Math.min(start + FEED_FORWARD_ROWS, start < wanted ? wanted : nodes);
          try (NDScope chunk = new NDScope()) {
            chunk.suppressNotUsedWarning();
            NDArray vectors =
                block.advance(
                    sink.kind,
                    Rows.slice(x, start, end),
                    Rows.slice(mixed, start - from, end - from),
                    beside == null
                        ? null
                        : Rows.copies(beside, Rows.slice(inputOfNode, start, end)));
            if (start >= wanted) {
              sink.add(i, start - wanted, vectors);
            }
          }
        }
      }
    }

    return Rows.slice(x, wanted, nodes);
  }

  /** The rows on the way to the nodes of a depth, [nodes of the depth, depth + 1]. */
  private static NDArray paths(NDManager batch, PrefixTree tree, int depth, int[] rowOfNode) {
    int[] paths = tree.paths(depth);
    if (rowOfNode != null) {
      Arrays.setAll(paths, k -> rowOfNode[paths[k]]);
    }

    return batch.create(paths, new Shape(tree.levelSize(depth), depth + 1));
  }

  /**
   * Floats: four rows of D a node (the residual stream, its norm, and what the allocator keeps of
   * two more), queries and mixed values, keys and values; for the chunk that mixes, the keys,
   * values and temporaries of all paths (4 T a mixed number); for the chunk in the feed-forward
   * network its hidden rows, twice, and four of D; paths of T indices a node, twice.
   */
  @Override
  public EvaluationMemory evaluationMemory(int nodes, int length) {
    long d = blueprint.shape().modelDimension();
    long most = 0;
    for (Block block : blueprint.blocks()) {
      long mixed = block.mixer().width();
      long perNode = 4 * d + 2 * mixed + block.mixer().keptWidth() + 2L * length;
      long mixing =
          Math.min(nodes, TorchMixer.ROWS_AT_ONCE) * 4 * length * block.mixer().readWidth();
      long feedForward =
          Math.min(nodes, FEED_FORWARD_ROWS) * (2L * block.feedForward().width() + 4 * d);
      most = Math.max(most, nodes * perNode + mixing + feedForward);
    }

    return new EvaluationMemory(0, Float.BYTES * most);
  }

  @Override
  public double operations(long[] nodes) {
    return blueprint.operations(nodes);
  }

  @Override
  public double operations(long[] nodes, int count) {
    return blueprint.operations(nodes, count);
  }

  @Override
  public void close() {
    weights.close();
  }

  /** What a forward pass was run for, copied out of the engine's memory. */
  private final class Vectors {
    private final BlockVector kind;
    private final int dModel = blueprint.shape().modelDimension();
    private final float[][] values; // of the blocks that are evaluated

    private Vectors(BlockVector kind, int blocks, int sequences) {
      this.kind = kind;
      this.values = new float[blocks][sequences * dModel];
    }

    /** Takes a block's vectors of some sequences from one on, [.., D]. */
    private void add(int block, int sequence, NDArray vectors) {
      float[] rows = vectors.toFloatArray();
      System.arraycopy(rows, 0, values[block], sequence * dModel, rows.length);
    }
  }
}
