/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.ablation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.LocalSpark;
import dev.kindred.model.Models;
import dev.kindred.table.FormerNames;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LocalSpark.class)
class TestAblations {
  private static final int PROMPTS = 20;
  private static final int BATCH = 8;

  private static Dataset<Row> measured;

  @BeforeAll
  static void measure(SparkSession spark) {
    measured = measured(spark, 1).cache();
  }

  private static Dataset<Row> measured(SparkSession spark, int partitions) {
    Random random = new Random(4);
    List<Row> prompts = new ArrayList<>();
    for (int prompt = 0; prompt < PROMPTS; prompt++) {
      prompts.add(RowFactory.create("p-1", prompt, random.ints(5, 0, 60).toArray(), "", null));
    }

    return Ablations.measure(
        spark.createDataFrame(prompts, Tables.PROMPTS.columns()).repartition(partitions),
        JavaSparkContext.fromSparkContext(spark.sparkContext())
            .broadcast(Models.directory(Models.DICKENS_SMALL)),
        BATCH,
        partitions);
  }

  @Test
  void rowsAreTheSameHoweverTheWorkIsCut(SparkSession spark) {
    Dataset<Row> other = measured(spark, 3);
    assertThat(Ablations.vectors(other).collectAsList())
        .isEqualTo(Ablations.vectors(measured).collectAsList());
    assertThat(Ablations.effects(other).collectAsList())
        .isEqualTo(Ablations.effects(measured).collectAsList());
  }

  @Test
  void rowsAreThoseOfTheTables() {
    assertThat(Tables.BLOCK_VECTORS.conform(Ablations.vectors(measured)).count())
        .isEqualTo(6 * PROMPTS);
    assertThat(Tables.ABLATIONS.conform(Ablations.effects(measured)).count())
        .isEqualTo(4 * 6 * PROMPTS);
  }

  @Test
  void figuresAreThoseOfTheRows() {
    Dataset<Row> effects = Ablations.effects(measured);
    Map<String, Double> metrics =
        FormerNames.of(Ablations.summarize(Ablations.vectors(measured), effects));
    double[] distances =
        effects
            .where("block = 2 and context = 'whole' and removed = 'attention'")
            .select("hellinger")
            .collectAsList()
            .stream()
            .mapToDouble(row -> row.getDouble(0))
            .toArray();
    double mean = 0;
    for (double distance : distances) {
      mean += distance / PROMPTS;
    }

    double squares = 0;
    for (double distance : distances) {
      squares += (distance - mean) * (distance - mean);
    }

    String name = "ablation.block.2.whole.without_attention.hellinger";
    assertThat(metrics.get(name + ".mean")).isCloseTo(mean, within(1e-12));
    assertThat(metrics.get(name + ".std"))
        .isCloseTo(Math.sqrt(squares / (PROMPTS - 1)), within(1e-12));
    assertThat(metrics).containsKeys("ablation.block.5.norm_out.max");
  }
}
