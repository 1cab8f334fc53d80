/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.locality;

import dev.kindred.model.LanguageModel;
import dev.kindred.model.PrefixTree;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongConsumer;

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
   * @param tokens told how many have been read, those that several places have in common counted
   *     for each
   */
  static void compare(
      LanguageModel model,
      Protocol protocol,
      List<Place> places,
      Streams whole,
      double[][] means,
      List<Integer> lengths,
      Sink sink,
      LongConsumer tokens) {
    Map<int[], Map<int[], List<List<Wanted>>>> byPositions = new TreeMap<>(Arrays::compare);
    starts(places, lengths)
        .forEach(
            (start, wanted) -> {
              int most = wanted.stream().mapToInt(Wanted::k).max().orElseThrow();
              int last = start.index() + most - 1;
              byPositions
                  .computeIfAbsent(
                      protocol.positions(last, most), positions -> new TreeMap<>(Arrays::compare))
                  .computeIfAbsent(
                      protocol.tokens(start.text(), last, most), sequence -> new ArrayList<>())
                  .add(wanted);
            });
    byPositions.forEach(
        (positions, sequences) ->
            compare(model, protocol, whole, means, sink, tokens, positions, sequences));
  }

  /** The last k tokens of a place, given by its number. */
  private record Wanted(int place, int k) {}

  /**
   * Where the last tokens of places begin. What begins at one token of a text is read once: last k
   * tokens of one place are the first k of what a later place has from there on.
   */
  private static Map<Place, List<Wanted>> starts(List<Place> places, List<Integer> lengths) {
    Map<Place, List<Wanted>> starts = new LinkedHashMap<>(); // texts are told apart by identity
    for (int i = 0; i < places.size(); i++) {
      Place place = places.get(i);
      for (int k : lengths) {
        if (place.index() + 1 >= k) {
          starts
              .computeIfAbsent(
                  new Place(place.text(), place.index() - k + 1), start -> new ArrayList<>())
              .add(new Wanted(i, k));
        }
      }
    }

    return starts;
  }

  /**
   * Compares what sequences at the same positions have after their first k tokens.
   *
   * @param sequences with what is wanted of each, a list for each place in a text where it begins
   */
  private static void compare(
      LanguageModel model,
      Protocol protocol,
      Streams whole,
      double[][] means,
      Sink sink,
      LongConsumer tokens,
      int[] positions,
      Map<int[], List<List<Wanted>>> sequences) {
    List<int[]> distinct = new ArrayList<>(sequences.keySet());
    int length = positions.length;
    for (int from = 0, to; from < distinct.size(); from = to) {
      to = Math.min(distinct.size(), from + Streams.atOnce(model, length));
      List<int[]> some = distinct.subList(from, to);
      PrefixTree tree = PrefixTree.of(some.toArray(int[][]::new), positions);
      int least =
          some.stream()
              .flatMap(sequence -> sequences.get(sequence).stream())
              .flatMap(List::stream)
              .mapToInt(Wanted::k)
              .min()
              .orElseThrow();
      int first = protocol.before() + least - 1; // the least depth that is wanted
      float[][] found = model.residualStreams(tree, first);
      int[] paths = tree.paths(length - 1);
      for (int i = 0; i < some.size(); i++) {
        List<List<Wanted>> starts = sequences.get(some.get(i));
        tokens.accept((long) starts.size() * (length - protocol.before()));
        for (Wanted wanted : starts.stream().flatMap(List::stream).toList()) {
          int node = paths[i * length + protocol.before() + wanted.k() - 1];
          for (int layer = 0; layer < whole.layers(); layer++) {
            Pair pair =
                Pair.of(
                    whole.values()[layer],
                    wanted.place(),
                    found[layer],
                    node - tree.levelStart(first),
                    means[layer]);
            sink.found(
                wanted.place(), layer, wanted.k(), pair.cosine(), pair.normA(), pair.normB());
          }
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
