/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;

import dev.kindred.jobs.report.Findings.Drawing;
import dev.kindred.jobs.report.Findings.Drawings;
import dev.kindred.jobs.report.Findings.Element;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Pictures of circuits, for pages. What a colour says, a size or a filling says as well.
 *
 * @param heads rows of {@code head_circuits}
 * @param compositions rows of {@code head_compositions}
 * @param virtualHeads rows of {@code virtual_heads}
 */
record CircuitPictures(Dataset<Row> heads, Dataset<Row> compositions, Dataset<Row> virtualHeads) {
  /** What is made of what an earlier head wrote, in words. */
  static final Map<String, String> KINDS = Map.of("q", "queries", "k", "keys", "v", "values");

  /** Heads that a map has a row for; of more, it has one for each block. */
  private static final int MOST_ROWS = 64;

  private static final int SPECTRA = 3; // heads either way whose eigenvalues are drawn
  private static final double SIDE = 420;
  private static final double MARGIN = 44;
  private static final double RADIUS = 2.5;
  private static final double TINY = .45; // of a cell's side, of what is below chance

  /** Returns the pictures that there is something to draw in. */
  List<Element> elements() {
    List<Element> elements = new ArrayList<>();
    List<Drawing> maps = new ArrayList<>();
    for (String kind : List.of("k", "q", "v")) {
      Drawing map = map(kind);
      if (map != null) {
        maps.add(map);
      }
    }

    add(elements, maps);
    add(elements, spectra());
    add(elements, plane());
    return elements;
  }

  private static void add(List<Element> elements, List<Drawing> drawings) {
    if (!drawings.isEmpty()) {
      elements.add(new Drawings(drawings));
    }
  }

  /** A head, or a whole block. */
  private record Place(int block, int head) implements Comparable<Place> {
    private static final int WHOLE = -1;

    @Override
    public int compareTo(Place other) {
      return Comparator.comparingInt(Place::block)
          .thenComparingInt(Place::head)
          .compare(this, other);
    }

    @Override
    public String toString() {
      return head == WHOLE ? "block " + block : block + "." + head;
    }
  }

  /** Earlier heads by later ones; null if no pair of them composes. */
  private Drawing map(String kind) {
    List<Row> pairs =
        compositions
            .where(col("kind").equalTo(kind).and(col("score").isNotNull()))
            .groupBy("earlier_block", "earlier_head", "block", "head")
            .agg(expr("max(score)"), expr("max(sqrt(expected_square))"))
            .collectAsList();
    if (pairs.isEmpty()) {
      return null;
    }

    long heads =
        pairs.stream().map(row -> new Place(row.getInt(2), row.getInt(3))).distinct().count();
    boolean isOfBlocks = heads > MOST_ROWS;
    Map<Place, Integer> numbers = new TreeMap<>();
    Map<List<Place>, Double> scores = new TreeMap<>(Comparator.comparing(List::toString));
    double chance = pairs.get(0).getDouble(5);
    for (Row row : pairs) {
      Place first = new Place(row.getInt(0), isOfBlocks ? Place.WHOLE : row.getInt(1));
      Place second = new Place(row.getInt(2), isOfBlocks ? Place.WHOLE : row.getInt(3));
      numbers.put(first, 0);
      numbers.put(second, 0);
      scores.merge(List.of(first, second), row.getDouble(4), Math::max);
    }

    int count = 0;
    for (Place place : numbers.keySet()) {
      numbers.put(place, count++);
    }

    double greatest = scores.values().stream().mapToDouble(score -> score).max().orElseThrow();
    double least = scores.values().stream().mapToDouble(score -> score).min().orElseThrow();
    double cell = SIDE / count;
    StringBuilder svg = new StringBuilder();
    scores.forEach(
        (pair, score) -> {
          boolean isAbove = score >= chance;
          double share =
              isAbove
                  ? (score - chance) / Math.max(1e-12, greatest - chance)
                  : (chance - score) / Math.max(1e-12, chance - Math.min(least, chance));
          double side = isAbove ? .92 * cell : TINY * cell;
          svg.append(
              String.format(
                  Locale.ROOT,
                  "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\""
                      + " fill-opacity=\"%.2f\"><title>%s to %s: %.3f</title></rect>",
                  isAbove ? "above" : "below",
                  MARGIN + numbers.get(pair.get(1)) * cell + (cell - side) / 2,
                  MARGIN + numbers.get(pair.get(0)) * cell + (cell - side) / 2,
                  side,
                  side,
                  .08 + .92 * share,
                  pair.get(0),
                  pair.get(1),
                  score));
        });
    int lastBlock = -1;
    for (Map.Entry<Place, Integer> entry : numbers.entrySet()) {
      if (entry.getKey().block() != lastBlock) { // a name where a block begins
        lastBlock = entry.getKey().block();
        if (!isOfBlocks || lastBlock % Math.max(1, count / 10) == 0) {
          double at = MARGIN + entry.getValue() * cell;
          svg.append(text(at, MARGIN - 8, "start", String.valueOf(lastBlock)));
          svg.append(text(MARGIN - 8, at + 10, "end", String.valueOf(lastBlock)));
        }
      }
    }

    svg.append(text(MARGIN + SIDE, 14, "end", "block that reads"));
    svg.append(text(4, MARGIN + SIDE + 16, "start", "block that writes, downwards"));
    List<Place> best =
        scores.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey();
    String made = KINDS.get(kind);
    String said =
        String.format(
            Locale.ROOT,
            "How far %s are made of what earlier heads wrote%s: %s to %s has most, %.3f; by chance"
                + " %.3f. Large squares are above chance, small ones below.",
            made,
            isOfBlocks ? ", the greatest of each two blocks" : "",
            best.get(0),
            best.get(1),
            greatest,
            chance);
    return new Drawing(
        "Composition by " + made, said, said, SIDE + 2 * MARGIN, SIDE + 2 * MARGIN, svg.toString());
  }

  /** Eigenvalues of the heads that copy most, and of those that take away most. */
  private List<Drawing> spectra() {
    Dataset<Row> copying =
        heads.where(
            col("circuit")
                .equalTo("ov")
                .and(col("basis").equalTo("residual"))
                .and(col("score").isNotNull()));
    List<Row> shown = new ArrayList<>(spectra(copying.where(col("z").gt(0)), col("z").desc()));
    shown.addAll(spectra(copying.where(col("z").leq(0)), col("z")));
    List<Drawing> drawings = new ArrayList<>();
    for (Row row : shown) {
      List<Double> real = row.getList(3);
      List<Double> imaginary = row.getList(4);
      double size = Math.hypot(real.get(0), imaginary.get(0));
      double half = SIDE / 4;
      double middle = MARGIN / 2 + half;
      StringBuilder svg =
          new StringBuilder(line(middle - half, middle, middle + half, middle))
              .append(line(middle, middle - half, middle, middle + half))
              .append(
                  String.format(
                      Locale.ROOT,
                      "<circle class=\"frame\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"></circle>",
                      middle,
                      middle,
                      half));
      int positive = 0;
      for (int i = 0; i < real.size(); i++) {
        positive += real.get(i) > 0 ? 1 : 0;
        svg.append(
            point(
                middle + half * real.get(i) / size,
                middle - half * imaginary.get(i) / size,
                real.get(i) > 0,
                ""));
      }

      String said =
          String.format(
              Locale.ROOT,
              "Head %d.%d: eigenvalues of OV over the largest, in the complex plane; copying %.2f."
                  + " %d of %d have a positive real part (filled).",
              row.getInt(0),
              row.getInt(1),
              row.getDouble(2),
              positive,
              real.size());
      drawings.add(
          new Drawing(
              "Eigenvalues of head " + row.getInt(0) + "." + row.getInt(1),
              said,
              said,
              2 * middle,
              2 * middle,
              svg.toString()));
    }

    return drawings;
  }

  private static List<Row> spectra(Dataset<Row> copying, Column order) {
    return copying
        .orderBy(order, col("block"), col("head"))
        .limit(SPECTRA)
        .select("block", "head", "score", "eigenvalues_real", "eigenvalues_imaginary")
        .collectAsList();
  }

  /** Whether tokens find where they stood, by whether what is found there is copied. */
  private List<Drawing> plane() {
    List<Row> pairs =
        virtualHeads
            .where(col("induction_score").isNotNull())
            .join(
                heads
                    .where(
                        col("circuit")
                            .equalTo("ov")
                            .and(col("basis").equalTo("embedding"))
                            .and(col("score").isNotNull()))
                    .select(
                        col("block").as("of_block"),
                        col("head").as("of_head"),
                        col("score").as("copied")),
                col("block").equalTo(col("of_block")).and(col("head").equalTo(col("of_head"))))
            .orderBy(CircuitTables.thenByPair())
            .select("earlier_block", "earlier_head", "block", "head", "induction_score", "copied")
            .collectAsList();
    if (pairs.isEmpty()) {
      return List.of();
    }

    double half = SIDE / 2;
    double middle = MARGIN + half;
    StringBuilder svg =
        new StringBuilder(line(MARGIN, middle, MARGIN + SIDE, middle))
            .append(line(middle, MARGIN, middle, MARGIN + SIDE))
            .append(text(MARGIN + SIDE, middle + 16, "end", "finds where it stood: 1"))
            .append(text(middle + 6, MARGIN + 4, "start", "copies: 1"));
    int both = 0;
    Row best = pairs.get(0);
    for (Row row : pairs) {
      double x = row.getDouble(4);
      double y = row.getDouble(5);
      both += x > 0 && y > 0 ? 1 : 0;
      best = Math.min(x, y) > Math.min(best.getDouble(4), best.getDouble(5)) ? row : best;
      svg.append(
          point(
              middle + half * x,
              middle - half * y,
              x > 0 && y > 0,
              name(row) + String.format(Locale.ROOT, ": %.2f, %.2f", x, y)));
    }

    String said =
        String.format(
            Locale.ROOT,
            "Pairs of heads: score of the term by which a token finds where it stood before"
                + " (QK, to the right), and copying of the later head by embeddings (OV, upwards)."
                + " An induction head stands in the upper right corner: %,d of %,d pairs have both"
                + " above 0 (filled), nearest to the corner %s with %.2f and %.2f.",
            both,
            pairs.size(),
            name(best),
            best.getDouble(4),
            best.getDouble(5));
    return List.of(
        new Drawing(
            "Finding and copying",
            said,
            said,
            SIDE + 2 * MARGIN,
            SIDE + 2 * MARGIN,
            svg.toString()));
  }

  private static String name(Row pair) {
    return pair.getInt(0) + "." + pair.getInt(1) + " to " + pair.getInt(2) + "." + pair.getInt(3);
  }

  private static String point(double x, double y, boolean isFilled, String title) {
    return String.format(
        Locale.ROOT,
        "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\">%s</circle>",
        isFilled ? "above" : "below",
        x,
        y,
        RADIUS,
        title.isEmpty() ? "" : "<title>" + title + "</title>");
  }

  private static String line(double x1, double y1, double x2, double y2) {
    return String.format(
        Locale.ROOT,
        "<line class=\"axis\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"></line>",
        x1,
        y1,
        x2,
        y2);
  }

  private static String text(double x, double y, String anchor, String text) {
    return String.format(
        Locale.ROOT,
        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>",
        x,
        y,
        anchor,
        text);
  }
}
