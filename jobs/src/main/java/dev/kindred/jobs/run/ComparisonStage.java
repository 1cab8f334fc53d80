/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.evaluation.ModelDistances;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.prediction.ModelPredictions;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;

/**
 * Stage 4: what models of other seeds make of the prompts, and how far that is from the model's
 * prediction: the noise floor.
 */
public final class ComparisonStage {
  private ComparisonStage() {}

  /**
   * Writes what is not there yet.
   *
   * @return the distances to each alternate, rows of the table model_distances
   */
  public static List<Dataset<Row>> write(
      ModelInput input, String promptSet, List<ModelDirectory> alternates) {
    CorpusInput corpus = input.corpus();
    Progress progress = corpus.progress();
    String modelId = input.model().id();
    Dataset<Row> prompts = Stages.required(corpus.part(Tables.PROMPTS, promptSet), "prompts");
    Dataset<Row> predictions =
        Stages.required(corpus.part(Tables.PREDICTIONS, modelId, promptSet), "prompts");
    for (ModelDirectory alternate : alternates) {
      Part distances = part(input, promptSet, alternate);
      if (distances.isComplete()) {
        progress.reused("noise floor", distances);
        continue;
      }

      Part ofAlternate = corpus.part(Tables.PREDICTIONS, alternate.id(), promptSet);
      progress.step(
          "noise floor",
          () -> {
            if (!ofAlternate.isComplete()) {
              // Kept, since a sort reads its rows twice.
              Dataset<Row> evaluated =
                  progress
                      .counted(input.evaluate(prompts, alternate), prompts.count())
                      .persist(StorageLevel.MEMORY_AND_DISK());
              ofAlternate.write(evaluated.sort("prompt_id"));
              evaluated.unpersist();
            }

            distances.write(
                ModelDistances.measure(
                    ModelPredictions.of(predictions, input.model()),
                    ModelPredictions.of(ofAlternate.read(), alternate)));
          },
          distances);
    }

    return alternates.stream().map(alternate -> part(input, promptSet, alternate).read()).toList();
  }

  private static Part part(ModelInput input, String promptSet, ModelDirectory alternate) {
    return input
        .corpus()
        .part(Tables.MODEL_DISTANCES, input.model().id(), promptSet, alternate.id());
  }
}
