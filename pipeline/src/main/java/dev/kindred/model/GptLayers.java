/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The parts of the {@code gpt} architecture in the engine, for {@link Gpt}, which evaluates it, and
 * {@link TrainableGpt}, which trains it. Letters in shapes are those of {@link Gpt}.
 */
final class GptLayers {
  /** Nodes of a tree that attend at once: the keys of their paths stay in cache. */
  static final int ATTENTION_ROWS = 128;

  final Embedding embedding;
  final List<Block> blocks;
  final Unembedding unembedding;

  /**
   * Layers over a model's tensors.
   *
   * @param tensors by name, as {@link GptConfig#tensors} has them
   * @param weights whether linear maps keep copies in the order that multiplies fastest, or use the
   *     arrays themselves, so that gradients reach them
   */
  GptLayers(GptConfig config, Map<String, NDArray> tensors, Weights weights) {
    this.embedding = new Embedding(tensors);
    this.blocks = new ArrayList<>();
    for (int i = 0; i < config.nLayers(); i++) {
      blocks.add(new Block(config, new Tensors(tensors, "h." + i + ".", weights)));
    }

    this.unembedding = new Unembedding(config, new Tensors(tensors, "", weights));
  }

  /**
   * Layers that hold a model's weights by themselves, for evaluating it.
   *
   * @param weights takes the arrays, and nothing more from then on: whatever a forward pass would
   *     attach to the weights by mistake throws instead of leaking
   */
  static GptLayers load(GptConfig config, Safetensors tensors, NDManager weights) {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    for (Safetensors.Tensor tensor : tensors.tensors()) {
      arrays.put(tensor.name(), weights.create(tensors.floats(tensor), new Shape(tensor.shape())));
    }

    GptLayers layers = new GptLayers(config, arrays, Weights.COPIED);
    // Linear maps keep copies of their own.
    arrays.forEach(
        (name, array) -> {
          if (name.matches(".*(qkv|proj|fc|lm_head)\\.weight")) {
            array.close();
          }
        });
    weights.cap();
    return layers;
  }

  /** How linear maps hold their weights. */
  enum Weights {
    COPIED,
    SHARED
  }

  /**
   * Sets some of an array's values to zero, in training; the others are raised to make up for it.
   */
  @FunctionalInterface
  interface Dropout {
    Dropout NONE = x -> x;

    NDArray apply(NDArray x);
  }

  /** Sees what is at a block's hook points, and may put something else there. */
  @FunctionalInterface
  interface Tap {
    Tap NONE = (point, x) -> x;

    /**
     * Called once a point.
     *
     * @param x [B, T, D]
     * @return what the pass goes on with
     */
    NDArray at(HookPoint point, NDArray x);
  }

  /**
   * Keys and values of some positions.
   *
   * @param keys [B, T, D]
   * @param values [B, T, D]
   */
  record KeysAndValues(NDArray keys, NDArray values) {}

  /** A view of consecutive rows. */
  static NDArray slice(NDArray x, int from, int to) {
    return x.get(new NDIndex().addSliceDim(from, to));
  }

  /** Copies of rows. */
  static NDArray rows(NDArray x, NDArray indices) {
    return indices
        .getNDArrayInternal()
        .embedding(indices, x, SparseFormat.DENSE)
        .singletonOrThrow();
  }

  /** Sum of token and position embeddings. */
  static final class Embedding {
    final NDArray token; // [V, D]
    final NDArray position; // [n_ctx, D]

    Embedding(Map<String, NDArray> tensors) {
      this.token = tensors.get("wte.weight");
      this.position = tensors.get("wpe.weight");
    }

    /**
     * Embeds tokens.
     *
     * @param positions of the tokens, from 0; broadcast against them
     */
    NDArray embed(NDArray tokenIds, NDArray positions) {
      return rows(token, tokenIds).addi(rows(position, positions));
    }
  }

  static final class Block {
    final LayerNorm ln1;
    final Attention attention;
    final LayerNorm ln2;
    final Mlp mlp;

    Block(GptConfig config, Tensors tensors) {
      this.ln1 = new LayerNorm(config, tensors.under("ln_1."));
      this.attention = new Attention(config, tensors.under("attn."));
      this.ln2 = new LayerNorm(config, tensors.under("ln_2."));
      this.mlp = new Mlp(config, tensors.under("mlp."));
    }

    /**
     * The whole block, at all positions.
     *
     * @param x the residual stream, [B, T, D]
     * @return the residual stream after the block, [B, T, D]
     */
    NDArray apply(NDArray x, Dropout dropout, Tap tap) {
      NDArray before = tap.at(HookPoint.RESID_PRE, x);
      NDArray normed = ln1.apply(before);
      NDArray attnOut = dropout.apply(attention.apply(normed, normed, dropout));
      NDArray between =
          tap.at(HookPoint.RESID_MID, before.add(tap.at(HookPoint.ATTN_OUT, attnOut)));
      NDArray mlpOut = dropout.apply(mlp.apply(ln2.apply(between)));
      return tap.at(HookPoint.RESID_POST, between.add(tap.at(HookPoint.MLP_OUT, mlpOut)));
    }

    /**
     * The block at the last position.
     *
     * @param x the residual stream there, [B, 1, D]
     * @param earlier keys and values of this block at the positions before; null if there are none,
     *     and then each vector attends to itself alone
     * @return the residual stream after the block, [B, 1, D]
     */
    NDArray applyLast(NDArray x, KeysAndValues earlier) {
      NDArray normed = ln1.apply(x);
      NDArray attended =
          x.add(earlier == null ? attention.applyAlone(normed) : attention.apply(normed, earlier));
      return attended.add(mlp.apply(ln2.apply(attended)));
    }

    /**
     * Everything after attention's mixing of values, row by row.
     *
     * @param x the residual stream, [rows, D]; receives what the block adds
     * @param mixed [rows, D]
     * @return FFN outputs, [rows, D]
     */
    NDArray feedForward(NDArray x, NDArray mixed) {
      x.addi(attention.output.apply(mixed));
      NDArray ffnOut = mlp.apply(ln2.apply(x));
      x.addi(ffnOut);
      return ffnOut;
    }
  }

  static final class LayerNorm {
    final NDArray weight; // [D]
    final NDArray bias; // [D]
    final Shape normalized;
    final float epsilon;

    LayerNorm(GptConfig config, Tensors tensors) {
      this.weight = tensors.get("weight");
      this.bias = tensors.get("bias");
      this.normalized = new Shape(config.dModel());
      this.epsilon = config.normEpsilon();
    }

    NDArray apply(NDArray x) {
      return x.getNDArrayInternal()
          .layerNorm(x, normalized, weight, bias, epsilon)
          .singletonOrThrow();
    }
  }

  /** Causal multi-head attention; scores are divided by sqrt(E). */
  static final class Attention {
    final int heads;
    final Linear query;
    final Linear key;
    final Linear value;
    final Linear output;

    Attention(GptConfig config, Tensors tensors) {
      int d = config.dModel();
      NDArray weight = tensors.get("qkv.weight"); // [3D, D], rows: all of Q, all of K, all of V
      NDArray bias = tensors.find("qkv.bias"); // [3D] or null
      this.heads = config.nHeads();
      this.query = part(weight, bias, 0, d, tensors.weights());
      this.key = part(weight, bias, d, 2 * d, tensors.weights());
      this.value = part(weight, bias, 2 * d, 3 * d, tensors.weights());
      this.output = tensors.linear("proj");
    }

    /**
     * Attends from the last Q positions to those up to themselves: from all, Q = T, or from the
     * last alone, Q = 1. The mask fits no other Q.
     *
     * @param queried [B, Q, D]
     * @param attended [B, T, D]
     * @param dropout of attention weights
     * @return [B, Q, D]
     */
    NDArray apply(NDArray queried, NDArray attended, Dropout dropout) {
      return attend(query.apply(queried), keysAndValues(attended), dropout);
    }

    /**
     * Attends from the last position to itself and those before it.
     *
     * @param last [B, 1, D]
     * @return [B, 1, D]
     */
    NDArray apply(NDArray last, KeysAndValues earlier) {
      KeysAndValues all =
          new KeysAndValues(
              earlier.keys().concat(key.apply(last), 1),
              earlier.values().concat(value.apply(last), 1));
      return attend(query.apply(last), all, Dropout.NONE);
    }

    /** What positions get that see only themselves, [B, 1, D]: the one weight is 1. */
    NDArray applyAlone(NDArray x) {
      return output.apply(value.apply(x));
    }

    KeysAndValues keysAndValues(NDArray attended) {
      return new KeysAndValues(key.apply(attended), value.apply(attended));
    }

    /** {@code projected} are queries, [B, Q, D], and may be changed. */
    private NDArray attend(NDArray projected, KeysAndValues attended, Dropout dropout) {
      long batch = projected.getShape().get(0);
      long queries = projected.getShape().get(1);
      long length = attended.keys().getShape().get(1);
      long d = projected.getShape().get(2);
      long e = d / heads;
      // As an array: the engine frees a number's memory at once, though its gradient needs it.
      NDArray scale = projected.getManager().create((float) (1 / Math.sqrt(e)));
      NDArray q = projected.muli(scale).reshape(batch, queries, heads, e);
      NDArray k = attended.keys().reshape(batch, length, heads, e);
      NDArray v = attended.values().reshape(batch, length, heads, e);

      NDArray scores = q.transpose(0, 2, 1, 3).matMul(k.transpose(0, 2, 3, 1));
      if (queries > 1) {
        scores.addi(mask(scores.getManager(), (int) length)); // [B, H, Q, T]
      }

      NDArray mixed = // [B, H, Q, E]
          dropout.apply(scores.softmax(-1)).matMul(v.transpose(0, 2, 1, 3));
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
    void mix(NDArray paths, NDArray queries, NDArray keys, NDArray values, NDArray mixed) {
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

    private static Linear part(NDArray weight, NDArray bias, int from, int to, Weights weights) {
      return new Linear(
          slice(weight, from, to), bias == null ? null : slice(bias, from, to), weights);
    }
  }

  static final class Mlp {
    final Linear up; // [M, D]
    final Linear down; // [D, M]
    final GptConfig.Activation activation;

    Mlp(GptConfig config, Tensors tensors) {
      this.up = tensors.linear("fc");
      this.down = tensors.linear("proj");
      this.activation = config.activation();
    }

    NDArray apply(NDArray x) {
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
  static final class Unembedding {
    final LayerNorm norm;
    final Linear head;

    Unembedding(GptConfig config, Tensors tensors) {
      this.norm = new LayerNorm(config, tensors.under("ln_f."));
      this.head =
          new Linear(
              tensors.get(config.unembedding()), tensors.find("lm_head.bias"), tensors.weights());
    }

    NDArray logits(NDArray x) {
      return head.apply(norm.apply(x));
    }
  }

  static final class Linear {
    final NDArray transposed; // [in, out]
    final NDArray bias; // [out], null for none

    /**
     * Takes the weights.
     *
     * @param weight [out, in]
     * @param bias [out], or null
     */
    Linear(NDArray weight, NDArray bias, Weights weights) {
      NDArray view = weight.transpose();
      this.transposed = weights == Weights.COPIED ? view.duplicate() : view;
      this.bias = bias;
    }

    NDArray apply(NDArray x) {
      // The engine's own linear copies the bias to every row before the product, which takes
      // longer.
      NDArray y = x.matMul(transposed);
      return bias == null ? y : y.addi(bias);
    }
  }

  /** Tensors below a name, so that each part above reads like the checkpoint. */
  record Tensors(Map<String, NDArray> all, String prefix, Weights weights) {
    NDArray get(String name) {
      return Objects.requireNonNull(find(name), prefix + name);
    }

    /** The tensor, or null where the model has none of that name. */
    NDArray find(String name) {
      return all.get(prefix + name);
    }

    Tensors under(String name) {
      return new Tensors(all, prefix + name, weights);
    }

    Linear linear(String name) {
      return new Linear(get(name + ".weight"), find(name + ".bias"), weights);
    }
  }
}
