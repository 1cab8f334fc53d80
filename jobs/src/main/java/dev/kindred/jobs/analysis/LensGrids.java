/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.jobs.report.Findings.Cell;
import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.Findings.Row;
import dev.kindred.jobs.report.Numbers;
import dev.kindred.lens.Lens;
import dev.kindred.lens.Lens.Guess;
import dev.kindred.lens.Lens.Layer;
import dev.kindred.model.HookPoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.function.Function;

/** A prompt through the logit lens as tables, with a row for each layer. */
final class LensGrids {
  private LensGrids() {}

  /**
   * Returns what each layer predicts at each position.
   *
   * @param name of the prompt, for captions
   */
  static Grid positions(Lens lens, String name) {
    return grid(
        lens,
        "Logit lens of " + name,
        lens.tokens().stream().map(token -> new Column("", Cell.token(token))).toList(),
        Layer::positions,
        LensGrids::wholePercent);
  }

  /** Returns the tokens that each layer finds most probable at the end. */
  static Grid end(Lens lens, String name) {
    List<Column> columns = new ArrayList<>();
    for (int place = 1; place <= lens.layers().get(0).end().size(); place++) {
      columns.add(Column.of("most probable at the end", String.valueOf(place)));
    }

    return grid(lens, "Logit lens at the end of " + name, columns, Layer::end, Numbers::percent);
  }

  private static Grid grid(
      Lens lens,
      String caption,
      List<Column> columns,
      Function<Layer, List<Guess>> guesses,
      DoubleFunction<String> percent) {
    return new Grid(
        caption,
        "after",
        columns,
        lens.layers().stream()
            .map(
                layer ->
                    new Row(
                        Cell.of(name(layer)),
                        guesses.apply(layer).stream()
                            .map(
                                guess ->
                                    Cell.token(
                                        guess.token(),
                                        percent.apply(guess.probability()),
                                        guess.probability()))
                            .toList()))
            .toList());
  }

  /** What a reader calls the place in the stream that a layer is. */
  private static String name(Layer layer) {
    return layer.hook() == HookPoint.RESID_PRE
        ? "embedding"
        : (layer.hook() == HookPoint.RESID_MID ? "attn " : "block ") + layer.block();
  }

  private static String wholePercent(double probability) {
    return probability < .005 ? "<1%" : String.format(Locale.ROOT, "%.0f%%", 100 * probability);
  }
}
