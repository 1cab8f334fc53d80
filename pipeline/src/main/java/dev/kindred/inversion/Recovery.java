/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.math.Cosine;
import dev.kindred.math.Vectors;
import dev.kindred.model.BlockVector;
import dev.kindred.model.Changes;
import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.Input;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.PrefixTree;
import dev.kindred.model.ResidualStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Exact inversion of a causal model, token by token, from the residual stream after a block alone:
 * each token of the vocabulary follows those that were found, and the one whose vector comes
 * nearest is the next. The idea is that of SipIt (Nikolaou et al. 2025, arXiv 2510.15511).
 *
 * <p>Letters in shapes: T = tokens, V = {@code d_vocab}, D = {@code d_model}.
 */
public final class Recovery {
  /** So that memory does not grow with V. */
  private static final int CANDIDATES_AT_ONCE = 4096;

  private Recovery() {}

  /**
   * What was found at a position.
   *
   * @param position in [0, T)
   * @param tokenId whose vector is nearest
   * @param distance of its vector; rounding, where the token is the one that made the vector
   * @param runnerUp the next
   * @param runnerUpDistance of that one's vector
   * @param norm length of the vector that is looked for
   */
  public record Recovered(
      int position,
      int tokenId,
      double distance,
      int runnerUp,
      double runnerUpDistance,
      double norm) {
    /** How many times rounding's distance the next token is away. */
    public double margin() {
      return runnerUpDistance / Math.max(distance, Cosine.FLOAT_ROUNDING * norm);
    }
  }

  /**
   * The vectors of tokens, made by one pass over all of them.
   *
   * @param input what the model reads, with the token that begins texts if it reads one
   * @param last how many of the positions, the last ones
   * @param block after which the vectors stand, from 0
   * @return as many as there are positions
   */
  public static float[] vectors(ResidualStream model, int[] input, int last, int block) {
    float[] all =
        model.at(
            Input.tokens(new int[][] {input}), Changes.NONE, Hook.of(HookPoint.RESID_POST, block));
    int dimension = model.shape().modelDimension();
    return Arrays.copyOfRange(all, all.length - last * dimension, all.length);
  }

  /**
   * Finds the tokens.
   *
   * @param model that made the vectors
   * @param block after which they stood, from 0
   * @param vectors T x D
   */
  public static List<Recovered> recover(LanguageModel model, int block, float[] vectors) {
    int dimension = model.shape().modelDimension();
    int vocabulary = model.shape().vocabularySize();
    int length = vectors.length / dimension;
    List<Recovered> found = new ArrayList<>();
    int[] prefix = new int[0];
    for (int position = 0; position < length; position++) {
      float[] outputs = new float[vocabulary * dimension];
      for (int first = 0; first < vocabulary; first += CANDIDATES_AT_ONCE) {
        // The tree computes what the candidates share once; it keeps their order.
        PrefixTree tree =
            PrefixTree.of(
                candidates(prefix, first, Math.min(first + CANDIDATES_AT_ONCE, vocabulary)));
        float[] some = model.vectors(BlockVector.RESID_POST, tree, block + 1)[block];
        System.arraycopy(some, 0, outputs, first * dimension, some.length);
      }

      Recovered next = next(position, vectors, outputs, vocabulary, dimension);
      found.add(next);
      prefix = candidates(prefix, next.tokenId(), next.tokenId() + 1)[0];
    }

    return found;
  }

  /** Sequences in which each token from one on, up to another, follows a prefix. */
  private static int[][] candidates(int[] prefix, int from, int to) {
    int[][] candidates = new int[to - from][];
    for (int token = from; token < to; token++) {
      candidates[token - from] = Arrays.copyOf(prefix, prefix.length + 1);
      candidates[token - from][prefix.length] = token;
    }

    return candidates;
  }

  private static Recovered next(
      int position, float[] vectors, float[] outputs, int vocabulary, int dimension) {
    int first = -1;
    int second = -1;
    double[] distances = new double[vocabulary];
    for (int token = 0; token < vocabulary; token++) {
      distances[token] =
          Vectors.distance(outputs, token * dimension, vectors, position * dimension, dimension);
      if (first < 0 || distances[token] < distances[first]) {
        second = first;
        first = token;
      } else if (second < 0 || distances[token] < distances[second]) {
        second = token;
      }
    }

    return new Recovered(
        position,
        first,
        distances[first],
        Math.max(second, 0),
        second < 0 ? Double.POSITIVE_INFINITY : distances[second],
        Vectors.norm(Vectors.row(vectors, position, dimension)));
  }
}
