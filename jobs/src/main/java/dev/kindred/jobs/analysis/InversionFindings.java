/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.apache.spark.sql.functions.avg;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;

import dev.kindred.corpus.Tokenizer;
import dev.kindred.inversion.Decoding;
import dev.kindred.inversion.Experiment;
import dev.kindred.inversion.InversionGrid;
import dev.kindred.inversion.Jacobian;
import dev.kindred.inversion.Target;
import dev.kindred.inversion.TokenRange;
import dev.kindred.jobs.analysis.InversionStudy.Question;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Cell;
import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.math.Bootstrap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** What inversions came to, as it is shown. */
final class InversionFindings {
  /** The column that tells models apart, from 0. */
  static final String MODEL = "model";

  /** Figures of a reading, of which means are taken. */
  private static final List<String> FIGURES =
      List.of(
          "self",
          "others",
          "anywhere",
          "top5",
          "bag",
          "exact",
          "unchanged",
          "accepted",
          "distinct");

  /** What is shown of an experiment's readings. */
  private static final List<OfReading> SHOWN =
      List.of(
          new OfReading("right", "self"),
          new OfReading("elsewhere", "others"),
          new OfReading("anywhere", "anywhere"),
          new OfReading("in 5", "top5"),
          new OfReading("any order", "bag"),
          new OfReading("exact", "exact"),
          new OfReading("not moved", "unchanged"));

  private record OfReading(String heading, String figure) {}

  /** What is shown of a study's questions. */
  private static final List<OfStudy> SHOWN_OF_STUDY =
      List.of(
          new OfStudy("right, pinv", Decoding.PINV, "self"),
          new OfStudy("right, nearest", Decoding.NEAREST, "self"),
          new OfStudy("in 5, pinv", Decoding.PINV, "top5"),
          new OfStudy("any order, pinv", Decoding.PINV, "bag"),
          new OfStudy("any order, cosine", Decoding.COSINE, "bag"),
          new OfStudy("elsewhere, pinv", Decoding.PINV, "others"),
          new OfStudy("elsewhere, nearest", Decoding.NEAREST, "others"),
          new OfStudy("anywhere, pinv", Decoding.PINV, "anywhere"),
          new OfStudy("anywhere, nearest", Decoding.NEAREST, "anywhere"),
          new OfStudy("distinct, pinv", Decoding.PINV, "distinct"),
          new OfStudy("accepted", Decoding.PINV, "accepted"));

  private record OfStudy(String heading, Decoding decoding, String figure) {}

  private static final int READ_OUT = 3; // prompts whose five best tokens are listed

  /** As the studies read vectors, and as every token's own vector is read right. */
  private static final List<String> READ_OUT_BY =
      List.of(Decoding.PINV.text(), Decoding.NEAREST.text());

  /** The share of the tokens that were found in whatever place, each as often as it is there. */
  private static final String BAG =
      "aggregate(array_distinct(asked), 0.0D, (sum, id) -> sum + least(size(filter(asked, x -> x ="
          + " id)), size(filter(found, x -> x = id)))) / size(asked)";

  /** The share of tokens elsewhere that are found in any place where no other token is right. */
  private static final String ANYWHERE =
      "if(size(hidden) = 0, null, aggregate(array_distinct(hidden), 0.0D, (sum, id) -> sum +"
          + " least(size(filter(hidden, x -> x = id)), greatest(0, size(filter(found, x -> x = id)) -"
          + " size(filter(shown, x -> x = id))))) / size(hidden))";

  private final InversionGrid grid;
  private final Tokenizer tokenizer;

  InversionFindings(InversionGrid grid, Tokenizer tokenizer) {
    this.grid = grid;
    this.tokenizer = tokenizer;
  }

  /**
   * Rows of all models, with their numbers.
   *
   * @param searched of inversions
   * @param known of the oracle; null if it was not asked
   * @param jacobians null if nothing was differentiated
   */
  record Found(Dataset<Row> searched, Dataset<Row> known, Dataset<Row> jacobians) {
    /** What is said of the output of each cell that is the first with it. */
    private TreeMap<Integer, List<String>> lines() {
      TreeMap<Integer, List<String>> lines = new TreeMap<>();
      if (known != null) {
        ofOracle(known)
            .forEach((cell, rows) -> lines.put(cell, new ArrayList<>(List.of(oracleLine(rows)))));
      }

      if (jacobians != null) {
        ofJacobians(jacobians)
            .forEach(
                (cell, line) -> lines.computeIfAbsent(cell, same -> new ArrayList<>()).add(line));
      }

      return lines;
    }
  }

  /** The findings of all cells, one each. */
  List<Findings> of(Found found) {
    List<Findings> all = new ArrayList<>();
    TreeMap<Integer, List<String>> lines = found.lines();
    for (int cell = 0; cell < grid.experiments().size(); cell++) {
      Dataset<Row> its = found.searched().where(col("cell").equalTo(cell)).cache();
      Experiment experiment = grid.experiments().get(cell);
      List<Element> elements = new ArrayList<>();
      elements.add(accuracies(its, cell));
      elements.add(Note.everywhere(endings(its)));
      lines.getOrDefault(cell, List.of()).forEach(line -> elements.add(Note.everywhere(line)));
      elements.addAll(readOut(its));
      all.add(new Findings(name(experiment), elements, List.of()));
      its.unpersist();
    }

    return all;
  }

  private static String name(Experiment experiment) {
    return String.format(
        Locale.ROOT,
        "%s, %s, loss %s, %,d steps of %s from %.3g to %.3g%s, noise %.3g:%.3g",
        experiment.method().text(),
        experiment.target(),
        experiment.loss(),
        experiment.descent().steps(),
        experiment.descent().optimizer().text(),
        experiment.descent().firstRate(),
        experiment.descent().lastRate(),
        experiment.descent().isOfRoot() ? " times the root of a prompt's numbers" : "",
        experiment.startMean(),
        experiment.startDeviation());
  }

  /** Accuracies by cell, decoding, model and prompt, as means over restarts. */
  private static Dataset<Row> perPrompt(Dataset<Row> rows) {
    org.apache.spark.sql.Column[] means =
        FIGURES.stream()
            .map(figure -> avg(figure).as(figure))
            .toArray(org.apache.spark.sql.Column[]::new);
    return rows.withColumn("right", expr("if(rank = 1, 1.0D, 0.0D)"))
        .groupBy("cell", "decoding", MODEL, "prompt", "restart")
        .agg(
            expr("avg(if(counts, right, null))").as("self"),
            expr("avg(if(counts, null, right))").as("others"),
            expr("collect_list(if(counts, null, true_id))").as("hidden"),
            expr("collect_list(if(counts and rank = 1, true_id, null))").as("shown"),
            expr("avg(if(rank <= 5, 1.0D, 0.0D))").as("top5"),
            expr("min(right)").as("exact"),
            expr("avg(if(unchanged, 1.0D, 0.0D))").as("unchanged"),
            expr("collect_list(best[0])").as("found"),
            expr("collect_list(true_id)").as("asked"),
            expr("if(first(accepted), 1.0D, 0.0D)").as("accepted"))
        .withColumn("bag", expr(BAG))
        .withColumn("anywhere", expr(ANYWHERE))
        .withColumn("distinct", expr("size(array_distinct(found)) / size(found)"))
        .groupBy("cell", "decoding", MODEL, "prompt")
        .agg(means[0], Arrays.copyOfRange(means, 1, means.length));
  }

  /** What is shown of a study's questions, a line each. */
  List<Findings> of(List<Question> questions, Found all) {
    Map<Integer, Map<String, List<Row>>> found = new TreeMap<>();
    for (Row row :
        perPrompt(all.searched()).orderBy("cell", "decoding", MODEL, "prompt").collectAsList()) {
      found
          .computeIfAbsent(row.getAs("cell"), cell -> new HashMap<>())
          .computeIfAbsent(row.getAs("decoding"), decoding -> new ArrayList<>())
          .add(row);
    }

    List<String> among =
        grid.allowed().stream().map(allowed -> allowed.prefix() + Decoding.PINV.text()).toList();
    List<Column> columns = new ArrayList<>();
    SHOWN_OF_STUDY.forEach(shown -> columns.add(Column.of(shown.heading())));
    among.forEach(name -> columns.add(Column.of("right, " + name)));
    List<Findings.Row> rows = new ArrayList<>();
    for (int cell = 0; cell < questions.size(); cell++) {
      Map<String, List<Row>> its = found.get(cell);
      List<String> cells = new ArrayList<>();
      for (OfStudy shown : SHOWN_OF_STUDY) {
        cells.add(mean(its.get(shown.decoding().text()), shown.figure()));
      }

      among.forEach(name -> cells.add(mean(its.get(name), "self")));
      rows.add(Findings.Row.of(name(questions.get(cell)), cells.toArray(String[]::new)));
    }

    List<Element> elements = new ArrayList<>();
    elements.add(new Grid("The study's questions", "claims: what is inverted", columns, rows));
    all.lines()
        .forEach(
            (cell, lines) ->
                lines.forEach(
                    line ->
                        elements.add(Note.everywhere(name(questions.get(cell)) + ": " + line))));
    return List.of(new Findings("", elements, List.of()));
  }

  private static String name(Question question) {
    Target target = question.target();
    return String.format(
        Locale.ROOT,
        "%s: %s, %d %s%s%s, %s%s",
        question.claims(),
        question.method().text(),
        target.blocks(),
        target.part().text(),
        target.outputs() == Target.Outputs.LAST ? "" : " " + target.outputs().text(),
        target.tokens().equals(TokenRange.ALL) ? "" : " " + target.tokens(),
        question.loss().kind().text(),
        question.isAsPublished() ? " as published" : "");
  }

  private Grid accuracies(Dataset<Row> its, int cell) {
    TreeMap<String, List<Row>> byDecoding = new TreeMap<>();
    perPrompt(its)
        .orderBy(MODEL, "prompt")
        .collectAsList()
        .forEach(
            row ->
                byDecoding
                    .computeIfAbsent(row.getAs("decoding"), name -> new ArrayList<>())
                    .add(row));
    List<Findings.Row> shown = new ArrayList<>();
    byDecoding.forEach(
        (decoding, prompts) -> {
          shown.add(
              Findings.Row.of(
                  decoding,
                  SHOWN.stream().map(one -> mean(prompts, one.figure())).toArray(String[]::new)));
        });
    return new Grid(
        "Accuracy of experiment " + cell,
        "read by",
        SHOWN.stream().map(one -> Column.of(one.heading())).toList(),
        shown);
  }

  private static int[] ids(List<Row> rows, String column) {
    return rows.stream().mapToInt(row -> row.<Integer>getAs(column)).toArray();
  }

  /** A mean over prompts and models with its interval, as percent. */
  private static String mean(List<Row> prompts, String figure) {
    List<Row> known = prompts.stream().filter(row -> row.getAs(figure) != null).toList();
    double[] values = known.stream().mapToDouble(row -> row.<Double>getAs(figure)).toArray();
    if (values.length == 0) {
      return "-";
    }

    double mean =
        IntStream.range(0, values.length).mapToDouble(i -> values[i]).sum() / values.length;
    if (values.length == 1) {
      return String.format(Locale.ROOT, "%.0f%%", 100 * mean);
    }

    Bootstrap.Interval interval =
        Bootstrap.ofPairs(values, ids(known, "prompt"), ids(known, MODEL));
    return String.format(
        Locale.ROOT, "%.0f%% (%.0f-%.0f)", 100 * mean, 100 * interval.low(), 100 * interval.high());
  }

  private static String endings(Dataset<Row> its) {
    Row row =
        its.groupBy(MODEL, "prompt", "restart")
            .agg(
                expr("first(first_loss)").as("first_loss"),
                expr("first(last_loss)").as("last_loss"),
                expr("first(cosine)").as("cosine"),
                expr("if(first(accepted), 1.0D, 0.0D)").as("accepted"))
            .agg(
                expr("median(first_loss)"),
                expr("median(last_loss)"),
                expr("median(cosine)"),
                expr("avg(accepted)"))
            .first();
    return String.format(
        Locale.ROOT,
        "median loss %.4g -> %.4g, median cosine %.5f, accepted %.1f%% (nearer than true vectors with"
            + " noise)",
        row.getDouble(0),
        row.getDouble(1),
        row.getDouble(2),
        100 * row.getDouble(3));
  }

  private static TreeMap<Integer, List<Row>> ofOracle(Dataset<Row> known) {
    TreeMap<Integer, List<Row>> cells = new TreeMap<>();
    known
        .select(
            expr("cell"),
            expr("seen"),
            expr("runner_up_distance"),
            expr("noise"),
            expr("runner_up_distance / noise"))
        .collectAsList()
        .forEach(row -> cells.computeIfAbsent(row.getInt(0), cell -> new ArrayList<>()).add(row));
    return cells;
  }

  private static String oracleLine(List<Row> rows) {
    List<Row> seen = rows.stream().filter(row -> row.getBoolean(1)).toList();
    long told = seen.stream().filter(row -> row.getDouble(4) > 2).count();
    double[] margins = seen.stream().mapToDouble(row -> row.getDouble(4)).sorted().toArray();
    double[] distances = seen.stream().mapToDouble(row -> row.getDouble(2)).sorted().toArray();
    if (seen.isEmpty()) {
      return "oracle: what counts sees none of the positions";
    }

    return String.format(
        Locale.ROOT,
        "oracle: with all others true, the output tells %,d of %,d single tokens from every other"
            + " (nearest other: median distance %.3g, least %.3g, which is %.3g times rounding)%s",
        told,
        seen.size(),
        distances[distances.length / 2],
        distances[0],
        margins[0],
        seen.size() == rows.size()
            ? ""
            : String.format(
                Locale.ROOT, "; %,d positions it does not see", rows.size() - seen.size()));
  }

  /** How much of small steps comes out, of each cell. */
  private static TreeMap<Integer, String> ofJacobians(Dataset<Row> jacobians) {
    TreeMap<Integer, String> lines = new TreeMap<>();
    jacobians
        .where(col("seen"))
        .selectExpr(
            "cell",
            "counts",
            "singular_values[0] as greatest",
            "singular_values[size(singular_values) div 2] as middle",
            "size(singular_values) as directions",
            "size(filter(singular_values, v -> v > singular_values[0] * "
                + Jacobian.SEEN
                + ")) as seen")
        .groupBy("cell", "counts")
        .agg(
            expr("median(greatest)"),
            expr("median(middle)"),
            expr("min(seen)"),
            expr("max(seen)"),
            expr("first(directions)"))
        .orderBy(col("cell"), col("counts").desc())
        .collectAsList()
        .forEach(
            row ->
                lines.merge(
                    row.getInt(0),
                    String.format(
                        Locale.ROOT,
                        "small steps of a vector %s come out %.3g times as long in the direction"
                            + " that is seen best, %.3g in the middle one (medians over positions); %s"
                            + " of %,d directions are above rounding",
                        row.getBoolean(1) ? "that counts" : "elsewhere",
                        row.getDouble(2),
                        row.getDouble(3),
                        row.getInt(4) == row.getInt(5)
                            ? String.format(Locale.ROOT, "%,d", row.getInt(4))
                            : String.format(
                                Locale.ROOT, "%,d to %,d", row.getInt(4), row.getInt(5)),
                        row.getInt(6)),
                    (counting, elsewhere) -> counting + "; " + elsewhere));
    return lines;
  }

  /** The five best tokens of each position of the first prompts, as the studies print them. */
  private List<Element> readOut(Dataset<Row> its) {
    Map<List<Object>, List<Row>> positions = new HashMap<>(); // by prompt and decoding
    its.where(
            col("prompt")
                .lt(READ_OUT)
                .and(col(MODEL).equalTo(0))
                .and(col("restart").equalTo(0))
                .and(col("decoding").isin(READ_OUT_BY.toArray())))
        .orderBy("position")
        .select("prompt", "decoding", "true_id", "best", "counts")
        .collectAsList()
        .forEach(
            row ->
                positions
                    .computeIfAbsent(
                        List.of(row.getInt(0), row.getString(1)), same -> new ArrayList<>())
                    .add(row));
    List<Element> elements = new ArrayList<>();
    for (int prompt = 0; prompt < Math.min(READ_OUT, grid.prompts().size()); prompt++) {
      for (String decoding : READ_OUT_BY) {
        elements.add(readOut(prompt, decoding, positions.get(List.<Object>of(prompt, decoding))));
      }
    }

    return elements;
  }

  /** A column for each position, under its true token; a row for each rank. */
  private Grid readOut(int prompt, String decoding, List<Row> positions) {
    List<Column> columns =
        positions.stream()
            .map(row -> new Column("", Cell.token(tokenizer.text(row.<Integer>getAs("true_id")))))
            .toList();
    List<Findings.Row> rows = new ArrayList<>();
    rows.add(
        Findings.Row.of(
            "counts",
            positions.stream()
                .map(row -> row.<Boolean>getAs("counts") ? "*" : "")
                .toArray(String[]::new)));
    int best = positions.get(0).getList(3).size();
    for (int rank = 0; rank < best; rank++) {
      int place = rank;
      rows.add(
          new Findings.Row(
              Cell.of("rank " + (rank + 1)),
              positions.stream()
                  .map(row -> token(row.<Integer>getList(3).get(place), row.getAs("true_id")))
                  .toList()));
    }

    return new Grid(
        "Tokens found for prompt " + (prompt + 1) + ", read by " + decoding + ", first restart",
        "prompt " + (prompt + 1) + " by " + decoding,
        columns,
        rows);
  }

  /** A token that was found, shaded where it is the true one. */
  private Cell token(int id, int trueId) {
    String text = tokenizer.text(id);
    return id == trueId ? Cell.token(text, "", 1) : Cell.token(text);
  }
}
