/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.cpu;

import dev.kindred.kernel.TileKernel;
import dev.kindred.model.DistinctSequences;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.ModelShape;
import dev.kindred.model.PrefixTree;
import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.Embedding;
import dev.kindred.model.architecture.FeedForward.Mlp;
import dev.kindred.model.architecture.Linear;
import dev.kindred.model.architecture.Mixer.Attention;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Norm.LayerNorm;
import dev.kindred.model.architecture.Positions.Learned;
import dev.kindred.model.architecture.Tensors;
import dev.kindred.model.architecture.Unembedding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The forward pass of some models over a prefix tree with Kindred's own kernels, which multiply
 * these matrices faster than the engine does on a CPU. Every row is computed by itself, so a node's
 * activations have the same bits in every tree that it is part of.
 *
 * <p>Letters in shapes: B = sequences in a batch, T = tokens in each, D = {@code d_model}, H =
 * heads, E = D / H, V = {@code d_vocab}, N = nodes, C = nodes in a chunk, G = TileKernel.WINDOWS.
 * Rows of a linear map's outputs are as long as its {@link PackedLinear#width()}. Inputs of linear
 * maps are interleaved in groups of G rows.
 *
 * <p>Nodes pass a block in chunks, in the tree's order, so that a node's ancestors are there before
 * it. Only their keys and values are kept for the whole tree, and the residual stream.
 */
public final class CpuModel implements LanguageModel {
  /** Floats of a chunk in one matrix: three of them fit a second-level cache of 2 MiB. */
  private static final int CHUNK_FLOATS = 128 * 1024;

  /** Hidden units that pass the feed-forward network at once, in panels of the kernel. */
  private static final int HIDDEN_PANELS = 3;

  private static final int GROUP = TileKernel.WINDOWS;

  private final Blueprint blueprint;
  private final int dModel; // D
  private final int vocabulary; // V
  private final TileKernel kernel;
  private final int chunk; // C
  private final int hiddenPart; // hidden units that pass at once
  private final float[] tokenEmbedding; // [V, D]
  private final float[] positionEmbedding; // [n_ctx, D]
  private final List<CpuBlock> blocks = new ArrayList<>();
  private final CpuNorm finalNorm;
  private final PackedLinear unembedding;

  /**
   * Packs a model's weights.
   *
   * @param blueprint a model that {@link #supports} is true of
   * @param tensors as {@link Blueprint#tensors} has them
   */
  public CpuModel(Blueprint blueprint, Tensors tensors, TileKernel kernel) {
    this.blueprint = blueprint;
    this.dModel = blueprint.shape().modelDimension();
    this.vocabulary = blueprint.shape().vocabularySize();
    this.kernel = kernel;
    this.chunk = Math.max(1, CHUNK_FLOATS / dModel / GROUP) * GROUP;
    this.hiddenPart = HIDDEN_PANELS * kernel.promptsPerPanel();
    this.tokenEmbedding = tensors.floats(blueprint.embedding().table());
    this.positionEmbedding = tensors.floats(((Learned) blueprint.embedding().positions()).table());
    for (Block block : blueprint.blocks()) {
      blocks.add(new CpuBlock(block, tensors));
    }

    Unembedding end = blueprint.unembedding();
    this.finalNorm = new CpuNorm((LayerNorm) end.norm(), tensors);
    this.unembedding = linear(end.head(), tensors);
  }

  /**
   * Whether these kernels evaluate a model: one whose parts are those of GPT-2, and whose linear
   * maps have ReLU or the exact GELU between them. Others are the engine's.
   */
  public static boolean supports(Blueprint blueprint) {
    int d = blueprint.shape().modelDimension();
    Embedding embedding = blueprint.embedding();
    Unembedding end = blueprint.unembedding();
    return embedding.positions() instanceof Learned learned
        && embedding.equals(Embedding.of(embedding.table(), embedding.tokens(), d, learned))
        && learned.offset() == 0
        && isSupported(end.norm())
        && end.equals(Unembedding.of(end.norm(), end.head()))
        && blueprint.blocks().stream().allMatch(block -> isSupported(block, d));
  }

  private static boolean isSupported(Block block, int d) {
    return block.mixer() instanceof Attention attention
        && block.feedForward() instanceof Mlp mlp
        && block.equals(Block.preNorm(block.mixerNorm(), attention, block.feedForwardNorm(), mlp))
        && isSupported(block.mixerNorm())
        && isSupported(block.feedForwardNorm())
        && attention.heads() * attention.headWidth() == d
        && attention.equals(
            Attention.plain(
                attention.heads(),
                attention.headWidth(),
                attention.query(),
                attention.key(),
                attention.value(),
                attention.output()))
        && (mlp.activation() == Activation.RELU || mlp.activation() == Activation.GELU);
  }

  private static boolean isSupported(Norm norm) {
    return norm instanceof LayerNorm layer && layer.weight() != null && layer.bias() != null;
  }

  private PackedLinear linear(Linear map, Tensors tensors) {
    return new PackedLinear(kernel, map.weight(tensors), map.bias(tensors), map.inputs());
  }

  /**
   * Two maps of the same inputs as one, whose outputs are those of the first, then the second's.
   */
  private PackedLinear linear(Linear first, Linear second, Tensors tensors) {
    float[] bias = joined(first.bias(tensors), second.bias(tensors), first, second);
    return new PackedLinear(
        kernel, joined(first.weight(tensors), second.weight(tensors)), bias, first.inputs());
  }

  private static float[] joined(float[] first, float[] second, Linear ofFirst, Linear ofSecond) {
    return first == null && second == null
        ? null
        : joined(
            first == null ? new float[ofFirst.outputs()] : first,
            second == null ? new float[ofSecond.outputs()] : second);
  }

  private static float[] joined(float[] first, float[] second) {
    float[] joined = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, joined, first.length, second.length);
    return joined;
  }

  @Override
  public ModelShape shape() {
    return blueprint.shape();
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
        distinct.ofSequences(found.probabilities(), vocabulary));
  }

  @Override
  public Predictions predict(PrefixTree tree) {
    Pass pass = new Pass(tree);
    float[][] ffnOutputs = pass.run();
    return new Predictions(ffnOutputs, pass.probabilities());
  }

  private float[][] ofSequences(DistinctSequences distinct, float[][] ffnOutputs) {
    float[][] all = new float[ffnOutputs.length][];
    Arrays.setAll(all, i -> distinct.ofSequences(ffnOutputs[i], dModel));
    return all;
  }

  /** Floats: the arrays of {@link Pass}. */
  @Override
  public EvaluationMemory evaluationMemory(int nodes, int length) {
    CpuBlock block = blocks.get(0);
    // Block 0's inputs may be as many as nodes: they need queries and embeddings of their own.
    long perNode = 2L * dModel + block.query.width() + block.keyValue.width();
    long perRow =
        dModel
            + 2L * hiddenPart
            + kernel.promptsPerPanel()
            + block.output.width()
            + unembedding.width();
    return new EvaluationMemory(Float.BYTES * (nodes * perNode + chunk * perRow), 0);
  }

  @Override
  public double operations(long[] nodes) {
    return blueprint.operations(nodes);
  }

  @Override
  public void close() {
    // Nothing is held outside the heap.
  }

  private final class CpuBlock {
    private final CpuNorm mixerNorm;
    private final int heads; // H
    private final PackedLinear query;
    private final PackedLinear keyValue;
    private final PackedLinear output;
    private final CpuNorm feedForwardNorm;
    private final PackedLinear up;
    private final PackedLinear down;
    private final int hidden; // outputs of up
    private final Activation activation;

    private CpuBlock(Block block, Tensors tensors) {
      Attention attention = (Attention) block.mixer();
      Mlp mlp = (Mlp) block.feedForward();
      this.mixerNorm = new CpuNorm((LayerNorm) block.mixerNorm(), tensors);
      this.heads = attention.heads();
      this.query = linear(attention.query(), tensors);
      this.keyValue = linear(attention.key(), attention.value(), tensors);
      this.output = linear(attention.output(), tensors);
      this.feedForwardNorm = new CpuNorm((LayerNorm) block.feedForwardNorm(), tensors);
      this.up = linear(mlp.up(), tensors);
      this.down = linear(mlp.down(), tensors);
      this.hidden = mlp.width();
      this.activation = mlp.activation();
    }
  }

  /** Layer norm of rows, into the interleaved form that linear maps read. */
  private final class CpuNorm {
    private final float[] weight; // D
    private final float[] bias; // D
    private final float[] ones; // D
    private final float epsilon;

    private CpuNorm(LayerNorm norm, Tensors tensors) {
      this.weight = tensors.floats(norm.weight());
      this.bias = tensors.floats(norm.bias());
      this.epsilon = norm.epsilon();
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
        float scale = (float) (1 / Math.sqrt(variance + epsilon));
        for (int k = 0; k < d; k++) {
          centered[k] = centered[k] * scale * weight[k] + bias[k];
        }

        interleave(centered, 0, d, normed, row - from);
      }
    }
  }

  /** Applies an activation function to {@code length} floats in place. */
  static void activate(Activation activation, float[] x, int length) {
    if (activation == Activation.RELU) {
      for (int i = 0; i < length; i++) {
        x[i] = Math.max(0, x[i]);
      }
    } else {
      for (int i = 0; i < length; i++) {
        x[i] = .5f * x[i] * (1 + ErrorFunction.erf(x[i] * (float) Math.sqrt(.5)));
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
    private final int d = dModel;
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
      this.ffnOutputs = new float[blocks.size()][tree.leaves() * d];
      this.residual = new float[tree.nodes() * d];
      this.outputs = new float[chunk * blocks.get(0).output.width()];
      this.scores = new float[tree.depths()];
      this.path = new int[tree.depths()];
    }

    private float[][] run() {
      embed();
      for (int i = 0; i < blocks.size(); i++) {
        CpuBlock block = blocks.get(i);
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
            block.mixerNorm.apply(residual, from, to, centered, packed);
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
      CpuBlock block = blocks.get(0);
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
        block.mixerNorm.apply(embedded, from, to, centered, packed);
        block.query.apply(packed, to - from, partial, queries, from * block.query.width());
        block.keyValue.apply(
            packed, to - from, partial, keysAndValues, from * block.keyValue.width());
      }

      for (int node = 0; node < tree.nodes(); node++) {
        System.arraycopy(embedded, inputs.ofNodes()[node] * d, residual, node * d, d);
      }
    }

    /** Attention of nodes [from, to), added to the residual stream. */
    private void attend(CpuBlock block, boolean first, int from, int to) {
      int heads = block.heads;
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
    private void feedForward(CpuBlock block, int from, int to, float[] sink) {
      int rows = to - from;
      block.feedForwardNorm.apply(residual, from, to, centered, packed);
      for (int start = 0, end; start < block.hidden; start = end) {
        end = Math.min(block.hidden, start + hiddenPart);
        for (int unit = start; unit < end; unit += kernel.promptsPerPanel()) {
          block.up.applyPanel(packed, rows, unit, partial, hidden, unit - start, hiddenPart);
        }

        activate(block.activation, hidden, rows * hiddenPart);
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
      int v = vocabulary;
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
