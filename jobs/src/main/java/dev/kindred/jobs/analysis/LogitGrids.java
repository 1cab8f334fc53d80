/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.corpus.Tokenizer;
import dev.kindred.head.LogitPart;
import dev.kindred.head.LogitPart.Kind;
import dev.kindred.head.LogitParts;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.jobs.report.VisibleText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Logits that are split into parts, as they are shown. */
final class LogitGrids {
  private static final int SHOWN_HEADS = 12;

  private LogitGrids() {}

  /**
   * A part, and what it adds to a token and another.
   *
   * @param against what it adds to the other token's logit; null without one
   * @param difference what it adds to the token more than to the other, or to all on average
   */
  record Shown(LogitPart part, Double against, double difference) {}

  /**
   * A logit that is split.
   *
   * @param token the token whose logit it is
   * @param against the token whose logit is taken away; null for the mean of all
   * @param logit the model's
   * @param sum of the parts
   * @param difference sum of the parts' differences
   */
  record Split(
      String text,
      int[] tokenIds,
      String token,
      int tokenId,
      String against,
      double logit,
      double sum,
      double difference,
      List<Shown> parts) {

    /**
     * Puts what was found together.
     *
     * @param others the other token's parts; null without one
     */
    static Split of(
        String text, int[] tokenIds, LogitParts found, LogitParts others, Tokenizer tokenizer) {
      List<Shown> parts = new ArrayList<>();
      for (int i = 0; i < found.parts().size(); i++) {
        LogitPart part = found.parts().get(i);
        Double against = others == null ? null : others.parts().get(i).logit();
        parts.add(
            new Shown(part, against, part.logit() - (against == null ? part.mean() : against)));
      }

      return new Split(
          text,
          tokenIds,
          tokenizer.text(found.token()),
          found.token(),
          others == null ? null : tokenizer.text(others.token()),
          found.logit(),
          found.sum(),
          parts.stream().mapToDouble(Shown::difference).sum(),
          parts);
    }

    private boolean has(Kind kind) {
      return parts.stream().anyMatch(shown -> shown.part.kind() == kind);
    }

    private double sum(int block, Kind kind) {
      return parts.stream()
          .filter(shown -> shown.part.block() == block && shown.part.kind() == kind)
          .mapToDouble(Shown::difference)
          .sum();
    }
  }

  static List<Element> of(Split split, String name) {
    String than =
        split.against == null
            ? "the mean of all tokens' logits"
            : "that of " + VisibleText.shown(split.against);
    List<Element> elements = new ArrayList<>();
    elements.add(
        Note.everywhere(
            String.format(
                Locale.ROOT,
                "logit of %s: %.3f; above %s: %.3f",
                VisibleText.shown(split.token),
                split.logit,
                than,
                split.difference)));
    elements.add(blocks(split, name));
    if (split.has(Kind.HEAD)) {
      elements.add(heads(split, name));
    }

    return elements;
  }

  private static Grid blocks(Split split, String name) {
    List<Findings.Row> rows = new ArrayList<>();
    for (Kind kind : List.of(Kind.EMBEDDING, Kind.POSITIONS)) {
      if (split.has(kind)) {
        rows.add(
            Findings.Row.of(
                kind.text().replace('_', ' '), "", "", "", number(split.sum(-1, kind))));
      }
    }

    int blocks = split.parts.stream().mapToInt(shown -> shown.part.block()).max().orElse(-1) + 1;
    for (int block = 0; block < blocks; block++) {
      double mixed = split.sum(block, Kind.HEAD) + split.sum(block, Kind.MIXER);
      double biases = split.sum(block, Kind.ATTENTION_BIAS) + split.sum(block, Kind.NORM_BIAS);
      double network = split.sum(block, Kind.MLP);
      rows.add(
          Findings.Row.of(
              "block " + block,
              number(mixed),
              number(biases),
              number(network),
              number(mixed + biases + network)));
    }

    rows.add(
        Findings.Row.of(
            "unembedding bias", "", "", "", number(split.sum(-1, Kind.UNEMBEDDING_BIAS))));
    rows.add(Findings.Row.of("sum", "", "", "", number(split.difference)));
    return new Grid(
        "What parts add, of " + name,
        "part",
        List.of(
            Column.of(split.has(Kind.MIXER) ? "mixing" : "heads"),
            Column.of("biases"),
            Column.of("feed-forward"),
            Column.of("all")),
        rows);
  }

  private static Grid heads(Split split, String name) {
    return new Grid(
        "Heads that add or take most, of " + name,
        "block.head",
        List.of(Column.of("adds")),
        split.parts.stream()
            .filter(shown -> shown.part.kind() == Kind.HEAD)
            .sorted(Comparator.comparingDouble(shown -> -Math.abs(shown.difference)))
            .limit(SHOWN_HEADS)
            .map(
                shown ->
                    Findings.Row.of(
                        shown.part.block() + "." + shown.part.head(), number(shown.difference)))
            .toList());
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%+.3f", value);
  }
}
