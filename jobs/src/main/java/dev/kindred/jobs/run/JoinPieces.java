/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.model.files.ModelDirectory;
import dev.kindred.similarity.Centers;
import dev.kindred.similarity.NextTokens;
import dev.kindred.similarity.SimilarStrings;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** A corpus's activations, cut so that the next tokens of each piece fit into a broadcast. */
public final class JoinPieces {
  private final JavaSparkContext context;
  private final Warehouse warehouse;
  private final ModelDirectory model;
  private final String corpusId;
  private final boolean isCentred;
  private Broadcast<NextTokens> nextTokens; // of the whole corpus, where they fit

  /**
   * Takes a model and a corpus whose windows and activations are complete.
   *
   * @param isCentred whether the mean of a block's vectors is taken away from them
   */
  public JoinPieces(
      SparkSession spark,
      Warehouse warehouse,
      ModelDirectory model,
      String corpusId,
      boolean isCentred) {
    this.isCentred = isCentred;
    this.context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    this.warehouse = warehouse;
    this.model = model;
    this.corpusId = corpusId;
  }

  /** All windows of a block. */
  public List<SimilarStrings.Piece> of(int block) {
    long bytesPerWindow = model.precision().bytes() * (long) model.shape().modelDimension() + 16;
    Part part = warehouse.part(model.precision().activations(), model.id(), corpusId, block);
    List<Dataset<Row>> activations =
        part.readInPieces(SimilarStrings.PIECE_WINDOWS * bytesPerWindow);
    Dataset<Row> windows = warehouse.part(Tables.WINDOWS, corpusId).read();
    float[] center = isCentred ? Centers.mean(part.read()) : null;
    if (activations.size() == 1) {
      if (nextTokens == null) {
        nextTokens = context.broadcast(NextTokens.collect(windows));
      }

      return List.of(new SimilarStrings.Piece(activations.get(0), nextTokens, center));
    }

    List<SimilarStrings.Piece> pieces = new ArrayList<>();
    for (Dataset<Row> piece : activations) {
      pieces.add(
          new SimilarStrings.Piece(
              piece, context.broadcast(NextTokens.collect(windows, piece)), center));
    }

    return pieces;
  }
}
