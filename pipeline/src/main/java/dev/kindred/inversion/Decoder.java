/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.math.Cosine;
import dev.kindred.math.TopTokens;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Reads vectors as tokens. Of equal scores, the lower id comes first.
 *
 * <p>Letters in shapes: V = {@code d_vocab}, D = {@code d_model}.
 */
public final class Decoder {
  /** How many of the best tokens are kept. */
  public static final int BEST = 5;

  private final TokenVectors tokens;
  private final PseudoInverse pseudoInverse;
  private final double[] means; // of each token's vector
  private final double[] norms; // of each token's vector
  private final double[] centredNorms;

  /** Of the tokens of a vocabulary. */
  public Decoder(TokenVectors tokens) {
    this.tokens = tokens;
    this.pseudoInverse = new PseudoInverse(tokens);
    this.means = new double[tokens.size()];
    this.norms = new double[tokens.size()];
    this.centredNorms = new double[tokens.size()];
    for (int token = 0; token < means.length; token++) {
      double[] vector = vector(tokens.rows(), token);
      means[token] = mean(vector);
      norms[token] = norm(vector, 0);
      centredNorms[token] = norm(vector, means[token]);
    }
  }

  /**
   * What a vector was read as.
   *
   * @param best ids, the best first, up to {@link #BEST}
   * @param rank of the true token, from 1
   * @param score of the true token
   * @param margin the true token's score less the best of others
   */
  public record Decoded(int[] best, int rank, double score, double margin) {
    /** The winner. */
    public int token() {
      return best[0];
    }
  }

  /** Reads scores, V. */
  static Decoded decoded(double[] scores, int trueId) {
    double score = scores[trueId];
    int rank = 1;
    double other = Double.NEGATIVE_INFINITY;
    for (int token = 0; token < scores.length; token++) {
      if (token != trueId) {
        rank += scores[token] > score || scores[token] == score && token < trueId ? 1 : 0;
        other = Math.max(other, scores[token]);
      }
    }

    return new Decoded(best(scores), rank, score, score - other);
  }

  private static int[] best(double[] scores) {
    int[] ids = IntStream.range(0, scores.length).toArray();
    return TopTokens.places(ids, scores, BEST);
  }

  /**
   * The scores of all tokens for a row of vectors.
   *
   * @param vectors R x D, without what positions add
   * @param scale of token vectors against which lengths are compared: 1, or what a direct search
   *     multiplies them by
   * @return V
   */
  public double[] scores(Decoding decoding, float[] vectors, int row, double scale) {
    return scores(decoding, vector(vectors, row), scale);
  }

  private double[] scores(Decoding decoding, double[] x, double scale) {
    double[] room = new double[x.length];
    return switch (decoding) {
      case PINV -> pseudoInverse.scores(x);
      case NEAREST -> each(token -> -tokens.distance(token, scale, x, room));
      case COSINE -> {
        double norm = norm(x, 0);
        yield each(token -> cosine(tokens.product(token, x, room), norm, norms[token]));
      }
      case CENTRED_COSINE -> {
        double mean = mean(x);
        double norm = norm(x, mean);
        double[] centred = Arrays.stream(x).map(value -> value - mean).toArray();
        double rest = Arrays.stream(centred).sum(); // of rounding
        yield each(
            token ->
                cosine(
                    tokens.product(token, centred, room) - means[token] * rest,
                    norm,
                    centredNorms[token]));
      }
    };
  }

  /**
   * Leaves some tokens alone.
   *
   * @param scores V
   * @param allowed ids
   * @param asPublished whether scores of others become 0, so that one of them can win, instead of
   *     minus infinity
   */
  public static double[] restricted(double[] scores, int[] allowed, boolean asPublished) {
    double[] restricted = new double[scores.length];
    Arrays.fill(restricted, asPublished ? 0 : Double.NEGATIVE_INFINITY);
    for (int token : allowed) {
      restricted[token] = scores[token];
    }

    return restricted;
  }

  /**
   * Reads tokens' own vectors: the share of tokens that are read as another is what an inversion
   * cannot find whatever it does.
   *
   * @param some token ids
   * @return for each decoding, what each of them was read as
   */
  public Map<Decoding, int[]> roundTrip(int[] some) {
    Map<Decoding, int[]> read = new EnumMap<>(Decoding.class);
    for (Decoding decoding : Decoding.values()) {
      read.put(
          decoding,
          Arrays.stream(some)
              .parallel()
              .map(token -> best(scores(decoding, tokens.rows(), token, 1))[0])
              .toArray());
    }

    return read;
  }

  private double[] each(IntToDoubleFunction score) {
    return IntStream.range(0, tokens.size()).mapToDouble(score).toArray();
  }

  private static double cosine(double dot, double norm, double other) {
    return norm == 0 || other == 0 ? 0 : dot / norm / other;
  }

  private double[] vector(float[] rows, int row) {
    double[] vector = new double[tokens.dimension()];
    Cosine.widen(rows, row * vector.length, vector.length, vector, 0);
    return vector;
  }

  private static double mean(double[] vector) {
    return Arrays.stream(vector).sum() / vector.length;
  }

  private static double norm(double[] vector, double mean) {
    double squares = 0;
    for (double value : vector) {
      squares += (value - mean) * (value - mean);
    }

    return Math.sqrt(squares);
  }
}
