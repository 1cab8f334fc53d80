/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import dev.kindred.activation.Activations;
import dev.kindred.activation.WindowIds;
import dev.kindred.corpus.CorpusScan;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.model.ModelShape;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Part;
import dev.kindred.table.Runs;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Activations that earlier corpora had under the same model, for a corpus that shares windows with
 * them.
 *
 * <p>A corpus with documents appended shares all files of the shorter one, where they are. Where
 * documents were changed, removed or put between, windows have other ids: those of the last
 * published corpus that are still there are copied under their new ids.
 */
final class KnownActivations {
  /** Windows whose ids fit into a broadcast: 128 MB. */
  private static final long PIECE_WINDOWS = 8L << 20;

  private final SparkSession spark;
  private final Warehouse warehouse;
  private final ModelDirectory model;
  private final CorpusScan scan;

  KnownActivations(SparkSession spark, Warehouse warehouse, ModelDirectory model, CorpusScan scan) {
    this.spark = spark;
    this.warehouse = warehouse;
    this.model = model;
    this.scan = scan;
  }

  /**
   * Adds what is known to a part that is not complete and may have something already.
   *
   * @param part activations of this corpus
   * @param windows its windows
   */
  void addTo(Part part, Dataset<Row> windows, Progress progress) {
    Optional<String> shorter = shorterCorpus();
    if (shorter.isPresent() && part.isEmpty()) {
      part.share(activations(shorter.get()));
      progress.note("corpus %s was extended: its files are shared", shorter.get());
    }

    Optional<String> last = lastCorpus();
    if (last.isPresent() && !scan.extendsCorpus(last.get(), pieces(last.get()))) {
      progress.note("documents of corpus %s were changed, removed or put between", last.get());
      copy(last.get(), part, windows, progress);
    }
  }

  private Part activations(String corpusId) {
    return warehouse.part(model.precision().activations(), model.id(), corpusId);
  }

  /** The longest corpus that this one extends. */
  private Optional<String> shorterCorpus() {
    return warehouse.keys(model.precision().activations(), model.id()).stream()
        .filter(corpusId -> isUsable(corpusId))
        .filter(corpusId -> scan.extendsCorpus(corpusId, pieces(corpusId)))
        .max(Comparator.comparingInt(this::pieces));
  }

  /** The corpus of the last published run that was cut alike. */
  private Optional<String> lastCorpus() {
    List<Runs.Run> runs = Runs.readable(warehouse);
    return runs.stream()
        .filter(run -> run.isPublished() && run.modelId().equals(model.id()))
        .map(Runs.Run::corpusId)
        .filter(corpusId -> !corpusId.equals(scan.corpusId()) && isUsable(corpusId))
        .filter(corpusId -> scan.isCutLike(facts(corpusId)))
        .reduce((first, second) -> second);
  }

  private boolean isUsable(String corpusId) {
    return activations(corpusId).isComplete()
        && warehouse.part(Tables.WINDOWS, corpusId).isComplete();
  }

  private Map<String, String> facts(String corpusId) {
    return warehouse.part(Tables.WINDOWS, corpusId).properties();
  }

  private int pieces(String corpusId) {
    return warehouse.part(Tables.WINDOWS, corpusId).facts(CorpusScan::pieces);
  }

  private void copy(String corpusId, Part part, Dataset<Row> windows, Progress progress) {
    Column isFirst = col("block").equalTo(lit(model.blocks().number(0)));
    Dataset<Row> there = part.readSoFar().where(isFirst).select("window_id");
    Dataset<Row> others = warehouse.part(Tables.WINDOWS, corpusId).read();
    Dataset<Row> shared =
        WindowIds.shared(others, windows)
            .join(there.withColumnRenamed("window_id", "other_id"), "other_id", "left_anti");
    ModelShape shape = model.shape();
    int blocks = model.blocks().count();
    long bytesPerWindow = blocks * (model.precision().bytes() * (long) shape.modelDimension() + 16);
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    long copied = 0;
    for (Part.Piece piece : activations(corpusId).readInPieces(PIECE_WINDOWS * blocks)) {
      Dataset<Row> ofPiece = piece.rows().where(isFirst).select("window_id");
      WindowIds ids = WindowIds.collect(shared.join(ofPiece, "window_id"));
      if (ids.size() > 0) {
        warehouse.checkFree("the table activations", ids.size() * bytesPerWindow);
        Broadcast<WindowIds> onExecutors = context.broadcast(ids);
        part.appendVectors(Activations.rename(piece.rows(), onExecutors), blocks, false);
        onExecutors.destroy();
        copied += ids.size();
      }
    }

    progress.note("%,d windows copied from corpus %s", copied, corpusId);
  }
}
