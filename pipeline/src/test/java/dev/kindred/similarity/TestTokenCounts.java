/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kindred.kernel.TileKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TestTokenCounts {

  @ParameterizedTest
  @ValueSource(ints = {1, 77, 4096, 4097, 50_000, 7_500_000, Integer.MAX_VALUE})
  void countsOfAnyRangeAreThoseOfAMap(int range) {
    for (int additions : new int[] {0, 1, 16, 17, 200_000}) {
      Random random = new Random(range + 31L * additions);
      TokenCounts counts = new TokenCounts(range);
      Map<Integer, Long> oracle = new TreeMap<>();
      for (int i = 0; i < additions; i++) {
        // Near each other, as tokens in a bin, and far from each other.
        int key = (int) Math.min(range - 1L, Math.abs(random.nextGaussian()) * range / 20);
        long count = 1 + random.nextInt(3) * (1L << 33);
        counts.add(key, count);
        oracle.merge(key, count, Long::sum);
      }

      assertAreThose(oracle, counts);
    }
  }

  @Test
  void theFirstAndTheLastKeyAreCounted() {
    for (int range : new int[] {10, 1 << 20, Integer.MAX_VALUE}) {
      TokenCounts counts = new TokenCounts(range);
      counts.add(range - 1, 3);
      counts.add(0, 2);
      counts.add(range - 1, 1);

      assertAreThose(new TreeMap<>(Map.of(0, 2L, range - 1, 4L)), counts);
    }
  }

  @Test
  void bytesAreBetweenTheLeastAndTheMost() {
    for (int range : new int[] {1, 4096, 4097, 30_000}) {
      TokenCounts counts = new TokenCounts(range);
      assertEquals(TokenCounts.leastBytes(range), counts.bytes());
      for (int key = 0; key < range; key++) {
        counts.add(key, 1);
      }

      assertTrue(
          counts.bytes() <= TokenCounts.mostBytes(range),
          () -> range + ": " + counts.bytes() + " > " + TokenCounts.mostBytes(range));
    }
  }

  @Test
  void evidenceOfALargeVocabularyIsTheSameHoweverOftenATaskHandsItOn() {
    int vocabularySize = 50_000;
    int bins = 30;
    Random random = new Random(5);
    PromptVectors prompts =
        new PromptVectors(1, new int[] {7, 9}, new long[] {3, -1}, new float[2]);
    int[] following = random.ints(3000, 0, vocabularySize).toArray();
    NextTokens nextTokens = NextTokens.ofSingle(following);
    EvidenceTable atOnce = new EvidenceTable(prompts, vocabularySize, bins, 4);
    EvidenceTable oftener = new EvidenceTable(prompts, vocabularySize, bins, 4);
    List<Evidence> parts = new ArrayList<>();
    Map<Integer, Long> oracle = new TreeMap<>(); // of the first prompt
    WindowBatch batch = new WindowBatch(1, TileKernels.get(TileKernels.Choice.AUTO));
    for (int window = 0; window < following.length; ) {
      batch.clear();
      int from = window;
      while (!batch.isFull() && window < following.length) {
        batch.add(window++, new float[] {1}, nextTokens);
      }

      for (int row = 0; row < window - from; row++) {
        int bin = random.nextInt(bins);
        oracle.merge(bin * vocabularySize + following[from + row], 1L, Long::sum);
        for (EvidenceTable table : List.of(atOnce, oftener)) {
          table.count(0, batch, row, bin);
          table.keep(0, from + row, bin / 30.);
        }

        if (row % 2 == 0) {
          for (EvidenceTable table : List.of(atOnce, oftener)) {
            table.count(1, batch, new int[] {row}, new int[] {bin}, 1);
          }
        }
      }

      assertTrue(oftener.bytes() > 0);
      parts.addAll(oftener.drain());
      assertEquals(0, oftener.bytes());
    }

    List<Evidence> whole = atOnce.drain();
    for (int prompt = 0; prompt < 2; prompt++) {
      int id = whole.get(prompt).getPromptId();
      Evidence ofParts =
          Evidence.merge(id, parts.stream().filter(part -> part.getPromptId() == id).iterator(), 4);
      assertArrayEquals(whole.get(prompt).getTokens(), ofParts.getTokens());
      assertArrayEquals(whole.get(prompt).getCounts(), ofParts.getCounts());
      assertArrayEquals(whole.get(prompt).getSimilarCounts(), ofParts.getSimilarCounts());
      assertEquals(whole.get(prompt).getOwnBin(), ofParts.getOwnBin());
    }

    assertArrayEquals(
        oracle.keySet().stream().mapToInt(Integer::intValue).toArray(), whole.get(0).getTokens());
    assertArrayEquals(
        oracle.values().stream().mapToLong(Long::longValue).toArray(), whole.get(0).getCounts());
  }

  private static void assertAreThose(Map<Integer, Long> oracle, TokenCounts counts) {
    TokenCounts.Sorted sorted = counts.sorted();
    assertArrayEquals(
        oracle.keySet().stream().mapToInt(Integer::intValue).toArray(), sorted.keys());
    assertArrayEquals(
        oracle.values().stream().mapToLong(Long::longValue).toArray(), sorted.counts());
  }
}
