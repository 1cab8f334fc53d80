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
  /**
   * Where more of all prefixes are distinct, sequences have so little in common that it is better
   * to read few of them at a time, which stay in a core's cache.
   */
  private static final double LARGEST_SHARE = .9;

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
    Comparison comparison = new Comparison(model, protocol.before(), whole, means, sink, tokens);
    byPositions.forEach(comparison::compare);
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
   * What whole texts have, and who is told how near the last tokens alone come.
   *
   * @param before tokens that stand before each text, 1 or 0
   */
  private record Comparison(
      LanguageModel model,
      int before,
      Streams whole,
      double[][] means,
      Sink sink,
      LongConsumer tokens) {

    /**
     * Compares what sequences at the same positions have after their first k tokens.
     *
     * @param sequences with what is wanted of each, a list for each place in a text where it begins
     */
    private void compare(int[] positions, Map<int[], List<List<Wanted>>> sequences) {
      List<int[]> distinct = new ArrayList<>(sequences.keySet());
      int together = Streams.atOnce(model, positions.length);
      if (distinctPrefixes(distinct) > LARGEST_SHARE * distinct.size() * positions.length) {
        together = Math.min(together, model.sequencesTogether(positions.length));
      }

      for (int from = 0; from < distinct.size(); from += together) {
        List<int[]> some = distinct.subList(from, Math.min(distinct.size(), from + together));
        compare(positions, some, some.stream().map(sequences::get).toList());
      }
    }

    /** Counts prefixes of sequences in ascending order, each once. */
    private static long distinctPrefixes(List<int[]> sequences) {
      long prefixes = 0;
      int[] before = {};
      for (int[] sequence : sequences) {
        int same = Arrays.mismatch(before, sequence);
        prefixes += sequence.length - Math.max(0, same);
        before = sequence;
      }

      return prefixes;
    }

    private void compare(int[] positions, List<int[]> sequences, List<List<List<Wanted>>> wanted) {
      int length = positions.length;
      PrefixTree tree = PrefixTree.of(sequences.toArray(int[][]::new), positions);
      int[] depths =
          wanted.stream()
              .flatMap(List::stream)
              .flatMap(List::stream)
              .mapToInt(its -> before + its.k() - 1)
              .distinct()
              .sorted()
              .toArray();
      float[][] found = model.residualStreams(tree, depths);
      int[] rows = tree.rowsAt(depths);
      int[] paths = tree.paths(length - 1);
      for (int i = 0; i < sequences.size(); i++) {
        for (List<Wanted> ofStart : wanted.get(i)) {
          for (Wanted its : ofStart) {
            int node = paths[i * length + before + its.k() - 1];
            tell(its, found, rows[node]);
          }

          tokens.accept(length - before);
        }
      }
    }

    /** Compares a row of what was found. */
    private void tell(Wanted its, float[][] found, int row) {
      for (int layer = 0; layer < whole.layers(); layer++) {
        Pair pair = Pair.of(whole.values()[layer], its.place(), found[layer], row, means[layer]);
        sink.found(its.place(), layer, its.k(), pair.cosine(), pair.normA(), pair.normB());
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
