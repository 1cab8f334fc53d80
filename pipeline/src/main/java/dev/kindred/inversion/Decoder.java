/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.math.Cosine;
import dev.kindred.math.TopTokens;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

/**
 * Reads vectors as tokens. Of equal scores, the lower id comes first.
 *
 * <p>Letters in shapes: V = {@code d_vocab}, D = {@code d_model}.
 */
public final class Decoder {
  /** How many of the best tokens are kept. */
  public static final int BEST = 5;

  /** Vectors that are read at once, so that their scores fit in memory. */
  static final int AT_ONCE = 32;

  /** Share of the squares' sum below which a squared distance is taken of differences. */
  private static final double NEAR = 1e-6;

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
   * The scores of all tokens for each of some vectors.
   *
   * @param vectors R x D, without what positions add
   * @param scale of token vectors against which lengths are compared: 1, or what a direct search
   *     multiplies them by
   * @return R x V
   */
  public double[][] scores(Decoding decoding, float[] vectors, double scale) {
    double[][] x = new double[vectors.length / tokens.dimension()][];
    Arrays.setAll(x, row -> vector(vectors, row));
    return switch (decoding) {
      case PINV -> pseudoInverse.scores(x);
      case NEAREST ->
          each(tokens.products(x), (row, products) -> distances(x[row], products, scale));
      case COSINE ->
          each(tokens.products(x), (row, products) -> cosines(products, norm(x[row], 0), norms));
      case CENTRED_COSINE -> centredCosines(x);
    };
  }

  /** Puts what becomes of products, V, in their place, row by row. */
  private static double[][] each(double[][] products, BiConsumer<Integer, double[]> becomes) {
    IntStream.range(0, products.length)
        .parallel()
        .forEach(row -> becomes.accept(row, products[row]));
    return products;
  }

  /**
   * Puts distances, negative, in the place of products. What is near is measured again: there the
   * difference of squares would be rounding.
   */
  private void distances(double[] x, double[] products, double scale) {
    double[] room = new double[x.length];
    double square = norm(x, 0) * norm(x, 0);
    for (int token = 0; token < products.length; token++) {
      double both = square + scale * scale * norms[token] * norms[token];
      double distance = both - 2 * scale * products[token];
      products[token] =
          distance < NEAR * both ? -tokens.distance(token, scale, x, room) : -Math.sqrt(distance);
    }
  }

  private double[][] centredCosines(double[][] x) {
    double[] norm = Arrays.stream(x).mapToDouble(one -> norm(one, mean(one))).toArray();
    double[][] centred = new double[x.length][];
    Arrays.setAll(centred, row -> centred(x[row]));
    double[][] products = tokens.products(centred);
    return each(
        products,
        (row, its) -> {
          double rest = Arrays.stream(centred[row]).sum(); // of rounding
          for (int token = 0; token < its.length; token++) {
            its[token] -= means[token] * rest;
          }

          cosines(its, norm[row], centredNorms);
        });
  }

  private static double[] centred(double[] x) {
    double mean = mean(x);
    return Arrays.stream(x).map(value -> value - mean).toArray();
  }

  /** Puts cosines in the place of products. */
  private static void cosines(double[] products, double norm, double[] others) {
    for (int token = 0; token < products.length; token++) {
      boolean isNone = norm == 0 || others[token] == 0;
      products[token] = isNone ? 0 : products[token] / norm / others[token];
    }
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
      int[] winners = new int[some.length];
      for (int from = 0; from < some.length; from += AT_ONCE) {
        int[] these = Arrays.copyOfRange(some, from, Math.min(from + AT_ONCE, some.length));
        double[][] scores = scores(decoding, tokens.of(these), 1);
        for (int i = 0; i < these.length; i++) {
          winners[from + i] = best(scores[i])[0];
        }
      }

      read.put(decoding, winners);
    }

    return read;
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
