/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.apache.spark.sql.functions.col;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.report.TokenSpectra;
import dev.kindred.jobs.report.VisibleText;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.subspace.Subspaces;
import dev.kindred.subspace.TokenMix;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Finds the subspaces of a selection's embeddings, which must be there, and mixes two of them. */
final class TokenSubspaces {
  private static final int SHOWN_TOKENS = 4; // of a mixture's prediction

  private final Progress progress;
  private final Warehouse warehouse;
  private final EmbeddingSelection selection;
  private final Warehouse.Part embeddings;
  private Warehouse.Part subspaces;
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
  TokenSpectra find(int kept) {
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
    }

    found = Subspaces.spectra(subspaces.read());
    return new TokenSpectra(
        selection.model().id(),
        selection.stage().toString(),
        selection.recipe().key(),
        found.stream()
            .map(
                token ->
                    new TokenSpectra.Spectrum(
                        selection.token(token.tokenId()),
                        token.singularValues(),
                        token.positiveShare(),
                        token.converged()))
            .toList());
  }

  /** Mixes the first directions of two tokens; says nothing if there is nothing to mix. */
  String mix(String text) {
    if (text == null) {
      return "";
    }

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
    return String.format(
            Locale.ROOT,
            "%n%s and %s: cosine of their first directions %.4f, logits by them %.4f and %.4f%n",
            first,
            second,
            mix.cosine(),
            mix.firstLogit(),
            mix.secondLogit())
        + String.format(Locale.ROOT, "  %-34s %s%n", "sum", top(mix.sum()))
        + (mix.scaled().length == 0
            ? String.format(
                Locale.ROOT, "  %-34s none, as the directions are parallel%n", "orthogonal")
            : String.format(
                Locale.ROOT, "  %-34s %s%n", "orthogonal, by ratio of logits", top(mix.scaled())))
        + (mix.balanced().length == 0
            ? String.format(Locale.ROOT, "  %-34s cannot be balanced%n", "orthogonal, balanced")
            : String.format(
                Locale.ROOT,
                "  %-34s %s%n",
                String.format(
                    Locale.ROOT, "orthogonal, balanced: %s x %.4f", second, mix.balance()),
                top(mix.balanced())));
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

  /** For scripts. */
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
