/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.model.ModelShape;
import dev.kindred.similarity.Centers;
import dev.kindred.similarity.NextTokens;
import dev.kindred.similarity.SimilarStrings;
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
  /** Windows whose next tokens fit into a broadcast: about 160 MB. */
  private static final long PIECE_WINDOWS = 8L << 20;

  private final JavaSparkContext context;
  private final Warehouse warehouse;
  private final String modelId;
  private final String corpusId;
  private final ModelShape shape;
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
      String modelId,
      String corpusId,
      ModelShape shape,
      boolean isCentred) {
    this.isCentred = isCentred;
    this.context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    this.warehouse = warehouse;
    this.modelId = modelId;
    this.corpusId = corpusId;
    this.shape = shape;
  }

  /** All windows of a block. */
  public List<SimilarStrings.Piece> of(int block) {
    long bytesPerWindow = Float.BYTES * (long) shape.modelDimension() + 16;
    List<Dataset<Row>> activations =
        warehouse
            .part(Tables.ACTIVATIONS, modelId, corpusId, block)
            .readInPieces(PIECE_WINDOWS * bytesPerWindow);
    Dataset<Row> windows = warehouse.part(Tables.WINDOWS, corpusId).read();
    float[] center =
        isCentred
            ? Centers.mean(warehouse.part(Tables.ACTIVATIONS, modelId, corpusId, block).read())
            : null;
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
