/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.activation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import dev.kindred.LocalSpark;
import dev.kindred.math.Half;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.Models;
import dev.kindred.model.Precision;
import dev.kindred.model.TaskDevice;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.prediction.Predictions;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.Collections;
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
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LocalSpark.class)
class TestActivations {
  private static final int WINDOWS = 530;
  private static final int BATCH = 100; // the last one is short

  @Test
  void areTheModelsFfnOutputs(SparkSession spark) {
    ModelDirectory directory = Models.directory(Models.DICKENS_SMALL);
    Map<String, List<Float>> found = compute(spark, directory, 3);
    LanguageModel model = LoadedModels.get(directory);
    int dimension = model.shape().modelDimension();
    assertThat(found).hasSize(WINDOWS * model.shape().blocks());
    for (int window : new int[] {0, 99, 100, 321, WINDOWS - 1}) {
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
    Map<String, List<Float>> one = compute(spark, directory, 1);
    assertThat(one).isEqualTo(compute(spark, directory, 2)).isEqualTo(compute(spark, directory, 7));
  }

  @Test
  void doNotDependOnTheOrderOfWindowsInAnyBit(SparkSession spark) {
    ModelDirectory directory = Models.directory(Models.DICKENS_SMALL);
    List<Row> rows = windows();
    Map<String, List<Float>> inOrder = compute(spark, directory, rows, 3);
    Collections.shuffle(rows, new Random(1));
    assertThat(compute(spark, directory, rows, 3)).isEqualTo(inOrder);
  }

  @Test
  void areWrittenWithoutASortAndReadBackInTheirFolders(
      SparkSession spark, @TempDir java.nio.file.Path folder) {
    ModelDirectory directory = Models.directory(Models.DICKENS_SMALL);
    Dataset<Row> computed = activations(spark, directory, windows(), 2);
    Part part = new Warehouse(spark, folder.toString()).part(Tables.ACTIVATIONS, "m-1", "c-1");
    part.writeVectors(computed, 6);
    assertThat(part.isComplete()).isTrue();
    assertThat(byKey(part.read().select("block", "window_id", "ffn_out")))
        .isEqualTo(byKey(computed));
    assertThat(folder.resolve("activations/model_id=m-1/corpus_id=c-1/block=5"))
        .isDirectoryContaining("glob:**.parquet");
    assertThat(spark.conf().get("spark.sql.maxConcurrentOutputFileWriters")).isEqualTo("0");
  }

  @Test
  void inBinary16AreTheNearestNumbersInHalfOfTheBytes(
      SparkSession spark, @TempDir java.nio.file.Path folder) {
    ModelDirectory directory = Models.directory(Models.DICKENS_SMALL);
    ModelDirectory rounded = directory.in(Precision.F16);
    assertThat(rounded.id()).isNotEqualTo(directory.id()).matches("m-[0-9a-f]{16}");
    Warehouse warehouse = new Warehouse(spark, folder.toString());
    Part floats = warehouse.part(Tables.ACTIVATIONS, directory.id(), "c-1");
    floats.writeVectors(activations(spark, directory, windows(), 2), 6);
    Part halves = warehouse.part(Tables.ACTIVATIONS_F16, rounded.id(), "c-1");
    halves.writeVectors(activations(spark, rounded, windows(), 3), 6);
    assertThat(halves.rows()).isEqualTo(floats.rows());
    assertThat((double) halves.bytes() / floats.bytes()).isLessThan(.52);

    for (int block : directory.blocks().numbers()) {
      Map<Long, float[]> expected = vectors(floats, block);
      Map<Long, float[]> found = vectors(halves, block);
      assertThat(found).hasSize(WINDOWS);
      found.forEach(
          (window, vector) -> {
            float[] given = expected.get(window);
            for (int k = 0; k < given.length; k++) {
              assertThat(vector[k]).isEqualTo(Half.toFloat(Half.of(given[k])));
            }
          });
    }
  }

  private static Map<Long, float[]> vectors(Part part, int block) {
    Map<Long, float[]> vectors = new TreeMap<>();
    WindowVector.read(part.read().where("block = " + block))
        .collect()
        .forEach(vector -> vectors.put(vector.id(), vector.ffnOut()));
    return vectors;
  }

  @Test
  void inBinary16KeepTheirNumbersUnderOtherIds(SparkSession spark) {
    ModelDirectory rounded = Models.directory(Models.DICKENS_SMALL).in(Precision.F16);
    Dataset<Row> computed = activations(spark, rounded, windows(), 2).cache();
    Dataset<Row> pairs =
        spark.range(0, 3 * WINDOWS, 3).selectExpr("id as window_id", "id + 7 as other_id");
    Dataset<Row> renamed =
        Activations.rename(
            computed,
            JavaSparkContext.fromSparkContext(spark.sparkContext())
                .broadcast(WindowIds.collect(pairs)));
    assertThat(renamed.selectExpr("block", "window_id - 7", "hex(ffn_out)").collectAsList())
        .containsExactlyInAnyOrderElementsOf(
            computed.selectExpr("block", "window_id", "hex(ffn_out)").collectAsList());
  }

  @Test
  void ofPromptsAreRoundedAsThoseOfWindows(SparkSession spark) {
    ModelDirectory directory = Models.directory(Models.DICKENS_SMALL);
    Map<String, List<Float>> given = ofPrompts(spark, directory);
    Map<String, List<Float>> rounded = ofPrompts(spark, directory.in(Precision.F16));
    assertThat(rounded).hasSameSizeAs(given).isNotEqualTo(given);
    given.replaceAll((key, vector) -> vector.stream().map(x -> Half.toFloat(Half.of(x))).toList());
    assertThat(rounded).isEqualTo(given);
  }

  private static Map<String, List<Float>> ofPrompts(SparkSession spark, ModelDirectory directory) {
    Dataset<Row> prompts =
        tokenRows(
            spark,
            List.of(RowFactory.create(0, tokens(3)), RowFactory.create(1, tokens(7))),
            "prompt_id",
            DataTypes.IntegerType);
    return byKey(
        Predictions.activations(
                Predictions.compute(prompts, broadcast(spark, directory), BATCH, 1),
                directory.blocks())
            .selectExpr("block", "cast(prompt_id as bigint)", "ffn_out"));
  }

  @Test
  void ofNoWindowsAreNone(SparkSession spark) {
    assertThat(compute(spark, Models.directory(Models.DICKENS_SMALL), List.of(), 3)).isEmpty();
  }

  @Test
  void ofPromptsDoNotDependOnPartitionsInAnyBit(SparkSession spark) {
    ModelDirectory directory = Models.directory(Models.DICKENS_SMALL);
    assertThat(predict(spark, directory, 1)).isEqualTo(predict(spark, directory, 5));
  }

  @Test
  void ofTheSamePromptTwiceAreTheSame(SparkSession spark) {
    ModelDirectory directory = Models.directory(Models.DICKENS_SMALL);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 250; i++) {
      rows.add(RowFactory.create(i, tokens(i % 2)));
    }

    Map<Integer, Row> found = predict(spark, directory, rows, 2);
    assertThat(found).hasSize(250);
    assertThat(found.get(2).getList(1)).isEqualTo(found.get(0).getList(1));
    assertThat(found.get(3).getList(1)).isEqualTo(found.get(1).getList(1));
    assertThat(found.get(0).getList(1)).isNotEqualTo(found.get(1).getList(1));
  }

  @Test
  void runOnTheCpuWhereSparkAssignsNoGpu() {
    assertThat(TaskDevice.assigned()).isEqualTo(Device.cpu());
  }

  private static Map<String, List<Float>> compute(
      SparkSession spark, ModelDirectory directory, int partitions) {
    return compute(spark, directory, windows(), partitions);
  }

  private static Map<String, List<Float>> compute(
      SparkSession spark, ModelDirectory directory, List<Row> windows, int partitions) {
    return byKey(activations(spark, directory, windows, partitions));
  }

  private static Dataset<Row> activations(
      SparkSession spark, ModelDirectory directory, List<Row> windows, int partitions) {
    return Activations.compute(
        tokenRows(spark, windows, "window_id", DataTypes.LongType),
        broadcast(spark, directory),
        BATCH,
        partitions);
  }

  private static Map<String, List<Float>> byKey(Dataset<Row> activations) {
    Map<String, List<Float>> found = new TreeMap<>();
    for (Row row : activations.collectAsList()) {
      assertThat(found.put(row.getInt(0) + "/" + row.getLong(1), row.getList(2))).isNull();
    }

    return found;
  }

  private static List<Row> windows() {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < WINDOWS; i++) {
      rows.add(RowFactory.create(3L * i, tokens(i)));
    }

    return rows;
  }

  private static Map<Integer, Row> predict(
      SparkSession spark, ModelDirectory directory, int partitions) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < WINDOWS; i++) {
      rows.add(RowFactory.create(i, tokens(i)));
    }

    return predict(spark, directory, rows, partitions);
  }

  private static Map<Integer, Row> predict(
      SparkSession spark, ModelDirectory directory, List<Row> prompts, int partitions) {
    Map<Integer, Row> found = new TreeMap<>();
    for (Row row :
        Predictions.compute(
                tokenRows(spark, prompts, "prompt_id", DataTypes.IntegerType),
                broadcast(spark, directory),
                BATCH,
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

  /** Distinct windows that share prefixes of several lengths. */
  private static int[] tokens(int window) {
    int[] tokens = new Random(window / 20).ints(10, 0, 3).toArray();
    tokens[8] = window / 20;
    tokens[9] = window % 20;
    return tokens;
  }
}
