/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.subspace;

import dev.kindred.math.Vectors;
import dev.kindred.model.GpuTasks;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Tables;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Vectors that make the rest of a model predict a token with certainty when they stand alone at a
 * stage of its residual stream.
 */
public final class LearnedEmbeddings {
  private LearnedEmbeddings() {}

  /**
   * Learns embeddings. Every group is computed by itself, so that tasks make no difference.
   *
   * @param units what is to be learned of the recipe
   * @param tasks over which units are spread
   * @return rows with the file columns of {@link Tables#LEARNED_EMBEDDINGS}, in no order; each
   *     evaluation of them computes everything anew
   */
  public static Dataset<Row> learn(
      SparkSession spark,
      Broadcast<ModelDirectory> model,
      Stage stage,
      EmbeddingRecipe recipe,
      List<EmbeddingRecipe.Unit> units,
      int tasks) {
    return GpuTasks.mapNumbers(
        spark,
        units.size(),
        tasks,
        new Learn(model, stage, recipe, List.copyOf(units)),
        Tables.LEARNED_EMBEDDINGS.encoder());
  }

  private static final class Learn implements MapPartitionsFunction<Integer, Row> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<ModelDirectory> directory;
    private final Stage stage;
    private final EmbeddingRecipe recipe;
    private final List<EmbeddingRecipe.Unit> units;

    private Learn(
        Broadcast<ModelDirectory> directory,
        Stage stage,
        EmbeddingRecipe recipe,
        List<EmbeddingRecipe.Unit> units) {
      this.directory = directory;
      this.stage = stage;
      this.recipe = recipe;
      this.units = units;
    }

    @Override
    public Iterator<Row> call(Iterator<Integer> numbers) {
      if (!numbers.hasNext()) {
        return Collections.emptyIterator();
      }

      ResidualStream model = LoadedModels.stream(directory.value());
      int block = stage.block(model.shape().blocks());
      return StreamSupport.stream(
              Spliterators.spliteratorUnknownSize(numbers, Spliterator.ORDERED), false)
          .map(units::get)
          .flatMap(unit -> rows(unit, EmbeddingSearch.search(model, block, recipe, unit)))
          .iterator();
    }

    private static Stream<Row> rows(EmbeddingRecipe.Unit unit, EmbeddingSearch.Found found) {
      int dimension = found.vectors().length / unit.count();
      return IntStream.range(0, unit.count())
          .mapToObj(
              row ->
                  Tables.LEARNED_EMBEDDINGS.row(
                      unit.tokenId(),
                      unit.first() + row,
                      Vectors.row(found.vectors(), row, dimension),
                      (double) found.nats()[row],
                      found.steps(),
                      found.converged()));
    }
  }
}
