/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.subspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.LocalSpark;
import dev.kindred.model.Models;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The stages over tables: learning, and decomposing what was learned. */
@ExtendWith(LocalSpark.class)
class TestLearnedEmbeddings {
  private static final ModelDirectory MODEL = Models.directory(Models.DICKENS_SMALL);
  private static final Stage STAGE = new Stage(MODEL.shape().blocks() - 1);
  private static final EmbeddingRecipe RECIPE =
      EmbeddingRecipe.of(Optimizer.FAST, 105, 42, 4, 3, 40);

  private static Dataset<Row> learn(SparkSession spark, int tasks) {
    return LearnedEmbeddings.learn(
        spark,
        JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(MODEL),
        STAGE,
        RECIPE,
        RECIPE.units(),
        tasks);
  }

  private static List<String> sorted(Dataset<Row> rows) {
    return rows.toJSON().collectAsList().stream().sorted().toList();
  }

  @Test
  void areSoManyOfEachToken(SparkSession spark) {
    assertThat(
            learn(spark, 2).groupBy("token_id").count().orderBy("token_id").collectAsList().stream()
                .map(Row::toString))
        .containsExactly("[3,105]", "[40,105]");
  }

  @Test
  void doNotDependOnPartitionsInAnyBit(SparkSession spark) {
    assertThat(sorted(learn(spark, 1))).isEqualTo(sorted(learn(spark, 3)));
  }

  @Test
  void areWhatASearchFinds(SparkSession spark) {
    EmbeddingSearch.Found found =
        EmbeddingSearch.search(
            LoadedModels.stream(MODEL),
            STAGE.block(MODEL.shape().blocks()),
            RECIPE,
            new EmbeddingRecipe.Unit(40, 100, 5));
    Row row = learn(spark, 2).where("token_id = 40 and restart = 100").head();
    assertThat(row.<Float>getList(2).get(7)).isEqualTo(found.vectors()[7]);
    assertThat(row.getDouble(3)).isEqualTo(found.nats()[0]);
    assertThat(row.getInt(4)).isEqualTo(4);
    assertThat(row.getBoolean(5)).isFalse();
  }

  @Test
  void haveSubspacesThatDoNotDependOnPartitions(SparkSession spark) {
    Dataset<Row> embeddings = learn(spark, 2).cache();
    assertThat(sorted(Subspaces.of(embeddings.repartition(1), 3)))
        .hasSize(2 * 3)
        .isEqualTo(sorted(Subspaces.of(embeddings.repartition(5), 3)));
    embeddings.unpersist();
  }

  @Test
  void haveSubspacesThatComeBackFromTheirTable(SparkSession spark) {
    Dataset<Row> embeddings = learn(spark, 2).cache();
    SortedMap<Integer, Subspaces.OfToken> found = Subspaces.collect(Subspaces.of(embeddings, 3), 3);
    List<float[]> vectors = new ArrayList<>();
    for (Row row : embeddings.where("token_id = 3").orderBy("restart").collectAsList()) {
      List<Float> boxed = row.getList(2);
      float[] vector = new float[boxed.size()];
      for (int i = 0; i < vector.length; i++) {
        vector[i] = boxed.get(i);
      }

      vectors.add(vector);
    }

    embeddings.unpersist();
    Subspace expected = Subspace.of(vectors.toArray(float[][]::new), 3);
    assertThat(found.keySet()).containsExactly(3, 40);
    assertThat(found.get(3).converged()).isFalse();
    assertThat(found.get(3).subspace().singularValues())
        .containsExactly(expected.singularValues(), within(0.));
    assertThat(found.get(3).subspace().directions()).isDeepEqualTo(expected.directions());
    assertThat(found.get(3).subspace().positiveShares())
        .containsExactly(expected.positiveShares(), within(0.));
  }

  @Test
  void onlyTheDirectionsThatAreAskedForComeBack(SparkSession spark) {
    Dataset<Row> subspaces = Subspaces.of(learn(spark, 2), 3).cache();
    Subspace all = Subspaces.collect(subspaces, 3).get(40).subspace();
    Subspace first = Subspaces.collect(subspaces, 2).get(40).subspace();
    List<Subspaces.Spectrum> spectra = Subspaces.spectra(subspaces);
    subspaces.unpersist();

    assertThat(first.directions()).isDeepEqualTo(Arrays.copyOf(all.directions(), 2));
    assertThat(spectra).extracting(Subspaces.Spectrum::tokenId).containsExactly(3, 40);
    assertThat(spectra.get(1).singularValues()).isEqualTo(all.singularValues());
    assertThat(spectra.get(1).positiveShare()).isEqualTo(all.positiveShares()[0]);
    assertThat(spectra.get(1).converged()).isFalse();
  }
}
