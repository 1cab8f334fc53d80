/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestSimilarString {

  @ParameterizedTest
  @CsvSource({
    "And only l, and only l, 'nd only l'",
    "same, same, same",
    "short, a long short, short",
    "other, prompt, ''"
  })
  void theSharedSuffixIsTheLongestCommonEnd(String text, String prompt, String shared) {
    assertThat(SimilarString.sharedSuffix(text, prompt)).isEqualTo(shared);
  }

  @Test
  void theSharedSuffixNeverCutsACharacter() {
    // Both end in the same second half of different characters.
    String hat = "\uD83C\uDFA9";
    String other = "\uD83D\uDFA9";

    assertThat(SimilarString.sharedSuffix("a" + hat, "a" + other)).isEmpty();
    assertThat(SimilarString.sharedSuffix("a" + hat, "b" + hat)).isEqualTo(hat);
  }

  @ParameterizedTest
  @CsvSource({
    "<0xE4> x, <0xF4> x, ' x'",
    "a<0xBD>, b<0x8D>, ''",
    "<0x9F><0x99>, <0x8F><0x99>, <0x99>",
    "a<0x3C>0xE4>, b<0x3C>0xE4>, <0x3C>0xE4>",
  })
  void theSharedSuffixNeverCutsAByte(String text, String prompt, String shared) {
    assertThat(SimilarString.sharedSuffix(text, prompt)).isEqualTo(shared);
  }

  @Test
  void theOwnBeginningIsTheRest() {
    assertThat(
            new SimilarString(0, "And only l", "only l", 1, null, 1, List.of(), List.of())
                .ownBeginning())
        .isEqualTo("And ");
  }
}
