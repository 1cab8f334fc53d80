/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestSimilarityBins {

  @Test
  void edgesAreTheThresholdsThatPeopleWrite() {
    SimilarityBins bins = SimilarityBins.grid("0.70", "0.01");
    assertThat(bins.count()).isEqualTo(30);
    for (String threshold : new String[] {"0.7", "0.76", "0.81", "0.85", "0.94", "0.99"}) {
      double edge = Double.parseDouble(threshold);
      assertThat(bins.edge(bins.binAbove(edge))).isEqualTo(edge);
    }

    assertThat(bins.binAbove(0.705)).isEqualTo(-1);
  }

  @Test
  void aBinHasWhatIsStrictlyAboveItsEdge() {
    SimilarityBins bins = SimilarityBins.grid("0.7", "0.01");
    for (int bin = 0; bin < bins.count(); bin++) {
      assertThat(bins.of(bins.edge(bin))).isEqualTo(bin - 1);
      assertThat(bins.of(Math.nextUp(bins.edge(bin)))).isEqualTo(bin);
    }

    assertThat(bins.of(1.0000000002)).isEqualTo(29);
    assertThat(bins.of(-1)).isEqualTo(SimilarityBins.BELOW);
    assertThat(bins.of(Double.NaN)).isEqualTo(SimilarityBins.BELOW);
  }

  @Test
  void aSettledBinIsThatOfEverySimilarityWithinTheError() {
    SimilarityBins bins = SimilarityBins.grid("-0.3", "0.07");
    Random random = new Random(1);
    double error = 1e-3;
    int open = 0;
    for (int i = 0; i < 100_000; i++) {
      double similarity = 2 * random.nextDouble() - 1;
      int bin = bins.settle(similarity, error);
      boolean isClear = bins.of(similarity - error) == bins.of(similarity + error);
      assertThat(bin).isEqualTo(isClear ? bins.of(similarity) : SimilarityBins.OPEN);
      open += isClear ? 0 : 1;
    }

    assertThat(open).isBetween(1, 5_000);
  }

  @Test
  void binsAreFoundAgainByTheirName() {
    SimilarityBins bins = SimilarityBins.grid("-0.50", "0.125");
    assertThat(bins).hasToString("-0.5_0.125");
    assertThat(SimilarityBins.named("-0.5_0.125").edge(3)).isEqualTo(bins.edge(3));
  }

  @ParameterizedTest
  @CsvSource({"1,0.01", "-1.1,0.1", "0.7,0", "0.7,0.31", "0.7,-0.1"})
  void aGridThatIsNoneIsRefused(String floor, String step) {
    assertThatThrownBy(() -> SimilarityBins.grid(floor, step))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("--bin-floor " + floor + " --bin-step " + step + ": ");
  }
}
