/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.math.Hellinger;
import dev.kindred.prediction.BlockCounts;
import dev.kindred.prediction.Rings;
import dev.kindred.prediction.TokenFrequencies;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TestRingFitter {
  private static final int TOKENS = 12;
  private static final double[][] THRESHOLDS = {{.5, .7, .9}, {.6, .8}};
  private static final TokenFrequencies FREQUENCIES =
      new TokenFrequencies(new Random(3).longs(TOKENS, 1, 500).toArray());

  /**
   * A prompt.
   *
   * @param counts [B][R][U], nested
   */
  private record Sample(double[] model, int[][] places, long[][][] counts) {
    private RingCounts forFitting() {
      boolean[] isThere = new boolean[TOKENS];
      List<RingCounts.OfBlock> blocks = new ArrayList<>();
      for (int block = 0; block < places.length; block++) {
        float[][] floats = new float[counts[block].length][places[block].length];
        double[] totals = new double[floats.length];
        for (int j = 0; j < floats.length; j++) {
          for (int i = 0; i < floats[j].length; i++) {
            floats[j][i] = counts[block][j][i];
            totals[j] += counts[block][j][i];
            isThere[places[block][i]] |= counts[block][j][i] > 0;
          }
        }

        blocks.add(new RingCounts.OfBlock(places[block], floats, totals));
      }

      double[] base = new double[TOKENS];
      Arrays.setAll(base, FREQUENCIES::probability);
      return new RingCounts(Arrays.stream(model).map(Math::sqrt).toArray(), base, isThere, blocks);
    }

    private List<BlockCounts> forMixing() {
      List<BlockCounts> blocks = new ArrayList<>();
      for (int block = 0; block < places.length; block++) {
        List<Map<Integer, Long>> rings = new ArrayList<>();
        for (int j = 0; j < counts[block].length; j++) {
          Map<Integer, Long> ring = new TreeMap<>();
          for (int i = 0; i < places[block].length; i++) {
            long tighter = j + 1 < counts[block].length ? counts[block][j + 1][i] : 0;
            ring.put(places[block][i], counts[block][j][i] - tighter);
          }

          rings.add(ring);
        }

        blocks.add(new BlockCounts(rings, -1));
      }

      return blocks;
    }
  }

  private static Sample sample(Random random) {
    double[] model = random.doubles(TOKENS, .01, 1).toArray();
    double sum = Arrays.stream(model).sum();
    int[][] places = new int[THRESHOLDS.length][];
    long[][][] counts = new long[THRESHOLDS.length][][];
    for (int block = 0; block < places.length; block++) {
      places[block] =
          random.ints(0, TOKENS).distinct().limit(2 + random.nextInt(6)).sorted().toArray();
      counts[block] = new long[THRESHOLDS[block].length][places[block].length];
      for (int j = counts[block].length - 1; j >= 0; j--) {
        for (int i = 0; i < places[block].length; i++) {
          long tighter = j + 1 < counts[block].length ? counts[block][j + 1][i] : 0;
          counts[block][j][i] = tighter + random.nextInt(6);
        }
      }
    }

    return new Sample(Arrays.stream(model).map(p -> p / sum).toArray(), places, counts);
  }

  private static List<Sample> samples(int count) {
    Random random = new Random(11);
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      samples.add(sample(random));
    }

    return samples;
  }

  private static double[] parameters(RingFitter.Layout layout) {
    double[] parameters = layout.first();
    Random random = new Random(5);
    Arrays.setAll(parameters, i -> parameters[i] + random.nextGaussian());
    return parameters;
  }

  @Test
  void distancesAreThoseOfTheRule() {
    RingFitter.Layout layout = new RingFitter.Layout(THRESHOLDS);
    double[] parameters = parameters(layout);
    for (Sample sample : samples(40)) {
      Map<Integer, Double> mixed = layout.rings(parameters).mix(sample.forMixing(), FREQUENCIES);
      double[] approximation = new double[TOKENS];
      mixed.forEach((token, p) -> approximation[token] = p);

      assertThat(RingFitter.distance(layout, parameters, List.of(sample.forFitting())))
          .isCloseTo(Hellinger.distance(sample.model(), approximation), within(1e-7));
    }
  }

  @Test
  void theGradientIsTheSlopeOfTheDistance() {
    RingFitter.Layout layout = new RingFitter.Layout(THRESHOLDS);
    double[] parameters = parameters(layout);
    List<RingCounts> prompts = samples(200).stream().map(Sample::forFitting).toList();

    double[] gradient = RingFitter.gradient(layout, parameters, prompts);

    for (int i = 0; i < parameters.length; i++) {
      double step = 1e-5;
      double[] more = parameters.clone();
      double[] less = parameters.clone();
      more[i] += step;
      less[i] -= step;
      double slope =
          (RingFitter.distance(layout, more, prompts) - RingFitter.distance(layout, less, prompts))
              / (2 * step);
      assertThat(gradient[i]).isCloseTo(slope, within(1e-8));
    }
  }

  @Test
  void fittingFindsTheRuleThatMadeThePredictions() {
    Rings rings = Rings.parse(".5/40/.3/.02,.7/3/.4/0,.9/1/.2/.1;.6/10/-.1/0,.8/2/.9/-.05");
    List<RingCounts> prompts =
        samples(400).stream()
            .map(
                sample -> {
                  double[] model = new double[TOKENS];
                  rings
                      .mix(sample.forMixing(), FREQUENCIES)
                      .forEach((token, p) -> model[token] = p);
                  return new Sample(model, sample.places(), sample.counts()).forFitting();
                })
            .toList();

    RingFitter.Fitted found =
        new RingFitter(prompts.subList(0, 300), prompts.subList(300, 400), () -> {})
            .fit(THRESHOLDS);

    assertThat(found.distance()).isLessThan(.005);
  }
}
