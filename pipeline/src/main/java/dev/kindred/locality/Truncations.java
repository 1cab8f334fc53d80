/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.locality;

import dev.kindred.model.LanguageModel;
import java.util.ArrayList;
import java.util.List;

/**
 * The residual stream at a token when the model reads all of a text, and when it reads the last
 * tokens alone: the cosine of both, less the mean of all such streams ("Locality", its set-up).
 *
 * <p>Letters in shapes: those of {@link Streams}.
 */
final class Truncations {
  private Truncations() {}

  /** What is found at one place. */
  @FunctionalInterface
  interface Sink {
    /**
     * Takes it.
     *
     * @param place its number
     * @param layer in [0, L)
     * @param k tokens that were left
     * @param cosine in [-1, 1] up to rounding
     * @param normWhole of the stream of the whole text, mean not taken away
     * @param normTruncated of that of the last tokens
     */
    void found(int place, int layer, int k, double cosine, double normWhole, double normTruncated);
  }

  /**
   * Compares.
   *
   * @param whole of all places, as the model has them behind the protocol's first token
   * @param means of each layer, L x D
   * @param lengths each a number of tokens; places that do not have so many are left out
   */
  static void compare(
      LanguageModel model,
      Protocol protocol,
      List<Place> places,
      Streams whole,
      double[][] means,
      List<Integer> lengths,
      Sink sink) {
    for (int k : lengths) {
      List<Integer> numbers = new ArrayList<>();
      List<Place> enough = new ArrayList<>();
      for (int i = 0; i < places.size(); i++) {
        if (places.get(i).index() + 1 >= k) {
          numbers.add(i);
          enough.add(places.get(i));
        }
      }

      if (enough.isEmpty()) {
        continue;
      }

      Streams truncated = Streams.truncated(model, protocol, enough, k);
      for (int layer = 0; layer < whole.layers(); layer++) {
        for (int i = 0; i < numbers.size(); i++) {
          Pair pair =
              Pair.of(
                  whole.values()[layer],
                  numbers.get(i),
                  truncated.values()[layer],
                  i,
                  means[layer]);
          sink.found(numbers.get(i), layer, k, pair.cosine(), pair.normA(), pair.normB());
        }
      }
    }
  }

  /**
   * Two vectors.
   *
   * @param cosine of both less a mean; 0 if one of them is the mean
   * @param normA of the first as it is
   * @param normB of the second
   */
  record Pair(double cosine, double normA, double normB) {

    /** Compares row a of one matrix with row b of another. */
    static Pair of(float[] ofA, int a, float[] ofB, int b, double[] mean) {
      int d = mean.length;
      double product = 0;
      double squaresA = 0;
      double squaresB = 0;
      double normA = 0;
      double normB = 0;
      for (int i = 0; i < d; i++) {
        double x = ofA[a * d + i];
        double y = ofB[b * d + i];
        normA += x * x;
        normB += y * y;
        x -= mean[i];
        y -= mean[i];
        product += x * y;
        squaresA += x * x;
        squaresB += y * y;
      }

      double norms = Math.sqrt(squaresA) * Math.sqrt(squaresB);
      return new Pair(norms == 0 ? 0 : product / norms, Math.sqrt(normA), Math.sqrt(normB));
    }
  }
}
