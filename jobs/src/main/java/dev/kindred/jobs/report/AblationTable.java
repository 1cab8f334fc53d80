/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What blocks' parts contribute, one row a block.
 *
 * @param blocks in order
 */
public record AblationTable(List<Block> blocks) {

  /**
   * A block.
   *
   * @param alone effects of removals where the last position's vector is passed on by itself
   * @param whole effects of removals within the whole context
   * @param cosines of input and attention, attention and feed-forward, feed-forward and output
   * @param norms of input, attention, feed-forward and output
   */
  public record Block(
      int block, Removals alone, Removals whole, List<Figure> cosines, List<Figure> norms) {}

  /**
   * Hellinger distances and changes of logits.
   *
   * @param logitNorm of the unchanged logits
   */
  public record Removals(
      Figure withoutAttention,
      Figure withoutFfn,
      Figure logitNorm,
      Figure changeWithoutAttention,
      Figure changeWithoutFfn) {
    private static Removals of(Map<String, Double> metrics, String name) {
      return new Removals(
          Figure.of(metrics, name + "without_attention.hellinger"),
          Figure.of(metrics, name + "without_ffn.hellinger"),
          Figure.of(metrics, name + "without_ffn.logit_norm"),
          Figure.of(metrics, name + "without_attention.logit_change"),
          Figure.of(metrics, name + "without_ffn.logit_change"));
    }
  }

  /**
   * The rows of summaries.
   *
   * @param metrics by dotted name; those of other analyses are passed over
   * @return null if there are none of ablations
   */
  public static AblationTable of(Map<String, Double> metrics) {
    List<Block> blocks = new ArrayList<>();
    for (int block = 0; ; block++) {
      String name = "ablation.block." + block + ".";
      if (!metrics.containsKey(name + "norm_in.mean")) {
        return blocks.isEmpty() ? null : new AblationTable(blocks);
      }

      blocks.add(
          new Block(
              block,
              Removals.of(metrics, name + "alone."),
              Removals.of(metrics, name + "whole."),
              List.of(
                  Figure.of(metrics, name + "cosine_in_attention"),
                  Figure.of(metrics, name + "cosine_attention_ffn"),
                  Figure.of(metrics, name + "cosine_ffn_out")),
              List.of(
                  Figure.of(metrics, name + "norm_in"),
                  Figure.of(metrics, name + "norm_attention"),
                  Figure.of(metrics, name + "norm_ffn"),
                  Figure.of(metrics, name + "norm_out"))));
    }
  }

  /** For the terminal. */
  public String text() {
    StringBuilder text = new StringBuilder("\n");
    line(text, "Hellinger distance to the", "last position alone", "", "whole context", "");
    line(
        text,
        "unchanged prediction",
        "no attention",
        "no feed-forward",
        "no attention",
        "no feed-forward");
    for (Block block : blocks) {
      line(
          text,
          "  block " + block.block(),
          block.alone().withoutAttention().text(3),
          block.alone().withoutFfn().text(3),
          block.whole().withoutAttention().text(3),
          block.whole().withoutFfn().text(3));
    }

    text.append('\n');
    line(text, "Norms", "in", "attention", "feed-forward", "out");
    for (Block block : blocks) {
      line(
          text,
          "  block " + block.block(),
          block.norms().stream().map(norm -> norm.text(2)).toArray(String[]::new));
    }

    text.append('\n');
    line(text, "Cosines", "in, attention", "att., feed-fwd.", "feed-fwd., out");
    for (Block block : blocks) {
      line(
          text,
          "  block " + block.block(),
          block.cosines().stream().map(cosine -> cosine.text(2)).toArray(String[]::new));
    }

    return text.append('\n').toString();
  }

  private static void line(StringBuilder text, String name, String... columns) {
    StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-28s", name));
    for (String column : columns) {
      line.append(String.format(Locale.ROOT, "%17s", column));
    }

    text.append(line.toString().stripTrailing()).append('\n');
  }
}
