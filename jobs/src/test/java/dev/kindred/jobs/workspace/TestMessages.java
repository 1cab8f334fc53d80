/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.workspace;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TestMessages {
  @Test
  void whatWouldNotShowOrTurnTextIsAnEscape() {
    assertThat(Messages.line("--corpus /data/c\r: no such file\u001b[2J\u009b1m\u202Egnp"))
        .isEqualTo("--corpus /data/c\\r: no such file\\u001B[2J\\u009B1m\\u202Egnp");
  }

  @Test
  void aValuesLineEndsDoNotCutTheMessage() {
    assertThat(Messages.line("prompt \"a\nb\": no token")).isEqualTo("prompt \"a\\nb\": no token");
  }

  @Test
  void ofWhatALibrarySaysAtLengthTheFirstLineIsShown() {
    assertThat(Messages.line("first\n" + "x".repeat(700))).isEqualTo("first");
  }
}
