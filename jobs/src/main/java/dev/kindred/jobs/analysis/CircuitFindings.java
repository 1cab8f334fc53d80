/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.apache.spark.sql.functions.abs;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;

import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.Findings.Note;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** What is shown of circuits. */
final class CircuitFindings {
  private static final int SHOWN_HEADS = 64;
  private static final int SHOWN_PAIRS = 12;
  private static final String PAIR =
      "concat(earlier_block, '.', earlier_head, ' to ', block, '.', head)";
  private static final double FAR = 3; // standard deviations from chance
  private static final Map<String, String> CIRCUITS =
      Map.of("ov", "copying (ov)", "qk", "matching (qk)");

  private final Dataset<Row> heads;
  private final Dataset<Row> compositions;
  private final Dataset<Row> nulls;
  private final Dataset<Row> virtualHeads;

  CircuitFindings(
      Dataset<Row> heads,
      Dataset<Row> compositions,
      Dataset<Row> nulls,
      Dataset<Row> virtualHeads) {
    this.heads = heads;
    this.compositions = compositions;
    this.nulls = nulls;
    this.virtualHeads = virtualHeads;
  }

  List<Element> elements() {
    List<Element> elements = new ArrayList<>();
    elements.add(
        Note.everywhere(
            "Copying and matching: the sum of a circuit's eigenvalues over the sum of their moduli,"
                + " 1 where all are real and positive; in brackets, standard deviations from chance."
                + " Of token bases, the share of tokens that come first in their own row."));
    elements.addAll(ofHeads());
    elements.addAll(ofCompositions());
    elements.addAll(ofVirtualHeads());
    elements.addAll(new CircuitPictures(heads, compositions, virtualHeads).elements());
    return elements;
  }

  /** A head, and its scores by circuit and basis as text. */
  private record Head(int block, int head) implements Comparable<Head> {
    @Override
    public int compareTo(Head other) {
      return Comparator.comparingInt(Head::block).thenComparingInt(Head::head).compare(this, other);
    }
  }

  private List<Element> ofHeads() {
    List<Row> rows =
        heads
            .select(
                "block",
                "head",
                "circuit",
                "distance",
                "basis",
                "score",
                "z",
                "top_1",
                "effective_rank")
            .orderBy("distance", "circuit", "basis", "block", "head")
            .collectAsList();
    int nearest = rows.stream().mapToInt(row -> row.getInt(3)).filter(d -> d > 0).min().orElse(0);
    boolean hasZero =
        rows.stream().anyMatch(row -> row.getString(2).equals("qk") && row.getInt(3) == 0);
    int shownDistance = hasZero ? 0 : nearest;
    Map<Head, Map<String, String>> texts = new TreeMap<>();
    Map<String, int[]> far = new TreeMap<>(); // heads above, below, all
    for (Row row : rows) {
      boolean isShown = row.getString(2).equals("ov") || row.getInt(3) == shownDistance;
      if (!isShown) {
        continue;
      }

      String column = row.getString(2) + " " + row.getString(4);
      Map<String, String> its =
          texts.computeIfAbsent(new Head(row.getInt(0), row.getInt(1)), key -> new TreeMap<>());
      its.put(column, scored(row));
      if (row.getString(4).equals("residual")) {
        its.put(
            row.getString(2) + " rank",
            row.isNullAt(8) ? "-" : String.format(Locale.ROOT, "%.1f", row.getDouble(8)));
      }

      int[] counts = far.computeIfAbsent(column, key -> new int[3]);
      counts[0] += !row.isNullAt(6) && row.getDouble(6) > FAR ? 1 : 0;
      counts[1] += !row.isNullAt(6) && row.getDouble(6) < -FAR ? 1 : 0;
      counts[2]++;
    }

    List<Element> elements = new ArrayList<>();
    List<String> columns =
        texts.values().iterator().next().keySet().stream()
            .sorted(
                Comparator.comparing((String name) -> name.substring(0, 2))
                    .thenComparingInt(CircuitFindings::order)
                    .thenComparing(Comparator.naturalOrder()))
            .toList();
    elements.add(
        new Grid(
            "Circuits of heads",
            "block.head",
            columns.stream()
                .map(name -> Column.of(CIRCUITS.get(name.substring(0, 2)), name.substring(3)))
                .toList(),
            texts.entrySet().stream()
                .limit(SHOWN_HEADS)
                .map(
                    head ->
                        Findings.Row.of(
                            head.getKey().block() + "." + head.getKey().head(),
                            columns.stream()
                                .map(name -> head.getValue().getOrDefault(name, "-"))
                                .toArray(String[]::new)))
                .toList()));
    if (texts.size() > SHOWN_HEADS) {
      elements.add(
          Note.everywhere(
              String.format(
                  Locale.ROOT,
                  "the first %d of %,d heads; all are in kindred.head_circuits",
                  SHOWN_HEADS,
                  texts.size())));
    }

    elements.add(
        Note.everywhere(
            String.format(
                    Locale.ROOT,
                    "heads with more than %.0f, and less than -%.0f standard deviations: ",
                    FAR,
                    FAR)
                + far.entrySet().stream()
                    .map(
                        entry ->
                            String.format(
                                Locale.ROOT,
                                "%s %d and %d of %d",
                                entry.getKey(),
                                entry.getValue()[0],
                                entry.getValue()[1],
                                entry.getValue()[2]))
                    .collect(Collectors.joining("; "))));
    return elements;
  }

  /** The residual stream first, ranks last. */
  private static int order(String column) {
    return column.endsWith(" residual") ? 0 : column.endsWith(" rank") ? 2 : 1;
  }

  private static String scored(Row row) {
    if (row.isNullAt(5)) {
      return "none";
    }

    String score = String.format(Locale.ROOT, "%.2f (%.1f)", row.getDouble(5), row.getDouble(6));
    return row.isNullAt(7)
        ? score
        : score + String.format(Locale.ROOT, " %.0f%%", 100 * row.getDouble(7));
  }

  private List<Element> ofCompositions() {
    List<Row> kinds =
        compositions
            .groupBy("kind", "distance")
            .agg(
                expr("avg(score)"),
                expr(
                    "avg(if(score is null, null, if(score * score < expected_square, 1.0D, 0.0D)))"),
                expr("max(score)"),
                expr("sqrt(max(expected_square))"),
                expr("count(score)"),
                expr("max_by(" + PAIR + ", score)"))
            .orderBy("distance", "kind")
            .collectAsList();
    List<Element> elements = new ArrayList<>();
    if (kinds.isEmpty()) {
      elements.add(Note.everywhere("one block: no head reads what another writes"));
      return elements;
    }

    elements.add(
        new Grid(
            "How heads read what earlier ones write",
            "made of it",
            List.of(
                Column.of("distance"),
                Column.of("pairs"),
                Column.of("mean"),
                Column.of("by chance"),
                Column.of("below chance"),
                Column.of("greatest"),
                Column.of("of")),
            kinds.stream()
                .filter(row -> row.getLong(6) > 0)
                .map(
                    row ->
                        Findings.Row.of(
                            CircuitPictures.KINDS.get(row.getString(0)),
                            String.valueOf(row.getInt(1)),
                            String.format(Locale.ROOT, "%,d", row.getLong(6)),
                            String.format(Locale.ROOT, "%.4f", row.getDouble(2)),
                            String.format(Locale.ROOT, "%.4f", row.getDouble(5)),
                            String.format(Locale.ROOT, "%.0f%%", 100 * row.getDouble(3)),
                            String.format(Locale.ROOT, "%.4f", row.getDouble(4)),
                            row.getString(7)))
                .toList()));
    elements.add(
        new Grid(
            "Pairs that are farthest from chance",
            "pair",
            List.of(
                Column.of("made of it"),
                Column.of("score"),
                Column.of("by chance"),
                Column.of("deviations from it")),
            nulls
                .orderBy(CircuitTables.thenByPair(abs(col("z")).desc(), col("kind")))
                .limit(SHOWN_PAIRS)
                .selectExpr(PAIR, "kind", "score", "null_mean", "z")
                .collectAsList()
                .stream()
                .map(
                    row ->
                        Findings.Row.of(
                            row.getString(0),
                            CircuitPictures.KINDS.get(row.getString(1)),
                            String.format(Locale.ROOT, "%.4f", row.getDouble(2)),
                            String.format(Locale.ROOT, "%.4f", row.getDouble(3)),
                            String.format(Locale.ROOT, "%.1f", row.getDouble(4))))
                .toList()));
    return elements;
  }

  private List<Element> ofVirtualHeads() {
    List<Row> rows =
        virtualHeads
            .where(col("induction_score").isNotNull())
            .orderBy(
                CircuitTables.thenByPair(
                    expr("coalesce(induction_top_1, 0)").desc(), col("induction_score").desc()))
            .limit(SHOWN_PAIRS)
            .selectExpr(
                PAIR,
                "distance",
                "induction_score",
                "induction_positive_share",
                "induction_top_1",
                "copied_score")
            .collectAsList();
    if (rows.isEmpty()) {
      return List.of();
    }

    return List.of(
        new Grid(
            "Pairs in which a token finds where it stood before, most first",
            "pair",
            List.of(
                Column.of("distance"),
                Column.of("induction", "score"),
                Column.of("induction", "positive"),
                Column.of("induction", "first"),
                Column.of("both copy", "score")),
            rows.stream()
                .map(
                    row ->
                        Findings.Row.of(
                            row.getString(0),
                            String.valueOf(row.getInt(1)),
                            String.format(Locale.ROOT, "%.2f", row.getDouble(2)),
                            String.format(Locale.ROOT, "%.0f%%", 100 * row.getDouble(3)),
                            row.isNullAt(4)
                                ? "-"
                                : String.format(Locale.ROOT, "%.0f%%", 100 * row.getDouble(4)),
                            row.isNullAt(5)
                                ? "none"
                                : String.format(Locale.ROOT, "%.2f", row.getDouble(5))))
                .toList()));
  }
}
