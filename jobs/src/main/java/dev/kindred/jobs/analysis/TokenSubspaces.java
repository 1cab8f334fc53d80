/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.apache.spark.sql.functions.col;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Axis;
import dev.kindred.jobs.report.Findings.Cell;
import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.Findings.Line;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.jobs.report.Findings.Plot;
import dev.kindred.jobs.report.Findings.Plots;
import dev.kindred.jobs.report.Findings.Row;
import dev.kindred.jobs.report.Numbers;
import dev.kindred.jobs.report.VisibleText;
import dev.kindred.jobs.run.Stages;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.subspace.Subspaces;
import dev.kindred.subspace.TokenMix;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Finds the subspaces of a selection's embeddings, which must be there, and mixes two of them. */
final class TokenSubspaces {
  private static final int SHOWN_TOKENS = 4; // of a mixture's prediction
  private static final int SHOWN_VALUES = 4; // in the table

  private final Progress progress;
  private final Warehouse warehouse;
  private final EmbeddingSelection selection;
  private final Part embeddings;
  private Part subspaces;
  private List<Subspaces.Spectrum> found;
  private int ranks;

  TokenSubspaces(Progress progress, Warehouse warehouse, EmbeddingSelection selection) {
    this.progress = progress;
    this.warehouse = warehouse;
    this.selection = selection;
    this.embeddings =
        selection.part(warehouse, Tables.LEARNED_EMBEDDINGS, selection.recipe().key());
    if (!embeddings.isComplete()) {
      throw new InvalidInput(
          "--warehouse %s: no embeddings %s of the stage %s for this model; learn them with kindred"
              + " learn-embeddings%s",
          warehouse.root(),
          selection.recipe().key(),
          selection.stage(),
          selection.given().stream().map(option -> " " + option).collect(Collectors.joining()));
    }
  }

  /** Checks what is to be mixed before anything long; null is nothing. */
  void checkMix(String text) {
    if (text != null) {
      pair(text);
    }
  }

  /** Two different tokens that have embeddings. */
  private int[] pair(String text) {
    int[] pair = EmbeddingSelection.tokenIds("--mix", text, selection.model());
    if (pair.length != 2 || pair[0] == pair[1]) {
      throw new InvalidInput("--mix %s: expected a text of two different tokens", text);
    }

    for (int token : pair) {
      if (!selection.recipe().tokenIds().contains(token)) {
        throw new InvalidInput(
            "--mix %s: \"%s\" is not among --tokens",
            text, VisibleText.shown(selection.token(token)));
      }
    }

    return pair;
  }

  /**
   * Finds subspaces that are not there yet.
   *
   * @param kept directions of each token, at most
   */
  Findings find(int kept) {
    ranks = kept;
    String key = selection.recipe().key() + (kept == Subspaces.RANKS ? "" : "_k" + kept);
    subspaces = selection.part(warehouse, Tables.SUBSPACES, key);
    if (subspaces.isComplete()) {
      progress.reused("subspaces", subspaces);
    } else {
      progress.step(
          "subspaces",
          () ->
              subspaces.write(
                  Subspaces.of(embeddings.read(), kept)
                      .repartition(1) // coalesced, the decompositions would be one task, too
                      .sortWithinPartitions("token_id", "rank")),
          subspaces);
      Stages.audit(warehouse, selection.model().shape(), subspaces);
    }

    found = Subspaces.spectra(subspaces.read());
    return new Findings("", List.of(plots(), grid()), List.of());
  }

  /** A line for each token. */
  private Plots plots() {
    double highest =
        found.stream().mapToDouble(token -> token.singularValues()[0]).max().orElseThrow();
    double step = Math.pow(10, Math.floor(Math.log10(highest)));
    double top = Math.ceil(highest / step) * step;
    int shown = found.get(0).singularValues().length;
    return new Plots(
        List.of(
            new Plot(
                alt(shown),
                alt(shown),
                new Axis(1, shown, "1", String.valueOf(shown)),
                new Axis(0, top, "0", Numbers.count(top)),
                found.stream()
                    .map(
                        token ->
                            new Line(
                                token.converged() ? "token" : "token failed",
                                VisibleText.shown(selection.token(token.tokenId())),
                                IntStream.rangeClosed(1, shown).asDoubleStream().toArray(),
                                token.singularValues()))
                    .toList(),
                true)),
        true);
  }

  private String alt(int shown) {
    if (shown < 2) {
      return String.format(Locale.ROOT, "The first singular value of %d tokens.", found.size());
    }

    double[] ratios =
        found.stream()
            .mapToDouble(token -> token.singularValues()[0] / token.singularValues()[1])
            .sorted()
            .toArray();
    return String.format(
        Locale.ROOT,
        "The first %d singular values of %d tokens; the first is %.1f times the second for the median"
            + " token.",
        shown,
        found.size(),
        ratios[ratios.length / 2]);
  }

  private Grid grid() {
    int shown = Math.min(SHOWN_VALUES, found.get(0).singularValues().length);
    List<Column> columns = new ArrayList<>();
    for (int rank = 1; rank <= shown; rank++) {
      columns.add(Column.of("singular values", String.valueOf(rank)));
    }

    columns.add(Column.of("first/next"));
    columns.add(Column.of("positive"));
    columns.add(Column.of("converged"));
    return new Grid(
        "Singular values of tokens",
        "token",
        columns,
        found.stream().map(token -> row(token, shown)).toList());
  }

  private Row row(Subspaces.Spectrum token, int shown) {
    List<Cell> cells = new ArrayList<>();
    double[] values = token.singularValues();
    for (int rank = 0; rank < shown; rank++) {
      cells.add(Cell.of(String.format(Locale.ROOT, "%.2f", values[rank])));
    }

    cells.add(
        Cell.of(
            values.length < 2 ? "–" : String.format(Locale.ROOT, "%,.2f", values[0] / values[1])));
    cells.add(Cell.of(String.format(Locale.ROOT, "%.2f", token.positiveShare())));
    cells.add(Cell.of(token.converged() ? "yes" : "no"));
    return new Row(Cell.token(selection.token(token.tokenId())), cells);
  }

  /** Mixes the first directions of two tokens. */
  List<Element> mix(String text) {
    int[] pair = pair(text);
    Map<Integer, Subspaces.OfToken> directions =
        Subspaces.collect(
            subspaces.read().where(col("token_id").isin(pair[0], pair[1])), 1); // the first
    TokenMix mix =
        TokenMix.of(
            LoadedModels.stream(selection.model()),
            selection.stage().block(selection.model().shape().blocks()),
            pair[0],
            directions.get(pair[0]).subspace().directions()[0],
            pair[1],
            directions.get(pair[1]).subspace().directions()[0]);
    String first = VisibleText.shown(selection.token(pair[0]));
    String second = VisibleText.shown(selection.token(pair[1]));
    String balanced =
        mix.balanced().length == 0
            ? "orthogonal, balanced"
            : String.format(Locale.ROOT, "orthogonal, balanced: %s x %.4f", second, mix.balance());
    return List.of(
        Note.everywhere(
            String.format(
                Locale.ROOT,
                "%s and %s: cosine of their first directions %.4f, logits by them %.4f and %.4f",
                first,
                second,
                mix.cosine(),
                mix.firstLogit(),
                mix.secondLogit())),
        new Grid(
            "What mixtures of the two directions predict",
            "mixture",
            List.of(Column.of("most probable")),
            List.of(
                Row.of("sum", top(mix.sum())),
                Row.of(
                    "orthogonal, by ratio of logits",
                    mix.scaled().length == 0
                        ? "none, as the directions are parallel"
                        : top(mix.scaled())),
                Row.of(
                    balanced,
                    mix.balanced().length == 0 ? "cannot be balanced" : top(mix.balanced())))));
  }

  private String top(double[] probabilities) {
    return IntStream.range(0, probabilities.length)
        .boxed()
        .sorted((a, b) -> Double.compare(probabilities[b], probabilities[a]))
        .limit(SHOWN_TOKENS)
        .map(
            token ->
                String.format(
                    Locale.ROOT,
                    "%s %.4f",
                    VisibleText.shown(selection.token(token)),
                    probabilities[token]))
        .collect(Collectors.joining("  "));
  }

  /** Returns the last line of the output, which is for scripts. */
  String lastLine() {
    return String.format(
        Locale.ROOT,
        "kindred: subspaces=%d converged=%d ranks=%d stage=%s recipe=%s",
        found.size(),
        found.stream().filter(Subspaces.Spectrum::converged).count(),
        ranks,
        selection.stage(),
        selection.recipe().key());
  }
}
