/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.subspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TestStage {

  @ParameterizedTest
  @CsvSource({"final, 6", "block-5, 5", "block-0, 0"})
  void namesTheBlockThatRunsNext(String text, int block) {
    assertThat(Stage.parse(text, 6).block(6)).isEqualTo(block);
  }

  @ParameterizedTest
  @ValueSource(strings = {"final", "block-3"})
  void isWrittenAsItIsRead(String text) {
    assertThat(Stage.parse(text, 6)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "last", "block", "block-", "block--1", "block-6", "Final"})
  void thatTheModelDoesNotHaveIsRefused(String text) {
    assertThatThrownBy(() -> Stage.parse(text, 6))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "--stage %s: expected final, before the final norm, or block-0 to block-5, before that"
                + " block; the model has 6 blocks",
            text);
  }

  @Test
  void theFinalOneIsAConstant() {
    assertThat(Stage.parse("final", 2)).isEqualTo(Stage.FINAL);
  }
}
