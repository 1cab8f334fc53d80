/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.model.files.ModelDirectory;
import dev.kindred.prediction.ModelPredictions;
import dev.kindred.similarity.SimilarityBins;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import dev.kindred.tuning.PromptBins;
import java.util.List;
import org.apache.spark.sql.Dataset;

/** The evidence that a join has kept for all thresholds on a grid. */
public final class EvidenceByBins {
  private EvidenceByBins() {}

  /** Returns a prompt set's evidence by bins, which all of some blocks have. */
  public static Dataset<PromptBins> read(
      Warehouse warehouse,
      ModelDirectory model,
      String corpusId,
      String promptSet,
      List<Integer> blocks,
      SimilarityBins bins) {
    return PromptBins.of(
        warehouse
            .part(Tables.SIMILARITY_BINS, model.id(), corpusId, promptSet, bins.toString())
            .read(),
        warehouse.part(Tables.PROMPTS, promptSet).read(),
        warehouse.part(Tables.WINDOWS, corpusId).read(),
        ModelPredictions.read(warehouse, model, promptSet),
        blocks,
        bins.count());
  }
}
