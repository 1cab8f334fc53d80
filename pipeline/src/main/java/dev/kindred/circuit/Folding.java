/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import dev.kindred.InvalidInput;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Block.Residual;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.Embedding;
import dev.kindred.model.architecture.FeedForward;
import dev.kindred.model.architecture.FeedForward.Gated;
import dev.kindred.model.architecture.FeedForward.Mlp;
import dev.kindred.model.architecture.Mixer.Attention;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Norm.LayerNorm;
import dev.kindred.model.architecture.Positions.Learned;
import dev.kindred.model.architecture.Positions.Rotary;
import dev.kindred.model.architecture.Tensors;
import dev.kindred.model.architecture.Unembedding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * Brings what norms multiply and add into the maps that read after them, and biases of values into
 * those of outputs. After layer norms what is read and written is centred, too. Log-probabilities
 * stay what they are.
 */
public final class Folding {
  private Folding() {}

  /**
   * Checks that a model has heads whose circuits are products of matrices.
   *
   * @param source the model, for the message
   * @throws InvalidInput naming what is in the way
   */
  public static void check(String source, Blueprint blueprint) {
    Embedding embedding = blueprint.embedding();
    refuse(source, embedding.projection() != null, "its embedding is projected");
    refuse(source, embedding.norm() != Norm.NONE, "its embedding is normed");
    refuse(source, blueprint.unembedding().projection() != null, "its final vector is projected");
    for (Block block : blueprint.blocks()) {
      if (!(block.mixer() instanceof Attention attention)) {
        throw new InvalidInput(
            "%s: it mixes positions without attention, so that there are no circuits of heads; give a"
                + " model with attention",
            source);
      }

      refuse(
          source,
          block.residual() == Residual.NORMED_SUM,
          "its norms come after the sums, so that heads do not read what others write");
      refuse(
          source,
          block.mixerOutputNorm() != Norm.NONE,
          "what attention writes is normed, so that OV is no matrix");
      refuse(
          source,
          attention.queryNorm() != Norm.NONE || attention.keyNorm() != Norm.NONE,
          "queries and keys are normed, so that QK is no matrix");
      refuse(
          source,
          attention.limits().clip() < Double.POSITIVE_INFINITY,
          "queries, keys and values are clipped, so that QK and OV are no matrices");
    }
  }

  /**
   * Checks that a model has what stands for tokens.
   *
   * @param option the setting, for the message
   * @throws InvalidInput if it has no positions to take a mean of
   */
  public static void checkBases(String option, List<TokenBasis> bases, Blueprint blueprint) {
    if (bases.contains(TokenBasis.NORMED_MEANPOS)
        && !(blueprint.embedding().positions() instanceof Learned)) {
      throw new InvalidInput(
          "%s %s: positions add nothing to this model's stream; leave it out",
          option, TokenBasis.NORMED_MEANPOS.text());
    }
  }

  /**
   * Checks that distances make a difference, and that the model reads so far.
   *
   * @param option the setting, for the message
   * @throws InvalidInput naming the first that does not
   */
  public static void checkDistances(String option, List<Integer> distances, Blueprint blueprint) {
    boolean isRotary =
        blueprint.blocks().stream()
            .anyMatch(
                block ->
                    block.mixer() instanceof Attention attention
                        && attention.positions() instanceof Rotary);
    int context = blueprint.shape().contextLength();
    for (int distance : distances) {
      if (distance > 0 && !isRotary) {
        throw new InvalidInput(
            "%s %d: positions turn nothing in this model, so that QK is one matrix; leave it out",
            option, distance);
      }

      if (distance >= context) {
        throw new InvalidInput(
            "%s %d: the model reads %d tokens; give less", option, distance, context);
      }
    }
  }

  private static void refuse(String source, boolean refused, String why) {
    if (refused) {
      throw new InvalidInput("%s: %s; circuits need a model without that", source, why);
    }
  }

  /** Folds a model that {@link #check} has let pass. */
  public static FoldedModel fold(Blueprint blueprint, Tensors tensors) {
    return fold(blueprint, tensors, blueprint.blocks().size());
  }

  /**
   * Folds a model that {@link #check} has let pass, of the feed-forward networks, which are most of
   * it, only as many as are asked for.
   *
   * @param networks blocks from the first one whose networks are read; others have none
   */
  static FoldedModel fold(Blueprint blueprint, Tensors all, int networks) {
    Embedding embedding = blueprint.embedding();
    Unembedding end = blueprint.unembedding();
    boolean isCentered =
        Stream.concat(
                blueprint.blocks().stream()
                    .flatMap(
                        block ->
                            block.feedForward() instanceof FeedForward.None
                                ? Stream.of(block.mixerNorm())
                                : Stream.of(block.mixerNorm(), block.feedForwardNorm())),
                Stream.of(end.norm()))
            .allMatch(LayerNorm.class::isInstance);
    int dimension = blueprint.shape().modelDimension();
    int vocabulary = blueprint.shape().vocabularySize();
    float[] table = all.floats(embedding.table());
    // The unembedding may be the same, the largest of all: it is not read, or drawn, twice.
    Tensors tensors = name -> name.equals(embedding.table()) ? table : all.floats(name);
    float[] unembedding = end.head().weight(tensors);
    List<FoldedBlock> blocks = new ArrayList<>();
    for (Block block : blueprint.blocks()) {
      blocks.add(
          folded(
              block,
              blocks.size() < networks ? network(block, isCentered, tensors) : null,
              isCentered,
              dimension,
              tensors));
    }

    return new FoldedModel(
        vocabulary,
        dimension,
        isCentered,
        table,
        embedding.scale(),
        embedding.positions() instanceof Learned learned
            ? positions(learned, isCentered, tensors)
            : null,
        blocks,
        PlainNorm.of(end.norm()),
        unembedding,
        FoldedMap.factors(end.norm(), dimension, tensors),
        unembeddingBias(end, unembedding, vocabulary, tensors));
  }

  private static DMatrixRMaj positions(Learned learned, boolean isCentered, Tensors tensors) {
    float[] table = tensors.floats(learned.table());
    int rows = learned.rows() - learned.offset();
    DMatrixRMaj positions = new DMatrixRMaj(rows, learned.width());
    Arrays.setAll(positions.data, i -> table[learned.offset() * learned.width() + i]);
    if (isCentered) {
      FoldedMap.takeMeans(positions.data, learned.width());
    }

    return positions;
  }

  private static double[] unembeddingBias(
      Unembedding end, float[] weight, int vocabulary, Tensors tensors) {
    double[] bias = new double[vocabulary];
    float[] stored = end.head().bias(tensors);
    float[] shift =
        end.norm() instanceof LayerNorm layer && layer.bias() != null
            ? tensors.floats(layer.bias())
            : new float[0];
    for (int token = 0; token < vocabulary; token++) {
      bias[token] = stored == null ? 0 : stored[token];
      for (int i = 0; i < shift.length; i++) {
        bias[token] += (double) shift[i] * weight[token * shift.length + i];
      }
    }

    return bias;
  }

  private static FoldedBlock folded(
      Block block, FoldedNetwork network, boolean isCentered, int dimension, Tensors tensors) {
    Attention attention = (Attention) block.mixer();
    FoldedMap query = FoldedMap.reading(attention.query(), block.mixerNorm(), tensors);
    FoldedMap key = FoldedMap.reading(attention.key(), block.mixerNorm(), tensors);
    FoldedMap value = FoldedMap.reading(attention.value(), block.mixerNorm(), tensors);
    FoldedMap output = FoldedMap.writing(attention.output(), isCentered, tensors);
    int width = attention.headWidth();
    int queriesPerKey = attention.heads() / attention.keyValueHeads();
    double[] outputBias = output.bias().clone();
    List<DMatrixRMaj> keys = new ArrayList<>(); // which heads share, as they are one object
    List<DMatrixRMaj> values = new ArrayList<>();
    for (int from = 0; from < attention.keyValueHeads() * width; from += width) {
      keys.add(columns(key.weight(), from, width));
      values.add(columns(value.weight(), from, width));
    }

    List<HeadWeights> heads = new ArrayList<>();
    for (int head = 0; head < attention.heads(); head++) {
      int from = head * width;
      int shared = head / queriesPerKey * width;
      DMatrixRMaj writes =
          CommonOps_DDRM.extract(output.weight(), from, from + width, 0, dimension);
      heads.add(
          new HeadWeights(
              columns(query.weight(), from, width),
              keys.get(head / queriesPerKey),
              values.get(head / queriesPerKey),
              writes,
              Arrays.copyOfRange(query.bias(), from, from + width),
              Arrays.copyOfRange(key.bias(), shared, shared + width)));
      for (int e = 0; e < width; e++) {
        for (int i = 0; i < dimension; i++) {
          outputBias[i] += value.bias()[shared + e] * writes.data[e * dimension + i];
        }
      }
    }

    return new FoldedBlock(
        PlainNorm.of(block.mixerNorm()),
        heads,
        outputBias,
        attention.scale(),
        attention.positions() instanceof Rotary rotary ? rotary : null,
        network,
        block.residual() == Residual.PARALLEL);
  }

  private static DMatrixRMaj columns(DMatrixRMaj weight, int from, int width) {
    return CommonOps_DDRM.extract(weight, 0, weight.numRows, from, from + width);
  }

  private static FoldedNetwork network(Block block, boolean isCentered, Tensors tensors) {
    Norm norm = block.feedForwardNorm();
    PlainNorm plain = PlainNorm.of(norm);
    if (block.feedForward() instanceof Mlp mlp) {
      return new FoldedNetwork(
          plain,
          null,
          FoldedMap.reading(mlp.up(), norm, tensors),
          FoldedMap.writing(mlp.down(), isCentered, tensors),
          mlp.activation());
    }

    if (block.feedForward() instanceof Gated gated) {
      return new FoldedNetwork(
          plain,
          FoldedMap.reading(gated.gate(), norm, tensors),
          FoldedMap.reading(gated.up(), norm, tensors),
          FoldedMap.writing(gated.down(), isCentered, tensors),
          gated.activation());
    }

    return new FoldedNetwork(plain, null, null, null, null);
  }
}
