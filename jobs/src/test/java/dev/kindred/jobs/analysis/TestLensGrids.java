/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.TerminalFindings;
import dev.kindred.lens.Lens;
import dev.kindred.lens.Lens.Guess;
import dev.kindred.lens.Lens.Layer;
import dev.kindred.model.HookPoint;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TestLensGrids {

  private static String text(boolean isColoured, Lens lens) {
    return TerminalFindings.heading(lens.text(), isColoured)
        + TerminalFindings.of(
            new Findings(
                lens.text(),
                List.of(LensGrids.positions(lens, "it"), LensGrids.end(lens, "it")),
                List.of()),
            isColoured);
  }

  /** The embedding and one block, whose most probable token is always the same. */
  private static Lens lens(String token, double probability, String... prompt) {
    Guess guess = new Guess(7, token, probability);
    List<Guess> positions = Arrays.stream(prompt).map(ignored -> guess).toList();
    List<Guess> end = List.of(guess, new Guess(8, "other", 0.0001));
    return new Lens(
        String.join("", prompt),
        List.of(prompt),
        List.of(
            new Layer(0, HookPoint.RESID_PRE, positions, end),
            new Layer(0, HookPoint.RESID_POST, positions, end)));
  }

  @Test
  void everyPositionHasItsTokenAndItsGuess() {
    assertThat(text(false, lens("e", .975, "t", "h")))
        .isEqualTo(
            """
            th

            after     t     h
            embedding e 98% e 98%
            block 0   e 98% e 98%

                      most probable at the end
            after     1       2
            embedding e 97.5% other <0.1%
            block 0   e 97.5% other <0.1%

            """);
  }

  @Test
  void tenCharactersStandBesideEachOther() {
    assertThat(text(false, lens("e", 1, "0123456789".split(""))))
        .containsPattern("after +0 +1 +2 +3 +4 +5 +6 +7 +8 +9\n");
  }

  @Test
  void linesFitWhateverTheTokens() {
    String[] prompt = new String[100];
    Arrays.fill(prompt, "本本本本本本本");

    assertThat(text(false, lens("\nunbelievable", 1, prompt)).lines())
        .allMatch(line -> line.codePoints().map(c -> c == '本' ? 2 : 1).sum() <= 80);
  }

  @Test
  void nothingFromATokenControlsTheTerminal() {
    assertThat(text(false, lens("\u001b[31m", .5, "\u0007", "\u009b31m")))
        .doesNotContain("\u001b", "\u0007", "\u009b");
  }

  @Test
  void coloursOnlyAddToTheText() {
    Lens lens = lens("e", .6, "t", "h");

    assertThat(text(true, lens)).contains("\u001b[48;5;");
    assertThat(text(true, lens).replaceAll("\u001b\\[[\\d;]+m", "")).isEqualTo(text(false, lens));
  }
}
