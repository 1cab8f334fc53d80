/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.InvalidInput;
import dev.kindred.Location;
import dev.kindred.evaluation.Summaries;
import dev.kindred.jobs.option.Defaults;
import dev.kindred.jobs.option.ReportOptions;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.LossCurve;
import dev.kindred.jobs.report.PageFile;
import dev.kindred.jobs.report.Report;
import dev.kindred.jobs.report.ReportData;
import dev.kindred.jobs.report.ReportQueries;
import dev.kindred.jobs.report.Summary;
import dev.kindred.jobs.run.RunPlan;
import dev.kindred.jobs.workspace.Terminal;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Figures;
import dev.kindred.table.Retention;
import dev.kindred.table.Warehouse;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** The report of a published run, with what analyses have found about it. */
public final class RunReport {
  private final Workspace workspace;
  private final Warehouse warehouse;
  private final Configuration hadoop;
  private final ReportOptions options;
  private final List<Analysis> analyses;

  /**
   * A report that is not read yet.
   *
   * @param analyses whose findings it shows, in this order
   */
  public RunReport(
      Workspace workspace, Warehouse warehouse, ReportOptions options, List<Analysis> analyses) {
    this.workspace = workspace;
    this.warehouse = warehouse;
    this.hadoop = workspace.hadoop();
    this.options = options;
    this.analyses = analyses;
  }

  /**
   * Checks that a report can be written where it is to be, before what it shows is computed.
   *
   * @throws InvalidInput if it cannot
   */
  public static void check(ReportOptions options, Configuration hadoop) {
    if (!options.file().isEmpty()) {
      PageFile.of("--report", options.file(), hadoop).check();
    }
  }

  /** Writes the report, and prints the run's summary and the line that scripts read. */
  public void publish(RunPlan run, ModelDirectory model) {
    ReportData data = data(run, model, Map.of());
    print(run, data.figures(), write(data));
  }

  /**
   * Writes the report.
   *
   * @param found what analyses have just found, by their names; what others have found before is
   *     shown, too
   * @return its file
   */
  PageFile write(RunPlan run, ModelDirectory model, Map<String, Findings> found) {
    return write(data(run, model, found));
  }

  private PageFile write(ReportData data) {
    PageFile file = file(data.runId());
    String html = Report.html(data);
    if (options.file().isEmpty()) {
      file.replace(html);
    } else {
      file.write(html);
    }

    return file;
  }

  /**
   * Says which published run has what is asked for, with its figures. Its report is written where
   * there is none yet, or where the user asked for another.
   *
   * @param model of the run
   * @param settings the command's
   */
  public void nothingToDo(RunPlan run, ModelDirectory model, Defaults settings) {
    Terminal.standardError()
        .line(
            "kindred: nothing to do: run "
                + run.runId()
                + " has this model, corpus, prompts and settings");
    PageFile file = file(run.runId());
    try {
      if (options.isGiven(settings) || !file.exists()) {
        check(options, hadoop);
        publish(run, model);
        return;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }

    print(run, ReportQueries.figures(warehouse, run.runId()), file);
  }

  private static void print(RunPlan run, Figures figures, PageFile report) {
    System.out.print(
        Summary.text(
            figures, run.vectors(), ReportData.Block.of(figures, run.blocks(), run.rule())));
    System.out.printf(
        Locale.ROOT,
        "kindred: run_id=%s prompts=%.0f mean_hellinger=%.4f top1=%.4f report=%s%n",
        run.runId(),
        figures.get(Summaries.of(Summaries.PROMPTS).compatible(), "count"),
        figures.get(Summaries.of(Summaries.HELLINGER).compatible(), "mean"),
        figures.get(Summaries.of(Summaries.TOP1).compatible(), "mean"),
        report.shown());
  }

  private ReportData data(RunPlan run, ModelDirectory model, Map<String, Findings> found) {
    AnalysedRun analysed = new AnalysedRun(workspace, warehouse, run, model);
    return ReportQueries.read(
        warehouse,
        run.runId(),
        model,
        run.blocks(),
        run.rule(),
        losses(model),
        run.command(),
        options.prompts(),
        run.alternates(),
        analyses.stream()
            .flatMap(
                analysis ->
                    Optional.ofNullable(found.get(analysis.name()))
                        .or(() -> analysis.ofRun(analysed))
                        .stream())
            .toList(),
        prompts ->
            analyses.stream().map(analysis -> analysis.ofPrompts(analysed, prompts)).toList());
  }

  private PageFile file(String runId) {
    return options.file().isEmpty()
        ? new PageFile(
            "--warehouse",
            new Path(warehouse.root(), Retention.REPORTS + "/" + runId + ".html"),
            hadoop)
        : PageFile.of("--report", options.file(), hadoop);
  }

  /** The losses of the model's training; null if its directory does not tell. */
  private LossCurve losses(ModelDirectory model) {
    Path path = new Path(model.uri(), "training.json");
    try (var in = path.getFileSystem(hadoop).open(path)) {
      return LossCurve.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (FileNotFoundException e) {
      return null;
    } catch (IOException e) {
      throw new InvalidInput(
          "--model %s: training.json cannot be read: %s", Location.shown(path.getParent()), e);
    }
  }
}
