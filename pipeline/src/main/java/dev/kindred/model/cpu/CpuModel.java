/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.cpu;

import dev.kindred.kernel.TileKernel;
import dev.kindred.model.BlockVector;
import dev.kindred.model.DistinctSequences;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.ModelShape;
import dev.kindred.model.PrefixTree;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Block.Residual;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.Embedding;
import dev.kindred.model.architecture.FeedForward;
import dev.kindred.model.architecture.Linear;
import dev.kindred.model.architecture.Mixer.Attention;
import dev.kindred.model.architecture.Positions.Learned;
import dev.kindred.model.architecture.Tensors;
import dev.kindred.model.architecture.Unembedding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * The forward pass of some models over a prefix tree with Kindred's own kernels, which multiply
 * these matrices faster than the engine does on a CPU. Every row is computed by itself, so a node's
 * activations have the same bits in every tree that it is part of.
 *
 * <p>Letters in shapes: B = sequences in a batch, T = tokens in each, D = {@code d_model}, V =
 * {@code d_vocab}, N = nodes, C = nodes in a chunk, G = TileKernel.WINDOWS. Rows of a linear map's
 * outputs are as long as its {@link PackedLinear#width()}. Inputs of linear maps are interleaved in
 * groups of G rows.
 *
 * <p>Nodes pass a block in chunks, in the tree's order, so that a node's ancestors are there before
 * it. Only their keys and values are kept for the whole tree, and the residual stream.
 */
public final class CpuModel implements LanguageModel {
  /** Floats of a chunk in one matrix: two of them fit a second-level cache of 2 MiB. */
  private static final int CHUNK_FLOATS = 256 * 1024;

  /**
   * The fewest rows of a chunk, however wide they are: bringing a weight in from memory takes as
   * long as multiplying some forty rows by it.
   */
  private static final int CHUNK_ROWS = 448;

  /** Floats of logits at once, unless a group of rows has more: a vocabulary may be large. */
  private static final int LOGIT_FLOATS = 16 * 1024 * 1024;

  /** Hidden units that pass the feed-forward network at once, in panels of the kernel. */
  private static final int HIDDEN_PANELS = 3;

  /** Floats of keys and values that stay in a core's own cache: 768 KiB of 1 MiB or more. */
  private static final int CACHED_KEYS = 3 << 16;

  private static final int GROUP = TileKernel.WINDOWS;

  private final Blueprint blueprint;
  private final int dModel; // D
  private final int vocabulary; // V
  private final TileKernel kernel;
  private final int chunk; // C
  private final int hiddenPart; // hidden units that pass at once
  private final int logitRows; // whose logits are there at once, at most C
  private final float[] tokenEmbedding; // [V, width of the table]; null for the unembedding's
  private final float[] positionEmbedding; // [rows, D]; null for none
  private final int positionOffset;
  private final float embeddingScale;
  private final PackedLinear embeddingProjection; // null for none
  private final CpuNorm embeddingNorm;
  private final List<CpuBlock> blocks = new ArrayList<>();
  private final CpuNorm finalNorm;
  private final PackedLinear unembeddingProjection; // null for none
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
    this.chunk = Math.max(CHUNK_ROWS, CHUNK_FLOATS / dModel / GROUP * GROUP);
    this.hiddenPart = HIDDEN_PANELS * kernel.promptsPerPanel();
    Embedding embedding = blueprint.embedding();
    Unembedding end = blueprint.unembedding();
    boolean isTied = end.head().stored().weight().equals(embedding.table());
    this.tokenEmbedding = isTied ? null : tensors.floats(embedding.table());
    if (embedding.positions() instanceof Learned learned) {
      this.positionEmbedding = tensors.floats(learned.table());
      this.positionOffset = learned.offset();
    } else {
      this.positionEmbedding = null;
      this.positionOffset = 0;
    }

    this.embeddingScale = (float) embedding.scale();
    this.embeddingProjection = optional(embedding.projection(), tensors);
    this.embeddingNorm = new CpuNorm(embedding.norm(), dModel, kernel, tensors);
    for (Block block : blueprint.blocks()) {
      blocks.add(new CpuBlock(block, dModel, kernel, tensors));
    }

    this.finalNorm = new CpuNorm(end.norm(), dModel, kernel, tensors);
    this.unembeddingProjection = optional(end.projection(), tensors);
    this.unembedding = PackedLinear.of(end.head(), kernel, tensors);
    this.logitRows =
        Math.max(GROUP, Math.min(chunk, LOGIT_FLOATS / unembedding.width() / GROUP * GROUP));
  }

  private PackedLinear optional(Linear map, Tensors tensors) {
    return map == null ? null : PackedLinear.of(map, kernel, tensors);
  }

  /**
   * Whether these kernels evaluate a model: one whose blocks have attention, or masked mixing, and
   * a feed-forward network. Others are the engine's.
   */
  public static boolean supports(Blueprint blueprint) {
    return blueprint.blocks().stream()
        .allMatch(
            block ->
                !(block.mixer() instanceof Attention attention
                        && attention.positions() instanceof Learned)
                    && !(block.feedForward() instanceof FeedForward.None));
  }

  @Override
  public ModelShape shape() {
    return blueprint.shape();
  }

  @Override
  public float[][] vectors(BlockVector kind, int[][] tokenIds) {
    DistinctSequences distinct = DistinctSequences.of(tokenIds);
    return ofSequences(distinct, vectors(kind, distinct.tree(), blocks.size()));
  }

  @Override
  public float[][] vectors(BlockVector kind, PrefixTree tree, int count) {
    return new Pass(kind, tree, count).run();
  }

  @Override
  public float[][] residualStreams(PrefixTree tree, int... depths) {
    Pass pass = new Pass(BlockVector.RESID_POST, tree, blocks.size(), depths);
    float[][] streams = new float[blocks.size() + 1][];
    pass.embed();
    streams[0] = new float[pass.wantedRows * dModel];
    pass.keep(pass.residual, 0, dModel, streams[0], 0, tree.nodes());
    float[][] after = pass.blocks();
    System.arraycopy(after, 0, streams, 1, after.length);
    return streams;
  }

  @Override
  public Predictions predict(BlockVector kind, int[][] tokenIds) {
    DistinctSequences distinct = DistinctSequences.of(tokenIds);
    Predictions found = predict(kind, distinct.tree());
    return new Predictions(
        ofSequences(distinct, found.vectors()),
        distinct.ofSequences(found.probabilities(), vocabulary));
  }

  @Override
  public Predictions predict(BlockVector kind, PrefixTree tree) {
    Pass pass = new Pass(kind, tree, blocks.size());
    float[][] vectors = pass.run();
    return new Predictions(vectors, pass.probabilities());
  }

  @Override
  public Ends ends(BlockVector kind, PrefixTree tree) {
    Pass pass = new Pass(kind, tree, blocks.size());
    float[][] vectors = pass.run();
    return new Ends(vectors, pass.finalVectors());
  }

  private float[][] ofSequences(DistinctSequences distinct, float[][] vectors) {
    float[][] all = new float[vectors.length][];
    Arrays.setAll(all, i -> distinct.ofSequences(vectors[i], dModel));
    return all;
  }

  /** Counts the floats of the arrays of {@link Pass}. */
  @Override
  public EvaluationMemory evaluationMemory(int nodes, int length) {
    long most = 0;
    long rows = rowsAtOnce(nodes);
    for (CpuBlock block : blocks) {
      // Block 0's inputs may be as many as nodes: they need queries and embeddings of their own.
      long perNode = 3L * dModel + block.queryWidth() + block.keptWidth() + block.spreadWidth();
      long perRow =
          widest() + dModel + 3L * hiddenPart + kernel.promptsPerPanel() + block.outputWidth();
      long logits = Math.min(logitRows, rows) * unembedding.width();
      most = Math.max(most, Float.BYTES * (nodes * perNode + rows * perRow + logits));
    }

    return new EvaluationMemory(most, 0);
  }

  /** Nodes in a chunk, in whole groups: a small tree has no room for more. */
  private int rowsAtOnce(int nodes) {
    return Math.min(chunk, (nodes + GROUP - 1) / GROUP * GROUP);
  }

  /** The most inputs of a linear map that reads {@link Pass#packed}. */
  private int widest() {
    return Math.max(
        Math.max(dModel, unembedding.inputs()),
        Math.max(
            embeddingProjection == null ? 0 : embeddingProjection.inputs(),
            blocks.stream().mapToInt(CpuBlock::mixedWidth).max().orElse(0)));
  }

  /**
   * So many that a core's own cache holds the keys and values of a block: a tree has them depth by
   * depth, those of one sequence far apart, and attention reads them again for each of its tokens.
   */
  @Override
  public int sequencesTogether(int length) {
    int widest =
        blocks.stream().mapToInt(block -> block.keptWidth() + block.spreadWidth()).max().orElse(1);
    return Math.max(1, CACHED_KEYS / Math.max(1, widest) / length);
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
    // Nothing is held outside the heap.
  }

  /**
   * Puts rows where linear maps read them.
   *
   * @param x has them {@code stride} floats apart, in whole groups: what is beyond the last row has
   *     no meaning
   * @param length floats of a row that are wanted
   * @param first of the rows, a multiple of G
   */
  private static void interleave(
      float[] x, int offset, int stride, int length, float[] groups, int first, int rows) {
    for (int row = 0; row < rows; row += GROUP) {
      int from = offset + row * stride;
      int to = (first + row) * length;
      for (int k = 0; k < length; k++) {
        for (int i = 0; i < GROUP; i++) {
          groups[to + k * GROUP + i] = x[from + i * stride + k];
        }
      }
    }
  }

  /** One forward pass over one tree. */
  private final class Pass {
    private final PrefixTree tree;
    private final PrefixTree.Inputs inputs;
    private final int[] positions; // N
    private final int d = dModel;
    private final int[] rowOfNode; // of the nodes whose vectors are kept; -1 of others
    private final int wantedRows;
    private final int firstLeaf;
    private final BlockVector kind; // of the vectors that are kept
    private final float[][] vectors; // of the blocks that are evaluated, a row a node from there
    private final float[] residual; // [N, D]
    private final float[] rows; // [G, the widest map's inputs]
    private final float[] packed; // C / G groups
    private final int chunk; // C, of this pass: no more than the tree has
    private final float[] hidden; // [C, hidden units of a part]
    private final float[] hiddenUp; // the same of gated networks
    private final float[] packedHidden; // C / G groups
    private final float[] partial;
    private final float[] outputs; // [C, W] of linear maps to the residual stream
    private final float[] beside; // [C, D], of networks beside attention
    private final float[] scores;
    private final int[] path;
    private Sources sources; // of block 0
    private final CpuTriangle.Path seen; // of masked mixing
    private final float[] mixed; // of a node, by one branch of it
    private float[] keysAndValues; // [N, W]: keys of all heads, then values; or what is mixed
    private float[] spread; // [N, spread width] of the block; null where nothing is spread
    private float[] queries; // [C, W]; of block 0's inputs in block 0

    /**
     * What the residual stream begins with.
     *
     * @param embedded [S, D], a row a token, or a row a pair of token and position
     * @param ofNodes the row of each node
     * @param besides [S, D], what the network of block 0 makes of them, where it stands beside
     *     attention; otherwise null
     */
    private record Sources(float[] embedded, int[] ofNodes, float[] besides) {}

    private Pass(BlockVector kind, PrefixTree tree, int count) {
      this(kind, tree, count, tree.depths() - 1);
    }

    /** Keeps vectors of nodes at some depths, ascending. */
    private Pass(BlockVector kind, PrefixTree tree, int count, int... depths) {
      this.kind = kind;
      this.tree = tree;
      this.inputs = tree.inputs();
      this.positions = tree.positionsOfNodes();
      this.rowOfNode = tree.rowsAt(depths);
      this.wantedRows = Arrays.stream(depths).map(tree::levelSize).sum();
      this.firstLeaf = tree.nodes() - tree.leaves();
      this.vectors = new float[count][wantedRows * d];
      this.residual = new float[tree.nodes() * d];
      this.rows = new float[GROUP * widest()];
      this.chunk = rowsAtOnce(tree.nodes());
      this.hidden = new float[chunk * hiddenPart];
      this.hiddenUp = new float[chunk * hiddenPart];
      this.packedHidden = new float[chunk * hiddenPart];
      this.partial = new float[chunk * kernel.promptsPerPanel()];
      this.beside = new float[chunk * d];
      this.packed = new float[chunk * widest()];
      this.outputs = new float[chunk * blocks.get(0).outputWidth()];
      List<CpuMasked> masked =
          blocks.stream().map(block -> block.masked).filter(Objects::nonNull).toList();
      this.seen =
          new CpuTriangle.Path(
              tree.depths(), masked.stream().mapToInt(CpuMasked::columns).max().orElse(0));
      this.mixed =
          new float
              [masked.stream()
                  .mapToInt(one -> Math.max(one.width, one.spreadWidth()))
                  .max()
                  .orElse(0)];
      this.scores = new float[tree.depths()];
      this.path = new int[tree.depths()];
    }

    private float[][] run() {
      embed();
      return blocks();
    }

    /** What comes after {@link #embed}. */
    private float[][] blocks() {
      for (int i = 0; i < vectors.length; i++) {
        CpuBlock block = blocks.get(i);
        CpuRotary turn = block.rotary(tree.context());
        boolean last = i == vectors.length - 1;
        if (i == 0) {
          firstQueriesAndKeys(block, turn);
        } else if (i == 1) {
          sources = null;
          keysAndValues = null; // not both at once
          int ofKeys = 0; // blocks need not have the same heads
          int ofQueries = 0;
          for (CpuBlock later : blocks.subList(1, blocks.size())) {
            ofKeys = Math.max(ofKeys, later.keptWidth());
            ofQueries = Math.max(ofQueries, later.queryWidth());
          }

          keysAndValues = new float[(tree.nodes() + GROUP) * ofKeys];
          queries = new float[chunk * ofQueries];
        }

        spread = block.spreadWidth() == 0 ? null : new float[tree.nodes() * block.spreadWidth()];
        for (int from = 0, to; from < tree.nodes(); from = to) {
          to = last ? endOfRun(from) : Math.min(from + chunk, tree.nodes());
          if (i > 0) {
            keys(block, turn, from, to);
          }

          if (spread != null) {
            spread(block, i == 0, from, to);
          }

          if (last && rowOfNode[from] < 0) {
            continue; // what follows would not reach any node that is asked for
          }

          if (i > 0 && block.query != null) {
            queries(block, turn, from, to);
          }

          advance(block, i, from, to);
        }
      }

      return vectors;
    }

    /** Where a chunk ends that begins at a node, and has none or only nodes that are asked for. */
    private int endOfRun(int from) {
      int most = Math.min(from + chunk, tree.nodes());
      int to = from + 1;
      while (to < most && rowOfNode[to] < 0 == rowOfNode[from] < 0) {
        to++;
      }

      return to;
    }

    /**
     * The residual stream's first values, which depend on nothing but token and position. Without
     * positions in it, tokens alone.
     */
    private void embed() {
      int[] tokens = inputs.tokens();
      int[] atPositions = inputs.positions();
      int[] ofNodes = inputs.ofNodes();
      if (positionEmbedding == null) {
        int[] distinct = Arrays.stream(tokens).distinct().sorted().toArray();
        int[] ofInputs =
            Arrays.stream(tokens).map(token -> Arrays.binarySearch(distinct, token)).toArray();
        ofNodes = Arrays.stream(ofNodes).map(input -> ofInputs[input]).toArray();
        tokens = distinct;
      }

      float[] embedded = new float[tokens.length * d];
      for (int i = 0; i < tokens.length; i++) {
        embedToken(tokens[i], embedded, i * d);
        if (positionEmbedding != null) {
          int position = (atPositions[i] + positionOffset) * d;
          for (int k = 0; k < d; k++) {
            embedded[i * d + k] += positionEmbedding[position + k];
          }
        }

        embeddingNorm.applyInPlace(embedded, i * d, 1, d);
      }

      CpuBlock block = blocks.get(0);
      float[] besides = block.residual == Residual.PARALLEL ? new float[tokens.length * d] : null;
      for (int from = 0; besides != null && from < tokens.length; from += chunk) {
        int to = Math.min(tokens.length, from + chunk);
        feedForward(block, embedded, from, to);
        for (int i = 0; i < to - from; i++) {
          System.arraycopy(outputs, i * block.down.width(), besides, (from + i) * d, d);
        }
      }

      sources = new Sources(embedded, ofNodes, besides);
      for (int node = 0; node < tree.nodes(); node++) {
        System.arraycopy(embedded, ofNodes[node] * d, residual, node * d, d);
      }
    }

    private void embedToken(int token, float[] embedded, int to) {
      int width = blueprint.embedding().width();
      float[] target = embeddingProjection == null ? embedded : rows;
      int at = embeddingProjection == null ? to : 0;
      if (tokenEmbedding == null) {
        unembedding.copyRow(token, target, at);
      } else {
        System.arraycopy(tokenEmbedding, token * width, target, at, width);
      }

      for (int k = 0; embeddingScale != 1 && k < width; k++) {
        target[at + k] *= embeddingScale;
      }

      if (embeddingProjection != null) {
        interleave(rows, 0, width, width, packed, 0, 1);
        embeddingProjection.apply(packed, 1, partial, outputs, 0);
        System.arraycopy(outputs, 0, embedded, to, d);
      }
    }

    /** Block 0's queries, keys and values: a row a pair of token and position. */
    private void firstQueriesAndKeys(CpuBlock block, CpuRotary turn) {
      float[] embedded = sources.embedded();
      int count = embedded.length / d;
      if (block.masked != null) {
        keysAndValues = new float[(count + GROUP) * block.keptWidth()];
        for (int from = 0; from < count; from += chunk) {
          mapped(block, embedded, from, Math.min(count, from + chunk));
        }

        return;
      }

      int queryWidth = block.query.width();
      int keyWidth = block.keyValue.width();
      queries = new float[(count + GROUP) * queryWidth];
      keysAndValues = new float[(count + GROUP) * keyWidth];
      for (int from = 0; from < count; from += chunk) {
        int to = Math.min(count, from + chunk);
        norm(block.mixerNorm, embedded, from, to);
        block.query.apply(packed, to - from, partial, queries, from * queryWidth);
        block.keyValue.apply(packed, to - from, partial, keysAndValues, from * keyWidth);
      }

      int pairs = inputs.tokens().length;
      if (positionEmbedding == null) {
        int[] ofPairs = new int[pairs];
        for (int node = 0; node < tree.nodes(); node++) {
          ofPairs[inputs.ofNodes()[node]] = sources.ofNodes()[node];
        }

        queries = expanded(queries, ofPairs, queryWidth);
        keysAndValues = expanded(keysAndValues, ofPairs, keyWidth);
      }

      for (int i = 0; !block.hasPlainKeys() && i < pairs; i++) {
        block.finishQuery(queries, i * queryWidth, turn, inputs.positions()[i]);
        block.finishKeyValue(keysAndValues, i * keyWidth, turn, inputs.positions()[i]);
      }
    }

    private float[] expanded(float[] rows, int[] which, int width) {
      float[] all = new float[which.length * width];
      for (int i = 0; i < which.length; i++) {
        System.arraycopy(rows, which[i] * width, all, i * width, width);
      }

      return all;
    }

    /** Puts normed rows [from, to) where linear maps read them. */
    private void norm(CpuNorm norm, float[] x, int from, int to) {
      for (int group = from; group < to; group += GROUP) {
        int end = Math.min(to, group + GROUP);
        for (int i = group; i < end; i++) {
          norm.apply(x, i * d, rows, (i - group) * d);
        }

        interleave(rows, 0, d, d, packed, group - from, end - group);
      }
    }

    /**
     * What masked mixing reads of rows [from, to), or spreads before.
     *
     * @param x the rows, before the norm
     */
    private void mapped(CpuBlock block, float[] x, int from, int to) {
      int width = block.keptWidth();
      if (block.masked.input != null) {
        norm(block.mixerNorm, x, from, to);
        block.masked.input.apply(packed, to - from, partial, keysAndValues, from * width);
        return;
      }

      for (int i = from; i < to; i++) {
        block.mixerNorm.apply(x, i * d, keysAndValues, i * width);
      }
    }

    /** Makes several vectors of each of nodes [from, to), from those on the way to it. */
    private void spread(CpuBlock block, boolean first, int from, int to) {
      int width = block.spreadWidth();
      for (int node = from; node < to; node++) {
        findPath(node, first ? sources.ofNodes() : null, block.keptWidth());
        block.masked.spread.apply(kernel, keysAndValues, seen, mixed);
        System.arraycopy(mixed, 0, spread, node * width, width);
      }
    }

    /**
     * Goes from a node up.
     *
     * @param rowOf the row of each node in what is read; null where it is the node itself
     * @param width floats of a row
     */
    private void findPath(int node, int[] rowOf, int width) {
      seen.clear();
      for (int at = node; at >= 0; at = tree.parent(at)) {
        seen.add((rowOf == null ? at : rowOf[at]) * width, positions[at]);
      }
    }

    /** What masked mixing of nodes [from, to) adds to the residual stream. */
    private void mixMasked(CpuBlock block, boolean first, int from, int to) {
      CpuMasked masked = block.masked;
      float[] read = spread == null ? keysAndValues : spread;
      int[] rowOf = first && spread == null ? sources.ofNodes() : null;
      int readWidth = spread == null ? block.keptWidth() : block.spreadWidth();
      for (int node = from; node < to; node++) {
        findPath(node, rowOf, readWidth);
        if (masked.output == null) {
          masked.mix(kernel, read, seen, mixed, outputs, (node - from) * block.outputWidth());
          continue;
        }

        masked.mix(kernel, read, seen, mixed, rows, (node - from) % GROUP * masked.width);
        int done = node - from + 1;
        if (done % GROUP == 0 || node == to - 1) {
          int start = (done - 1) / GROUP * GROUP;
          interleave(rows, 0, masked.width, masked.width, packed, start, done - start);
        }
      }

      if (masked.output != null) {
        masked.output.apply(packed, to - from, partial, outputs, 0);
      }
    }

    private void keys(CpuBlock block, CpuRotary turn, int from, int to) {
      if (block.masked != null) {
        mapped(block, residual, from, to);
        return;
      }

      norm(block.mixerNorm, residual, from, to);
      int width = block.keyValue.width();
      block.keyValue.apply(packed, to - from, partial, keysAndValues, from * width);
      for (int node = from; !block.hasPlainKeys() && node < to; node++) {
        block.finishKeyValue(keysAndValues, node * width, turn, positions[node]);
      }
    }

    private void queries(CpuBlock block, CpuRotary turn, int from, int to) {
      int width = block.query.width();
      block.query.apply(packed, to - from, partial, queries, 0);
      for (int node = from; !block.hasPlainKeys() && node < to; node++) {
        block.finishQuery(queries, (node - from) * width, turn, positions[node]);
      }
    }

    /** What comes after queries, keys and values, of nodes [from, to). */
    private void advance(CpuBlock block, int number, int from, int to) {
      boolean first = number == 0;
      if (block.residual == Residual.PARALLEL) {
        besideAttention(block, first, from, to);
        keep(BlockVector.FFN_OUT, beside, 0, d, number, from, to);
        mix(block, first, from, to);
        keep(BlockVector.ATTN_OUT, outputs, 0, block.outputWidth(), number, from, to);
        add(outputs, block.outputWidth(), from, to);
        add(beside, d, from, to);
        keep(BlockVector.RESID_POST, residual, from, d, number, from, to);
        return;
      }

      boolean isSumNormed = block.residual == Residual.NORMED_SUM;
      mix(block, first, from, to);
      keep(BlockVector.ATTN_OUT, outputs, 0, block.outputWidth(), number, from, to);
      add(outputs, block.outputWidth(), from, to);
      if (isSumNormed) {
        block.mixerOutputNorm.applyInPlace(residual, from * d, to - from, d);
      }

      feedForward(block, residual, from, to);
      keep(BlockVector.FFN_OUT, outputs, 0, block.down.width(), number, from, to);
      add(outputs, block.down.width(), from, to);
      if (isSumNormed) {
        block.feedForwardOutputNorm.applyInPlace(residual, from * d, to - from, d);
      }

      keep(BlockVector.RESID_POST, residual, from, d, number, from, to);
    }

    /** What the network adds that stands beside attention. In block 0 it is a token's. */
    private void besideAttention(CpuBlock block, boolean first, int from, int to) {
      if (!first) {
        feedForward(block, residual, from, to);
      }

      for (int node = from; node < to; node++) {
        System.arraycopy(
            first ? sources.besides() : outputs,
            first ? sources.ofNodes()[node] * d : (node - from) * block.down.width(),
            beside,
            (node - from) * d,
            d);
      }
    }

    /** What mixing of nodes [from, to) adds to the residual stream, into {@link #outputs}. */
    private void mix(CpuBlock block, boolean first, int from, int to) {
      if (block.masked == null) {
        attend(block, first, from, to);
      } else {
        mixMasked(block, first, from, to);
      }

      if (block.residual != Residual.NORMED_SUM) {
        block.mixerOutputNorm.applyInPlace(outputs, 0, to - from, block.outputWidth());
      }
    }

    /** What attention makes for it, before the norm. */
    private void attend(CpuBlock block, boolean first, int from, int to) {
      int heads = block.attention.heads();
      int e = block.attention.headWidth();
      int ofKey = heads / block.attention.keyValueHeads(); // heads of queries
      int values = block.attention.keyValueHeads() * e;
      float scale = (float) block.attention.scale();
      double cap = block.attention.limits().scoreCap();
      int window = block.attention.limits().window();
      int width = block.keyValue.width();
      int mixed = heads * e;
      for (int node = from; node < to; node++) {
        int length = 0; // of the path from the node up
        for (int seen = node;
            seen >= 0 && positions[node] - positions[seen] < window;
            seen = tree.parent(seen)) {
          path[length++] = (first ? inputs.ofNodes()[seen] : seen) * width;
        }

        int query = (first ? inputs.ofNodes()[node] : node - from) * block.query.width();
        for (int head = 0; head < heads; head++) {
          int keyHead = head / ofKey * e;
          kernel.dots(queries, query + head * e, keysAndValues, path, keyHead, length, scores, e);
          for (int i = 0; i < length; i++) {
            scores[i] *= scale;
          }

          cap(scores, 0, length, cap);
          kernel.softmax(scores, 0, length);
          kernel.weightedSum(
              keysAndValues,
              path,
              values + keyHead,
              length,
              scores,
              0,
              rows,
              (node - from) % GROUP * mixed + head * e,
              e);
        }

        int done = node - from + 1;
        if (done % GROUP == 0 || node == to - 1) {
          int start = (done - 1) / GROUP * GROUP;
          interleave(rows, 0, mixed, mixed, packed, start, done - start);
        }
      }

      block.output.apply(packed, to - from, partial, outputs, 0);
    }

    /**
     * What the feed-forward network adds to the residual stream, into {@link #outputs}.
     *
     * @param x the stream, of which rows [from, to) are read
     */
    private void feedForward(CpuBlock block, float[] x, int from, int to) {
      int count = to - from;
      norm(block.feedForwardNorm, x, from, to);
      for (int start = 0, end; start < block.hidden; start = end) {
        end = Math.min(block.hidden, start + hiddenPart);
        part(block.gate == null ? block.up : block.gate, count, start, end, hidden);
        CpuActivation.apply(block.activation, hidden, count * hiddenPart);
        if (block.gate != null) {
          part(block.up, count, start, end, hiddenUp);
          for (int i = 0; i < count * hiddenPart; i++) {
            hidden[i] *= hiddenUp[i];
          }
        }

        interleave(hidden, 0, hiddenPart, end - start, packedHidden, 0, count);

        block.down.addInputs(packedHidden, count, start, end, partial, outputs);
      }

      if (block.residual != Residual.NORMED_SUM) {
        block.feedForwardOutputNorm.applyInPlace(outputs, 0, count, block.down.width());
      }
    }

    /** Some of the hidden units, [C, hiddenPart]. */
    private void part(PackedLinear map, int rows, int start, int end, float[] units) {
      for (int unit = start; unit < end; unit += kernel.promptsPerPanel()) {
        map.applyPanel(packed, rows, unit, partial, units, unit - start, hiddenPart);
      }
    }

    private void add(float[] branch, int width, int from, int to) {
      for (int node = from; node < to; node++) {
        kernel.add(branch, (node - from) * width, residual, node * d, d);
      }
    }

    /**
     * Copies vectors of nodes [from, to), if they are of the kind that is kept, and asked for.
     *
     * @param rows has the first of them at row {@code first}
     */
    private void keep(
        BlockVector found, float[] rows, int first, int width, int block, int from, int to) {
      if (found == kind) {
        keep(rows, first, width, vectors[block], from, to);
      }
    }

    private void keep(float[] rows, int first, int width, float[] kept, int from, int to) {
      for (int node = from; node < to; node++) {
        if (rowOfNode[node] >= 0) {
          System.arraycopy(rows, (first + node - from) * width, kept, rowOfNode[node] * d, d);
        }
      }
    }

    /** What the unembedding's projection makes of the rows in {@link #packed}, [C, W]. */
    private float[] projected(int count) {
      float[] projected = new float[chunk * unembeddingProjection.width()];
      unembeddingProjection.apply(packed, count, partial, projected, 0);
      return projected;
    }

    /** What the unembedding's last map reads of the leaves, [B, H]; after {@link #run}. */
    private float[] finalVectors() {
      int h = unembedding.inputs();
      float[] vectors = new float[tree.leaves() * h];
      for (int from = firstLeaf; from < tree.nodes(); from += chunk) {
        int to = Math.min(tree.nodes(), from + chunk);
        if (unembeddingProjection == null) {
          for (int node = from; node < to; node++) {
            finalNorm.apply(residual, node * d, vectors, (node - firstLeaf) * h);
          }

          continue;
        }

        norm(finalNorm, residual, from, to);
        float[] projected = projected(to - from);
        for (int node = from; node < to; node++) {
          int row = (node - from) * unembeddingProjection.width();
          System.arraycopy(projected, row, vectors, (node - firstLeaf) * h, h);
        }
      }

      return vectors;
    }

    /** Next-token distributions of the leaves, [B, V]; after {@link #run}. */
    private float[] probabilities() {
      int v = vocabulary;
      double cap = blueprint.unembedding().cap();
      float[] probabilities = new float[tree.leaves() * v];
      int rowsAtOnce = Math.min(logitRows, chunk);
      float[] logits = new float[rowsAtOnce * unembedding.width()];
      for (int from = firstLeaf; from < tree.nodes(); from += rowsAtOnce) {
        int to = Math.min(tree.nodes(), from + rowsAtOnce);
        norm(finalNorm, residual, from, to);
        if (unembeddingProjection != null) {
          float[] projected = projected(to - from);
          int width = unembeddingProjection.width();
          interleave(projected, 0, width, unembedding.inputs(), packed, 0, to - from);
        }

        unembedding.apply(packed, to - from, partial, logits, 0);
        for (int i = 0; i < to - from; i++) {
          int start = (from - firstLeaf + i) * v;
          System.arraycopy(logits, i * unembedding.width(), probabilities, start, v);
          cap(probabilities, start, v, cap);
          kernel.softmax(probabilities, start, v);
        }
      }

      return probabilities;
    }
  }

  /** Bounds numbers: y becomes c tanh(y / c). */
  private static void cap(float[] x, int offset, int length, double cap) {
    for (int i = offset; cap < Double.POSITIVE_INFINITY && i < offset + length; i++) {
      x[i] = (float) (cap * Math.tanh(x[i] / cap));
    }
  }
}
