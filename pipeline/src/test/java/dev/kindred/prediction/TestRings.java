/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.prediction.Rings.Ring;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TestRings {
  private static final TokenFrequencies EVEN = new TokenFrequencies(new long[] {9, 9, 9, 9});

  @Test
  void aRingIsSmoothedWithTheLooserOneAndThatWithTheCorpus() {
    // p_0 = 1/4 each; p_1 of token 1 = (3 + 2/4) / (4 + 2) = 7/12, of token 2 = (1 + 2/4) / 6 =
    // 1/4;
    // p_2 of token 1 = (1 + 7/12) / 2 = 19/24, of token 2 = (0 + 1/4) / 2 = 1/8.
    Rings rings = new Rings(List.of(List.of(new Ring(.5, 2, 0, 0), new Ring(.9, 1, 1, 0))));

    assertThat(
            rings.mix(
                List.of(new BlockCounts(List.of(Map.of(1, 2L, 2, 1L), Map.of(1, 1L)), -1)), EVEN))
        .containsOnlyKeys(1, 2)
        .hasEntrySatisfying(1, p -> assertThat(p).isCloseTo(19. / 22, within(1e-15)))
        .hasEntrySatisfying(2, p -> assertThat(p).isCloseTo(3. / 22, within(1e-15)));
  }

  @Test
  void blocksAreMultipliedToThePowerOfTheirExponents() {
    // p of block 0: (1 + 1) / 5, (0 + 1) / 5; of block 1 to the power of 2: (1/5, 2/5) squared.
    Rings rings =
        new Rings(List.of(List.of(new Ring(.5, 4, 1, 0)), List.of(new Ring(.5, 4, 2, 0))));

    assertThat(
            rings.mix(List.of(BlockCounts.of(Map.of(1, 1L)), BlockCounts.of(Map.of(2, 1L))), EVEN))
        .hasEntrySatisfying(1, p -> assertThat(p).isCloseTo(1. / 3, within(1e-15)))
        .hasEntrySatisfying(2, p -> assertThat(p).isCloseTo(2. / 3, within(1e-15)));
  }

  @Test
  void whatNoStringHasBehindItIsNotPredicted() {
    Rings rings = new Rings(List.of(List.of(new Ring(.5, 4, 1, 0))));

    assertThat(rings.mix(List.of(BlockCounts.of(Map.of(1, 0L, 3, 2L))), EVEN))
        .containsExactly(Map.entry(3, 1.));
    assertThat(rings.mix(List.of(BlockCounts.of(Map.of())), EVEN)).isEmpty();
    assertThat(rings.shares(List.of(BlockCounts.of(Map.of())), EVEN)).containsExactly(0);
  }

  @Test
  void manyRingsThatLeaveATokenOutStillGiveItAPositiveProbability() {
    List<Ring> ofBlock = new ArrayList<>();
    List<Map<Integer, Long>> counts = new ArrayList<>();
    for (int j = 0; j < 400; j++) {
      ofBlock.add(new Ring(j / 1000., Rings.LEAST_PRIOR, 1e-6, 0));
      counts.add(j == 399 ? Map.of(1, 1000L) : j == 0 ? Map.of(2, 1L) : Map.of());
    }

    SortedMap<Integer, Double> mixed =
        new Rings(List.of(ofBlock)).mix(List.of(new BlockCounts(counts, -1)), EVEN);
    double perRing = -Math.log((1000 + Rings.LEAST_PRIOR) / Rings.LEAST_PRIOR); // of token 2
    double first = Math.log((1 + Rings.LEAST_PRIOR / 4) / (1000 + Rings.LEAST_PRIOR) * 4);
    double gain = 1e-6 * (400 * first + perRing * 399 * 400 / 2);
    double other = 1e-6 * 400 * Math.log(4); // of token 1: nearly all of each ring
    assertThat(mixed.get(2) / mixed.get(1)).isCloseTo(Math.exp(gain - other), within(1e-5));
  }

  @Test
  void itIsThePlainFormula() {
    Random random = new Random(7);
    for (int round = 0; round < 50; round++) {
      TokenFrequencies frequencies = new TokenFrequencies(random.longs(20, 0, 1000).toArray());
      List<List<Ring>> rings = new ArrayList<>();
      List<BlockCounts> blocks = new ArrayList<>();
      for (int block = 0; block < 3; block++) {
        List<Ring> ofBlock = new ArrayList<>();
        List<Map<Integer, Long>> counts = new ArrayList<>();
        for (int j = 0; j <= random.nextInt(4); j++) {
          ofBlock.add(
              new Ring(
                  .1 * j,
                  Math.exp(2 * random.nextGaussian()),
                  random.nextGaussian(),
                  random.nextGaussian() / 4));
          Map<Integer, Long> ring = new HashMap<>();
          for (int i = random.nextInt(8); i > 0; i--) {
            ring.merge(random.nextInt(20), 1L + random.nextInt(5), Long::sum);
          }

          counts.add(ring);
        }

        rings.add(ofBlock);
        blocks.add(new BlockCounts(counts, -1));
      }

      SortedMap<Integer, Double> expected = plain(rings, blocks, frequencies);
      SortedMap<Integer, Double> mixed = new Rings(rings).mix(blocks, frequencies);

      assertThat(mixed.keySet()).isEqualTo(expected.keySet());
      mixed.forEach((token, p) -> assertThat(p).isCloseTo(expected.get(token), within(1e-12)));
    }
  }

  /** The formula, token by token, in logarithms. */
  private static SortedMap<Integer, Double> plain(
      List<List<Ring>> rings, List<BlockCounts> blocks, TokenFrequencies frequencies) {
    SortedMap<Integer, Double> products = new TreeMap<>();
    for (int token = 0; token < 20; token++) {
      double log = 0;
      boolean follows = false;
      for (int block = 0; block < rings.size(); block++) {
        double p = frequencies.probability(token);
        List<? extends Map<Integer, Long>> counts = blocks.get(block).rings();
        for (int j = 0; j < counts.size(); j++) {
          long count = 0;
          long total = 0;
          for (int i = j; i < counts.size(); i++) {
            count += counts.get(i).getOrDefault(token, 0L);
            total += counts.get(i).values().stream().mapToLong(Long::longValue).sum();
          }

          Ring ring = rings.get(block).get(j);
          p = (count + ring.prior() * p) / (total + ring.prior());
          log += (ring.exponent() + ring.growth() * Math.log(1 + total)) * Math.log(p);
          follows |= count > 0;
        }
      }

      if (follows) {
        products.put(token, Math.exp(log));
      }
    }

    double sum = products.values().stream().mapToDouble(Double::doubleValue).sum();
    products.replaceAll((token, product) -> product / sum);
    return products;
  }

  @Test
  void aBlockThatSaysWhatTheCorpusSaysHasNoShare() {
    Rings rings =
        new Rings(List.of(List.of(new Ring(.5, 4, 1, 0)), List.of(new Ring(.5, 4, 1, 0))));

    assertThat(
            rings.shares(
                List.of(
                    BlockCounts.of(Map.of(0, 5L, 1, 5L, 2, 5L, 3, 5L)),
                    BlockCounts.of(Map.of(1, 3L))),
                EVEN))
        .containsExactly(0, 1);
  }

  @Test
  void theOwnWindowIsTakenOutOfItsRing() {
    BlockCounts counts = new BlockCounts(List.of(Map.of(1, 2L), Map.of(1, 3L, 2, 4L)), 1);

    assertThat(counts.withoutOwn(Map.of(2, 4L)).all())
        .containsExactly(Map.entry(1, 5L), Map.entry(2, 0L));
    assertThat(counts.withoutOwn(Map.of(2, 4L)).ownRing()).isEqualTo(-1);
    assertThat(EVEN.without(Map.of(2, 4L)).probability(2)).isEqualTo(6. / 36);
  }

  @Test
  void whatIsNoRingIsRefused() {
    assertThatThrownBy(() -> Rings.parse(".8/20"))
        .hasMessage("'.8/20' is no ring: threshold/tokens/exponent/growth, as .8/20/.05/.01");
    assertThatThrownBy(() -> Rings.parse(".8/20/x/0")).isInstanceOf(NumberFormatException.class);
    assertThatThrownBy(() -> Rings.parse(".8/1/1/0,.8/1/1/0"))
        .hasMessage("thresholds of a block that do not ascend");
    assertThatThrownBy(() -> Rings.parse(".8/NaN/1/0")).hasMessageStartingWith("0.8/NaN/1.0/0.0: ");
  }
}
