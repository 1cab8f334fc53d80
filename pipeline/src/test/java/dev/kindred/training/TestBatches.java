/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestBatches {
  private static final int TOKENS = 5_000;

  /** Every token is its own place. */
  private static final int[] STREAM = IntStream.range(0, TOKENS).toArray();

  @Test
  void trainingSequencesAreRunsOfTheFirstNineTenths() {
    List<int[]> drawn = new ArrayList<>();
    for (int step = 1; step <= 40; step++) {
      for (Batches.Batch batch : batches(1).ofStep(step)) {
        drawn.addAll(Arrays.asList(batch.sequences()));
      }
    }

    assertThat(drawn).allMatch(TestBatches::isRun).allMatch(s -> s[s.length - 1] < .9 * TOKENS);
    assertThat(drawn.stream().mapToInt(s -> s[0]).max().orElseThrow()).isGreaterThan(4_400);
    assertThat(drawn.stream().mapToInt(s -> s[0]).min().orElseThrow()).isLessThan(100);
  }

  @Test
  void validationSequencesAreRunsOfTheRest() {
    List<int[]> sample = batches(1).validationSample().stream().flatMap(Arrays::stream).toList();

    assertThat(sample)
        .hasSize(50)
        .allMatch(s -> s.length == 65)
        .allMatch(TestBatches::isRun)
        .allMatch(s -> s[0] >= .9 * TOKENS);
  }

  @Test
  void lengthsComeAsOftenAsTheirWeights() {
    Map<Integer, Integer> parts = new HashMap<>();
    for (int step = 1; step <= 1_000; step++) {
      for (Batches.Batch batch : batches(2).ofStep(step)) {
        parts.merge(batch.sequences()[0].length - 1, 1, Integer::sum);
      }
    }

    assertThat(parts).containsOnlyKeys(8, 16, 64);
    assertThat(parts.get(8) / 2_000.).isCloseTo(.25, within(.03));
    assertThat(parts.get(16) / 2_000.).isCloseTo(.5, within(.03));
    assertThat(parts.get(64) / 2_000.).isCloseTo(.25, within(.03));
  }

  @Test
  void stepsDrawDifferentSequences() {
    int[] stream = new int[1_000_000];
    Arrays.setAll(stream, i -> i);
    Batches batches = new Batches(stream, recipe(6), 64, new BitSet());
    List<Integer> starts = new ArrayList<>();
    List<Long> dropoutSeeds = new ArrayList<>();
    for (int step = 1; step <= 50; step++) {
      starts.addAll(starts(batches, step));
      batches.ofStep(step).forEach(batch -> dropoutSeeds.add(batch.dropoutSeed()));
    }

    assertThat(new HashSet<>(starts).size()).isGreaterThan((int) (.98 * starts.size()));
    assertThat(dropoutSeeds).doesNotHaveDuplicates();
  }

  @Test
  void aStepHasAsManyTokensAsAreAskedFor() {
    assertThat(batches(3).ofStep(1))
        .hasSize(2)
        .allMatch(batch -> batch.predictions() == Batches.TOKENS);
  }

  @ParameterizedTest
  @ValueSource(ints = {600, 4096})
  void aStepHasAboutAsManyTokensAsAreAskedForWhateverTheLengths(int context) {
    int[] stream = new int[100_000];
    Batches batches = new Batches(stream, recipe(7, 16 * Batches.TOKENS), context, new BitSet());
    for (int step = 1; step <= 20; step++) {
      assertThat(batches.ofStep(step).stream().mapToInt(Batches.Batch::predictions).sum())
          .isBetween(16 * Batches.TOKENS, 16 * Batches.TOKENS + context - 1);
    }
  }

  @Test
  void drawsDependOnSeedAndStepAlone() {
    assertThat(starts(batches(4), 7)).isEqualTo(starts(batches(4), 7));
    assertThat(starts(batches(4), 7)).isNotEqualTo(starts(batches(4), 8));
    assertThat(starts(batches(4), 7)).isNotEqualTo(starts(batches(5), 7));
  }

  @Test
  void whatIsLeftOutIsReadButNotCounted() {
    BitSet leftOut = new BitSet();
    leftOut.set(100, 2_000);
    leftOut.set(3_003);
    Batches batches = new Batches(STREAM, recipe(8), 64, leftOut);
    for (int step = 1; step <= 20; step++) {
      assertThat(starts(batches, step)).isEqualTo(starts(batches(8), step));
      for (Batches.Batch batch : batches.ofStep(step)) {
        int counted = 0;
        for (int i = 0; i < batch.sequences().length; i++) {
          for (int t = 0; t < batch.counted()[i].length; t++) {
            assertThat(batch.counted()[i][t])
                .isNotEqualTo(leftOut.get(batch.sequences()[i][t + 1]));
            counted += batch.counted()[i][t] ? 1 : 0;
          }
        }

        assertThat(batch.predictions()).isEqualTo(counted);
      }
    }
  }

  private static List<Integer> starts(Batches batches, int step) {
    return batches.ofStep(step).stream()
        .flatMap(batch -> Arrays.stream(batch.sequences()))
        .map(sequence -> sequence[0])
        .toList();
  }

  private static boolean isRun(int[] sequence) {
    return IntStream.range(1, sequence.length).allMatch(i -> sequence[i] == sequence[i - 1] + 1);
  }

  private static Batches batches(long seed) {
    return new Batches(STREAM, recipe(seed), 64, new BitSet());
  }

  private static Recipe recipe(long seed) {
    return recipe(seed, 2 * Batches.TOKENS);
  }

  private static Recipe recipe(long seed, int batchTokens) {
    return new Recipe(
        seed,
        1_000,
        batchTokens,
        List.of(1., 2., 0., 1.),
        1e-3,
        1e-4,
        0,
        Recipe.Decay.COSINE,
        0,
        .9,
        .99,
        0,
        Recipe.DecayedWeights.ALL,
        0,
        0,
        1,
        50);
  }
}
