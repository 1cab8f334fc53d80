/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Curves of accuracy over width. */
class TestChannel {
  private static final int[] WIDTHS = {10, 20, 30, 40};

  @Test
  void aJumpHasItsHalfBetweenTheWidthsAroundIt() {
    Channel channel = Channel.of(WIDTHS, new double[][] {{0, 0, 1, 1}, {0, 0, 1, 1}});
    assertThat(channel.half()).isEqualTo(25);
    assertThat(channel.band()).isCloseTo(8, within(1e-9));
    assertThat(channel.falling()).isZero();
  }

  @Test
  void aSlopeHasAWideBand() {
    Channel channel = Channel.of(WIDTHS, new double[][] {{0, .4, .8, 1}});
    assertThat(channel.half()).isEqualTo(22.5);
    assertThat(channel.band()).isCloseTo(35 - 12.5, within(1e-9));
  }

  @Test
  void whatIsNeverFoundHasNoHalf() {
    assertThat(Channel.of(WIDTHS, new double[][] {{0, .1, .2, .3}}).half()).isNaN();
  }

  @Test
  void searchesThatGotWorseAreCountedByThemselves() {
    Channel channel = Channel.of(WIDTHS, new double[][] {{0, .5, .4, 1}, {.2, .1, .4, .3}});
    assertThat(channel.falling()).isEqualTo(.5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"channel-ds-b1", "channel-ds-b6", "channel-ds-attention-only", "channel-llama-b1"})
  void sharesOfTheOutputsLengthAreThose(String name) {
    InversionCase expected = InversionCase.read(name);
    float[] share = expected.arrays().get("share");
    double[] found =
        Channel.shares(expected.model(), expected.tokens(), expected.target(), expected.tokenIds());
    for (int feature = 0; feature < share.length; feature++) {
      assertThat(found[feature]).isCloseTo(share[feature], within(1e-6));
    }

    assertThat(Arrays.stream(found).sum()).isCloseTo(1, within(1e-9));
  }
}
