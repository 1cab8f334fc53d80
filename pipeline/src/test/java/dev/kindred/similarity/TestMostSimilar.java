/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TestMostSimilar {
  private record Entry(double similarity, long windowId) {}

  private static final Comparator<Entry> BEST_FIRST =
      Comparator.comparingDouble((Entry e) -> -e.similarity()).thenComparingLong(Entry::windowId);

  @Test
  void keepsTheBestInAnyOrderOfArrival() {
    Random random = new Random(5);
    for (int limit : new int[] {0, 1, 2, 3, 7, 100, MostSimilar.ALL}) {
      for (int round = 0; round < 20; round++) {
        List<Entry> entries = entries(random, 150);
        List<Entry> best = entries.stream().sorted(BEST_FIRST).limit(limit).toList();
        Collections.shuffle(entries, random);
        assertThat(kept(entries, limit)).as("limit %d", limit).isEqualTo(best);
      }
    }
  }

  @Test
  void saysTruthfullyWhatItWouldNotTake() {
    Random random = new Random(6);
    MostSimilar kept = new MostSimilar(10);
    for (Entry entry : entries(random, 200)) {
      if (entry.similarity() < kept.least()) {
        long[] before = kept.windowIds();
        kept.offer(entry.similarity(), entry.windowId());
        assertThat(kept.windowIds()).containsExactly(before);
      } else {
        kept.offer(entry.similarity(), entry.windowId());
      }
    }
  }

  /** Few distinct similarities, so that ties are common. */
  private static List<Entry> entries(Random random, int count) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      entries.add(new Entry(random.nextInt(12) / 12., i));
    }

    return entries;
  }

  private static List<Entry> kept(List<Entry> entries, int limit) {
    MostSimilar mostSimilar = new MostSimilar(limit);
    entries.forEach(entry -> mostSimilar.offer(entry.similarity(), entry.windowId()));
    List<Entry> kept = new ArrayList<>();
    for (int i = 0; i < mostSimilar.size(); i++) {
      kept.add(new Entry(mostSimilar.similarities()[i], mostSimilar.windowIds()[i]));
    }

    return kept.stream().sorted(BEST_FIRST).toList();
  }
}
