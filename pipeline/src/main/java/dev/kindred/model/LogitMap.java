/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import dev.kindred.kernel.TileKernel;
import dev.kindred.math.TopTokens;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A model's last linear map, from {@link LanguageModel.Ends final vectors} to logits. With a vector
 * and the logarithm of its normalizer, Z = sum over tokens of exp(logit), the probability of any
 * token is one dot product: exp(logit - ln Z). So a prediction of a large vocabulary is kept as a
 * vector.
 *
 * <p>Letters in shapes: V = tokens, H = numbers of a final vector, B = vectors.
 *
 * <p>It is safe for use by several threads at once.
 */
public final class LogitMap {
  /** Tokens of a vector that are listed with their probabilities. */
  public static final int LISTED = 100;

  private final TileKernel kernel;
  private final int tokens; // V
  private final int inputs; // H
  private final float[] weight; // [V, H]
  private final float[] bias; // [V], or null
  private final double cap;

  /**
   * What is kept of a prediction.
   *
   * @param finalVector [H]
   * @param logNormalizer ln Z
   * @param rootSum the sum over all tokens of the square roots of their probabilities
   * @param topTokens the {@link #LISTED} most probable tokens, the most probable first, of equally
   *     probable ones the lowest
   * @param topProbabilities theirs
   */
  public record Summary(
      float[] finalVector,
      double logNormalizer,
      double rootSum,
      int[] topTokens,
      float[] topProbabilities) {}

  /**
   * Makes a map.
   *
   * @param weight [V, H]
   * @param bias [V], or null for none
   * @param inputs H
   * @param cap c, where logits y become c tanh(y / c); infinite for none
   */
  public LogitMap(TileKernel kernel, float[] weight, float[] bias, int inputs, double cap) {
    this.kernel = kernel;
    this.tokens = weight.length / inputs;
    this.inputs = inputs;
    this.weight = weight;
    this.bias = bias;
    this.cap = cap;
  }

  /** Returns V. */
  public int tokens() {
    return tokens;
  }

  /** Returns H. */
  public int inputs() {
    return inputs;
  }

  /** Returns a token's logit after a final vector. */
  public double logit(float[] finalVector, int token) {
    return finished(kernel.dot(weight, token * inputs, finalVector, 0, inputs), token);
  }

  private double finished(float product, int token) {
    double logit = bias == null ? product : (double) product + bias[token];
    return cap < Double.POSITIVE_INFINITY ? cap * Math.tanh(logit / cap) : logit;
  }

  /**
   * Returns the logits of all tokens.
   *
   * @param finalVectors [B, H]
   * @return B arrays of V doubles
   */
  public double[][] logits(float[][] finalVectors) {
    int group = TileKernel.WINDOWS;
    int panel = kernel.promptsPerPanel();
    int panels = (finalVectors.length + panel - 1) / panel;
    float[] vectors = new float[panels * panel * inputs]; // component by component in each panel
    for (int i = 0; i < finalVectors.length; i++) {
      int start = i / panel * panel * inputs + i % panel;
      for (int k = 0; k < inputs; k++) {
        vectors[start + k * panel] = finalVectors[i][k];
      }
    }

    double[][] logits = new double[finalVectors.length][tokens];
    float[] rows = new float[group * inputs];
    float[] products = new float[group * panel];
    for (int first = 0; first < tokens; first += group) {
      int count = Math.min(group, tokens - first);
      for (int row = 0; row < count; row++) {
        int from = (first + row) * inputs;
        for (int k = 0; k < inputs; k++) {
          rows[k * group + row] = weight[from + k];
        }
      }

      for (int p = 0; p < panels; p++) {
        kernel.multiply(rows, 0, vectors, p * panel * inputs, inputs, products);
        int columns = Math.min(panel, finalVectors.length - p * panel);
        for (int row = 0; row < count; row++) {
          for (int column = 0; column < columns; column++) {
            logits[p * panel + column][first + row] =
                finished(products[row * panel + column], first + row);
          }
        }
      }
    }

    return logits;
  }

  /** Makes what is kept of predictions. */
  public Summary[] summaries(float[][] finalVectors) {
    double[][] logits = logits(finalVectors);
    int[] all = IntStream.range(0, tokens).toArray();
    Summary[] summaries = new Summary[finalVectors.length];
    for (int i = 0; i < summaries.length; i++) {
      double greatest = Arrays.stream(logits[i]).max().orElseThrow();
      double sum = 0;
      double roots = 0;
      for (double logit : logits[i]) {
        double root = Math.exp((logit - greatest) / 2);
        roots += root;
        sum += root * root;
      }

      double logNormalizer = greatest + Math.log(sum);
      int[] top = TopTokens.places(all, logits[i], LISTED);
      float[] probabilities = new float[top.length];
      for (int place = 0; place < top.length; place++) {
        probabilities[place] = (float) Math.exp(logits[i][top[place]] - logNormalizer);
      }

      summaries[i] =
          new Summary(finalVectors[i], logNormalizer, roots / Math.sqrt(sum), top, probabilities);
    }

    return summaries;
  }
}
