/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.locality;

import dev.kindred.model.LanguageModel;
import java.util.ArrayList;
import java.util.List;

/**
 * The sum of the residual stream over the tokens of a text, for means. Those at its beginning do
 * not count: they rest where nothing stands before them.
 *
 * @param sums L x D, in the order of the tokens
 * @param tokens that were added up
 */
record StreamSums(double[][] sums, long tokens) {
  /** The first position, a token before the text included, whose stream counts. */
  static final int FROM = 32;

  /** What is added up of a text, the same whatever else is evaluated. */
  static StreamSums of(LanguageModel model, int firstToken, int[] text) {
    List<Place> places = new ArrayList<>();
    for (int i = Math.max(0, FROM - Protocol.before(firstToken)); i < text.length; i++) {
      places.add(new Place(text, i));
    }

    Streams streams = Streams.whole(model, firstToken, places);
    int d = streams.dimension();
    double[][] sums = new double[streams.layers()][d];
    for (int layer = 0; layer < sums.length; layer++) {
      for (int i = 0; i < places.size() * d; i++) {
        sums[layer][i % d] += streams.values()[layer][i];
      }
    }

    return new StreamSums(sums, places.size());
  }

  StreamSums plus(StreamSums other) {
    double[][] both = new double[sums.length][];
    for (int layer = 0; layer < both.length; layer++) {
      both[layer] = sums[layer].clone();
      for (int i = 0; i < both[layer].length; i++) {
        both[layer][i] += other.sums[layer][i];
      }
    }

    return new StreamSums(both, tokens + other.tokens);
  }

  double[][] means() {
    double[][] means = new double[sums.length][];
    for (int layer = 0; layer < means.length; layer++) {
      means[layer] = sums[layer].clone();
      for (int i = 0; i < means[layer].length; i++) {
        means[layer][i] /= tokens;
      }
    }

    return means;
  }
}
