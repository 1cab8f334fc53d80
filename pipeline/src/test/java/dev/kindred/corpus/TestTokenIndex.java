/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TestTokenIndex {
  @Test
  void aSequenceIsFoundWhereverAPlainSearchFindsIt() {
    Random random = new Random(1);
    for (int trial = 0; trial < 300; trial++) {
      int kinds = 1 + random.nextInt(4);
      int[][] documents = documents(random, 1 + random.nextInt(4), kinds);
      TokenIndex index = TokenIndex.of(documents);
      for (int length = 0; length < 6; length++) {
        int[] sequence = random.ints(length, 0, kinds + 1).toArray();
        TokenIndex.Found found = index.find(sequence);
        List<Long> expected = length == 0 ? null : positions(documents, sequence);
        if (expected != null) {
          assertThat(found.count()).isEqualTo(expected.size());
          assertThat(index.positions(found, 3))
              .isEqualTo(expected.stream().limit(3).mapToLong(Long::longValue).toArray());
          assertThat(index.following(found)).isEqualTo(following(documents, sequence));
        }
      }
    }
  }

  @Test
  void theLongestBeginningThatOccursIsFound() {
    Random random = new Random(2);
    for (int trial = 0; trial < 200; trial++) {
      int[][] documents = documents(random, 1 + random.nextInt(3), 2);
      TokenIndex index = TokenIndex.of(documents);
      int[] text = random.ints(20, 0, 3).toArray();
      for (int at = 0; at < text.length; at++) {
        int longest = 0;
        while (at + longest < text.length
            && !positions(documents, Arrays.copyOfRange(text, at, at + longest + 1)).isEmpty()) {
          longest++;
        }

        TokenIndex.Found found = index.longest(text, at);
        assertThat(found.length()).isEqualTo(longest);
        if (longest > 0) {
          assertThat(found.count())
              .isEqualTo(positions(documents, Arrays.copyOfRange(text, at, at + longest)).size());
        }
      }
    }
  }

  @Test
  void nothingIsFoundInNothing() {
    TokenIndex index = TokenIndex.of(new int[0][]);

    assertThat(index.size()).isZero();
    assertThat(index.find(new int[] {1}).count()).isZero();
    assertThat(index.longest(new int[] {1, 2}, 0).length()).isZero();
  }

  @Test
  void aLongRepetitionIsSorted() {
    int[] same = new int[5000];
    TokenIndex index = TokenIndex.of(new int[][] {same, same});

    assertThat(index.find(new int[100]).count()).isEqualTo(2 * (5000 - 99));
    assertThat(index.following(index.find(new int[4999]))).isEqualTo(Map.of(0, 2L));
  }

  private static int[][] documents(Random random, int count, int kinds) {
    int[][] documents = new int[count][];
    for (int i = 0; i < count; i++) {
      documents[i] = random.ints(random.nextInt(40), 0, kinds).toArray();
    }

    return documents;
  }

  private static List<Long> positions(int[][] documents, int[] sequence) {
    List<Long> positions = new ArrayList<>();
    long start = 0;
    for (int[] document : documents) {
      for (int at = 0; at + sequence.length <= document.length; at++) {
        if (Arrays.equals(document, at, at + sequence.length, sequence, 0, sequence.length)) {
          positions.add(start + at);
        }
      }

      start += document.length;
    }

    return positions;
  }

  private static Map<Integer, Long> following(int[][] documents, int[] sequence) {
    Map<Integer, Long> counts = new TreeMap<>();
    for (int[] document : documents) {
      for (int at = 0; at + sequence.length < document.length; at++) {
        if (Arrays.equals(document, at, at + sequence.length, sequence, 0, sequence.length)) {
          counts.merge(document[at + sequence.length], 1L, Long::sum);
        }
      }
    }

    return counts;
  }
}
