/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.option.ActivationStore;
import dev.kindred.jobs.option.CorpusOptions;
import dev.kindred.jobs.option.ModelOptions;
import dev.kindred.jobs.option.PlacesOptions;
import dev.kindred.jobs.option.TaskOptions;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.GpuTasks;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.ModelShape;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.prediction.Predictions;
import dev.kindred.table.Part;
import dev.kindred.table.Warehouse;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * A corpus and a model that is to be run over it: what the stages read that evaluate the model.
 *
 * @param store how the vectors of windows are kept
 * @param tasks how much a task takes on
 */
public record ModelInput(
    CorpusInput corpus, ModelDirectory model, ActivationStore store, TaskOptions tasks) {
  /**
   * Prompts of a batch, at most. Windows that are drawn share few prefixes, so that larger batches
   * would only leave cores without any.
   */
  private static final int PROMPTS_AT_ONCE = 512;

  /**
   * Reads a model directory and checks what can be checked without Spark.
   *
   * @throws InvalidInput if it cannot be used with such windows
   */
  public static ModelDirectory read(ModelOptions options, int windowLength, Configuration hadoop) {
    ModelDirectory model = options.read(hadoop);
    if (windowLength > model.contextLength()) {
      throw new InvalidInput(
          "--window-length %d: the model's context has %d tokens%s",
          windowLength,
          model.shape().contextLength(),
          model.firstToken() == null
              ? ""
              : ", one of them for the token that begins texts (--bos)");
    }

    return model;
  }

  /**
   * Loads the model, with its self-check, checks that tasks have the memory that it takes, and
   * opens the corpus.
   *
   * @param places what is kept of the places of windows; none for who only reads windows
   * @param corpora the folder of the warehouse that the embedded corpus is copied into
   * @throws InvalidInput if something does not suffice
   */
  public static ModelInput open(
      Workspace workspace,
      Warehouse warehouse,
      CorpusOptions corpus,
      Optional<PlacesOptions> places,
      ModelDirectory model,
      ActivationStore store,
      int windowLength,
      TaskOptions tasks,
      String corpora) {
    LanguageModel loaded = LoadedModels.get(model);
    TaskMemory memory = TaskMemory.of(workspace.spark().sparkContext());
    TaskOptions fitting =
        tasks.fitting(options -> memory.suffices(TaskNeed.ofModel(options, windowLength, loaded)));
    memory.check(fitting.nodesInFlight(), TaskNeed.ofModel(fitting, windowLength, loaded));
    GpuTasks.check(workspace.spark());
    return new ModelInput(
        CorpusInput.open(
            workspace, warehouse, corpus, places, model.tokenizerJson(), windowLength, corpora),
        model,
        store,
        fitting);
  }

  /** Opens the same for who only reads windows, with the corpora of every command. */
  public static ModelInput open(
      Workspace workspace,
      Warehouse warehouse,
      CorpusOptions corpus,
      ModelDirectory model,
      ActivationStore store,
      int windowLength,
      TaskOptions tasks) {
    return open(
        workspace,
        warehouse,
        corpus,
        Optional.empty(),
        model,
        store,
        windowLength,
        tasks,
        CorpusInput.CORPORA);
  }

  /**
   * Checks that the disk has room for the activations of some windows.
   *
   * @throws InvalidInput if it has not
   */
  public void checkDisk(long windows) {
    DiskNeed.check(
        corpus.warehouse(),
        store,
        other ->
            DiskNeed.of(corpus.scan().occurrences(), windows, 0, 0, kept(other), 0)
                .without(new Reused(true, windows == 0, true, true, true)));
  }

  /** Returns what is kept of the model if windows' vectors are kept so. */
  public DiskNeed.Kept kept(ActivationStore other) {
    return new DiskNeed.Kept(keptShape(), other);
  }

  /** Whether joins evaluate the model: nothing is to be kept, and nothing is there. */
  public boolean isEvaluatedInJoins() {
    return store == ActivationStore.NONE && !activations().isComplete();
  }

  /** Returns the part with the activations of all windows. */
  Part activations() {
    return corpus.part(model.precision().activations(), model.id(), corpus.id());
  }

  /** Returns the model's shape with the blocks whose FFN outputs are kept alone. */
  public ModelShape keptShape() {
    return model.shape().withBlocks(model.blocks().count());
  }

  /** Runs a model over prompts: rows of the table predictions, with the prompts' activations. */
  Dataset<Row> evaluate(Dataset<Row> prompts, ModelDirectory evaluated) {
    int cores = corpus.spark().sparkContext().defaultParallelism();
    int count = (int) Math.max(cores, 4 * prompts.count() / tasks.windowsPerTask());
    return Predictions.compute(
        prompts,
        evaluated.onExecutors(corpus.workspace().spark()),
        Math.min(PROMPTS_AT_ONCE, tasks.windowsInFlight(corpus.windowLength())),
        count);
  }
}
