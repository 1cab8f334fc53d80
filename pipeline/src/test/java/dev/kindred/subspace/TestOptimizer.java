/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.subspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.InvalidInput;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TestOptimizer {

  @ParameterizedTest
  @EnumSource(Optimizer.class)
  void isWrittenAsItIsRead(Optimizer optimizer) {
    assertThat(Optimizer.parse(optimizer.toString())).isEqualTo(optimizer);
  }

  @Test
  void thatThereIsNotIsRefused() {
    assertThatThrownBy(() -> Optimizer.parse("adam"))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("--optimizer adam: expected fast or study");
  }

  @ParameterizedTest
  @CsvSource({"STUDY, .0003", "FAST, .009"})
  void theFirstStepIsAsLongAsTheLearningRate(Optimizer optimizer, double rate) {
    float[] x = {0, 0};
    optimizer.descent(2).step(x, new float[] {5, -.2f}, .01f);
    assertThat(x[0]).isCloseTo((float) -rate, within(1e-7f));
    assertThat(x[1]).isCloseTo((float) rate, within(1e-7f));
  }

  @ParameterizedTest
  @CsvSource({"STUDY, .0003", "FAST, .009"})
  void weightsDecayApartFromTheGradient(Optimizer optimizer, double rate) {
    float[] x = {10};
    optimizer.descent(1).step(x, new float[] {0}, 1);
    assertThat(x[0]).isCloseTo((float) (10 * (1 - .01 * rate)), within(1e-6f));
  }

  @Test
  void bothGoAsFarAtMost() {
    assertThat(Optimizer.STUDY.maxSteps()).isEqualTo(50_000);
    assertThat(Optimizer.FAST.maxSteps()).isEqualTo(1_667);
  }
}
