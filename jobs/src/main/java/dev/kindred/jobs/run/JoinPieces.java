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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A corpus's activations, cut so that the next tokens of each piece fit into a broadcast. They are
 * collected once for all blocks.
 */
public final class JoinPieces {
  private final JavaSparkContext context;
  private final Warehouse warehouse;
  private final ModelDirectory model;
  private final String corpusId;
  private final boolean isCentred;
  private final long pieceWindows;

  /** By the files of a piece: those of all blocks hold the same windows under the same names. */
  private final Map<List<String>, Broadcast<NextTokens>> nextTokens = new HashMap<>();

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
    this(spark, warehouse, model, corpusId, isCentred, SimilarStrings.PIECE_WINDOWS);
  }

  /** Takes them with another number of windows in a piece. */
  JoinPieces(
      SparkSession spark,
      Warehouse warehouse,
      ModelDirectory model,
      String corpusId,
      boolean isCentred,
      long pieceWindows) {
    this.pieceWindows = pieceWindows;
    this.isCentred = isCentred;
    this.context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    this.warehouse = warehouse;
    this.model = model;
    this.corpusId = corpusId;
  }

  /** All windows of a block. */
  public List<SimilarStrings.Piece> of(int block) {
    Part part = warehouse.part(model.precision().activations(), model.id(), corpusId, block);
    List<Part.Piece> activations = part.readInPieces(pieceWindows);
    Dataset<Row> windows = warehouse.part(Tables.WINDOWS, corpusId).read();
    float[] center = isCentred ? Centers.mean(part.read()) : null;
    boolean isWhole = activations.size() == 1;
    List<SimilarStrings.Piece> pieces = new ArrayList<>();
    for (Part.Piece piece : activations) {
      Broadcast<NextTokens> following =
          nextTokens.computeIfAbsent(
              piece.names(),
              names ->
                  context.broadcast(
                      isWhole
                          ? NextTokens.collect(windows)
                          : NextTokens.collect(windows, piece.rows())));
      pieces.add(new SimilarStrings.Piece(piece.rows(), following, center));
    }

    return pieces;
  }
}
