/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.locality;

import dev.kindred.model.LanguageModel;
import dev.kindred.model.PrefixTree;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/**
 * The residual stream at some places.
 *
 * <p>Letters in shapes: L = layers, one more than the model has blocks: layer 0 is what block 0
 * reads, layer b + 1 what block b leaves; P = places; D = {@code d_model}.
 *
 * @param values [L][P x D]
 * @param dimension D
 */
record Streams(float[][] values, int dimension) {
  /** Floats that an evaluation may take beside the results: 128 MiB. */
  private static final long FLOATS = 32L * 1024 * 1024;

  int layers() {
    return values.length;
  }

  /** Sequences of a length that are evaluated at once. */
  static int atOnce(LanguageModel model, int length) {
    long perToken = (model.shape().blocks() + 5L) * model.shape().modelDimension();
    return (int) Math.max(1, FLOATS / (perToken * length));
  }

  private static Streams empty(LanguageModel model, int places) {
    int d = model.shape().modelDimension();
    return new Streams(new float[model.shape().blocks() + 1][places * d], d);
  }

  /**
   * What the model has at places when it reads all of their texts.
   *
   * @param firstToken that stands before each text; {@link Protocol#NONE} for none
   * @param places whose texts are of one length
   */
  static Streams whole(LanguageModel model, int firstToken, List<Place> places) {
    return whole(model, firstToken, places, read -> {});
  }

  /**
   * The same.
   *
   * @param tokens told how many of the texts have been read, some at a time
   */
  static Streams whole(
      LanguageModel model, int firstToken, List<Place> places, LongConsumer tokens) {
    Map<int[], List<Integer>> ofTexts = new TreeMap<>(Arrays::compare);
    for (int i = 0; i < places.size(); i++) {
      ofTexts
          .computeIfAbsent(
              Protocol.whole(firstToken, places.get(i).text()), text -> new ArrayList<>())
          .add(i);
    }

    Streams streams = empty(model, places.size());
    List<int[]> texts = new ArrayList<>(ofTexts.keySet());
    int first =
        places.stream().mapToInt(Place::index).min().orElse(0) + Protocol.before(firstToken);
    for (int from = 0; !texts.isEmpty() && from < texts.size(); ) {
      int length = texts.get(0).length;
      int together = Math.min(atOnce(model, length), model.sequencesTogether(length));
      int to = Math.min(texts.size(), from + together);
      PrefixTree tree = PrefixTree.of(texts.subList(from, to).toArray(int[][]::new));
      int[] depths = IntStream.range(first, length).toArray();
      float[][] found = model.residualStreams(tree, depths);
      int[] rows = tree.rowsAt(depths);
      int[] paths = tree.paths(length - 1);
      for (int text = from; text < to; text++) {
        for (int place : ofTexts.get(texts.get(text))) {
          int depth = places.get(place).index() + Protocol.before(firstToken);
          int node = paths[(text - from) * length + depth];
          streams.put(place, found, rows[node]);
        }
      }

      tokens.accept((long) (to - from) * places.get(0).text().length);
      from = to;
    }

    return streams;
  }

  private void put(int place, float[][] rows, int row) {
    for (int layer = 0; layer < values.length; layer++) {
      System.arraycopy(rows[layer], row * dimension, values[layer], place * dimension, dimension);
    }
  }
}
