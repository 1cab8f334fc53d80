/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class TestSoftmax {
  private static final Offset<Double> FLOAT_ROUNDING = within(1e-7);

  @Test
  void aRowIsItsOwnDistribution() {
    float[] logits = {9, 9, 9, 0, (float) Math.log(2), (float) Math.log(3)};

    assertThat(Softmax.row(logits, 1, 3))
        .containsExactly(new double[] {1. / 6, 2. / 6, .5}, FLOAT_ROUNDING);
  }

  @Test
  void greatLogitsDoNotOverflow() {
    assertThat(Softmax.row(new float[] {1e30f, 1e30f, 0}, 0, 3)).containsExactly(.5, .5, 0);
  }
}
