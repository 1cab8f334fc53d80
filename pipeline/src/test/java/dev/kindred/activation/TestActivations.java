/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.activation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import dev.kindred.LocalSpark;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.LoadedModels;
import dev.kindred.model.ModelDirectory;
import dev.kindred.model.Models;
import dev.kindred.prediction.Predictions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LocalSpark.class)
class TestActivations {
  private static final int WINDOWS = 1300; // several batches, the last one short

  @Test
  void areTheModelsFfnOutputs(SparkSession spark) {
    ModelDirectory directory = Models.directory(Models.DICKENS_SMALL);
    Map<String, List<Float>> found = compute(spark, directory, 3);
    LanguageModel model = LoadedModels.get(directory);
    int dimension = model.shape().modelDimension();
    assertThat(found).hasSize(WINDOWS * model.shape().blocks());
    for (int window : new int[] {0, 255, 256, WINDOWS - 1}) {
      float[][] alone = model.ffnOutputs(new int[][] {tokens(window)});
      for (int block = 0; block < alone.length; block++) {
        List<Float> vector = found.get(block + "/" + 3 * window);
        assertThat(vector).hasSize(dimension);
        for (int k = 0; k < dimension; k++) {
          assertThat(vector.get(k))
              .isCloseTo(alone[block][k], org.assertj.core.api.Assertions.within(1e-4f));
        }
      }
    }
  }

  @Test
  void doNotDependOnPartitionsInAnyBit(SparkSession spark) {
    ModelDirectory directory = Models.directory(Models.DICKENS_SMALL);
    assertThat(compute(spark, directory, 1)).isEqualTo(compute(spark, directory, 7));
  }

  @Test
  void ofPromptsDoNotDependOnPartitionsInAnyBit(SparkSession spark) {
    ModelDirectory directory = Models.directory(Models.DICKENS_SMALL);
    assertThat(predict(spark, directory, 1)).isEqualTo(predict(spark, directory, 5));
  }

  @Test
  void runOnTheCpuWhereSparkAssignsNoGpu() {
    assertThat(LoadedModels.assignedDevice()).isEqualTo(Device.cpu());
  }

  private static Map<String, List<Float>> compute(
      SparkSession spark, ModelDirectory directory, int partitions) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < WINDOWS; i++) {
      rows.add(RowFactory.create(3L * i, tokens(i)));
    }

    Map<String, List<Float>> found = new TreeMap<>();
    for (Row row :
        Activations.compute(
                tokenRows(spark, rows, "window_id", DataTypes.LongType),
                broadcast(spark, directory),
                partitions)
            .collectAsList()) {
      found.put(row.getInt(0) + "/" + row.getLong(1), row.getList(2));
    }

    return found;
  }

  private static Map<Integer, Row> predict(
      SparkSession spark, ModelDirectory directory, int partitions) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < WINDOWS; i++) {
      rows.add(RowFactory.create(i, tokens(i)));
    }

    Map<Integer, Row> found = new TreeMap<>();
    for (Row row :
        Predictions.compute(
                tokenRows(spark, rows, "prompt_id", DataTypes.IntegerType),
                broadcast(spark, directory),
                partitions)
            .collectAsList()) {
      found.put(row.getInt(0), row);
    }

    return found;
  }

  private static Dataset<Row> tokenRows(
      SparkSession spark, List<Row> rows, String id, org.apache.spark.sql.types.DataType idType) {
    return spark.createDataFrame(
        rows,
        new StructType()
            .add(id, idType)
            .add("token_ids", DataTypes.createArrayType(DataTypes.IntegerType, false)));
  }

  private static Broadcast<ModelDirectory> broadcast(SparkSession spark, ModelDirectory directory) {
    return JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(directory);
  }

  private static int[] tokens(int window) {
    return new Random(window).ints(10, 0, 77).toArray();
  }
}
