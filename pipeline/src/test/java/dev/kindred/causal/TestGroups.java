/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import org.junit.jupiter.api.Test;

class TestGroups {
  private static BitSet places(int... places) {
    BitSet set = new BitSet();
    for (int place : places) {
      set.set(place);
    }

    return set;
  }

  @Test
  void promptsThatShareAPlaceAreNotInOneGroup() {
    Groups groups = new Groups(2, 2);

    assertThat(groups.add(1, places(10, 11))).isZero();
    assertThat(groups.add(2, places(11, 12))).isEqualTo(1);
    assertThat(groups.add(3, places(11))).as("in both groups").isEqualTo(-1);
    assertThat(groups.add(3, places(12))).isZero();
  }

  @Test
  void promptsOfOneTokenAreNotInOneGroup() {
    Groups groups = new Groups(2, 2);

    assertThat(groups.add(1, places(1))).isZero();
    assertThat(groups.add(1, places(2))).isEqualTo(1);
    assertThat(groups.haveRoom(1, places(3))).isFalse();
  }

  @Test
  void aGroupTakesNoMoreThanItsSize() {
    Groups groups = new Groups(1, 2);
    groups.add(1, places(1));
    assertThat(groups.areFull()).isFalse();
    groups.add(2, places(2));

    assertThat(groups.areFull()).isTrue();
    assertThat(groups.add(3, places(3))).isEqualTo(-1);
  }
}
