/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TestGroups {
  @Test
  void promptsOfOneTokenAreNotInOneGroup() {
    Groups groups = new Groups(2, 2);

    assertThat(groups.add(7)).isZero();
    assertThat(groups.add(7)).isEqualTo(1);
    assertThat(groups.add(7)).as("in both groups").isEqualTo(-1);
    assertThat(groups.add(8)).isZero();
  }

  @Test
  void aGroupTakesNoMoreThanItsSize() {
    Groups groups = new Groups(1, 2);
    groups.add(1);
    assertThat(groups.areFull()).isFalse();
    groups.add(2);

    assertThat(groups.areFull()).isTrue();
    assertThat(groups.prompts()).isEqualTo(2);
    assertThat(groups.add(3)).isEqualTo(-1);
  }
}
