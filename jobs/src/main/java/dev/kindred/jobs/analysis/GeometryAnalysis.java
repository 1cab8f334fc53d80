/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import dev.kindred.corpus.Prompt;
import dev.kindred.geometry.Geometry;
import dev.kindred.geometry.TipToTail;
import dev.kindred.jobs.analysis.AnalysedRun.Output;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.report.Figure;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Drawings;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.jobs.report.Findings.Row;
import dev.kindred.jobs.report.VisibleText;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Figures;
import dev.kindred.table.Part;
import dev.kindred.table.StoredVectors;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The residual streams of a run's prompts as vectors. */
final class GeometryAnalysis implements Analysis {
  private static final long NOISE_SEED = 42; // one of the study's
  private static final long PLANE_SEED = 144_223_232; // the study's
  private static final Map<String, String> NAMES =
      Map.of(
          "scale_10", "times 10",
          "noise_0.1", "noise of std 0.1",
          "noise_2", "noise of std 2");

  @Override
  public String name() {
    return "geometry";
  }

  @Override
  public List<Table> tables() {
    return List.of(Tables.DIRECTIONS, Tables.PERTURBATIONS);
  }

  @Override
  public List<KindredCommand> commands(List<Analysis> all) {
    return List.of(new GeometryCommand(this, all));
  }

  /** The command. */
  @Command(
      name = "geometry",
      description =
          "Measures the residual stream's vectors: how far its direction is from that of the"
              + " feed-forward outputs alone, what scaling and noise do to it, and one prompt's"
              + " picture in the plane: of a published run, in its report and summaries.",
      footer = "kindred geometry --prompt 'And only l'")
  static final class GeometryCommand extends RunAnalysisCommand {
    private final GeometryAnalysis analysis;

    @Option(
        names = "--prompt",
        paramLabel = "TEXT",
        description = "the prompt whose vectors are drawn (the run's first)")
    private String prompt;

    private GeometryCommand(GeometryAnalysis analysis, List<Analysis> all) {
      super(analysis, all);
      this.analysis = analysis;
    }

    @Override
    Findings find(AnalysedRun run) {
      Prompt drawn = prompt == null ? firstPrompt(run) : run.prompt("--prompt", prompt);
      Part directions = run.part(Tables.DIRECTIONS);
      Part perturbations = run.part(Tables.PERTURBATIONS);
      run.writeMissing(
          analysis.name(),
          run.promptCount(),
          () ->
              Geometry.measure(
                  run.prompts(), run.onExecutors(), run.batchSize(), run.tasks(), NOISE_SEED),
          List.of(
              new Output(directions, Geometry::directions),
              new Output(perturbations, Geometry::perturbations)));
      run.summarize(
          analysis.name(), () -> Geometry.summarize(directions.read(), perturbations.read()));
      return findings(run, run.figures(analysis.name()).orElseThrow(), drawn);
    }
  }

  @Override
  public Optional<Findings> ofRun(AnalysedRun run) {
    return run.figures(name()).map(figures -> findings(run, figures, firstPrompt(run)));
  }

  private static Prompt firstPrompt(AnalysedRun run) {
    org.apache.spark.sql.Row first =
        run.prompts().where(col("prompt_id").equalTo(lit(0))).select("text", "token_ids").first();
    return new Prompt(first.getString(0), StoredVectors.ints(first, 1));
  }

  private static Findings findings(AnalysedRun run, Figures figures, Prompt drawn) {
    return new Findings(
        "Geometry of the residual stream",
        List.of(
            Note.onPage(
                "What the model adds to the residual stream at the end of "
                    + VisibleText.shown(drawn.text())
                    + ", tip to tail in the plane. Every vector has its true norm and its true cosine"
                    + " to the sum of those before it, so every sum has its true norm, too; the side"
                    + " of that sum on which a vector lies is drawn by lot, so no other angle in the"
                    + " picture means anything. Black: the embedding; orange: attention; blue:"
                    + " feed-forward networks."),
            drawings(run.model(), drawn),
            Note.onPage(
                "How well the embedding and the feed-forward outputs tell the stream’s direction"
                    + " without attention’s outputs, after each block, mean ± standard deviation over"
                    + " all prompts. The feed-forward outputs are those of the model with its"
                    + " attention."),
            directions(figures, run.model().shape().blocks()),
            Note.onPage(
                "What the final norm makes of changes of the last block’s output: its length is lost,"
                    + " its direction stays. Noise is Gaussian, independent in each component."),
            perturbations(figures)),
        List.of(
            """
            select block, avg(cosine_without_attention) as cosine, avg(norm_ratio) as norm_ratio
            from {run}.directions
            group by block
            order by block""",
            """
            select perturbation, avg(cosine) as cosine, avg(normed_cosine) as normed_cosine,
                   avg(hellinger) as hellinger
            from {run}.perturbations
            group by perturbation
            order by perturbation"""));
  }

  private static Drawings drawings(ModelDirectory directory, Prompt prompt) {
    int[] tokenIds = directory.input(prompt.tokenIds());
    ResidualStream model = LoadedModels.stream(directory);
    return new Drawings(
        PlanePicture.of(
                TipToTail.of(model, tokenIds, TipToTail.Attention.DRAWN, PLANE_SEED),
                TipToTail.of(model, tokenIds, TipToTail.Attention.LEFT_OUT, PLANE_SEED))
            .stream()
            .map(PlanePicture::drawing)
            .toList());
  }

  private static Grid directions(Figures figures, int blocks) {
    return new Grid(
        "The stream’s direction without attention, by block",
        "block",
        List.of(
            Column.of("without attention outputs", "cosine to the whole stream"),
            Column.of("without attention outputs", "angle of the mean"),
            Column.of("without attention outputs", "norm by the stream’s")),
        IntStream.range(0, blocks)
            .mapToObj(
                block -> {
                  Figure cosine =
                      Figure.of(figures, Geometry.direction(block, "cosine_without_attention"));
                  return Row.of(
                      String.valueOf(block),
                      cosine.text(4),
                      String.format(
                          Locale.ROOT,
                          "%.1f°",
                          Math.toDegrees(Math.acos(Math.max(-1, Math.min(1, cosine.mean()))))),
                      Figure.of(figures, Geometry.direction(block, "norm_ratio")).text(3));
                })
            .toList());
  }

  private static Grid perturbations(Figures figures) {
    List<Row> rows = new ArrayList<>();
    for (String change : List.of("scale_10", "noise_0.1", "noise_2")) {
      rows.add(row(NAMES.get(change), figures, change, "", text(figures, change, "hellinger", 4)));
      rows.add(row("  after the final norm", figures, change, "normed_", ""));
    }

    return new Grid(
        "What the final norm makes of changes",
        "last block’s output",
        List.of(
            Column.of("norm"),
            Column.of("changed"),
            Column.of("cosine"),
            Column.of("distance of predictions")),
        rows);
  }

  private static Row row(
      String name, Figures figures, String change, String prefix, String distance) {
    return Row.of(
        name,
        text(figures, change, prefix + "norm_before", 2),
        text(figures, change, prefix + "norm_after", 2),
        text(figures, change, prefix + "cosine", 4),
        distance);
  }

  private static String text(Figures figures, String change, String column, int places) {
    return Figure.of(figures, Geometry.perturbation(change, column)).text(places);
  }
}
