/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.kindred.InvalidInput;
import dev.kindred.LocalSpark;
import dev.kindred.WarehouseBusy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LocalSpark.class)
class TestWarehouse {
  private static final StructType SIMILAR =
      new StructType()
          .add("similarity", DataTypes.FloatType)
          .add("window_id", DataTypes.LongType)
          .add("block", DataTypes.IntegerType)
          .add("prompt_id", DataTypes.IntegerType);
  private static final StructType SUMMARY =
      new StructType().add("metric", DataTypes.StringType).add("value", DataTypes.DoubleType);

  @TempDir Path folder;

  @Test
  void aPartsRowsComeBackWithAllColumnsInTheTablesOrder(SparkSession spark) {
    Part part = new Warehouse(spark, folder.toString()).part(Tables.SIMILAR_STRINGS, "r-1");

    part.write(
        spark.createDataFrame(
            List.of(RowFactory.create(.5f, 70L, 0, 7), RowFactory.create(.25f, 80L, 1, 8)),
            SIMILAR));

    Dataset<Row> read = part.read();
    assertThat(read.columns())
        .containsExactly("run_id", "block", "prompt_id", "window_id", "similarity");
    assertThat(read.collectAsList())
        .containsExactlyInAnyOrder(
            RowFactory.create("r-1", 0, 7, 70L, .5f), RowFactory.create("r-1", 1, 8, 80L, .25f));
  }

  @Test
  void aTablesRowsHaveTheKeysOfTheirParts(SparkSession spark) {
    Warehouse warehouse = new Warehouse(spark, folder.toString());
    warehouse.part(SampleTable.METRICS, "r-1", "run").write(summary(spark, "a", 1));
    warehouse.part(SampleTable.METRICS, "r-2", "run").write(summary(spark, "b", 2));

    assertThat(warehouse.read(SampleTable.METRICS).collectAsList())
        .containsExactlyInAnyOrder(
            RowFactory.create("r-1", "run", "a", 1.0), RowFactory.create("r-2", "run", "b", 2.0));
  }

  @Test
  void keysThatLookLikeNumbersStayStrings(SparkSession spark) {
    Warehouse warehouse = new Warehouse(spark, folder.toString());
    List<String> keys = List.of("c-12e45678", "12345678", "12e45678", "007", "2024-01-01");
    for (String key : keys) {
      warehouse.part(SampleTable.METRICS, key, "run").write(summary(spark, "a", 1));
    }

    assertThat(warehouse.read(SampleTable.METRICS).select("run_id").collectAsList())
        .extracting(row -> row.getString(0))
        .containsExactlyInAnyOrderElementsOf(keys);
  }

  @Test
  void aPartIsCompleteOnlyOnceItIsWritten(SparkSession spark) {
    Part part = new Warehouse(spark, folder.toString()).part(SampleTable.METRICS, "r-1", "run");
    boolean before = part.isComplete();

    part.write(summary(spark, "a", 1));

    assertThat(before).as("before the write").isFalse();
    assertThat(part.isComplete()).as("after the write").isTrue();
  }

  @Test
  void aCompletePartIsNeverWrittenAgain(SparkSession spark) {
    Part part = new Warehouse(spark, folder.toString()).part(SampleTable.METRICS, "r-1", "run");
    part.write(summary(spark, "a", 1));

    part.write(summary(spark, "b", 2));
    assertThatThrownBy(() -> part.append(summary(spark, "b", 2))).isInstanceOf(WarehouseBusy.class);
    assertThat(part.read().collectAsList())
        .containsExactly(RowFactory.create("r-1", "run", "a", 1.0));
  }

  @Test
  void theRemainsOfAWriteThatDiedAreRemovedByTheNextOne(SparkSession spark) throws IOException {
    Part part = new Warehouse(spark, folder.toString()).part(SampleTable.METRICS, "r-1", "run");
    part.write(summary(spark, "a", 1));
    Files.delete(folder.resolve("summaries/run_id=r-1/analysis=run/_commits/complete.json"));

    part.write(summary(spark, "b", 2));

    assertThat(part.read().collectAsList())
        .containsExactly(RowFactory.create("r-1", "run", "b", 2.0));
  }

  @Test
  void aFailedWriteLeavesThePartIncomplete(SparkSession spark) {
    Part part = new Warehouse(spark, folder.toString()).part(SampleTable.METRICS, "r-1", "run");
    Dataset<Row> failing =
        summary(spark, "a", 1)
            .withColumn(
                "value", functions.raise_error(functions.lit("disk on fire")).cast("double"));

    assertThatThrownBy(() -> part.write(failing)).hasStackTraceContaining("disk on fire");
    assertThat(part.isComplete()).isFalse();
  }

  @Test
  void piecesAreWholeFilesAndHoldEveryRowOnce(SparkSession spark) throws IOException {
    Part part = new Warehouse(spark, folder.toString()).part(Tables.SIMILAR_STRINGS, "r-1", 3);
    part.write(
        spark
            .range(0, 90, 1, 6)
            .selectExpr(
                "cast(id % 7 as int) as prompt_id",
                "id as window_id", "cast(id / 90 as float) as similarity", "3 as block"));
    List<Row> all = part.read().sort("window_id").collectAsList();
    assertThat(part.readInPieces(1)).as("a file is never cut").hasSize(6);
    assertThat(part.readInPieces(30)).as("two files of 15 rows").hasSize(3);
    assertThat(part.readInPieces(44)).hasSize(3);
    assertThat(part.readInPieces(90)).hasSize(1);
    for (long rows : new long[] {1, 30, 90, Long.MAX_VALUE}) {
      List<Row> found = new ArrayList<>();
      for (Part.Piece piece : part.readInPieces(rows)) {
        assertThat(piece.rows().columns())
            .containsExactly(Tables.SIMILAR_STRINGS.columns().fieldNames());
        found.addAll(piece.rows().collectAsList());
      }

      assertThat(found).as("%d rows", rows).containsExactlyInAnyOrderElementsOf(all);
    }
  }

  @Test
  void aPartWithoutRowsIsOnePiece(SparkSession spark) {
    Part part = new Warehouse(spark, folder.toString()).part(SampleTable.METRICS, "r-1", "run");
    part.write(summary(spark, "a", 1).limit(0));

    assertThat(part.readInPieces(100)).hasSize(1);
    assertThat(part.readInPieces(100).get(0).rows().collectAsList()).isEmpty();
  }

  private static List<Path> parquetFiles(Path part) throws IOException {
    try (Stream<Path> files = Files.list(part)) {
      return files.filter(file -> file.toString().endsWith(".parquet")).toList();
    }
  }

  @Test
  void aWarehousePathMayHaveASpace(SparkSession spark) {
    Path spaced = folder.resolve("my warehouse");
    Warehouse warehouse = new Warehouse(spark, spaced.toString());
    warehouse.checkWritable();

    warehouse.part(SampleTable.METRICS, "r-1", "run").write(summary(spark, "a", 1));

    assertThat(spaced.resolve("summaries/run_id=r-1/analysis=run/_commits/complete.json")).exists();
    assertThat(warehouse.read(SampleTable.METRICS).collectAsList())
        .containsExactly(RowFactory.create("r-1", "run", "a", 1.0));
  }

  @Test
  void checkWritableCreatesTheFolderAndLeavesNothingInIt(SparkSession spark) {
    Path missing = folder.resolve("a/b");

    new Warehouse(spark, missing.toString()).checkWritable();

    assertThat(missing).isEmptyDirectory();
  }

  @Test
  void checkWritableRejectsAPathBelowARegularFile(SparkSession spark) throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "a file, not a folder");
    Warehouse warehouse = new Warehouse(spark, file.resolve("warehouse").toString());

    assertThatThrownBy(warehouse::checkWritable)
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("--warehouse %s is not writable: ", warehouse.root())
        .message()
        .hasLineCount(1);
  }

  @Test
  void aSchemeWhoseFileSystemIsNotOnTheClassPathIsInvalid(SparkSession spark) {
    assertThatThrownBy(() -> new Warehouse(spark, "s3a://bucket/warehouse"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("--warehouse s3a://bucket/warehouse: ");
  }

  @Test
  void checkFreeSaysWhatNeedsHowMuch(SparkSession spark) {
    Warehouse warehouse = new Warehouse(spark, folder.toString());

    assertThatThrownBy(() -> warehouse.checkFree("activations", 4_000_000_000_000_000_000L))
        .isInstanceOf(InvalidInput.class)
        .message()
        .startsWith("--warehouse " + warehouse.root() + ": activations needs about 4000000000")
        .matches(".* GB of disk, [\\d,.]+ [GM]B are free");
  }

  @Test
  void onLocalDisksThatIsFreeWhichThisUserMayWrite(SparkSession spark) {
    Warehouse warehouse = new Warehouse(spark, folder.toString());

    assertThat((double) warehouse.freeBytes())
        .isCloseTo(folder.toFile().getUsableSpace(), withinPercentage(5));
  }

  @Test
  void checkFreeAcceptsWhatFits(SparkSession spark) {
    Warehouse warehouse = new Warehouse(spark, folder.toString());

    assertThatCode(() -> warehouse.checkFree("activations", 1)).doesNotThrowAnyException();
  }

  private static Dataset<Row> summary(SparkSession spark, String metric, double value) {
    return spark.createDataFrame(List.of(RowFactory.create(metric, value)), SUMMARY);
  }

  @Test
  void aPartWhoseTableHadOtherColumnsIsRefused(SparkSession spark) {
    Warehouse warehouse = new Warehouse(spark, folder.toString());
    Figures figures = new Figures().put(Figures.Measure.of("similar_strings", "top1"), "mean", .5);
    warehouse.part(SampleTable.METRICS, "r-1", "run").write(summary(spark, "a", 1));
    warehouse.part(Tables.SUMMARIES, "r-2", "run").write(figures.rows(spark));

    assertThat(warehouse.part(Tables.SUMMARIES, "r-2", "run").read().count()).isEqualTo(1);
    assertThatThrownBy(() -> warehouse.part(Tables.SUMMARIES, "r-1", "run").read())
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("run_id=r-1")
        .hasMessageContaining("was written by another version of Kindred");
  }
}
