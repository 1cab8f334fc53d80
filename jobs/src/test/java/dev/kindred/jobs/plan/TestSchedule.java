/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class TestSchedule {
  @Test
  void tasksThatAreAlikeRunInRounds() {
    assertThat(Schedule.seconds(7, 10, 3, 0, 0)).isEqualTo(30);
    assertThat(Schedule.seconds(3, 10, 3, 0, 0)).isEqualTo(10);
    assertThat(Schedule.seconds(3, 10, 1, 0, 0)).isEqualTo(30);
  }

  @Test
  void theDriverStartsOneAfterAnother() {
    // They start after 1, 2, 3 and 4 seconds, the fourth on the core that the first has left.
    assertThat(Schedule.seconds(3, 10, 3, 1, 0)).isEqualTo(13);
    assertThat(Schedule.seconds(4, 2.5, 3, 1, 0)).isEqualTo(6.5);
  }

  @Test
  void coresBeyondWhatTheDriverCanFeedBringNothing() {
    double fed = Schedule.seconds(10_000, 1, 100, .01, 0);
    assertThat(fed).isCloseTo(101, within(1e-6));
    assertThat(Schedule.seconds(10_000, 1, 10_000, .01, 0)).isCloseTo(fed, within(1e-6));
  }

  @Test
  void unevenTasksTakeAsLongInAllAndEndLater() {
    assertThat(Schedule.seconds(100_000, 1, 1, 0, .2)).isCloseTo(100_000, within(200.));
    assertThat(Schedule.seconds(1000, 1, 1000, 0, .2)).isBetween(1.5, 3.);
  }

  @Test
  void manyTasksTakeWhatTheirSumTakes() {
    double followed = Schedule.seconds(4_000_000, .01, 100, 1e-5, .2);
    assertThat(Schedule.seconds(4_000_001, .01, 100, 1e-5, .2)).isCloseTo(followed, within(1.));
  }
}
