/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;

import dev.kindred.corpus.Tokenizer;
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
import dev.kindred.jobs.report.VisibleText;
import dev.kindred.locality.Protocol;
import dev.kindred.locality.Protocol.Places;
import dev.kindred.math.Correlation;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** What is shown of how far back a model looks. */
final class LocalityFindings {
  private static final int FARTHEST = 50;
  private static final int SHOWN_BEFORE = 24; // characters before each of them
  private static final int HISTOGRAM_BARS = 100; // of as many bins each
  private static final int CLASSES_AT = 10; // last tokens of which classes are shown

  private final List<Integer> lengths; // that were read as last tokens
  private final List<Integer> firstTokens;
  private final List<Places> places;
  private final Tokenizer tokenizer;
  private final List<Row> summaries;
  private final Dataset<Row> similarities;
  private final Dataset<Row> cuts;
  private final int layers;

  /** Of the tables that a question about a model has filled. */
  static LocalityFindings of(
      Warehouse warehouse, String modelId, String question, Tokenizer tokenizer) {
    return new LocalityFindings(
        tokenizer,
        warehouse.part(Tables.TRUNCATION_SUMMARIES, modelId, question).read(),
        warehouse.part(Tables.TRUNCATION_SIMILARITIES, modelId, question).read(),
        warehouse.part(Tables.BLOCK_CUTS, modelId, question).read());
  }

  private LocalityFindings(
      Tokenizer tokenizer, Dataset<Row> summaries, Dataset<Row> similarities, Dataset<Row> cuts) {
    this.tokenizer = tokenizer;
    this.summaries = summaries.collectAsList();
    List<Row> truncated =
        this.summaries.stream()
            .filter(row -> row.getAs("compared_with").equals("last_tokens"))
            .toList();
    this.lengths =
        truncated.stream().map(row -> row.<Integer>getAs("tokens")).distinct().sorted().toList();
    this.firstTokens =
        truncated.stream()
            .map(row -> Protocol.stored(row.<Integer>getAs("first_token")))
            .distinct()
            .sorted()
            .toList();
    this.places =
        Arrays.stream(Places.values())
            .filter(
                where ->
                    truncated.stream().anyMatch(row -> row.getAs("places").equals(where.text())))
            .toList();
    this.similarities = similarities;
    this.cuts = cuts;
    this.layers =
        1 + this.summaries.stream().mapToInt(row -> row.<Integer>getAs("layer")).max().orElse(0);
  }

  /** What is asked of one first token and one way to place the last tokens. */
  private record Way(int firstToken, Places places) {}

  List<Element> elements() {
    List<Element> elements = new ArrayList<>();
    elements.add(
        Note.everywhere(
            "Cosine of the residual stream at a token when the model reads the whole text, and when"
                + " it reads the last tokens alone; the mean stream of the layer taken away from"
                + " both. Medians over tokens."));
    List<Way> ways = new ArrayList<>();
    for (int firstToken : firstTokens) {
      places.forEach(where -> ways.add(new Way(firstToken, where)));
    }

    ways.forEach(way -> elements.add(medians(way)));
    ways.forEach(way -> elements.add(decrements(way)));
    elements.add(curves(ways));
    elements.add(others());
    ways.forEach(way -> elements.addAll(slices(way)));
    elements.add(norms());
    elements.add(ofCuts());
    elements.add(histograms(ways));
    elements.add(farthest());
    return elements;
  }

  private String named(Way way) {
    String first =
        way.firstToken() == Protocol.NONE
            ? ""
            : " behind " + VisibleText.shown(tokenizer.text(way.firstToken()));
    return way.places().text() + first;
  }

  private static String layer(int layer) {
    return layer == 0 ? "embedding" : "block " + (layer - 1);
  }

  private Row summary(Way way, int layer, int tokens, String slice) {
    return summaries.stream()
        .filter(
            row ->
                row.getAs("compared_with").equals("last_tokens")
                    && Objects.equals(row.getAs("first_token"), Protocol.shown(way.firstToken()))
                    && row.getAs("places").equals(way.places().text())
                    && row.<Integer>getAs("layer") == layer
                    && row.<Integer>getAs("tokens") == tokens
                    && row.getAs("slice").equals(slice))
        .findFirst()
        .orElse(null);
  }

  private double median(Way way, int layer, int tokens) {
    return summary(way, layer, tokens, "all").<Double>getAs("median");
  }

  private Grid medians(Way way) {
    return new Grid(
        "Cosine by layer and number of last tokens, " + named(way),
        named(way),
        lengths.stream().map(k -> Column.of("last tokens", String.valueOf(k))).toList(),
        IntStream.range(0, layers)
            .mapToObj(
                layer ->
                    Findings.Row.of(
                        layer(layer),
                        lengths.stream()
                            .map(k -> cosine(median(way, layer, k)))
                            .toArray(String[]::new)))
            .toList());
  }

  private static String cosine(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }

  /** What each block takes away: where it is read what stands farther back. */
  private Grid decrements(Way way) {
    List<Findings.Row> rows = new ArrayList<>();
    double[][] ofLengths = new double[lengths.size()][layers - 1];
    for (int block = 0; block < layers - 1; block++) {
      String[] cells = new String[lengths.size()];
      for (int i = 0; i < cells.length; i++) {
        ofLengths[i][block] =
            median(way, block, lengths.get(i)) - median(way, block + 1, lengths.get(i));
        cells[i] = cosine(ofLengths[i][block]);
      }

      rows.add(Findings.Row.of("block " + block, cells));
    }

    rows.add(
        Findings.Row.of(
            "centre of positive ones",
            Arrays.stream(ofLengths).map(LocalityFindings::centre).toArray(String[]::new)));
    int middle = Math.max(0, lengths.indexOf(5));
    rows.add(
        Findings.Row.of(
            "correlation with " + lengths.get(middle),
            Arrays.stream(ofLengths)
                .map(its -> correlation(its, ofLengths[middle]))
                .toArray(String[]::new)));
    return new Grid(
        "How much the cosine falls in each block, " + named(way),
        "fall, " + named(way),
        lengths.stream().map(k -> Column.of("last tokens", String.valueOf(k))).toList(),
        rows);
  }

  private static String centre(double[] falls) {
    double sum = 0;
    double weighted = 0;
    for (int block = 0; block < falls.length; block++) {
      sum += Math.max(0, falls[block]);
      weighted += block * Math.max(0, falls[block]);
    }

    return sum == 0 ? "-" : String.format(Locale.ROOT, "%.2f", weighted / sum);
  }

  private static String correlation(double[] a, double[] b) {
    double correlation = Correlation.of(a, b);
    return Double.isNaN(correlation) ? "-" : String.format(Locale.ROOT, "%.2f", correlation);
  }

  private Plots curves(List<Way> ways) {
    double[] xs = IntStream.range(0, layers).asDoubleStream().toArray();
    return new Plots(
        lengths.stream()
            .map(
                k ->
                    new Plot(
                        k
                            + (k == 1 ? " last token" : " last tokens")
                            + ": "
                            + String.join(", ", ways.stream().map(this::named).toList()),
                        String.format(
                            Locale.ROOT,
                            "median cosine by layer with %d last tokens, from %s to %s",
                            k,
                            cosine(median(ways.get(0), 0, k)),
                            cosine(median(ways.get(0), layers - 1, k))),
                        new Axis(0, layers - 1, layer(0), layer(layers - 1)),
                        new Axis(0, 1, "0", "1"),
                        IntStream.range(0, ways.size())
                            .mapToObj(
                                i ->
                                    new Line(
                                        i % 2 == 0 ? "" : "failed",
                                        named(ways.get(i)),
                                        xs,
                                        Arrays.stream(xs)
                                            .map(
                                                layer ->
                                                    Math.max(
                                                        0, median(ways.get(i), (int) layer, k)))
                                            .toArray()))
                            .toList(),
                        false))
            .toList(),
        false);
  }

  /** What cosines with other tokens are. */
  private Grid others() {
    Map<String, String[]> rows = new TreeMap<>();
    summaries.stream()
        .filter(row -> !row.getAs("compared_with").equals("last_tokens"))
        .sorted(Comparator.comparingInt(row -> row.<Integer>getAs("tokens")))
        .forEach(
            row -> {
              int tokens = row.<Integer>getAs("tokens");
              Integer first = row.getAs("first_token");
              String name =
                  (tokens == 0 ? "any other token" : "same last " + tokens)
                      + (first == null
                          ? ""
                          : " behind " + VisibleText.shown(tokenizer.text(first)));
              String[] cells =
                  rows.computeIfAbsent(
                      String.format(Locale.ROOT, "%02d %s", tokens, name),
                      absent -> new String[layers + 1]);
              cells[0] = String.format(Locale.ROOT, "%,d", row.<Long>getAs("count"));
              cells[1 + row.<Integer>getAs("layer")] = cosine(row.<Double>getAs("median"));
            });
    List<Column> columns = new ArrayList<>(List.of(Column.of("tokens")));
    IntStream.range(0, layers).forEach(layer -> columns.add(Column.of(layer(layer))));
    return new Grid(
        "Cosine with other tokens of the corpus, whole texts",
        "compared with",
        columns,
        rows.entrySet().stream()
            .map(row -> Findings.Row.of(row.getKey().substring(3), row.getValue()))
            .toList());
  }

  /** Classes of tokens, words and places, after block 0. */
  private List<Element> slices(Way way) {
    int k = middle();
    List<Findings.Row> rows = new ArrayList<>();
    summaries.stream()
        .filter(row -> row.getAs("compared_with").equals("last_tokens"))
        .map(row -> row.<String>getAs("slice"))
        .distinct()
        .sorted()
        .forEach(
            slice -> {
              Row first = summary(way, 1, k, slice);
              Row last = summary(way, layers - 1, k, slice);
              if (first != null) {
                rows.add(
                    Findings.Row.of(
                        slice,
                        String.format(Locale.ROOT, "%,d", first.<Long>getAs("count")),
                        cosine(first.<Double>getAs("median")),
                        cosine(first.<Double>getAs("quantile_05")),
                        cosine(first.<Double>getAs("quantile_01")),
                        cosine(last.<Double>getAs("median")),
                        cosine(last.<Double>getAs("quantile_05"))));
              }
            });
    return List.of(
        new Grid(
            "Kinds of tokens, " + k + " last tokens, " + named(way),
            k + " last tokens, " + named(way),
            List.of(
                Column.of("tokens"),
                Column.of("after block 0", "median"),
                Column.of("after block 0", "5 % below"),
                Column.of("after block 0", "1 % below"),
                Column.of("after the last block", "median"),
                Column.of("after the last block", "5 % below")),
            rows));
  }

  /** Norms of streams by class: whether truncation makes or unmakes resting places. */
  private Grid norms() {
    Dataset<Row> ofSample =
        similarities.where(col("layer").equalTo(1)).where(col("tokens").equalTo(middle()));
    double median = ofSample.selectExpr("percentile(norm_whole, 0.5)").first().getDouble(0);
    return new Grid(
        "Norms after block 0, " + middle() + " last tokens",
        "class",
        List.of(
            Column.of("tokens"),
            Column.of("median norm, whole"),
            Column.of("truncated over whole", "median"),
            Column.of("truncated over whole", "greatest"),
            Column.of("above 3 times the median in one")),
        ofSample
            .groupBy("class")
            .agg(
                expr("count(distinct position) as tokens"),
                expr("percentile(norm_whole, 0.5) as norm"),
                expr("percentile(norm_truncated / norm_whole, 0.5) as ratio"),
                expr("max(norm_truncated / norm_whole) as greatest"),
                expr(
                    String.format(
                        Locale.ROOT,
                        "avg(if(greatest(norm_whole, norm_truncated) > 3 * %s, 1.0D, 0.0D)) as far",
                        median)))
            .orderBy("class")
            .collectAsList()
            .stream()
            .map(
                row ->
                    Findings.Row.of(
                        row.getString(0),
                        String.format(Locale.ROOT, "%,d", row.getLong(1)),
                        String.format(Locale.ROOT, "%.2f", row.getDouble(2)),
                        String.format(Locale.ROOT, "%.2f", row.getDouble(3)),
                        String.format(Locale.ROOT, "%.2f", row.getDouble(4)),
                        String.format(Locale.ROOT, "%.1f%%", 100 * row.getDouble(5))))
            .toList());
  }

  private int middle() {
    return lengths.contains(CLASSES_AT) ? CLASSES_AT : lengths.get(lengths.size() / 2);
  }

  private Grid ofCuts() {
    Map<String, Map<Integer, String>> cells = new TreeMap<>();
    cuts.groupBy("first_token", "block", "tokens")
        .agg(expr("percentile(cosine, 0.5)"), expr("percentile(change, 0.5)"))
        .collectAsList()
        .forEach(
            row ->
                cells
                    .computeIfAbsent(
                        String.format(
                            Locale.ROOT,
                            "block %d%s",
                            row.getInt(1),
                            row.isNullAt(0)
                                ? ""
                                : " behind " + VisibleText.shown(tokenizer.text(row.getInt(0)))),
                        absent -> new TreeMap<>())
                    .put(
                        row.getInt(2),
                        String.format(
                            Locale.ROOT, "%s (%.2f)", cosine(row.getDouble(3)), row.getDouble(4))));
    return new Grid(
        "One block's attention alone sees the last tokens: cosine of its output, and how much of what"
            + " it adds changes",
        "cut in one block: cosine (change)",
        lengths.stream().map(k -> Column.of("last tokens", String.valueOf(k))).toList(),
        cells.entrySet().stream()
            .map(
                row ->
                    Findings.Row.of(
                        row.getKey(),
                        lengths.stream()
                            .map(k -> row.getValue().getOrDefault(k, "-"))
                            .toArray(String[]::new)))
            .toList());
  }

  /** How cosines spread at four layers. */
  private Plots histograms(List<Way> ways) {
    Way way = ways.get(ways.size() - 1);
    List<Integer> shown =
        IntStream.of(1, 1 + (layers - 2) / 3, 1 + 2 * (layers - 2) / 3, layers - 1)
            .distinct()
            .boxed()
            .toList();
    return new Plots(
        shown.stream()
            .map(
                layer -> {
                  double[] shares = shares(summary(way, layer, middle(), "all"));
                  double top = Arrays.stream(shares).max().orElse(1);
                  return new Plot(
                      String.format(
                          Locale.ROOT,
                          "%s, %d last tokens, %s: how many tokens have which cosine",
                          layer(layer),
                          middle(),
                          named(way)),
                      String.format(
                          Locale.ROOT,
                          "histogram of cosines, %.1f %% below 0",
                          100
                              * summary(way, layer, middle(), "all")
                                  .<Double>getAs("negative_share")),
                      new Axis(-1, 1, "-1", "1"),
                      new Axis(0, top, "0", String.format(Locale.ROOT, "%.0f%%", 100 * top)),
                      List.of(
                          new Line(
                              "",
                              "",
                              IntStream.range(0, HISTOGRAM_BARS)
                                  .mapToDouble(i -> -1 + (i + .5) * 2 / HISTOGRAM_BARS)
                                  .toArray(),
                              shares)),
                      false);
                })
            .toList(),
        false);
  }

  private static double[] shares(Row summary) {
    double[] shares = new double[HISTOGRAM_BARS];
    List<Integer> bins = summary.getList(summary.fieldIndex("bins"));
    List<Long> counts = summary.getList(summary.fieldIndex("counts"));
    for (int i = 0; i < bins.size(); i++) {
      shares[Math.min(HISTOGRAM_BARS - 1, bins.get(i) * HISTOGRAM_BARS / 2000)] +=
          counts.get(i) / (double) summary.<Long>getAs("count");
    }

    return shares;
  }

  /** The tokens that change most, with what stands before them. */
  private Grid farthest() {
    Places last = places.get(places.size() - 1);
    int firstToken = firstTokens.get(0);
    return new Grid(
        "Tokens that change most after block 0, " + middle() + " last tokens, " + last.text(),
        "token",
        List.of(
            Column.of("cosine"),
            Column.of("class"),
            Column.of("norm, truncated over whole"),
            Column.of("before it")),
        similarities
            .where(col("layer").equalTo(1))
            .where(col("tokens").equalTo(middle()))
            .where(col("places").equalTo(last.text()))
            .where(
                firstToken == Protocol.NONE
                    ? col("first_token").isNull()
                    : col("first_token").equalTo(firstToken))
            .orderBy(col("cosine"), col("position"))
            .limit(FARTHEST)
            .selectExpr("token_id", "cosine", "class", "norm_truncated / norm_whole", "before")
            .collectAsList()
            .stream()
            .map(
                row ->
                    new Findings.Row(
                        Cell.token(tokenizer.text(row.getInt(0))),
                        List.of(
                            Cell.of(cosine(row.getDouble(1))),
                            Cell.of(row.getString(2)),
                            Cell.of(String.format(Locale.ROOT, "%.2f", row.getDouble(3))),
                            Cell.of(VisibleText.shown(end(row.getString(4)))))))
            .toList());
  }

  /** The last characters of a text. */
  private static String end(String text) {
    return text.substring(
        text.offsetByCodePoints(
            text.length(), -Math.min(SHOWN_BEFORE, text.codePointCount(0, text.length()))));
  }

  /** What a prefix changes, by layer. */
  static List<Element> behindPrefix(String what, Dataset<Row> effects) {
    Map<Integer, Map<String, String>> cells = new TreeMap<>();
    effects
        .select("layer", "places", "cosine")
        .collectAsList()
        .forEach(
            row ->
                cells
                    .computeIfAbsent(row.getInt(0), absent -> new TreeMap<>())
                    .put(row.getString(1), cosine(row.getDouble(2))));
    return List.of(
        Note.everywhere(
            "The stream at the last token of " + what + ", and of the string alone: cosines."),
        new Grid(
            "Cosine with and without the prefix",
            "after",
            Arrays.stream(Places.values()).map(places -> Column.of(places.text())).toList(),
            cells.entrySet().stream()
                .map(
                    row ->
                        Findings.Row.of(
                            layer(row.getKey()),
                            Arrays.stream(Places.values())
                                .map(places -> row.getValue().get(places.text()))
                                .toArray(String[]::new)))
                .toList()));
  }
}
