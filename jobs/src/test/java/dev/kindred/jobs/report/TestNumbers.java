/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestNumbers {

  @Test
  void distanceHasFourDecimals() {
    assertThat(Numbers.precise(0.17)).isEqualTo("0.1700");
  }

  @Test
  void countHasThousandsSeparators() {
    assertThat(Numbers.count(1_234_567)).isEqualTo("1,234,567");
  }

  @Test
  void whatIsNotANumberIsADash() {
    assertThat(Numbers.precise(Double.NaN)).isEqualTo("–");
  }

  @ParameterizedTest
  @CsvSource({"0, 0.0%", "0.0004, <0.1%", "0.001, 0.1%", "0.5, 50.0%", "1, 100.0%"})
  void shareIsAPercentage(double share, String percentage) {
    assertThat(Numbers.percent(share)).isEqualTo(percentage);
  }

  @Test
  void chosenNumbersHaveTheDecimalsThatTheyNeed() {
    assertThat(Numbers.decimals(0.95, 0.9, 0.81)).isEqualTo(2);
    assertThat(Numbers.decimals(6, 1)).isZero();
    assertThat(Numbers.decimals(1.0 / 6, 6)).isEqualTo(4);
    assertThat(Numbers.fixed(0.9, 2)).isEqualTo("0.90");
    assertThat(Numbers.fixed(6, 0)).isEqualTo("6");
  }

  @Test
  void nothingIsCloserThanTheBest() {
    assertThat(Numbers.rank(0)).isEqualTo("none");
    assertThat(Numbers.rank(0.00001)).isEqualTo("<0.1%");
    assertThat(Numbers.rank(0.5)).isEqualTo("50.0%");
  }
}
