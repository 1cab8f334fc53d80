/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.InvalidInput;
import dev.kindred.baseline.Baselines;
import dev.kindred.baseline.NGramFit;
import dev.kindred.baseline.SuffixCounts;
import dev.kindred.corpus.Prompts;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.prediction.ModelPredictions;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** The n-gram models that a model's prompts are compared with, as the warehouse has them. */
public final class NGrams {
  private final SparkSession spark;
  private final Warehouse warehouse;
  private final ModelDirectory model;
  private final String corpusId;
  private final String promptSet;

  public NGrams(
      SparkSession spark,
      Warehouse warehouse,
      ModelDirectory model,
      String corpusId,
      String promptSet) {
    this.spark = spark;
    this.warehouse = warehouse;
    this.model = model;
    this.corpusId = corpusId;
    this.promptSet = promptSet;
  }

  /** The set of the windows that they are fitted to. */
  public static String fittingSet(String promptSet) {
    return Prompts.drawnBeside(promptSet, NGramFit.WINDOWS, NGramFit.SEED);
  }

  /**
   * Checks that there is something to fit n-grams to.
   *
   * @param option that names the run, for the message
   */
  void check(String option) {
    if (!fits().isComplete()
        && !warehouse.part(Tables.PREDICTIONS, model.id(), fittingSet(promptSet)).isComplete()) {
      throw new InvalidInput(
          "%s: the windows that n-grams are fitted to are not there; go on with the command prompts",
          option);
    }
  }

  /**
   * Returns the n-gram models that are there already, or else fits them.
   *
   * @param progress counts the fitting as the part that is going on
   */
  public List<NGramFit> all(SuffixCounts suffixes, Progress progress) {
    if (!fits().isComplete()) {
      AtomicInteger steps = new AtomicInteger();
      String fittingSet = fittingSet(promptSet);
      List<NGramFit> fitted =
          NGramFit.all(
              suffixes,
              warehouse.part(Tables.PROMPTS, fittingSet).read(),
              predictions(fittingSet),
              () -> progress.count(steps.incrementAndGet(), NGramFit.STEPS));
      fits().write(NGramFit.rows(spark, fitted).coalesce(1));
    }

    return read();
  }

  /** Returns the n-gram models that are there. */
  List<NGramFit> read() {
    return NGramFit.of(fits().read());
  }

  Part fits() {
    return warehouse.part(Tables.BASELINE_FITS, model.id(), corpusId, promptSet);
  }

  private ModelPredictions predictions(String set) {
    return ModelPredictions.read(warehouse, model, set);
  }

  /** Returns how far an n-gram model is from the model, for each prompt in order. */
  public List<Row> distances(SuffixCounts suffixes, NGramFit fit) {
    return Baselines.measure(
            suffixes, warehouse.part(Tables.PROMPTS, promptSet).read(), predictions(promptSet), fit)
        .select("hellinger", "hellinger_leave_one_out")
        .collectAsList();
  }
}
