/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;

import dev.kindred.InvalidInput;
import dev.kindred.inversion.Channel;
import dev.kindred.inversion.Decoding;
import dev.kindred.inversion.Experiment;
import dev.kindred.inversion.FeatureChoice;
import dev.kindred.inversion.InversionGrid;
import dev.kindred.inversion.Target;
import dev.kindred.jobs.analysis.InversionFindings.Found;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How accuracy grows with the width of the output that counts. */
@Command(
    name = "channel",
    description =
        "Searches as invert does, with more and more features of the output, and says how accuracy"
            + " grows with them: whether it jumps or rises. Table inversions.",
    footer = {
      "kindred channel 'The sky is blue.' --model models/dickens-small",
      "kindred channel --prompts prompts.txt --part block,attention-only --loss cosine",
      "kindred channel 'The sky is blue.' --fine",
      "kindred channel 'The sky is blue.' --features '[:80],[:88],[:96],[:104]'"
    })
final class ChannelCommand extends InvertCommand {
  private static final int WIDTHS = 16;
  private static final int AROUND = 8; // features on both sides of where half is found

  @Option(
      names = "--fine",
      description =
          "searches also with every number of features about the one at which half of the tokens are"
              + " found by nearest")
  private boolean isFine;

  private final Set<String> fineKeys = new LinkedHashSet<>();
  private final Set<Integer> halves = new TreeSet<>();

  @Override
  void check(Workspace opened, String warehouse) {
    if (isStudy()) {
      throw new InvalidInput("--study: channel asks about widths alone; give it to invert");
    }

    if (isDifferentiating()) {
      throw new InvalidInput("--jacobian: channel shows curves alone; give it to invert");
    }

    super.check(opened, warehouse);
  }

  @Override
  String lastLine() {
    return super.lastLine()
        + (fineKeys.isEmpty() ? "" : " fine_grid=" + String.join(",", fineKeys));
  }

  /** Searches with coarse widths, and then, if so asked, with all widths about the halves. */
  @Override
  List<Findings> found(
      Workspace opened,
      Warehouse tables,
      Inverted its,
      InversionGrid first,
      List<FeatureChoice> choices) {
    halves.clear();
    List<Findings> all = new ArrayList<>(super.found(opened, tables, its, first, choices));
    if (isFine) {
      int dimension = its.vectors().dimension();
      List<FeatureChoice> fine =
          halves.stream()
              .flatMapToInt(half -> IntStream.rangeClosed(half - AROUND, half + AROUND))
              .filter(width -> width > 0 && width <= dimension)
              .distinct()
              .sorted()
              .mapToObj(FeatureChoice::first)
              .toList();
      if (!fine.isEmpty()) {
        InversionGrid about = grid(its, fine);
        all.addAll(super.found(opened, tables, its, about, fine));
        fineKeys.add(about.key());
      }
    }

    return all;
  }

  @Override
  List<String> head() {
    return List.of(
        "channel",
        "How many features of an output must be met for its tokens to be found: the share of right"
            + " tokens by the number of features that count, as a mean over searches.");
  }

  @Override
  List<FeatureChoice> features(int dimension) {
    return IntStream.rangeClosed(1, WIDTHS)
        .map(i -> Math.max(1, dimension * i / WIDTHS))
        .distinct()
        .mapToObj(FeatureChoice::first)
        .toList();
  }

  @Override
  boolean isAskingTheOracle() {
    return false; // each width is an output of its own
  }

  @Override
  List<Findings> shown(InversionFindings findings, Inverted its, InversionGrid grid, Found found) {
    Map<String, List<Integer>> curves =
        new LinkedHashMap<>(); // cells that differ in features alone
    for (int cell = 0; cell < grid.experiments().size(); cell++) {
      Experiment experiment = grid.experiments().get(cell);
      String name = experiment.toString().replaceAll("features=(\\[[^]]*]|all) ?", "");
      curves.computeIfAbsent(name, same -> new ArrayList<>()).add(cell);
    }

    return curves.entrySet().stream()
        .map(
            curve ->
                new Findings(
                    curve.getKey(),
                    curve(curve.getValue(), its, grid, found.searched()),
                    List.of()))
        .toList();
  }

  private List<Element> curve(
      List<Integer> cells, Inverted its, InversionGrid grid, Dataset<Row> searched) {
    List<Row> rows =
        searched
            .where(col("cell").isin(cells.toArray()).and(col("counts")))
            .groupBy("decoding", "features", InversionFindings.MODEL, "prompt", "restart")
            .agg(expr("avg(if(rank = 1, 1.0D, 0.0D))").as("right"))
            .collectAsList();
    List<Integer> widths = rows.stream().map(row -> row.getInt(1)).distinct().sorted().toList();
    List<Element> elements = new ArrayList<>();
    List<Findings.Row> shown = new ArrayList<>();
    for (Decoding decoding : Decoding.values()) {
      double[][] accuracies = accuracies(rows, decoding, widths);
      Channel channel =
          Channel.of(widths.stream().mapToInt(Integer::intValue).toArray(), accuracies);
      List<String> cellsShown = new ArrayList<>();
      for (int w = 0; w < widths.size(); w++) {
        int width = w;
        double mean =
            Arrays.stream(accuracies).mapToDouble(search -> search[width]).sum()
                / accuracies.length;
        cellsShown.add(String.format(Locale.ROOT, "%.0f%%", 100 * mean));
      }

      if (decoding == Decoding.NEAREST && !Double.isNaN(channel.half())) {
        halves.add((int) Math.round(channel.half()));
      }

      shown.add(Findings.Row.of(decoding.text(), cellsShown.toArray(String[]::new)));
      elements.add(
          Note.everywhere(
              String.format(
                  Locale.ROOT,
                  "%s: half of the tokens at %.0f features, from 10 to 90 %% within %.0f; %.1f %% of the"
                      + " steps to more features made a search worse",
                  decoding.text(),
                  channel.half(),
                  channel.band(),
                  100 * channel.falling())));
    }

    shown.add(
        Findings.Row.of(
            "share of the output's squared length",
            lengths(cells, its, grid, widths).toArray(String[]::new)));
    elements.add(
        0,
        new Grid(
            "Right tokens by features that count",
            "read by, features",
            widths.stream().map(width -> Column.of(String.valueOf(width))).toList(),
            shown));
    return elements;
  }

  /** What the features that count have of the whole output, as a mean over prompts. */
  private static List<String> lengths(
      List<Integer> cells, Inverted its, InversionGrid grid, List<Integer> widths) {
    int dimension = its.vectors().dimension();
    double[] sums = new double[widths.size()];
    double[] counts = new double[widths.size()];
    Target first = grid.experiments().get(cells.get(0)).target();
    for (int[] prompt : grid.prompts()) {
      double[] shares = Channel.shares(its.model(), its.vectors(), first, prompt);
      for (int cell : cells) {
        int[] features = grid.experiments().get(cell).target().features(dimension);
        int place = widths.indexOf(features.length);
        sums[place] += Arrays.stream(features).mapToDouble(feature -> shares[feature]).sum();
        counts[place]++;
      }
    }

    return IntStream.range(0, sums.length)
        .mapToObj(w -> String.format(Locale.ROOT, "%.0f%%", 100 * sums[w] / counts[w]))
        .toList();
  }

  /** Searches by widths; of features of equal number, as random choices, the mean. */
  private static double[][] accuracies(List<Row> rows, Decoding decoding, List<Integer> widths) {
    Map<List<Integer>, double[]> searches =
        new TreeMap<>(
            Comparator.<List<Integer>>comparingInt(key -> key.get(0))
                .thenComparingInt(key -> key.get(1))
                .thenComparingInt(key -> key.get(2)));
    rows.stream()
        .filter(row -> row.getString(0).equals(decoding.text()))
        .forEach(
            row ->
                searches
                        .computeIfAbsent(
                            List.of(row.getInt(2), row.getInt(3), row.getInt(4)),
                            key -> new double[widths.size()])[widths.indexOf(row.getInt(1))] =
                    row.getDouble(5));
    return searches.values().toArray(double[][]::new);
  }
}
