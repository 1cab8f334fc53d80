/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class TestErrorFunction {
  @Test
  void isItsPowerSeries() {
    for (float x = -5; x <= 5; x += 1 / 1024f) {
      assertThat((double) ErrorFunction.erf(x)).as("%s", x).isCloseTo(series(x), within(4e-7));
    }
  }

  @Test
  void staysAtItsLimits() {
    assertThat(ErrorFunction.erf(Float.POSITIVE_INFINITY)).isCloseTo(1, within(1e-6f));
    assertThat(ErrorFunction.erf(Float.NEGATIVE_INFINITY)).isCloseTo(-1, within(1e-6f));
    assertThat(ErrorFunction.erf(Float.NaN)).isNaN();
  }

  /** 2 / sqrt(pi) exp(-x^2) sum of 2^n x^(2n+1) / (1 3 .. (2n+1)): all terms have one sign. */
  private static double series(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; n < 200; n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }

    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }
}
