/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.attribution.Shading;
import dev.kindred.attribution.Shading.OfBlock;
import dev.kindred.jobs.report.Findings.Cell;
import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.Findings.OfPrompt;
import dev.kindred.jobs.report.Findings.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Which tokens of an explained prompt the prediction and each block's evidence hang on.
 *
 * @param replacement what stood where a token was taken away: {@code uniform} or {@code mean}
 * @param tokens that the model reads, one text each
 * @param prediction loss of the predicted token's log-probability without each token, in nats
 * @param blocks how far each token's absence turns the block's vector: 1 less the cosine
 */
public record ShadedPrompt(
    String replacement, List<String> tokens, double[] prediction, List<OfBlock> blocks) {

  /**
   * Gives a shading its texts.
   *
   * @param tokens that the model reads, one text each
   */
  public static ShadedPrompt of(Shading shading, String replacement, List<String> tokens) {
    return new ShadedPrompt(replacement, tokens, shading.prediction(), shading.blocks());
  }

  /**
   * Returns it as a table: a row is shaded by its own greatest value.
   *
   * @param name of the prompt, for the caption
   */
  Grid grid(String name) {
    List<Row> rows = new ArrayList<>();
    rows.add(row("prediction", prediction));
    blocks.forEach(block -> rows.add(row("block " + block.block(), block.values())));
    return new Grid(
        "What the prediction and the blocks of " + name + " hang on",
        "hangs on",
        tokens.stream().map(token -> new Column("", Cell.token(token))).toList(),
        rows);
  }

  /** Returns it for the page. */
  public OfPrompt ofPrompt(String name) {
    return new OfPrompt(
        "Shading",
        "what is lost of the prediction’s log-probability, and how far each block’s vector turns,"
            + " without each token",
        List.of(grid(name)));
  }

  private static Row row(String name, double[] values) {
    double greatest = Arrays.stream(values).map(Math::abs).max().orElseThrow();
    return new Row(
        Cell.of(name),
        Arrays.stream(values)
            .mapToObj(
                value ->
                    new Cell(
                        String.format(Locale.ROOT, "%.2f", value),
                        false,
                        "",
                        greatest == 0 ? 0 : Math.abs(value) / greatest))
            .toList());
  }
}
