/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.run.Stages;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import dev.kindred.training.TrainingFolder;
import dev.kindred.training.TrainingRecord;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/** The models that a training has kept, as a series. */
final class Checkpoints {
  private final String uri;
  private final TrainingRecord record;
  private final SortedMap<Integer, String> folders; // by step

  private Checkpoints(String uri, TrainingRecord record, SortedMap<Integer, String> folders) {
    this.uri = uri;
    this.record = record;
    this.folders = folders;
  }

  /**
   * Finds the steps that the training of a model has kept, of which the model itself is the last.
   *
   * @throws InvalidInput if it has kept none
   */
  static Checkpoints of(String uri, Configuration hadoop) {
    TrainingFolder folder = new TrainingFolder(uri, hadoop);
    SortedMap<Integer, String> kept = folder.keptSteps();
    Optional<TrainingRecord> record = folder.record();
    if (kept.isEmpty() || record.isEmpty()) {
      throw new InvalidInput(
          "--checkpoints: %s has none; kindred train --keep-checkpoints 0,100,1000 keeps some in its"
              + " folder steps",
          uri);
    }

    SortedMap<Integer, String> folders = new TreeMap<>(kept);
    folders.put(record.get().recipe().steps(), uri);
    return new Checkpoints(uri, record.get(), folders);
  }

  /** Returns the steps, ascending. */
  List<Integer> steps() {
    return List.copyOf(folders.keySet());
  }

  /** Returns where the model of a step is. */
  String folder(int step) {
    return folders.get(step);
  }

  /** Returns a line above what is found of a step. */
  String title(int step) {
    return String.format(Locale.ROOT, "After %,d of %,d steps", step, record.recipe().steps())
        + record
            .after(step)
            .map(
                losses ->
                    String.format(Locale.ROOT, ", validation loss %.4f", losses.validationLoss()))
            .orElse("");
  }

  /** Writes which step a model is of, unless it is there. */
  void write(SparkSession spark, Warehouse warehouse, ModelDirectory model, int step) {
    Part part = warehouse.part(Tables.TRAINING_STEPS, model.id(), record.id());
    if (!part.isComplete()) {
      Optional<TrainingRecord.Evaluation> losses = record.after(step);
      part.write(
          Tables.TRAINING_STEPS.rows(
              spark,
              List.of(
                  Tables.TRAINING_STEPS.row(
                      uri,
                      step,
                      losses.map(TrainingRecord.Evaluation::trainLoss).orElse(null),
                      losses.map(TrainingRecord.Evaluation::validationLoss).orElse(null)))));
      Stages.audit(warehouse, model.shape(), part);
    }
  }
}
