/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The residual stream as vectors.
 *
 * @param directions one a block, in order
 * @param perturbations what was done to the last block's output
 */
public record GeometryTable(List<Direction> directions, List<Perturbation> perturbations) {
  private static final Map<String, String> NAMES =
      Map.of(
          "scale_10", "times 10",
          "noise_0.1", "noise of std 0.1",
          "noise_2", "noise of std 2");

  /**
   * The stream after a block, and the sum of embedding and feed-forward outputs up to it.
   *
   * @param cosine between the two
   * @param normRatio the sum's norm by the stream's
   */
  public record Direction(int block, Figure cosine, Figure normRatio) {

    /** Of the mean cosine. */
    public double degrees() {
      return Math.toDegrees(Math.acos(Math.max(-1, Math.min(1, cosine.mean()))));
    }
  }

  /**
   * A change of the last block's output.
   *
   * @param name for readers
   * @param before the final norm
   * @param normed after it
   * @param hellinger distance of the predictions
   */
  public record Perturbation(String name, Pair before, Pair normed, Figure hellinger) {}

  /** Norms of the unchanged and the changed vector, and the cosine between them. */
  public record Pair(Figure norm, Figure changedNorm, Figure cosine) {}

  /**
   * The rows of summaries.
   *
   * @param metrics by dotted name; those of other analyses are passed over
   * @return null if there are none of geometry
   */
  public static GeometryTable of(Map<String, Double> metrics) {
    List<Direction> directions = new ArrayList<>();
    while (metrics.containsKey(block(directions.size()) + "norm_ratio.mean")) {
      String name = block(directions.size());
      directions.add(
          new Direction(
              directions.size(),
              Figure.of(metrics, name + "cosine_without_attention"),
              Figure.of(metrics, name + "norm_ratio")));
    }

    if (directions.isEmpty()) {
      return null;
    }

    return new GeometryTable(
        directions,
        List.of(
            perturbation(metrics, "scale_10"),
            perturbation(metrics, "noise_0.1"),
            perturbation(metrics, "noise_2")));
  }

  private static String block(int block) {
    return "geometry.block." + block + ".";
  }

  private static Perturbation perturbation(Map<String, Double> metrics, String perturbation) {
    String name = "geometry.perturbation." + perturbation + ".";
    return new Perturbation(
        NAMES.get(perturbation),
        new Pair(
            Figure.of(metrics, name + "norm_before"),
            Figure.of(metrics, name + "norm_after"),
            Figure.of(metrics, name + "cosine")),
        new Pair(
            Figure.of(metrics, name + "normed_norm_before"),
            Figure.of(metrics, name + "normed_norm_after"),
            Figure.of(metrics, name + "normed_cosine")),
        Figure.of(metrics, name + "hellinger"));
  }

  /** For the terminal. */
  public String text() {
    StringBuilder text = new StringBuilder("\n");
    line(text, "Without attention outputs", "cosine", "angle", "norm ratio");
    for (Direction direction : directions) {
      line(
          text,
          "  block " + direction.block(),
          direction.cosine().text(4),
          String.format(Locale.ROOT, "%.1f°", direction.degrees()),
          direction.normRatio().text(3));
    }

    text.append('\n');
    line(text, "Last block's output", "norm", "changed", "cosine", "Hellinger");
    for (Perturbation perturbation : perturbations) {
      line(
          text,
          "  " + perturbation.name(),
          columns(perturbation.before(), perturbation.hellinger().text(4)));
      line(text, "    after the final norm", columns(perturbation.normed(), ""));
    }

    return text.append('\n').toString();
  }

  private static String[] columns(Pair pair, String last) {
    return new String[] {
      pair.norm().text(2), pair.changedNorm().text(2), pair.cosine().text(4), last
    };
  }

  private static void line(StringBuilder text, String name, String... columns) {
    StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-26s", name));
    for (String column : columns) {
      line.append(String.format(Locale.ROOT, "%18s", column));
    }

    text.append(line.toString().stripTrailing()).append('\n');
  }
}
