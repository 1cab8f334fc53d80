/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.math.Cosine;
import dev.kindred.math.Vectors;
import dev.kindred.model.ResidualStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether an output knows a token at all: every token of the vocabulary is put in its place, all
 * others left true, and the outputs are compared. What this tells apart, gradient descent could
 * have found; it says nothing about several tokens that are unknown at once.
 *
 * <p>Letters in shapes: T = tokens of a sequence, V = {@code d_vocab}, D = {@code d_model}.
 */
public final class Oracle {
  /** Tokens of candidates that a pass has at most, so that memory does not grow with V. */
  private static final int TOKENS_AT_ONCE = 1 << 13;

  private final ResidualStream model;
  private final TokenVectors tokens;
  private final Target target;

  /**
   * An oracle.
   *
   * @param target whose tokens and features make the distance
   */
  public Oracle(ResidualStream model, TokenVectors tokens, Target target) {
    this.model = model;
    this.tokens = tokens;
    this.target = target;
  }

  /**
   * What is known of a token.
   *
   * @param position in [0, T)
   * @param trueId the token
   * @param trueDistance of the output with it, in a batch, from that of the sequence alone:
   *     rounding
   * @param runnerUp the other token whose output comes nearest
   * @param runnerUpDistance between its output and the true one
   * @param noise what rounding makes of distances: the greatest {@code trueDistance} of the
   *     sequence, or the rounding of the output's length if that is more
   * @param seen whether what counts comes after the position, or is at it
   */
  public record Known(
      int position,
      int trueId,
      double trueDistance,
      int runnerUp,
      double runnerUpDistance,
      double noise,
      boolean seen) {
    /** How many times rounding's distance the nearest other token is away. */
    public double margin() {
      return runnerUpDistance / noise;
    }
  }

  /**
   * Asks for every token of a sequence.
   *
   * @param tokenIds T
   * @param positions what is added to token vectors, T x D
   */
  public List<Known> known(int[] tokenIds, float[] positions) {
    int length = tokenIds.length;
    InvertedOutput output = InvertedOutputs.of(model, target, length);
    float[] vectors = Vectors.sum(tokens.of(tokenIds), positions);
    float[] expected = output.of(vectors)[0];
    double[][] distances = new double[length][];
    for (int position = 0; position < length; position++) {
      distances[position] = distances(output, vectors, positions, expected, position);
    }

    double noise = Cosine.FLOAT_ROUNDING * Vectors.norm(expected);
    for (int position = 0; position < length; position++) {
      noise = Math.max(noise, distances[position][tokenIds[position]]);
    }

    List<Known> known = new ArrayList<>();
    for (int position = 0; position < length; position++) {
      int trueId = tokenIds[position];
      int runnerUp = nearest(distances[position], trueId);
      known.add(
          new Known(
              position,
              trueId,
              distances[position][trueId],
              runnerUp,
              distances[position][runnerUp],
              noise,
              target.sees(position, length)));
    }

    return known;
  }

  /**
   * The distance of each token's output, in the place of one of the sequence, from the true one.
   */
  double[] distances(
      InvertedOutput output, float[] vectors, float[] positions, float[] expected, int position) {
    int dimension = tokens.dimension();
    int batch = Math.max(1, TOKENS_AT_ONCE / (vectors.length / dimension));
    double[] distances = new double[tokens.size()];
    for (int first = 0; first < distances.length; first += batch) {
      int count = Math.min(batch, distances.length - first);
      float[] x = new float[count * vectors.length];
      for (int i = 0; i < count; i++) {
        System.arraycopy(vectors, 0, x, i * vectors.length, vectors.length);
        for (int feature = 0; feature < dimension; feature++) {
          int place = position * dimension + feature;
          x[i * vectors.length + place] =
              tokens.rows()[(first + i) * dimension + feature] + positions[place];
        }
      }

      float[][] outputs = output.of(x);
      for (int i = 0; i < count; i++) {
        distances[first + i] = Vectors.distance(outputs[i], expected);
      }
    }

    return distances;
  }

  private static int nearest(double[] distances, int but) {
    int nearest = but == 0 ? 1 : 0;
    for (int token = 0; token < distances.length; token++) {
      if (token != but && distances[token] < distances[nearest]) {
        nearest = token;
      }
    }

    return nearest;
  }
}
