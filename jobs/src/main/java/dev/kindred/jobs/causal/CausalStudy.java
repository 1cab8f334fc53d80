/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.causal;

import dev.kindred.ContentId;
import dev.kindred.causal.Choice;
import dev.kindred.jobs.explain.LocalExplain;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.table.Part;
import dev.kindred.table.Warehouse;
import dev.kindred.training.TrainingRecord;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.Row;

/**
 * Trains a model again and again without parts of its text. What has been chosen or trained is
 * kept, part by part, so that a study that was stopped goes on.
 */
public final class CausalStudy {
  /** Says with which formulas rows were made. */
  private static final int VERSION = 1;

  private final CausalRun run;
  private final CausalOptions options;

  /**
   * @param explain the run whose evidence is tested
   * @param record how its model was trained
   */
  public CausalStudy(
      Workspace workspace,
      Warehouse warehouse,
      LocalExplain explain,
      TrainingRecord record,
      CausalOptions options) {
    String question =
        new ContentId()
            .add(VERSION + " " + record.id())
            .add(explain.corpusId())
            .add(explain.rule().toString())
            .add(options.settings().toString())
            .id("c");
    this.run = new CausalRun(workspace, warehouse, explain, record, question);
    this.options = options;
  }

  /** Returns the name under which tables keep the answer. */
  public String question() {
    return run.question();
  }

  /** Returns a sentence that says how much there is to train. */
  public static String plan(CausalOptions options, TrainingRecord record) {
    int trainings = options.trainings(Choice.values().length);
    List<TrainingRecord.Evaluation> losses = record.losses();
    long seconds = losses.isEmpty() ? 0 : losses.get(losses.size() - 1).seconds();
    return String.format(
        Locale.ROOT,
        "%,d trainings of %,d steps each; the model itself took %s, so that they take about %s on as"
            + " many cores",
        trainings,
        record.recipe().steps(),
        Progress.text(Duration.ofSeconds(seconds)),
        Progress.text(Duration.ofSeconds(seconds * trainings)));
  }

  /** Does what is left of the study, and returns what it found. */
  public Findings run() {
    boolean isByHalves = options.study() == CausalOptions.Study.HALVES;
    Part found =
        isByHalves ? new HalvesStudy(run, options).run() : new TakenAwayStudy(run, options).run();
    List<Row> rows = found.read().collectAsList();
    return isByHalves ? CausalFindings.halves(rows) : CausalFindings.takenAway(rows);
  }
}
