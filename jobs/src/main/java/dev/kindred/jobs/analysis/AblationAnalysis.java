/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.floor;
import static org.apache.spark.sql.functions.least;
import static org.apache.spark.sql.functions.lit;

import dev.kindred.ablation.Ablations;
import dev.kindred.jobs.analysis.AnalysedRun.Output;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.report.Figure;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Axis;
import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.Findings.Line;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.jobs.report.Findings.Plot;
import dev.kindred.jobs.report.Findings.Plots;
import dev.kindred.jobs.report.Findings.Row;
import dev.kindred.jobs.report.Numbers;
import dev.kindred.table.Figures;
import dev.kindred.table.Part;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

/** What each block's attention and feed-forward network contribute to a run's predictions. */
final class AblationAnalysis implements Analysis {
  private static final int BINS = 25; // of distances from 0 to 1
  private static final List<String> CONTEXTS = List.of("alone", "whole");
  private static final List<String> REMOVED = List.of("attention", "ffn");

  @Override
  public String name() {
    return "ablation";
  }

  @Override
  public List<Table> tables() {
    return List.of(Tables.BLOCK_VECTORS, Tables.ABLATIONS);
  }

  @Override
  public List<KindredCommand> commands(List<Analysis> all) {
    return List.of(new AblateCommand(this, all));
  }

  /** The command. */
  @Command(
      name = "ablate",
      description =
          "Takes attention's or the feed-forward network's output away, block by block, and says how"
              + " far each prompt's prediction moves: of a published run, in its report and"
              + " summaries.",
      footer = "kindred ablate --run-id r-20261122-041500-3f2a")
  static final class AblateCommand extends RunAnalysisCommand {
    private final AblationAnalysis analysis;

    private AblateCommand(AblationAnalysis analysis, List<Analysis> all) {
      super(analysis, all);
      this.analysis = analysis;
    }

    @Override
    Findings find(AnalysedRun run) {
      Part vectors = run.part(Tables.BLOCK_VECTORS);
      Part effects = run.part(Tables.ABLATIONS);
      run.writeMissing(
          analysis.name(),
          (double) run.promptCount() * run.model().shape().blocks(),
          () -> Ablations.measure(run.prompts(), run.onExecutors(), run.batchSize(), run.tasks()),
          List.of(
              new Output(vectors, Ablations::vectors), new Output(effects, Ablations::effects)));
      run.summarize(analysis.name(), () -> Ablations.summarize(vectors.read(), effects.read()));
      return analysis.ofRun(run).orElseThrow();
    }
  }

  @Override
  public Optional<Findings> ofRun(AnalysedRun run) {
    return run.figures(name())
        .map(
            figures ->
                new Findings(
                    "What each block’s parts contribute",
                    elements(figures, run.model().shape().blocks(), run),
                    List.of(
                        """
                        select block, context, removed, avg(hellinger) as mean, stddev_samp(hellinger) as std
                        from {run}.ablations
                        group by block, context, removed
                        order by block, context, removed""",
                        """
                        select block, avg(norm_in), avg(norm_attention), avg(norm_ffn), avg(norm_out),
                               avg(cosine_in_attention), avg(cosine_attention_ffn), avg(cosine_ffn_out)
                        from {run}.block_vectors
                        group by block
                        order by block""")));
  }

  private static List<Element> elements(Figures figures, int blocks, AnalysedRun run) {
    return List.of(
        Note.onPage(
            "The Hellinger distance between a prompt’s prediction and the one without a part of one"
                + " block, mean ± standard deviation over all prompts. Alone: the changed vector of"
                + " the last position passes the later blocks by itself, as in the study, and so does"
                + " the unchanged one. In context: the later blocks see all positions, and where"
                + " attention is removed the block’s own feed-forward network sees that."),
        grid(
            "Distances without a part of a block",
            blocks,
            List.of(
                Column.of("alone, without", "attention"),
                Column.of("alone, without", "feed-forward"),
                Column.of("in context, without", "attention"),
                Column.of("in context, without", "feed-forward")),
            block ->
                CONTEXTS.stream()
                    .flatMap(
                        context ->
                            REMOVED.stream()
                                .map(part -> effect(figures, block, context, part, "hellinger", 3)))
                    .toList()),
        plots(run),
        Note.onPage(
            "Across: the Hellinger distance. Up: the share of prompts in intervals of 0.04. Orange:"
                + " without attention; blue: without the feed-forward network. Solid: alone; dashed:"
                + " in context."),
        grid(
            "Logits without a part of a block, alone",
            blocks,
            List.of(
                Column.of("logits, alone", "norm"),
                Column.of("logits, alone", "change w/o attention"),
                Column.of("logits, alone", "w/o feed-forward")),
            block ->
                List.of(
                    effect(figures, block, "alone", "ffn", "logit_norm", 2),
                    effect(figures, block, "alone", "attention", "logit_change", 2),
                    effect(figures, block, "alone", "ffn", "logit_change", 2))),
        grid(
            "Norms of a block’s vectors",
            blocks,
            List.of(
                Column.of("norms", "in"),
                Column.of("norms", "attention"),
                Column.of("norms", "feed-forward"),
                Column.of("norms", "out")),
            block -> vectors(figures, block, "norm_in", "norm_attention", "norm_ffn", "norm_out")),
        grid(
            "Cosines of a block’s vectors",
            blocks,
            List.of(
                Column.of("cosines", "in, attention"),
                Column.of("cosines", "attention, feed-forward"),
                Column.of("cosines", "feed-forward, out")),
            block ->
                vectors(
                    figures,
                    block,
                    "cosine_in_attention",
                    "cosine_attention_ffn",
                    "cosine_ffn_out")));
  }

  private static Grid grid(
      String caption, int blocks, List<Column> columns, IntFunction<List<String>> cells) {
    return new Grid(
        caption,
        "block",
        columns,
        IntStream.range(0, blocks)
            .mapToObj(
                block -> Row.of(String.valueOf(block), cells.apply(block).toArray(String[]::new)))
            .toList());
  }

  private static String effect(
      Figures figures, int block, String context, String removed, String quantity, int places) {
    return Figure.of(figures, Ablations.effect(block, context, removed, quantity)).text(places);
  }

  private static List<String> vectors(Figures figures, int block, String... columns) {
    return Stream.of(columns)
        .map(column -> Figure.of(figures, Ablations.vector(block, column)).text(2))
        .toList();
  }

  /** How the distances that removals in one block cause are distributed over prompts. */
  private static Plots plots(AnalysedRun run) {
    Map<Integer, Map<String, double[]>> blocks = new TreeMap<>(); // shares, by a line's style
    for (org.apache.spark.sql.Row row :
        run.part(Tables.ABLATIONS)
            .read()
            .withColumn(
                "bin", least(floor(col("hellinger").multiply(BINS)).cast("int"), lit(BINS - 1)))
            .groupBy("block", "removed", "context", "bin")
            .count()
            .collectAsList()) {
      blocks.computeIfAbsent(row.getInt(0), block -> new TreeMap<>())
              .computeIfAbsent(
                  row.getString(1) + " " + row.getString(2), style -> new double[BINS])[
              row.getInt(3)] =
          (double) row.getLong(4) / run.promptCount();
    }

    double top =
        blocks.values().stream()
            .flatMap(lines -> lines.values().stream())
            .flatMapToDouble(Arrays::stream)
            .max()
            .orElse(1);
    return new Plots(
        blocks.entrySet().stream()
            .map(block -> plot(block.getKey(), block.getValue(), top))
            .toList(),
        false);
  }

  private static Plot plot(int block, Map<String, double[]> shares, double top) {
    return new Plot(
        "Block " + block,
        String.format(
            Locale.ROOT,
            "Block %d: how the Hellinger distances between the predictions with and without"
                + " attention, and with and without the feed-forward network, are distributed over"
                + " prompts.",
            block),
        new Axis(0, 1, "0", "1"),
        new Axis(0, top, "0", Numbers.wholePercent(top)),
        shares.entrySet().stream().map(line -> steps(line.getKey(), line.getValue())).toList(),
        false);
  }

  /** A distribution as steps, with two points a bin. */
  private static Line steps(String style, double[] shares) {
    double[] xs = new double[2 * BINS];
    double[] ys = new double[2 * BINS];
    for (int bin = 0; bin < BINS; bin++) {
      xs[2 * bin] = (double) bin / BINS;
      xs[2 * bin + 1] = (bin + 1.0) / BINS;
      ys[2 * bin] = shares[bin];
      ys[2 * bin + 1] = shares[bin];
    }

    return new Line(style, "", xs, ys);
  }
}
