/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import org.junit.jupiter.api.Test;

class TestPrecision {
  @Test
  void floatsStayAsTheyAre() {
    assertThat(Precision.F32.round(new float[] {.1f, 1e30f}, BlockVector.FFN_OUT, 0))
        .containsExactly(.1f, 1e30f);
  }

  @Test
  void numbersOfBinary16StayAsTheyAreAndOthersComeWithinTheError() {
    float[] vector = {1, .1f, -65504, 65519.9f};
    float[] rounded = Precision.F16.round(vector.clone(), BlockVector.FFN_OUT, 0);
    for (int k = 0; k < vector.length; k++) {
      assertThat((double) Math.abs(rounded[k] - vector[k]))
          .isLessThanOrEqualTo(Precision.F16.error() * Math.abs(vector[k]));
    }

    assertThat(Precision.F16.round(rounded.clone(), BlockVector.FFN_OUT, 0))
        .containsExactly(rounded);
  }

  @Test
  void whatIsBeyondTheGreatestNumberIsRefusedByItsTensor() {
    assertThatThrownBy(() -> Precision.F16.round(new float[] {0, -65520}, BlockVector.FFN_OUT, 3))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "--store-activations f16: blocks.3.hook_mlp_out reaches -65520.0, and binary16 ends at"
                + " 65504; give --store-activations f32, or other --blocks");
    assertThatThrownBy(() -> Precision.F16.round(new float[] {7e4f}, BlockVector.ATTN_OUT, 0))
        .hasMessageContaining("blocks.0.hook_attn_out reaches 70000.0,");
  }
}
