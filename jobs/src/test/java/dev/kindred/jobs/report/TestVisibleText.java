/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestVisibleText {

  @Test
  void visibleCharactersStayTogether() {
    assertThat(VisibleText.runs("Pickwick·né"))
        .containsExactly(new VisibleText.Run("Pickwick·né", VisibleText.Kind.PLAIN));
  }

  @Test
  void leadingSpaceShows() {
    assertThat(VisibleText.runs(" the"))
        .containsExactly(
            new VisibleText.Run("·", VisibleText.Kind.SIGN),
            new VisibleText.Run("the", VisibleText.Kind.PLAIN));
  }

  @Test
  void lineBreakShowsAndIsKnownAsOne() {
    assertThat(VisibleText.runs("\n"))
        .containsExactly(new VisibleText.Run("⏎", VisibleText.Kind.LINE_BREAK));
  }

  @Test
  void emptyTextShows() {
    assertThat(VisibleText.runs(""))
        .containsExactly(new VisibleText.Run("∅", VisibleText.Kind.SIGN));
  }

  @ParameterizedTest
  @CsvSource({"9, ⇥", "13, ␍", "0, ␀", "127, ␡", "160, U+00A0", "8238, U+202E", "55296, U+D800"})
  void invisibleCharacterShowsAsSign(int codePoint, String sign) {
    assertThat(VisibleText.runs(Character.toString(codePoint)))
        .containsExactly(new VisibleText.Run(sign, VisibleText.Kind.SIGN));
  }

  @Test
  void characterBeyondTheBasicPlaneStaysWhole() {
    assertThat(VisibleText.runs("🎩"))
        .containsExactly(new VisibleText.Run("🎩", VisibleText.Kind.PLAIN));
  }
}
