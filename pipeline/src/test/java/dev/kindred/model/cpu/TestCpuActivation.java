/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.model.architecture.Activation;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TestCpuActivation {
  @ParameterizedTest
  @EnumSource
  void isItsFormula(Activation activation) {
    for (float x = -12; x <= 12; x += 1 / 512f) {
      assertValue(activation, x);
    }

    assertValue(activation, -1e4f);
    assertValue(activation, 1e4f);
    float[] nan = {Float.NaN};
    CpuActivation.apply(activation, nan, 1);
    assertThat(nan[0]).isNaN();
  }

  private static void assertValue(Activation activation, float x) {
    float[] found = {x, x};
    CpuActivation.apply(activation, found, 1);
    double tolerance = 5e-7 * Math.max(1, Math.abs(x));
    assertThat((double) found[0])
        .as("%s of %s", activation, x)
        .isCloseTo(formula(activation).applyAsDouble(x), within(tolerance));
    assertThat(found[1]).isEqualTo(x);
  }

  private static DoubleUnaryOperator formula(Activation activation) {
    return switch (activation) {
      case RELU -> x -> Math.max(0, x);
      case GELU -> x -> x / 2 * (1 + error(x / Math.sqrt(2)));
      case GELU_TANH ->
          x -> x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + .044715 * x * x * x)));
      case SILU -> x -> x / (1 + Math.exp(-x));
      case QUICK_GELU -> x -> x / (1 + Math.exp(-1.702 * x));
    };
  }

  /** erf by Simpson's rule. */
  private static double error(double x) {
    double end = Math.max(-6, Math.min(6, x));
    int steps = 200;
    double sum = 0;
    for (int i = 0; i <= steps; i++) {
      double t = end * i / steps;
      sum += Math.exp(-t * t) * (i == 0 || i == steps ? 1 : i % 2 == 0 ? 2 : 4);
    }

    return 2 / Math.sqrt(Math.PI) * sum * end / steps / 3;
  }
}
