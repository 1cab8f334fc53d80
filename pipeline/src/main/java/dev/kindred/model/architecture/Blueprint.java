/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.ModelShape;
import dev.kindred.model.architecture.Block.Residual;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * A model as a description: its parts, and what their tensors are called. Everything that evaluates
 * or trains models reads it, and everything that can be told without weights is told here.
 *
 * <p>Letters in shapes: D = {@code d_model}, V = {@code d_vocab}, M = {@code d_mlp}.
 */
public record Blueprint(
    ModelShape shape, Embedding embedding, List<Block> blocks, Unembedding unembedding) {
  /**
   * A model whose blocks are described when they are asked for: a damaged configuration may want
   * more of them than there is memory.
   *
   * @param contextLength longest sequence
   * @param block describes a block by its number
   */
  public static Blueprint of(
      int dModel,
      int contextLength,
      Embedding embedding,
      int blocks,
      IntFunction<Block> block,
      Unembedding unembedding) {
    return new Blueprint(
        new ModelShape(embedding.tokens(), dModel, blocks, contextLength),
        embedding,
        new AbstractList<>() {
          @Override
          public Block get(int i) {
            return block.apply(i);
          }

          @Override
          public int size() {
            return blocks;
          }
        },
        unembedding);
  }

  /** Every tensor of the model: name to shape. */
  public Map<String, long[]> tensors() {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    forEachTensor(tensor -> shapes.put(tensor.name(), tensor.shape()));
    return shapes;
  }

  /** Calls {@code each} once for each name of a tensor, in the order of the parts. */
  private void forEachTensor(Consumer<Tensor> each) {
    Map<String, Tensor> seen = new LinkedHashMap<>();
    List<Tensor> ofParts = new ArrayList<>(embedding.tensors());
    blocks.forEach(block -> ofParts.addAll(block.tensors()));
    ofParts.addAll(unembedding.tensors());
    for (Tensor tensor : ofParts) {
      Tensor known = seen.putIfAbsent(tensor.name(), tensor);
      if (known == null) {
        each.accept(tensor);
      } else if (!Arrays.equals(known.shape(), tensor.shape())) {
        throw new IllegalStateException("Two shapes of one tensor: " + tensor.name());
      }
    }
  }

  /** Numbers in all tensors. */
  public long parameters() {
    return tensors().values().stream()
        .mapToLong(shape -> Arrays.stream(shape).reduce(1, Math::multiplyExact))
        .sum();
  }

  /**
   * Weights that no training has changed; each is drawn when it is asked for.
   *
   * @param padding the token whose row of the embedding is zero; none if all are drawn
   */
  public Tensors initial(Initialization initialization, OptionalInt padding, long seed) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    forEachTensor(tensor -> tensors.put(tensor.name(), tensor));
    Tensors drawn = new InitialWeights(tensors, initialization, seed);
    return padding.isEmpty() ? drawn : name -> withZeros(drawn.floats(name), name, padding);
  }

  private float[] withZeros(float[] values, String name, OptionalInt padding) {
    if (name.equals(embedding.table())) {
      int first = padding.getAsInt() * embedding.width();
      Arrays.fill(values, first, first + embedding.width(), 0);
    }

    return values;
  }

  /** Weights by name of a model that begins as transformers do. */
  public Map<String, float[]> initialWeights(long seed) {
    return initialWeights(Initialization.COMMON, seed);
  }

  /** Weights by name that a training begins with. */
  public Map<String, float[]> initialWeights(Initialization initialization, long seed) {
    Tensors initial = initial(initialization, OptionalInt.empty(), seed);
    Map<String, float[]> weights = new LinkedHashMap<>();
    tensors().keySet().forEach(name -> weights.put(name, initial.floats(name)));
    return weights;
  }

  /**
   * See {@link LanguageModel#operations}. Block 0 makes queries, keys and values once for each pair
   * of token and depth, or once a token where embeddings know no positions; its network, where it
   * stands beside attention, as often. The last block makes keys and values of all nodes, and the
   * rest only of leaves. Attention's own products are counted with the maps that they stand
   * between.
   */
  public double operations(long[] nodes) {
    return operations(nodes, blocks.size()) + nodes[nodes.length - 1] * unembedding.operations();
  }

  /** Counts the operations of the first blocks alone, without predictions. */
  public double operations(long[] nodes, int count) {
    int depths = nodes.length;
    double leaves = nodes[depths - 1];
    double all = 0;
    double inputs = 0;
    double pairs = 0;
    for (int depth = 0; depth < depths; depth++) {
      all += nodes[depth];
      inputs += Math.min(nodes[depth], shape.vocabularySize());
      pairs += (depth + 1.) * nodes[depth];
    }

    if (embedding.positions() instanceof Positions.None) {
      inputs = Math.min(all, shape.vocabularySize());
    }

    double sum = 0;
    for (int i = 0; i < count; i++) {
      Block block = blocks.get(i);
      Mixer.Work work = block.mixer().work();
      boolean last = i == count - 1;
      double asking = i == 0 ? inputs : last ? leaves : all;
      sum += work.query() * asking + work.memory() * (i == 0 ? inputs : all);
      sum += work.memoryPair() * pairs + work.pair() * (last ? depths * leaves : pairs);
      double reached = last ? leaves : all;
      boolean isOfInputs = i == 0 && block.residual() == Residual.PARALLEL;
      sum += work.output() * reached;
      sum += block.feedForward().operations() * (isOfInputs ? inputs : reached);
    }

    return sum;
  }

  /**
   * Floating-point operations of the matrix products that training takes a token: three times those
   * of evaluating it at all positions. All pairs of positions are counted, masked ones too.
   *
   * @param length T
   */
  public double trainingOperations(int length) {
    double sum = unembedding.operations();
    for (Block block : blocks) {
      Mixer.Work work = block.mixer().work();
      sum += work.query() + work.memory() + work.output();
      sum += (work.memoryPair() + work.pair()) * length;
      sum += block.feedForward().operations();
    }

    return 3 * sum;
  }

  /** Whether each block has a feed-forward network. */
  public boolean hasNetworks() {
    return blocks.stream().noneMatch(block -> block.feedForward() instanceof FeedForward.None);
  }

  /** Whether the network of block 0 reads the embedding of its token, and nothing else. */
  public boolean hasNetworkOfLastToken() {
    return blocks.get(0).residual() == Residual.PARALLEL
        && embedding.positions() instanceof Positions.None;
  }

  /** The places where a pass of this model can be looked into, in the order of the pass. */
  public List<Hook> hooks() {
    List<Hook> hooks = new ArrayList<>();
    hooks.add(Hook.of(HookPoint.EMBED));
    if (!(embedding.positions() instanceof Positions.None)) {
      hooks.add(Hook.of(HookPoint.POS_EMBED));
    }

    for (int i = 0; i < blocks.size(); i++) {
      for (HookPoint point : points(blocks.get(i))) {
        hooks.add(Hook.of(point, i));
      }
    }

    if (!(unembedding.norm() instanceof Norm.None)) {
      hooks.add(Hook.of(HookPoint.FINAL_SCALE));
    }

    hooks.add(Hook.of(HookPoint.LOGITS));
    return hooks;
  }

  private static List<HookPoint> points(Block block) {
    List<HookPoint> points = new ArrayList<>();
    points.add(HookPoint.RESID_PRE);
    addScale(points, block.mixerNorm(), HookPoint.LN1_SCALE);
    if (block.mixer() instanceof Mixer.Attention) {
      points.addAll(
          List.of(
              HookPoint.Q,
              HookPoint.K,
              HookPoint.V,
              HookPoint.ATTN_SCORES,
              HookPoint.PATTERN,
              HookPoint.Z,
              HookPoint.RESULT));
    }

    addEnd(points, block, block.mixerOutputNorm(), HookPoint.LN1_POST_SCALE, HookPoint.ATTN_OUT);
    if (!(block.feedForward() instanceof FeedForward.None)) {
      if (block.residual() != Residual.PARALLEL) {
        points.add(HookPoint.RESID_MID);
      }

      addScale(points, block.feedForwardNorm(), HookPoint.LN2_SCALE);
      points.add(HookPoint.MLP_PRE);
      if (block.feedForward() instanceof FeedForward.Gated) {
        points.add(HookPoint.MLP_PRE_LINEAR);
      }

      points.add(HookPoint.MLP_POST);
      addEnd(
          points,
          block,
          block.feedForwardOutputNorm(),
          HookPoint.LN2_POST_SCALE,
          HookPoint.MLP_OUT);
    }

    points.add(HookPoint.RESID_POST);
    return points;
  }

  /** The end of a branch: its norm is of what it adds, or of the sum that comes after. */
  private static void addEnd(
      List<HookPoint> points, Block block, Norm norm, HookPoint scale, HookPoint out) {
    if (block.residual() == Residual.NORMED_SUM) {
      points.add(out);
      addScale(points, norm, scale);
    } else {
      addScale(points, norm, scale);
      points.add(out);
    }
  }

  private static void addScale(List<HookPoint> points, Norm norm, HookPoint scale) {
    if (!(norm instanceof Norm.None)) {
      points.add(scale);
    }
  }
}
