/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.prediction.CountedWindows;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestTrainingText {
  private static final int LENGTH = 4;
  private static final int TRAIN = 500;
  private static final int[] TOKENS = new Random(1).ints(700, 0, 5).toArray();

  /** All strings of a text, in the order of their first places. */
  static List<List<Integer>> strings(int[] tokens, int length) {
    Map<List<Integer>, Integer> strings = new LinkedHashMap<>();
    for (int start = 0; start + length <= tokens.length; start++) {
      strings.putIfAbsent(string(tokens, start, length), start);
    }

    return List.copyOf(strings.keySet());
  }

  private static List<Integer> string(int[] tokens, int start, int length) {
    return Arrays.stream(tokens, start, start + length).boxed().toList();
  }

  static CountedWindows windows(int[] tokens, int length) {
    List<List<Integer>> strings = strings(tokens, length);
    return new CountedWindows() {
      @Override
      public int size() {
        return strings.size();
      }

      @Override
      public int windowLength() {
        return length;
      }

      @Override
      public int token(int window, int place) {
        return strings.get(window).get(place);
      }

      @Override
      public void following(int window, Following each) {}
    };
  }

  private static TrainingText text() {
    return TrainingText.of(TOKENS, TRAIN, windows(TOKENS, LENGTH));
  }

  @Test
  void eachPlaceHasTheStringBeforeIt() {
    List<List<Integer>> strings = strings(TOKENS, LENGTH);
    for (int place = LENGTH; place < TOKENS.length; place++) {
      assertThat(strings.get(text().stringBefore(place)))
          .isEqualTo(string(TOKENS, place - LENGTH, LENGTH));
    }

    assertThat(text().stringBefore(LENGTH - 1)).isEqualTo(-1);
  }

  @Test
  void placesOfATokenAreThoseOfTheTrainingTextThatHaveIt() {
    assertThat(text().places(3))
        .containsExactly(
            IntStream.range(LENGTH, TRAIN).filter(place -> TOKENS[place] == 3).toArray());
  }

  @Test
  void unseenStringsStandInNoTrainingText() {
    int[] unseen = text().unseen(7);
    List<List<Integer>> found =
        Arrays.stream(unseen).mapToObj(place -> string(TOKENS, place - LENGTH, LENGTH)).toList();
    List<List<Integer>> trained = strings(Arrays.copyOf(TOKENS, TRAIN), LENGTH);

    assertThat(found).isNotEmpty().doesNotHaveDuplicates().doesNotContainAnyElementsOf(trained);
    assertThat(Arrays.stream(unseen)).allMatch(place -> place - LENGTH >= TRAIN);
    assertThat(text().unseen(8)).as("another order").isNotEqualTo(unseen).hasSameSizeAs(unseen);
  }
}
