/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.baseline.NGramFit;
import dev.kindred.corpus.Prompts;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.prediction.Predictions;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.function.Supplier;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;

/** Stage 3: prompts, and what the model makes of them. */
public final class PromptsStage {
  private final ModelInput input;
  private final CorpusInput corpus;
  private final Progress progress;
  private final PromptChoice choice;
  private final String promptSet;

  public PromptsStage(ModelInput input, PromptChoice choice) {
    this.input = input;
    this.corpus = input.corpus();
    this.progress = corpus.progress();
    this.choice = choice;
    this.promptSet = choice.set(corpus.id());
  }

  /** Whether a model's predictions and activations of a prompt set are there. */
  static boolean isPredicted(Warehouse warehouse, String modelId, String set) {
    return warehouse.part(Tables.PREDICTIONS, modelId, set).isComplete()
        && warehouse.part(Tables.PROMPT_ACTIVATIONS, modelId, set).isComplete();
  }

  /** Writes the prompts, and what the model makes of them. */
  public void prompts() {
    write("", promptSet, () -> choice.of(corpus));
  }

  /**
   * Writes other prompts to choose settings by, none of which is among the prompts, and what the
   * model makes of them.
   *
   * @return their set
   */
  public String tuningPrompts(int count) {
    String tuningSet = Prompts.drawnBeside(promptSet, count, choice.seed());
    write(
        "",
        tuningSet,
        () -> {
          Dataset<Row> windows = corpus.windows();
          return Prompts.drawBeside(
              corpus.spark(), windows, windows.count(), drawn(), count, choice.seed());
        });
    return tuningSet;
  }

  /**
   * Writes other prompts to choose settings by, as {@link #tuningPrompts} does, but with steps of
   * their own, and only as many as there are.
   *
   * @param most how many at most
   */
  String choosingPrompts(int most) {
    String set = Prompts.drawnBeside(promptSet, most, choice.seed());
    write(
        "tuning ",
        set,
        () -> {
          Dataset<Row> windows = corpus.windows();
          return Prompts.drawAtMostBeside(
              corpus.spark(), windows, windows.count(), drawn(), most, choice.seed());
        });
    return set;
  }

  /**
   * Writes windows that n-grams are fitted to, none of which is among the prompts, and what the
   * model makes of them.
   */
  public void fittingWindows() {
    String set = NGrams.fittingSet(promptSet);
    Part predictions = corpus.part(Tables.PREDICTIONS, input.model().id(), set);
    if (predictions.isComplete()) {
      progress.reused("fitting windows", predictions);
      return;
    }

    progress.step(
        "fitting windows",
        () -> {
          Part prompts = corpus.part(Tables.PROMPTS, set);
          if (!prompts.isComplete()) {
            Dataset<Row> windows = corpus.windows();
            prompts.write(
                Prompts.drawAtMostBeside(
                    corpus.spark(),
                    windows,
                    windows.count(),
                    drawn(),
                    NGramFit.WINDOWS,
                    NGramFit.SEED));
          }

          // Into one partition, as sort would evaluate all of them once more for its sample.
          predictions.write(
              input
                  .evaluate(prompts.read(), input.model())
                  .repartition(1)
                  .sortWithinPartitions("prompt_id"));
        },
        predictions);
  }

  /** The prompts, which others are drawn beside. */
  private Dataset<Row> drawn() {
    return Stages.required(corpus.part(Tables.PROMPTS, promptSet), "prompts");
  }

  private void write(String kind, String set, Supplier<Dataset<Row>> chosen) {
    Part prompts = corpus.part(Tables.PROMPTS, set);
    if (prompts.isComplete()) {
      progress.reused(kind + "prompts", prompts);
    } else {
      progress.step(kind + "prompts", () -> prompts.write(chosen.get()), prompts);
    }

    Part activations = corpus.part(Tables.PROMPT_ACTIVATIONS, input.model().id(), set);
    Part predictions = corpus.part(Tables.PREDICTIONS, input.model().id(), set);
    if (isPredicted(corpus.warehouse(), input.model().id(), set)) {
      activations.verify();
      progress.reused(kind + "predictions", predictions);
      return;
    }

    progress.step(
        kind + "predictions",
        () -> predict(prompts.read(), activations, predictions),
        activations,
        predictions);
  }

  private void predict(Dataset<Row> prompts, Part activations, Part predictions) {
    Dataset<Row> evaluated =
        progress
            .counted(input.evaluate(prompts, input.model()), prompts.count())
            .persist(StorageLevel.MEMORY_AND_DISK());
    if (!activations.isComplete()) {
      activations.writeVectors(
          Predictions.activations(evaluated, input.model().blocks()),
          input.model().blocks().count());
    }

    if (!predictions.isComplete()) {
      predictions.write(evaluated.sort("prompt_id"));
    }

    evaluated.unpersist();
  }
}
