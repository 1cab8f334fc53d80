/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Merges against a plain count of all pairs before each of them. */
class TestBytePairs {
  private static final int LETTERS = 5;

  private static byte[] alphabet() {
    byte[] alphabet = new byte[LETTERS];
    for (int i = 0; i < LETTERS; i++) {
      alphabet[i] = (byte) ('a' + i);
    }

    return alphabet;
  }

  private static List<List<Integer>> words(Random random) {
    return IntStream.range(0, 60)
        .mapToObj(
            word ->
                random
                    .ints(1 + random.nextInt(9), 0, LETTERS)
                    .mapToObj(letter -> Math.max(0, letter - 1)) // two in five are a
                    .toList())
        .distinct()
        .toList();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void areThoseOfCountingEverythingAgain(long seed) {
    Random random = new Random(seed);
    List<List<Integer>> words = words(random);
    long[] counts = random.longs(words.size(), 1, 6).toArray();
    BytePairs found =
        BytePairs.of(
            alphabet(),
            words.stream()
                .map(word -> word.stream().mapToInt(Integer::intValue).toArray())
                .toArray(int[][]::new),
            counts.clone(),
            60);

    List<String> tokens = new ArrayList<>(List.of("a", "b", "c", "d", "e"));
    List<BytePairs.Merge> merges = new ArrayList<>();
    while (tokens.size() < 60) {
      Map<List<Integer>, Long> pairs = new HashMap<>();
      for (int word = 0; word < words.size(); word++) {
        for (int i = 0; i + 1 < words.get(word).size(); i++) {
          pairs.merge(words.get(word).subList(i, i + 2), counts[word], Long::sum);
        }
      }

      long most = pairs.values().stream().mapToLong(Long::longValue).max().orElseThrow();
      List<Integer> pair =
          pairs.entrySet().stream()
              .filter(one -> one.getValue() == most)
              .map(Map.Entry::getKey)
              .min((a, b) -> Arrays.compare(ints(a), ints(b)))
              .orElseThrow();
      merges.add(new BytePairs.Merge(pair.get(0), pair.get(1)));
      String both = tokens.get(pair.get(0)) + tokens.get(pair.get(1));
      if (!tokens.contains(both)) {
        tokens.add(both);
      }

      int token = tokens.indexOf(both);
      words = words.stream().map(word -> merged(word, pair, token)).toList();
    }

    assertThat(found.merges()).isEqualTo(merges);
    assertThat(found.tokens()).extracting(String::new).isEqualTo(tokens);
  }

  private static int[] ints(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }

  private static List<Integer> merged(List<Integer> word, List<Integer> pair, int token) {
    List<Integer> merged = new ArrayList<>();
    for (int i = 0; i < word.size(); i++) {
      boolean isPair = i + 1 < word.size() && word.subList(i, i + 2).equals(pair);
      merged.add(isPair ? token : word.get(i));
      i += isPair ? 1 : 0;
    }

    return merged;
  }

  @Test
  void endWhereNoTwoTokensStandBesideEachOther() {
    BytePairs found = BytePairs.of(alphabet(), new int[][] {{0, 1, 2}, {3}}, new long[] {1, 9}, 60);
    assertThat(found.tokens())
        .extracting(String::new)
        .containsExactly("a", "b", "c", "d", "e", "ab", "abc");
  }
}
