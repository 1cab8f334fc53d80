/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import dev.kindred.DjlEngine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

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
 * <p>Tensor names and shapes are those of {@link Config#tensors}.
 */
public final class Gpt implements LanguageModel {
  /** Rows of a tree that pass a feed-forward network at once: their activations stay in cache. */
  private static final int FEED_FORWARD_ROWS = 512;

  /** Nodes of a tree that attend at once: the keys of their paths stay in cache. */
  private static final int ATTENTION_ROWS = 128;

  private final Config config;
  private final NDManager weights;
  private final Embedding embedding;
  private final List<Block> blocks;
  private final Unembedding unembedding;

  private Gpt(Config config, NDManager weights, Map<String, NDArray> tensors) {
    this.config = config;
    this.weights = weights;
    this.embedding = new Embedding(tensors);
    this.blocks = new ArrayList<>();
    for (int i = 0; i < config.nLayers(); i++) {
      blocks.add(new Block(config, new Tensors(tensors, "h." + i + ".")));
    }

    this.unembedding = new Unembedding(config, tensors);
    // Linear maps keep copies of their own.
    tensors.forEach(
        (name, tensor) -> {
          if (name.matches(".*(qkv|proj|fc|lm_head)\\.weight")) {
            tensor.close();
          }
        });
    // Whatever a forward pass would attach to the weights by mistake now throws instead of leaking.
    weights.cap();
  }

  /**
   * Puts the model on a device.
   *
   * @param tensors by name, checked against {@link Config#tensors}
   */
  public static Gpt load(Config config, Safetensors tensors, Device device) {
    DjlEngine.load();
    NDManager weights = NDManager.newBaseManager(device, "PyTorch");
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    for (Safetensors.Tensor tensor : tensors.tensors()) {
      arrays.put(tensor.name(), weights.create(tensors.floats(tensor), new Shape(tensor.shape())));
    }

    return new Gpt(config, weights, arrays);
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
    NDArray logits = unembedding.logits(residual); // [.., V]
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
        embedding.embed(tokenIds, tokenIds.getManager().arange((int) length));
    for (int i = 0; i < blocks.size(); i++) {
      Block block = blocks.get(i);
      boolean last = i == blocks.size() - 1;
      NDArray normed = block.ln1.apply(x);
      x = last ? lastPosition(x) : x;
      NDArray queried = last ? lastPosition(normed) : normed;
      x = x.add(block.attention.apply(queried, normed));
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
        embedding.embed(batch.create(inputs.tokens()), batch.create(inputs.depths()));
    NDArray inputOfNode = batch.create(inputs.ofNodes()); // [N]
    NDArray x = rows(input, inputOfNode); // [N, D]
    for (int i = 0; i < blocks.size(); i++) {
      Block block = blocks.get(i);
      boolean last = i == blocks.size() - 1;
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

  /** A view of consecutive rows. */
  private static NDArray slice(NDArray x, int from, int to) {
    return x.get(new NDIndex().addSliceDim(from, to));
  }

  /** Copies of rows. */
  private static NDArray rows(NDArray x, NDArray indices) {
    return indices
        .getNDArrayInternal()
        .embedding(indices, x, SparseFormat.DENSE)
        .singletonOrThrow();
  }

  private static NDArray tokens(NDManager batch, int[][] tokenIds) {
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
    long attention = Math.min(nodes, ATTENTION_ROWS) * 4 * length * d;
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

    private FfnOutputs(Config config, int sequences) {
      this.dModel = config.dModel();
      this.values = new float[config.nLayers()][sequences * dModel];
    }

    /** Takes a block's FFN outputs of some sequences from one on, [.., D]. */
    private void add(int block, int sequence, NDArray ffnOut) {
      float[] rows = ffnOut.toFloatArray();
      System.arraycopy(rows, 0, values[block], sequence * dModel, rows.length);
    }
  }

  /** Sum of token and position embeddings. */
  private static final class Embedding {
    private final NDArray token; // [V, D]
    private final NDArray position; // [n_ctx, D]

    private Embedding(Map<String, NDArray> tensors) {
      this.token = tensors.get("wte.weight");
      this.position = tensors.get("wpe.weight");
    }

    /**
     * Embeds tokens.
     *
     * @param positions of the tokens, from 0; broadcast against them
     */
    private NDArray embed(NDArray tokenIds, NDArray positions) {
      return rows(token, tokenIds).addi(rows(position, positions));
    }
  }

  private static final class Block {
    private final LayerNorm ln1;
    private final Attention attention;
    private final LayerNorm ln2;
    private final Mlp mlp;

    private Block(Config config, Tensors tensors) {
      this.ln1 = new LayerNorm(config, tensors.under("ln_1."));
      this.attention = new Attention(config, tensors.under("attn."));
      this.ln2 = new LayerNorm(config, tensors.under("ln_2."));
      this.mlp = new Mlp(config, tensors.under("mlp."));
    }

    /**
     * Everything after attention's mixing of values, row by row.
     *
     * @param x the residual stream, [rows, D]; receives what the block adds
     * @param mixed [rows, D]
     * @return FFN outputs, [rows, D]
     */
    private NDArray feedForward(NDArray x, NDArray mixed) {
      x.addi(attention.output.apply(mixed));
      NDArray ffnOut = mlp.apply(ln2.apply(x));
      x.addi(ffnOut);
      return ffnOut;
    }
  }

  private static final class LayerNorm {
    private final NDArray weight; // [D]
    private final NDArray bias; // [D]
    private final Shape normalized;
    private final float epsilon;

    private LayerNorm(Config config, Tensors tensors) {
      this.weight = tensors.get("weight");
      this.bias = tensors.get("bias");
      this.normalized = new Shape(config.dModel());
      this.epsilon = config.normEpsilon();
    }

    private NDArray apply(NDArray x) {
      return x.getNDArrayInternal()
          .layerNorm(x, normalized, weight, bias, epsilon)
          .singletonOrThrow();
    }
  }

  /** Causal multi-head attention; scores are divided by sqrt(E). */
  private static final class Attention {
    private final int heads;
    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final Linear output;

    private Attention(Config config, Tensors tensors) {
      int d = config.dModel();
      NDArray weight = tensors.get("qkv.weight"); // [3D, D], rows: all of Q, all of K, all of V
      NDArray bias = tensors.find("qkv.bias"); // [3D] or null
      this.heads = config.nHeads();
      this.query = part(weight, bias, 0, d);
      this.key = part(weight, bias, d, 2 * d);
      this.value = part(weight, bias, 2 * d, 3 * d);
      this.output = new Linear(tensors.get("proj.weight"), tensors.find("proj.bias"));
    }

    /**
     * Attends from the last Q positions to all T positions.
     *
     * @param queried [B, Q, D]
     * @param attended [B, T, D]
     * @return [B, Q, D]
     */
    private NDArray apply(NDArray queried, NDArray attended) {
      long batch = queried.getShape().get(0);
      long queries = queried.getShape().get(1);
      long length = attended.getShape().get(1);
      long d = queried.getShape().get(2);
      long e = d / heads;
      NDArray q = query.apply(queried).reshape(batch, queries, heads, e).transpose(0, 2, 1, 3);
      NDArray k = key.apply(attended).reshape(batch, length, heads, e);
      NDArray v = value.apply(attended).reshape(batch, length, heads, e);

      NDArray scores = q.matMul(k.transpose(0, 2, 3, 1)).muli((float) (1 / Math.sqrt(e)));
      if (queries > 1) {
        scores.addi(mask(scores.getManager(), (int) length)); // [B, H, Q, T]
      }

      NDArray mixed = scores.softmax(-1).matMul(v.transpose(0, 2, 1, 3)); // [B, H, Q, E]
      return output.apply(mixed.transpose(0, 2, 1, 3).reshape(batch, queries, d));
    }

    /**
     * Attends from nodes of one depth of a tree to the nodes on the way to them.
     *
     * @param paths rows of keys and values, [Q, L]
     * @param queries [Q, D]
     * @param keys [.., D]
     * @param values [.., D]
     * @param mixed receives the mixed values, before the output projection, [Q, D]
     */
    private void mix(NDArray paths, NDArray queries, NDArray keys, NDArray values, NDArray mixed) {
      int nodes = (int) paths.getShape().get(0);
      for (int start = 0; start < nodes; start += ATTENTION_ROWS) {
        int end = Math.min(start + ATTENTION_ROWS, nodes);
        try (NDScope scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          mixed.set(
              new NDIndex().addSliceDim(start, end),
              mixed(slice(paths, start, end), slice(queries, start, end), keys, values));
        }
      }
    }

    private NDArray mixed(NDArray paths, NDArray queries, NDArray keys, NDArray values) {
      long nodes = paths.getShape().get(0);
      long length = paths.getShape().get(1);
      long d = queries.getShape().get(1);
      long e = d / heads;
      // Products and sums of rows: matrix products as small as these cost more.
      NDArray k = rows(keys, paths).reshape(nodes, length, heads, e);
      NDArray scores = // [Q, L, H]
          k.muli(queries.reshape(nodes, 1, heads, e))
              .sum(new int[] {3})
              .muli((float) (1 / Math.sqrt(e)));
      NDArray v = rows(values, paths).reshape(nodes, length, heads, e);
      return v.muli(scores.softmax(1).reshape(nodes, length, heads, 1))
          .sum(new int[] {1})
          .reshape(nodes, d);
    }

    /** Minus infinity where a position would see a later one. */
    private static NDArray mask(NDManager manager, int length) {
      float[] mask = new float[length * length];
      for (int i = 0; i < length; i++) {
        for (int j = i + 1; j < length; j++) {
          mask[i * length + j] = Float.NEGATIVE_INFINITY;
        }
      }

      return manager.create(mask, new Shape(length, length));
    }

    private static Linear part(NDArray weight, NDArray bias, int from, int to) {
      return new Linear(slice(weight, from, to), bias == null ? null : slice(bias, from, to));
    }
  }

  private static final class Mlp {
    private final Linear up; // [M, D]
    private final Linear down; // [D, M]
    private final Activation activation;

    private Mlp(Config config, Tensors tensors) {
      this.up = new Linear(tensors.get("fc.weight"), tensors.find("fc.bias"));
      this.down = new Linear(tensors.get("proj.weight"), tensors.find("proj.bias"));
      this.activation = config.activation();
    }

    private NDArray apply(NDArray x) {
      // Closed as soon as they are done with, so that the next ones take their place in the cache.
      try (NDArray hidden = up.apply(x);
          NDArray activated =
              switch (activation) {
                case RELU -> hidden.getNDArrayInternal().relu();
                case GELU -> hidden.getNDArrayInternal().gelu();
              }) {
        return down.apply(activated);
      }
    }
  }

  /** Final norm and projection to the vocabulary. */
  private static final class Unembedding {
    private final LayerNorm norm;
    private final Linear head;

    private Unembedding(Config config, Map<String, NDArray> tensors) {
      this.norm = new LayerNorm(config, new Tensors(tensors, "ln_f."));
      this.head =
          new Linear(
              tensors.get(config.tiedUnembedding() ? "wte.weight" : "lm_head.weight"),
              tensors.get("lm_head.bias"));
    }

    private NDArray logits(NDArray x) {
      return head.apply(norm.apply(x));
    }
  }

  private static final class Linear {
    private final NDArray transposed; // [in, out]
    private final NDArray bias; // [out], null for none

    /**
     * Takes the weights.
     *
     * @param weight [out, in]
     * @param bias [out], or null
     */
    private Linear(NDArray weight, NDArray bias) {
      this.transposed = weight.transpose().duplicate();
      this.bias = bias;
    }

    private NDArray apply(NDArray x) {
      // The engine's own linear copies the bias to every row before the product, which takes
      // longer.
      NDArray y = x.matMul(transposed);
      return bias == null ? y : y.addi(bias);
    }
  }

  /** The activation function of the feed-forward network; GELU is the exact (erf) form. */
  public enum Activation {
    RELU,
    GELU;

    /** Applies the function to {@code length} floats in place. */
    void apply(float[] x, int offset, int length) {
      if (this == RELU) {
        for (int i = offset; i < offset + length; i++) {
          x[i] = Math.max(0, x[i]);
        }
      } else {
        for (int i = offset; i < offset + length; i++) {
          x[i] = .5f * x[i] * (1 + ErrorFunction.erf(x[i] * (float) Math.sqrt(.5)));
        }
      }
    }
  }

  /**
   * What {@code config.json} says; the letters of the class comment in brackets.
   *
   * @param dVocab vocabulary size [V]
   * @param dModel width of the residual stream [D]
   * @param nLayers number of blocks
   * @param nHeads attention heads [H]; divides D
   * @param dMlp width of the feed-forward network [M]
   * @param nCtx longest sequence
   * @param activation of the feed-forward network
   * @param qkvBias whether queries, keys and values have a bias
   * @param attentionOutputBias whether the attention's output projection has a bias
   * @param tiedUnembedding whether the unembedding is the token embedding
   * @param unembeddingBias whether the logits have a bias
   * @param normEpsilon added to the variance in layer norms
   */
  public record Config(
      int dVocab,
      int dModel,
      int nLayers,
      int nHeads,
      int dMlp,
      int nCtx,
      Activation activation,
      boolean qkvBias,
      boolean attentionOutputBias,
      boolean tiedUnembedding,
      boolean unembeddingBias,
      float normEpsilon) {

    /**
     * Reads the fields of {@code config.json}; a missing or impossible one is {@link
     * dev.kindred.InvalidInput}.
     */
    public static Config parse(ConfigJson json) {
      Config config =
          new Config(
              json.positiveInt("d_vocab"),
              json.positiveInt("d_model"),
              json.positiveInt("n_layers"),
              json.positiveInt("n_heads"),
              json.positiveInt("d_mlp"),
              json.positiveInt("n_ctx"),
              json.oneOf("activation", Activation.class),
              json.bool("qkv_bias"),
              json.bool("attention_output_bias"),
              json.bool("tied_unembedding"),
              json.bool("unembedding_bias"),
              (float) json.positive("norm_epsilon"));
      if (config.dModel % config.nHeads != 0) {
        throw json.invalid(
            "d_model %d is not divisible by n_heads %d", config.dModel, config.nHeads);
      }

      return config;
    }

    public ModelShape shape() {
      return new ModelShape(dVocab, dModel, nLayers, nCtx);
    }

    /**
     * See {@link LanguageModel#operations}. Block 0 computes queries, keys and values once for each
     * pair of token and depth; the last block computes keys and values of all nodes, and the rest
     * only of leaves. Attention's own products are counted with the maps that they stand between.
     */
    double operations(long[] nodes) {
      double d = dModel;
      double leaves = nodes[nodes.length - 1];
      double all = 0;
      double inputs = 0;
      double attention = 0; // products of queries with keys, and of weights with values
      for (int depth = 0; depth < nodes.length; depth++) {
        all += nodes[depth];
        inputs += Math.min(nodes[depth], dVocab);
        attention += 4 * d * (depth + 1) * nodes[depth];
      }

      double ofLeaves = 4 * d * nodes.length * leaves;
      double output = 2 * d * (d + 2. * dMlp); // attention's projection, and both of the MLP
      double queryKeyValue = 6 * d * d;
      double sum = 0;
      for (int block = 0; block < nLayers; block++) {
        boolean last = block == nLayers - 1;
        if (block == 0) {
          sum += queryKeyValue * inputs;
        } else if (last) {
          sum += queryKeyValue / 3 * (2 * all + leaves);
        } else {
          sum += queryKeyValue * all;
        }

        sum += last ? output * leaves + ofLeaves : output * all + attention;
      }

      return sum + 2 * d * dVocab * leaves;
    }

    /** Every tensor of the model: name to shape. */
    public Map<String, long[]> tensors() {
      Map<String, long[]> shapes = new LinkedHashMap<>();
      shapes.put("wte.weight", new long[] {dVocab, dModel});
      shapes.put("wpe.weight", new long[] {nCtx, dModel});
      for (int i = 0; i < nLayers; i++) {
        String block = "h." + i + ".";
        shapes.put(block + "ln_1.weight", new long[] {dModel});
        shapes.put(block + "ln_1.bias", new long[] {dModel});
        shapes.put(block + "attn.qkv.weight", new long[] {3L * dModel, dModel});
        if (qkvBias) {
          shapes.put(block + "attn.qkv.bias", new long[] {3L * dModel});
        }

        shapes.put(block + "attn.proj.weight", new long[] {dModel, dModel});
        if (attentionOutputBias) {
          shapes.put(block + "attn.proj.bias", new long[] {dModel});
        }

        shapes.put(block + "ln_2.weight", new long[] {dModel});
        shapes.put(block + "ln_2.bias", new long[] {dModel});
        shapes.put(block + "mlp.fc.weight", new long[] {dMlp, dModel});
        shapes.put(block + "mlp.fc.bias", new long[] {dMlp});
        shapes.put(block + "mlp.proj.weight", new long[] {dModel, dMlp});
        shapes.put(block + "mlp.proj.bias", new long[] {dModel});
      }

      shapes.put("ln_f.weight", new long[] {dModel});
      shapes.put("ln_f.bias", new long[] {dModel});
      if (!tiedUnembedding) {
        shapes.put("lm_head.weight", new long[] {dVocab, dModel});
      }

      if (unembeddingBias) {
        shapes.put("lm_head.bias", new long[] {dVocab});
      }

      return shapes;
    }
  }

  /** Tensors below a name, so that each part above reads like the checkpoint. */
  private record Tensors(Map<String, NDArray> all, String prefix) {
    private NDArray get(String name) {
      return Objects.requireNonNull(find(name), prefix + name);
    }

    /** The tensor, or null where the model has none of that name. */
    private NDArray find(String name) {
      return all.get(prefix + name);
    }

    private Tensors under(String name) {
      return new Tensors(all, prefix + name);
    }
  }
}
