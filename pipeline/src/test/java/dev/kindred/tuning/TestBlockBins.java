/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestBlockBins {
  private static final int BINS = 20;

  @ParameterizedTest
  @CsvSource({"5, 60", "400, 60", "400, 0"})
  void countsAboveAnEdgeAreThoseOfAllBinsAboveIt(int tokens, int additions) {
    Random random = new Random(tokens);
    long[][] inBins = new long[BINS][tokens];
    long[] strings = new long[BINS];
    BlockBins.Builder builder = new BlockBins.Builder(BINS);
    for (int i = 0; i < additions; i++) {
      int bin = random.nextInt(BINS - 2); // the highest are empty
      int token = random.nextInt(tokens);
      long count = 1 + random.nextInt(1 << 26); // more than a float counts
      inBins[bin][token] += count;
      strings[bin] += 3;
      builder.add(bin, token, count);
      builder.addStrings(bin, 3, i == 0);
    }

    BlockBins built = builder.build();

    long[] sums = new long[tokens];
    long stringsAbove = 0;
    for (int bin = BINS - 1; bin >= 0; bin--) {
      stringsAbove += strings[bin];
      double[] expected = new double[tokens];
      for (int token = 0; token < tokens; token++) {
        sums[token] += inBins[bin][token];
        expected[token] = (float) sums[token];
      }

      double[] ofBlock = new double[tokens];
      Arrays.fill(ofBlock, 7);
      built.counts(bin, ofBlock);
      double[] found = new double[tokens];
      for (int i = 0; i < built.places().length; i++) {
        found[built.places()[i]] = ofBlock[i];
      }

      assertThat(found).isEqualTo(expected);
      assertThat(built.strings(bin)).isEqualTo(stringsAbove);
    }

    assertThat(built.places())
        .isEqualTo(IntStream.range(0, tokens).filter(token -> sums[token] > 0).toArray());
    assertThat(built.ownBin() >= 0).isEqualTo(additions > 0);
  }

  @ParameterizedTest
  @CsvSource({"5, true", "400, false"})
  void sumsAreKeptWhereTokensAreFew(int tokens, boolean areSums) {
    BlockBins.Builder builder = new BlockBins.Builder(BINS);
    Random random = new Random(1);
    for (int i = 0; i < 60; i++) {
      builder.add(random.nextInt(BINS), random.nextInt(tokens), 1);
    }

    assertThat(builder.build() instanceof BlockBins.Sums).isEqualTo(areSums);
  }
}
