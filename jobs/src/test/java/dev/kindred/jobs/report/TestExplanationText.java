/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.explanation.Explanation;
import dev.kindred.model.BlockVector;
import java.util.List;
import org.junit.jupiter.api.Test;

class TestExplanationText {
  private static final String LONG = "no\u0000 本本本本本本本本本本本本本本本本本本本本本本本本本本本本本本本本本本本本本本本本本本本本本\n";

  private static String text(boolean isColoured, Explanation... prompts) {
    return ExplanationText.of(
        new Explained(
            "file:/models/one",
            "m-1",
            BlockVector.FFN_OUT,
            "c-1",
            "run-7",
            20_000,
            null,
            null,
            new Explained.Read(1_234, 6, 7_404, 5_687_000, 1.25),
            List.of(prompts),
            null),
        isColoured);
  }

  @Test
  void linesFitWhateverTheTexts() {
    assertThat(text(false, ReportSamples.prompt(1, LONG, LONG, LONG)).lines())
        .allMatch(line -> columns(line) <= ExplanationText.WIDTH)
        .anyMatch(line -> columns(line) > 70);
  }

  private static int columns(String line) {
    return line.codePoints().map(character -> character == '本' ? 2 : 1).sum();
  }

  @Test
  void theEndOfALongStringShowsAndThatItWasCut() {
    assertThat(
            text(false, ReportSamples.prompt(1, "at the end", "the", "b".repeat(90) + "the end")))
        .containsPattern("…b+\\|the·end  0\\.9877    \\+1\\.25 %  the ×1,111");
  }

  @Test
  void aStringStandsInItsLineOfTheCorpus() {
    assertThat(text(false, ReportSamples.prompt(1, "at the end", "the", "bend")))
        .containsPattern("\n {13}before·\\[bend]·the +plays/the:12\n");
  }

  @Test
  void nothingFromATextControlsTheTerminal() {
    assertThat(text(false, ReportSamples.prompt(1, "\u001b[31m", "\u0007", "\u009b31m")))
        .doesNotContain("\u001b", "\u0007", "\u009b");
  }

  @Test
  void coloursOnlyAddToTheText() {
    Explanation prompt = ReportSamples.prompt(1, "prompt");

    assertThat(text(true, prompt)).contains("\u001b[");
    assertThat(text(true, prompt).replaceAll("\u001b\\[\\d+m", "")).isEqualTo(text(false, prompt));
  }

  @Test
  void aPromptWithoutEvidenceShowsIt() {
    assertThat(text(false, ReportSamples.promptWithoutEvidence(1)))
        .contains("not in the corpus", "Hellinger distance 1.0000", "0 similar above 0.76");
  }
}
