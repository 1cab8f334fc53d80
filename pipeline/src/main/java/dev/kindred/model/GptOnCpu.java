/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import dev.kindred.kernel.TileKernel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The forward pass of {@link Gpt} over a prefix tree with Kindred's own kernels, which multiply
 * these matrices faster than the engine does on a CPU. Every row is computed by itself, so a node's
 * activations have the same bits in every tree that it is part of.
 *
 * <p>Letters in shapes: those of {@link Gpt}, and N = nodes, C = nodes in a chunk, G =
 * TileKernel.WINDOWS. Rows of a linear map's outputs are as long as its {@link
 * PackedLinear#width()}. Inputs of linear maps are interleaved in groups of G rows.
 *
 * <p>Nodes pass a block in chunks, in the tree's order, so that a node's ancestors are there before
 * it. Only their keys and values are kept for the whole tree, and the residual stream.
 */
public final class GptOnCpu implements LanguageModel {
  /** Floats of a chunk in one matrix: three of them fit a second-level cache of 2 MiB. */
  private static final int CHUNK_FLOATS = 128 * 1024;

  /** Hidden units that pass the feed-forward network at once, in panels of the kernel. */
  private static final int HIDDEN_PANELS = 3;

  private static final int GROUP = TileKernel.WINDOWS;

  private final GptConfig config;
  private final TileKernel kernel;
  private final int chunk; // C
  private final int hiddenPart; // hidden units that pass at once
  private final float[] tokenEmbedding; // [V, D]
  private final float[] positionEmbedding; // [n_ctx, D]
  private final List<Block> blocks = new ArrayList<>();
  private final LayerNorm finalNorm;
  private final PackedLinear unembedding;

  /**
   * Packs a model's weights.
   *
   * @param tensors checked against {@link GptConfig#tensors}
   */
  GptOnCpu(GptConfig config, Safetensors tensors, TileKernel kernel) {
    this.config = config;
    this.kernel = kernel;
    this.chunk = Math.max(1, CHUNK_FLOATS / config.dModel() / GROUP) * GROUP;
    this.hiddenPart = HIDDEN_PANELS * kernel.promptsPerPanel();
    Map<String, float[]> all = new HashMap<>();
    for (Safetensors.Tensor tensor : tensors.tensors()) {
      all.put(tensor.name(), tensors.floats(tensor));
    }

    this.tokenEmbedding = all.get("wte.weight");
    this.positionEmbedding = all.get("wpe.weight");
    for (int i = 0; i < config.nLayers(); i++) {
      blocks.add(new Block(all, "h." + i + "."));
    }

    this.finalNorm = new LayerNorm(all, "ln_f.");
    this.unembedding =
        new PackedLinear(
            kernel, all.get(config.unembedding()), all.get("lm_head.bias"), config.dModel());
  }

  @Override
  public ModelShape shape() {
    return config.shape();
  }

  @Override
  public float[][] ffnOutputs(int[][] tokenIds) {
    DistinctSequences distinct = DistinctSequences.of(tokenIds);
    return ofSequences(distinct, ffnOutputs(distinct.tree()));
  }

  @Override
  public float[][] ffnOutputs(PrefixTree tree) {
    return new Pass(tree).run();
  }

  @Override
  public Predictions predict(int[][] tokenIds) {
    DistinctSequences distinct = DistinctSequences.of(tokenIds);
    Predictions found = predict(distinct.tree());
    return new Predictions(
        ofSequences(distinct, found.ffnOutputs()),
        distinct.ofSequences(found.probabilities(), config.dVocab()));
  }

  @Override
  public Predictions predict(PrefixTree tree) {
    Pass pass = new Pass(tree);
    float[][] ffnOutputs = pass.run();
    return new Predictions(ffnOutputs, pass.probabilities());
  }

  private float[][] ofSequences(DistinctSequences distinct, float[][] ffnOutputs) {
    float[][] all = new float[ffnOutputs.length][];
    Arrays.setAll(all, i -> distinct.ofSequences(ffnOutputs[i], config.dModel()));
    return all;
  }

  /** Floats: the arrays of {@link Pass}. */
  @Override
  public EvaluationMemory evaluationMemory(int nodes, int length) {
    Block block = blocks.get(0);
    // Block 0's inputs may be as many as nodes: they need queries and embeddings of their own.
    long perNode = 2L * config.dModel() + block.query.width() + block.keyValue.width();
    long perRow =
        config.dModel()
            + 2L * hiddenPart
            + kernel.promptsPerPanel()
            + block.output.width()
            + unembedding.width();
    return new EvaluationMemory(Float.BYTES * (nodes * perNode + chunk * perRow), 0);
  }

  @Override
  public double operations(long[] nodes) {
    return config.operations(nodes);
  }

  @Override
  public void close() {
    // Nothing is held outside the heap.
  }

  private final class Block {
    private final LayerNorm ln1;
    private final PackedLinear query;
    private final PackedLinear keyValue;
    private final PackedLinear output;
    private final LayerNorm ln2;
    private final PackedLinear up;
    private final PackedLinear down;

    private Block(Map<String, float[]> all, String prefix) {
      int d = config.dModel();
      float[] weight = all.get(prefix + "attn.qkv.weight"); // [3D, D]: all of Q, of K, of V
      float[] bias = all.get(prefix + "attn.qkv.bias");
      this.ln1 = new LayerNorm(all, prefix + "ln_1.");
      this.query = part(weight, bias, 0, d);
      this.keyValue = part(weight, bias, d, 3 * d);
      this.output = linear(all, prefix + "attn.proj.", d);
      this.ln2 = new LayerNorm(all, prefix + "ln_2.");
      this.up = linear(all, prefix + "mlp.fc.", d);
      this.down = linear(all, prefix + "mlp.proj.", config.dMlp());
    }

    private PackedLinear part(float[] weight, float[] bias, int from, int to) {
      int d = config.dModel();
      return new PackedLinear(
          kernel,
          Arrays.copyOfRange(weight, from * d, to * d),
          bias == null ? null : Arrays.copyOfRange(bias, from, to),
          d);
    }

    private PackedLinear linear(Map<String, float[]> all, String prefix, int inputs) {
      return new PackedLinear(kernel, all.get(prefix + "weight"), all.get(prefix + "bias"), inputs);
    }
  }

  /** Layer norm of rows, into the interleaved form that linear maps read. */
  private final class LayerNorm {
    private final float[] weight; // D
    private final float[] bias; // D
    private final float[] ones; // D

    private LayerNorm(Map<String, float[]> all, String prefix) {
      this.weight = all.get(prefix + "weight");
      this.bias = all.get(prefix + "bias");
      this.ones = new float[weight.length];
      Arrays.fill(ones, 1);
    }

    /**
     * Normalizes rows [from, to).
     *
     * @param x rows of D floats
     * @param centered scratch, D floats
     * @param normed receives ceil((to - from) / G) groups of D x G floats
     */
    private void apply(float[] x, int from, int to, float[] centered, float[] normed) {
      int d = weight.length;
      for (int row = from; row < to; row++) {
        float mean = kernel.dot(x, row * d, ones, 0, d) / d;
        for (int k = 0; k < d; k++) {
          centered[k] = x[row * d + k] - mean;
        }

        float variance = kernel.dot(centered, 0, centered, 0, d) / d;
        float scale = (float) (1 / Math.sqrt(variance + config.normEpsilon()));
        for (int k = 0; k < d; k++) {
          centered[k] = centered[k] * scale * weight[k] + bias[k];
        }

        interleave(centered, 0, d, normed, row - from);
      }
    }
  }

  /** Puts a row of {@code length} floats where linear maps read row {@code row}. */
  private static void interleave(float[] x, int offset, int length, float[] groups, int row) {
    int start = row / GROUP * GROUP * length + row % GROUP;
    for (int k = 0; k < length; k++) {
      groups[start + k * GROUP] = x[offset + k];
    }
  }

  /** One forward pass over one tree. */
  private final class Pass {
    private final PrefixTree tree;
    private final PrefixTree.Inputs inputs;
    private final int d = config.dModel();
    private final int firstLeaf;
    private final float[][] ffnOutputs; // n_layers of [B, D]
    private final float[] residual; // [N, D]
    private final float[] centered = new float[d];
    private final float[] packed = new float[chunk * d]; // C / G groups
    private final float[] hidden = new float[chunk * hiddenPart];
    private final float[] packedHidden = new float[chunk * hiddenPart]; // C / G groups
    private final float[] partial = new float[chunk * kernel.promptsPerPanel()];
    private final float[] mixed = new float[d];
    private final float[] outputs; // [C, W] of linear maps to the residual stream
    private final float[] scores;
    private final int[] path;
    private float[] keysAndValues; // [N, W]: D of keys, then D of values
    private float[] queries; // [C, W]; of block 0's inputs in block 0

    private Pass(PrefixTree tree) {
      this.tree = tree;
      this.inputs = tree.inputs();
      this.firstLeaf = tree.nodes() - tree.leaves();
      this.ffnOutputs = new float[config.nLayers()][tree.leaves() * d];
      this.residual = new float[tree.nodes() * d];
      this.outputs = new float[chunk * blocks.get(0).output.width()];
      this.scores = new float[tree.depths()];
      this.path = new int[tree.depths()];
    }

    private float[][] run() {
      embed();
      for (int i = 0; i < blocks.size(); i++) {
        Block block = blocks.get(i);
        boolean last = i == blocks.size() - 1;
        if (i == 1) {
          keysAndValues = null; // not both at once
          keysAndValues = new float[(tree.nodes() + GROUP) * block.keyValue.width()];
          queries = new float[chunk * block.query.width()];
        }

        for (int from = 0, to; from < tree.nodes(); from = to) {
          to = Math.min(from + chunk, from < firstLeaf ? firstLeaf : tree.nodes());
          boolean leaves = from >= firstLeaf;
          if (i > 0) {
            block.ln1.apply(residual, from, to, centered, packed);
            block.keyValue.apply(
                packed, to - from, partial, keysAndValues, from * block.keyValue.width());
          }

          if (last && !leaves) {
            continue; // what follows would not reach any leaf
          }

          if (i > 0) {
            block.query.apply(packed, to - from, partial, queries, 0);
          }

          attend(block, i == 0, from, to);
          feedForward(block, from, to, leaves ? ffnOutputs[i] : null);
        }
      }

      return ffnOutputs;
    }

    /**
     * The residual stream's first values, and block 0's queries, keys and values, which depend on
     * nothing but token and position.
     */
    private void embed() {
      Block block = blocks.get(0);
      int count = inputs.tokens().length;
      float[] embedded = new float[count * d];
      for (int i = 0; i < count; i++) {
        int token = inputs.tokens()[i] * d;
        int position = inputs.depths()[i] * d;
        for (int k = 0; k < d; k++) {
          embedded[i * d + k] = tokenEmbedding[token + k] + positionEmbedding[position + k];
        }
      }

      queries = new float[(count + GROUP) * block.query.width()];
      keysAndValues = new float[(count + GROUP) * block.keyValue.width()];
      for (int from = 0; from < count; from += chunk) {
        int to = Math.min(count, from + chunk);
        block.ln1.apply(embedded, from, to, centered, packed);
        block.query.apply(packed, to - from, partial, queries, from * block.query.width());
        block.keyValue.apply(
            packed, to - from, partial, keysAndValues, from * block.keyValue.width());
      }

      for (int node = 0; node < tree.nodes(); node++) {
        System.arraycopy(embedded, inputs.ofNodes()[node] * d, residual, node * d, d);
      }
    }

    /** Attention of nodes [from, to), added to the residual stream. */
    private void attend(Block block, boolean first, int from, int to) {
      int heads = config.nHeads();
      int e = d / heads;
      float scale = (float) (1 / Math.sqrt(e));
      int width = block.keyValue.width();
      for (int node = from; node < to; node++) {
        int length = 0; // of the path from the node up
        for (int ancestor = node; ancestor >= 0; ancestor = tree.parent(ancestor)) {
          path[length++] = (first ? inputs.ofNodes()[ancestor] : ancestor) * width;
        }

        int query = (first ? inputs.ofNodes()[node] : node - from) * block.query.width();
        for (int head = 0; head < heads; head++) {
          for (int i = 0; i < length; i++) {
            int key = path[i] + head * e;
            scores[i] = scale * kernel.dot(queries, query + head * e, keysAndValues, key, e);
          }

          softmax(scores, 0, length);
          kernel.weightedSum(
              keysAndValues, path, d + head * e, length, scores, 0, mixed, head * e, e);
        }

        interleave(mixed, 0, d, packed, node - from);
      }

      block.output.apply(packed, to - from, partial, outputs, 0);
      addToResidual(block.output.width(), from, to);
    }

    /**
     * The feed-forward network of nodes [from, to), added to the residual stream.
     *
     * @param sink receives the outputs of leaves; null for inner nodes
     */
    private void feedForward(Block block, int from, int to, float[] sink) {
      int rows = to - from;
      block.ln2.apply(residual, from, to, centered, packed);
      for (int start = 0, end; start < config.dMlp(); start = end) {
        end = Math.min(config.dMlp(), start + hiddenPart);
        for (int unit = start; unit < end; unit += kernel.promptsPerPanel()) {
          block.up.applyPanel(packed, rows, unit, partial, hidden, unit - start, hiddenPart);
        }

        config.activation().apply(hidden, 0, rows * hiddenPart);
        for (int row = 0; row < rows; row++) {
          interleave(hidden, row * hiddenPart, end - start, packedHidden, row);
        }

        block.down.addInputs(packedHidden, rows, start, end, partial, outputs);
      }

      addToResidual(block.down.width(), from, to);
      if (sink != null) {
        for (int row = 0; row < to - from; row++) {
          System.arraycopy(
              outputs, row * block.down.width(), sink, (from - firstLeaf + row) * d, d);
        }
      }
    }

    private void addToResidual(int width, int from, int to) {
      for (int row = 0; row < to - from; row++) {
        int out = row * width;
        int in = (from + row) * d;
        for (int k = 0; k < d; k++) {
          residual[in + k] += outputs[out + k];
        }
      }
    }

    /** Next-token distributions of the leaves, [B, V]; after {@link #run}. */
    private float[] probabilities() {
      int v = config.dVocab();
      float[] probabilities = new float[tree.leaves() * v];
      float[] logits = new float[chunk * unembedding.width()];
      for (int from = firstLeaf; from < tree.nodes(); from += chunk) {
        int to = Math.min(tree.nodes(), from + chunk);
        finalNorm.apply(residual, from, to, centered, packed);
        unembedding.apply(packed, to - from, partial, logits, 0);
        for (int row = 0; row < to - from; row++) {
          int start = (from - firstLeaf + row) * v;
          System.arraycopy(logits, row * unembedding.width(), probabilities, start, v);
          softmax(probabilities, start, v);
        }
      }

      return probabilities;
    }
  }

  private static void softmax(float[] x, int offset, int length) {
    float greatest = Float.NEGATIVE_INFINITY;
    for (int i = offset; i < offset + length; i++) {
      greatest = Math.max(greatest, x[i]);
    }

    float sum = 0;
    for (int i = offset; i < offset + length; i++) {
      x[i] = (float) Math.exp(x[i] - greatest);
      sum += x[i];
    }

    for (int i = offset; i < offset + length; i++) {
      x[i] /= sum;
    }
  }
}
