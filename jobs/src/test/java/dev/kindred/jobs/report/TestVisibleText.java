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
  @CsvSource({
    "9, ⇥",
    "13, ␍",
    "0, ␀",
    "127, ␡",
    "160, U+00A0",
    "8238, U+202E",
    "55296, U+D800",
    "0xFE0F, U+FE0F",
    "0x115F, U+115F",
    "0x2800, U+2800",
    "0xE0100, U+E0100"
  })
  void invisibleCharacterShowsAsSign(int codePoint, String sign) {
    assertThat(VisibleText.runs(Character.toString(codePoint)))
        .containsExactly(new VisibleText.Run(sign, VisibleText.Kind.SIGN));
  }

  @Test
  void byteIsOneSign() {
    assertThat(VisibleText.runs("a<0xE4><0xBD> <0xe4> <0x3C>0xE4>"))
        .containsExactly(
            new VisibleText.Run("a", VisibleText.Kind.PLAIN),
            new VisibleText.Run("<0xE4>", VisibleText.Kind.SIGN),
            new VisibleText.Run("<0xBD>", VisibleText.Kind.SIGN),
            new VisibleText.Run("·", VisibleText.Kind.SIGN),
            new VisibleText.Run("<0xe4>", VisibleText.Kind.PLAIN),
            new VisibleText.Run("·", VisibleText.Kind.SIGN),
            new VisibleText.Run("<0x3C>", VisibleText.Kind.SIGN),
            new VisibleText.Run("0xE4>", VisibleText.Kind.PLAIN));
  }

  @Test
  void replacementCharacterIsACharacter() {
    assertThat(VisibleText.shown("\ufffd<0xEF>")).isEqualTo("\ufffd<0xEF>");
  }

  @ParameterizedTest
  @CsvSource({
    "12, ab<0xE4>cdef, ab<0xE4>cdef",
    "11, ab<0xE4>cdef, ab<0xE4>cd…",
    "8, ab<0xE4>cdef, ab…",
    "8, x<0xE4><0xBD>, x<0xE4>…"
  })
  void signsAreNeverCut(int columns, String text, String fitting) {
    assertThat(FittingText.start(text, columns).text()).isEqualTo(fitting);
  }

  @ParameterizedTest
  @CsvSource({"8, abcdef<0xE4>, …f<0xE4>", "6, abcdef<0xE4>, …", "7, abcdef\u00a0, …ef·"})
  void signsAreNeverCutAtTheBeginning(int columns, String text, String fitting) {
    assertThat(FittingText.end(text, columns).text()).isEqualTo(fitting.replace("ef·", "U+00A0"));
  }

  @Test
  void characterBeyondTheBasicPlaneStaysWhole() {
    assertThat(VisibleText.runs("🎩"))
        .containsExactly(new VisibleText.Run("🎩", VisibleText.Kind.PLAIN));
  }
}
