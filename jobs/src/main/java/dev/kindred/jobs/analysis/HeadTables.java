/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.head.HeadQuestion;
import dev.kindred.head.HeadRows;
import dev.kindred.head.Heads;
import dev.kindred.head.SequenceHeads;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.run.Stages;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Part;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** The tables of a model's heads; a table that is complete is left as it is. */
final class HeadTables {
  private final SparkSession spark;
  private final Progress progress;
  private final Warehouse warehouse;
  private final ModelDirectory model;
  private final HeadQuestion question;
  private Broadcast<ModelDirectory> onExecutors; // null until the model is needed there
  private Broadcast<HeadQuestion> asked;
  private HeadRows rows; // null until sequences are run

  HeadTables(
      Workspace workspace, Warehouse warehouse, ModelDirectory model, HeadQuestion question) {
    this.spark = workspace.spark();
    this.progress = workspace.progress();
    this.warehouse = warehouse;
    this.model = model;
    this.question = question;
  }

  private Part part(Table table) {
    return warehouse.part(table, model.id(), question.key());
  }

  /**
   * Returns what is shown of the tables, once they are filled.
   *
   * @param leftOut stimuli that the model cannot read
   */
  List<Element> shown(List<String> leftOut) {
    return HeadFindings.of(warehouse, model.id(), question.key(), leftOut).elements();
  }

  /** Fills the tables that are not there. */
  void fill() {
    List<Part> patterns =
        List.of(
            part(Tables.HEAD_SCORES),
            part(Tables.ATTENTION_DISTANCES),
            part(Tables.STIMULUS_LOSSES));
    if (patterns.stream().allMatch(Part::isComplete)) {
      progress.reused("patterns", patterns.get(0));
    } else {
      progress.begin("patterns");
      write(Tables.HEAD_SCORES, rows().scores());
      write(Tables.ATTENTION_DISTANCES, rows().distances());
      write(Tables.STIMULUS_LOSSES, rows().losses());
      progress.end(patterns.toArray(Part[]::new));
    }

    Part ablations = part(Tables.HEAD_ABLATIONS);
    if (question.ablations().isEmpty()) {
      return;
    }

    if (ablations.isComplete()) {
      progress.reused("ablations", ablations);
      return;
    }

    progress.begin("ablations");
    HeadRows found = rows();
    Broadcast<double[][][]> means =
        JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(found.means());
    write(
        Tables.HEAD_ABLATIONS,
        found.ablations(
            Heads.ablate(spark, onExecutors, asked, means, Integer.MAX_VALUE).collectAsList()));
    progress.end(ablations);
  }

  private void write(Table table, List<Row> rows) {
    Part part = part(table);
    if (!part.isComplete()) {
      part.write(table.rows(spark, rows));
      Stages.audit(warehouse, model.shape(), part);
    }
  }

  /** Runs all sequences, once. */
  private HeadRows rows() {
    if (rows == null) {
      onExecutors = model.onExecutors(spark);
      asked = JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(question);
      List<SequenceHeads> found =
          Heads.measure(spark, onExecutors, asked, Integer.MAX_VALUE).collectAsList();
      rows = new HeadRows(question, model.blueprint(), found);
    }

    return rows;
  }
}
