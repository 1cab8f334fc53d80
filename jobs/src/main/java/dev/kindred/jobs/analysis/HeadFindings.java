/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.apache.spark.sql.functions.abs;
import static org.apache.spark.sql.functions.col;

import dev.kindred.head.Stimulus.Kind;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** What is shown of heads. */
final class HeadFindings {
  private static final int SHOWN_HEADS = 64;
  private static final int SHOWN_ABLATIONS = 12;
  private static final String UNIFORM = "alike to all";

  private final Dataset<Row> scores;
  private final Dataset<Row> distances;
  private final List<Row> losses;
  private final Dataset<Row> ablations;
  private final List<String> leftOut;
  private final List<Kind> kinds; // of sequences that were read

  /**
   * Of complete tables.
   *
   * @param ablations null if no head was taken away
   * @param leftOut stimuli that the model cannot read
   */
  private HeadFindings(
      Dataset<Row> scores,
      Dataset<Row> distances,
      Dataset<Row> losses,
      Dataset<Row> ablations,
      List<String> leftOut) {
    this.scores = scores;
    this.distances = distances;
    this.losses = losses.collectAsList();
    this.ablations = ablations;
    this.leftOut = leftOut;
    this.kinds =
        Arrays.stream(Kind.values())
            .filter(
                kind ->
                    this.losses.stream()
                        .anyMatch(row -> row.<String>getAs("stimulus").equals(kind.text())))
            .toList();
  }

  /** Of the tables that a question about a model has filled. */
  static HeadFindings of(
      Warehouse warehouse, String modelId, String question, List<String> leftOut) {
    Part ablations = warehouse.part(Tables.HEAD_ABLATIONS, modelId, question);
    return new HeadFindings(
        warehouse.part(Tables.HEAD_SCORES, modelId, question).read(),
        warehouse.part(Tables.ATTENTION_DISTANCES, modelId, question).read(),
        warehouse.part(Tables.STIMULUS_LOSSES, modelId, question).read(),
        ablations.isComplete() ? ablations.read() : null,
        leftOut);
  }

  List<Element> elements() {
    List<Element> elements = new ArrayList<>();
    if (!leftOut.isEmpty()) {
      elements.add(
          Note.everywhere(
              "left out, as they do not fit what the model reads: " + String.join(", ", leftOut)));
    }

    elements.add(
        Note.everywhere(
            "Shares of attention, means over queries and sequences; the first row has what attention"
                + " that is alike to all gives. Distances are in positions, entropies in nats."));
    elements.add(scores());
    Kind general = general();
    if (general != null) {
      elements.add(distances(general));
    }

    elements.add(losses());
    if (ablations != null) {
      ablations.select("stimulus").distinct().orderBy("stimulus").collectAsList().stream()
          .map(row -> row.getString(0))
          .forEach(stimulus -> elements.add(ablations(stimulus)));
    }

    return elements;
  }

  /** The stimulus in which distances are shown: the most natural one. */
  private Kind general() {
    return kinds.stream()
        .filter(kind -> kind != Kind.PREFIX)
        .max(Comparator.naturalOrder())
        .orElse(null);
  }

  /** A head. */
  private record Head(int block, int head) implements Comparable<Head> {
    private static Head of(Row row) {
      return new Head(row.getAs("block"), row.getAs("head"));
    }

    private String name() {
      return block + "." + head;
    }

    @Override
    public int compareTo(Head other) {
      return Comparator.comparingInt(Head::block).thenComparingInt(Head::head).compare(this, other);
    }
  }

  private Grid scores() {
    Map<String, String> shown = new LinkedHashMap<>(); // stimulus and score, and the heading
    for (Kind kind : kinds) {
      String name = kind.text();
      if (kind.isTwice()) {
        shown.put(name + " induction", "induction");
        shown.put(name + " duplicate", "duplicate");
      }

      if (kind == Kind.PREFIX) {
        shown.put(name + " prefix_matching", "matching");
        shown.put(name + " copying", "copying");
      } else {
        shown.put(name + " previous", "previous");
      }
    }

    Kind general = general();
    if (general != null) {
      for (String score : List.of("first_position", "entropy_late", "mean_distance")) {
        shown.put(general.text() + " " + score, score.replace("_late", "").replace('_', ' '));
      }
    }

    return grid(
        "What heads attend to",
        shown,
        scores.where(col("weighting").equalTo("pattern")).collectAsList(),
        row -> row.getAs("stimulus") + " " + row.getAs("score"),
        "mean");
  }

  private Grid distances(Kind kind) {
    Map<String, String> shown = new LinkedHashMap<>();
    List<Row> rows =
        distances
            .where(col("stimulus").equalTo(kind.text()))
            .where(col("weighting").isin("pattern", "value_folded"))
            .orderBy("weighting", "nearest")
            .collectAsList();
    for (Row row : rows) {
      Integer farthest = row.getAs("farthest");
      int nearest = row.getAs("nearest");
      shown.put(
          band(row),
          farthest == null
              ? nearest + "+"
              : nearest == farthest ? String.valueOf(nearest) : nearest + "-" + farthest);
    }

    return grid("How far back heads attend", shown, rows, HeadFindings::band, "share");
  }

  private static String band(Row row) {
    return row.getAs("stimulus")
        + (row.getAs("weighting").equals("pattern") ? "" : ", by values")
        + " "
        + row.getAs("nearest");
  }

  /** Names the column of a row. */
  private interface Naming {
    String name(Row row);
  }

  /** A row a head, after one of uniform attention. */
  private static Grid grid(
      String caption, Map<String, String> shown, List<Row> rows, Naming naming, String value) {
    Map<Head, Map<String, Double>> values = new TreeMap<>();
    Map<String, Double> uniform = new LinkedHashMap<>();
    for (Row row : rows) {
      String column = naming.name(row);
      values
          .computeIfAbsent(Head.of(row), head -> new LinkedHashMap<>())
          .put(column, row.getAs(value));
      uniform.putIfAbsent(column, row.getAs("uniform"));
    }

    List<Findings.Row> lines = new ArrayList<>();
    lines.add(line(UNIFORM, shown, uniform));
    values.entrySet().stream()
        .limit(SHOWN_HEADS)
        .forEach(head -> lines.add(line(head.getKey().name(), shown, head.getValue())));
    return new Grid(
        values.size() > SHOWN_HEADS
            ? String.format(
                Locale.ROOT, "%s (the first %d of %,d heads)", caption, SHOWN_HEADS, values.size())
            : caption,
        "block.head",
        shown.entrySet().stream()
            .map(
                column ->
                    Column.of(
                        column.getKey().substring(0, column.getKey().lastIndexOf(' ')),
                        column.getValue()))
            .toList(),
        lines);
  }

  private static Findings.Row line(
      String name, Map<String, String> shown, Map<String, Double> values) {
    return Findings.Row.of(
        name,
        shown.entrySet().stream()
            .map(
                column -> {
                  Double value = values.get(column.getKey());
                  return value == null
                      ? "-"
                      : String.format(
                          Locale.ROOT,
                          column.getValue().equals("mean distance")
                              ? "%.1f"
                              : column.getValue().equals("entropy") ? "%.2f" : "%.4f",
                          value);
                })
            .toArray(String[]::new));
  }

  private Grid losses() {
    Map<String, List<String>> values = new LinkedHashMap<>();
    List<String> names = List.of("all", "first_copy", "second_copy", "early", "late", "in_context");
    for (Row row : losses) {
      String stimulus = row.getAs("stimulus");
      List<String> its =
          values.computeIfAbsent(
              stimulus, key -> new ArrayList<>(names.stream().map(name -> "-").toList()));
      its.set(
          names.indexOf(row.<String>getAs("loss")),
          String.format(
              Locale.ROOT,
              "%.3f [%.3f, %.3f]",
              row.<Double>getAs("mean"),
              row.<Double>getAs("low"),
              row.<Double>getAs("high")));
    }

    return new Grid(
        "Losses in nats a token, with 95 % intervals over sequences",
        "stimulus",
        names.stream().map(name -> Column.of(name.replace('_', ' '))).toList(),
        kinds.stream()
            .map(Kind::text)
            .map(name -> Findings.Row.of(name, values.get(name).toArray(String[]::new)))
            .toList());
  }

  private Grid ablations(String stimulus) {
    return new Grid(
        "Heads without which the loss of " + stimulus + " changes most",
        "block.head",
        List.of(
            Column.of("in its place"),
            Column.of("change, nats"),
            Column.of("95 % interval"),
            Column.of("of the second copy")),
        ablations
            .where(col("stimulus").equalTo(stimulus))
            .orderBy(abs(col("loss_change")).desc(), col("ablation"), col("block"), col("head"))
            .limit(SHOWN_ABLATIONS)
            .collectAsList()
            .stream()
            .map(
                row -> {
                  Double second = row.getAs("second_copy_change");
                  return Findings.Row.of(
                      Head.of(row).name(),
                      row.getAs("ablation"),
                      String.format(Locale.ROOT, "%+.4f", row.<Double>getAs("loss_change")),
                      String.format(
                          Locale.ROOT,
                          "%+.4f to %+.4f",
                          row.<Double>getAs("low"),
                          row.<Double>getAs("high")),
                      second == null ? "-" : String.format(Locale.ROOT, "%+.4f", second));
                })
            .toList());
  }
}
