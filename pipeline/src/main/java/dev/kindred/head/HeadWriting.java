/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Block.Residual;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.FeedForward;
import dev.kindred.model.architecture.Mixer.Attention;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Norm.LayerNorm;
import dev.kindred.model.architecture.Tensors;
import java.util.stream.Stream;

/**
 * What the heads of a block make of values as they write to the stream.
 *
 * <p>Every row of a pattern adds up to 1, so that a head writes what it makes of a value's bias at
 * every position, wherever it looks. Folding moves that into the output's bias. To the values'
 * biases belongs what they make of the bias of the norm before.
 *
 * @param products of each query head, W_O W_O', [H][E x E]: they give the norm of what is written
 * @param foldedProducts the same without what counts for nothing: means over coordinates, if all
 *     norms of the model take them away
 * @param bias of the values of each query head, [H][E]
 * @param writtenBias what each head makes of it, bias W_O, [H][D]
 */
record HeadWriting(
    double[][] products, double[][] foldedProducts, double[][] bias, double[][] writtenBias) {

  /** Reads a block's weights. */
  static HeadWriting of(Blueprint blueprint, int number, Tensors tensors) {
    Block block = blueprint.blocks().get(number);
    Attention attention = (Attention) block.mixer();
    int heads = attention.heads();
    int width = attention.headWidth();
    int dimension = attention.output().outputs();
    float[] output = attention.output().weight(tensors); // D x H E
    double[] valueBias = valueBias(attention, block.mixerNorm(), tensors);
    boolean isCentered = isCentered(blueprint);
    double[][] products = new double[heads][];
    double[][] folded = new double[heads][];
    double[][] bias = new double[heads][width];
    double[][] written = new double[heads][dimension];
    for (int head = 0; head < heads; head++) {
      double[][] rows = new double[width][dimension];
      for (int e = 0; e < width; e++) {
        for (int i = 0; i < dimension; i++) {
          rows[e][i] = output[i * heads * width + head * width + e];
        }
      }

      int shared = head / (heads / attention.keyValueHeads()) * width;
      System.arraycopy(valueBias, shared, bias[head], 0, width);
      for (int e = 0; e < width; e++) {
        for (int i = 0; i < dimension; i++) {
          written[head][i] += bias[head][e] * rows[e][i];
        }
      }

      products[head] = products(rows);
      if (isCentered) {
        for (double[] row : rows) {
          takeMean(row);
        }
      }

      folded[head] = isCentered ? products(rows) : products[head];
    }

    return new HeadWriting(products, folded, bias, written);
  }

  /** The biases of values, with those of the norm before; none where values are clipped. */
  private static double[] valueBias(Attention attention, Norm norm, Tensors tensors) {
    double[] bias = new double[attention.value().outputs()];
    if (attention.limits().clip() < Double.POSITIVE_INFINITY) {
      return bias; // what is clipped is no sum
    }

    float[] stored = attention.value().bias(tensors);
    for (int o = 0; stored != null && o < bias.length; o++) {
      bias[o] = stored[o];
    }

    if (norm instanceof LayerNorm layer && layer.bias() != null) {
      float[] shift = tensors.floats(layer.bias());
      float[] weight = attention.value().weight(tensors);
      for (int o = 0; o < bias.length; o++) {
        for (int i = 0; i < shift.length; i++) {
          bias[o] += (double) weight[o * shift.length + i] * shift[i];
        }
      }
    }

    return bias;
  }

  /** Whether everything that reads the stream takes its mean away first. */
  private static boolean isCentered(Blueprint blueprint) {
    return blueprint.blocks().stream()
            .allMatch(
                block ->
                    block.residual() != Residual.NORMED_SUM
                        && block.mixerOutputNorm() == Norm.NONE
                        && (block.feedForward() instanceof FeedForward.None
                                ? Stream.of(block.mixerNorm())
                                : Stream.of(block.mixerNorm(), block.feedForwardNorm()))
                            .allMatch(LayerNorm.class::isInstance))
        && blueprint.unembedding().norm() instanceof LayerNorm;
  }

  private static void takeMean(double[] row) {
    double mean = 0;
    for (double value : row) {
      mean += value / row.length;
    }

    for (int i = 0; i < row.length; i++) {
      row[i] -= mean;
    }
  }

  private static double[] products(double[][] rows) {
    int width = rows.length;
    double[] products = new double[width * width];
    for (int a = 0; a < width; a++) {
      for (int b = 0; b <= a; b++) {
        double sum = 0;
        for (int i = 0; i < rows[a].length; i++) {
          sum += rows[a][i] * rows[b][i];
        }

        products[a * width + b] = sum;
        products[b * width + a] = sum;
      }
    }

    return products;
  }

  /**
   * The norm of x W_O.
   *
   * @param products of the head
   * @param x E numbers from an index on
   * @param minus taken away before; null for nothing
   */
  static double norm(double[] products, float[] x, int from, double[] minus, double clip) {
    int width = (int) Math.round(Math.sqrt(products.length));
    double[] values = new double[width];
    for (int e = 0; e < width; e++) {
      values[e] = Math.max(-clip, Math.min(clip, x[from + e])) - (minus == null ? 0 : minus[e]);
    }

    double sum = 0;
    for (int a = 0; a < width; a++) {
      double row = 0;
      for (int b = 0; b < width; b++) {
        row += products[a * width + b] * values[b];
      }

      sum += row * values[a];
    }

    return Math.sqrt(Math.max(0, sum));
  }
}
