/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import dev.kindred.LocalSpark;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What counts of a part while it is written, once it is complete, and once a file is damaged. */
@ExtendWith(LocalSpark.class)
class TestCommits {
  private static final int TASKS = 6;
  private static final int ROWS = 10; // of a task and block

  @TempDir private Path folder;
  private Warehouse warehouse;
  private Warehouse.Part part;

  @BeforeEach
  void open(SparkSession spark) {
    warehouse = new Warehouse(spark, folder.toString());
    part = warehouse.part(Tables.ACTIVATIONS, "m-1", "c-1");
  }

  /** Vectors of windows from 0 in two blocks, by several tasks. */
  private static Dataset<Row> vectors(SparkSession spark) {
    return spark
        .range(0, TASKS * ROWS, 1, TASKS)
        .selectExpr(
            "explode(array(0, 1)) as block",
            "id as window_id",
            "array(cast(id as float), cast(-id as float)) as ffn_out");
  }

  /** The same rows, of which one cannot be computed once the others have been. */
  private static Dataset<Row> failing(SparkSession spark) {
    return vectors(spark)
        .selectExpr(
            String.format(
                "if(window_id < %d, block, cast(raise_error('disk on fire') as int)) as block",
                (TASKS - 1) * ROWS),
            "window_id",
            "ffn_out");
  }

  @Test
  void whatTasksHadFinishedIsThereWhenTheJobFails(SparkSession spark) {
    assertThatThrownBy(() -> part.appendVectors(failing(spark), 2, true))
        .hasStackTraceContaining("disk on fire");

    assertThat(part.isComplete()).isFalse();
    List<Row> found = part.readSoFar().collectAsList();
    assertThat(found).isNotEmpty().hasSizeLessThan(2 * TASKS * ROWS);
    assertThat(found.size() % (2 * ROWS)).as("whole tasks, with all blocks").isZero();
  }

  @Test
  void ofAJobThatCommitsAsAWholeNothingIsThereWhenItFails(SparkSession spark) {
    assertThatThrownBy(() -> part.appendVectors(failing(spark), 2, false))
        .hasStackTraceContaining("disk on fire");

    assertThat(part.readSoFar().count()).isZero();
  }

  @Test
  void rowsThatAreNotOnlyVectorsCanBeCommittedByTask(SparkSession spark) {
    assertThatThrownBy(() -> part.appendByTask(failing(spark)))
        .hasStackTraceContaining("disk on fire");

    long found = part.readSoFar().count();
    assertThat(found).isPositive().isLessThan(2 * TASKS * ROWS);
    assertThat(found % (2 * ROWS)).as("whole tasks, with all blocks").isZero();
  }

  @Test
  void anIncompletePartHasNoRowsForReaders(SparkSession spark) {
    part.appendVectors(vectors(spark), 2, true);

    assertThat(part.read().count()).isZero();
    assertThat(warehouse.read(Tables.ACTIVATIONS).count()).isZero();
  }

  @Test
  void severalWritesMakeOnePart(SparkSession spark) {
    part.appendVectors(vectors(spark).where("window_id < 25"), 2, true);
    part.appendVectors(vectors(spark).where("window_id >= 25"), 2, true);
    part.complete(Map.of("windows", "60"));

    assertThat(part.isComplete()).isTrue();
    assertThat(part.properties()).containsExactly(Map.entry("windows", "60"));
    assertThat(part.rows()).isEqualTo(2 * TASKS * ROWS);
    assertThat(part.read().drop("model_id", "corpus_id").collectAsList())
        .containsExactlyInAnyOrderElementsOf(vectors(spark).collectAsList());
  }

  @Test
  void aBlockOfAPartIsReadByItself(SparkSession spark) {
    part.writeVectors(vectors(spark), 2);
    Warehouse.Part block = warehouse.part(Tables.ACTIVATIONS, "m-1", "c-1", 1);

    assertThat(block.isComplete()).isTrue();
    assertThat(block.rows()).isEqualTo(TASKS * ROWS);
    assertThat(block.read().select("block").distinct().collectAsList())
        .singleElement()
        .extracting(row -> row.getInt(0))
        .isEqualTo(1);
  }

  @Test
  void filesThatNoRecordListsDoNotCount(SparkSession spark) throws IOException {
    part.writeVectors(vectors(spark), 2);
    Path file = files("block=0").get(0);
    Files.copy(file, file.resolveSibling("part-99999-of-a-dead-task.parquet"));

    assertThat(part.read().count()).isEqualTo(2 * TASKS * ROWS);
  }

  @Test
  void theRemainsOfADeadWriterAreRemovedAndItsFinishedTasksAreNot(SparkSession spark)
      throws IOException {
    part.appendVectors(vectors(spark), 2, true);
    Path remains = files("block=0").get(0).resolveSibling("part-99999-of-a-dead-task.parquet");
    Files.write(remains, new byte[100]);

    part.removeRemains();

    assertThat(remains).doesNotExist();
    assertThat(part.readSoFar().count()).isEqualTo(2 * TASKS * ROWS);
  }

  @Test
  void aPartThatSharesTheFilesOfAnotherHasThemUnderItsOwnKeys(SparkSession spark) {
    part.writeVectors(vectors(spark).where("window_id < 25"), 2);
    Warehouse.Part longer = warehouse.part(Tables.ACTIVATIONS, "m-1", "c-2");

    longer.share(part);
    longer.appendVectors(vectors(spark).where("window_id >= 25"), 2, true);
    longer.complete(Map.of());

    assertThat(longer.read().drop("model_id", "corpus_id").collectAsList())
        .containsExactlyInAnyOrderElementsOf(vectors(spark).collectAsList());
    assertThat(longer.read().select("corpus_id").distinct().collectAsList())
        .singleElement()
        .extracting(row -> row.getString(0))
        .isEqualTo("c-2");
    assertThat(longer.index().inputFiles())
        .anyMatch(file -> file.contains("corpus_id=c-1"))
        .anyMatch(file -> file.contains("corpus_id=c-2"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/etc/x.parquet", "../x.parquet", "a/../../x.parquet", "s3a://b/x.parquet"})
  void aRecordCannotNameFilesOutsideTheWarehouse(String path, SparkSession spark)
      throws IOException {
    part.writeVectors(vectors(spark), 2);
    Path record = folder.resolve("activations/model_id=m-1/corpus_id=c-1/_commits/complete.json");
    Files.delete(record.resolveSibling(".complete.json.crc"));
    Files.writeString(
        record,
        Files.readString(record).replaceFirst("\"path\":\"[^\"]+\"", "\"path\":\"" + path + "\""));

    assertThatThrownBy(part::read)
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("complete.json is damaged")
        .hasMessageContaining("Not a path below the warehouse: " + path);
  }

  @Test
  void anUndamagedPartPasses(SparkSession spark) {
    part.writeVectors(vectors(spark), 2);

    part.verify();
  }

  @ParameterizedTest
  @CsvSource({
    "missing,is missing",
    "truncated,is damaged",
    "empty,is damaged",
    "footer,is damaged"
  })
  void aDamagedFileIsNamedBeforeItIsRead(String damage, String message, SparkSession spark)
      throws IOException {
    part.writeVectors(vectors(spark), 2);
    Path file = files("block=1").get(2);
    Files.delete(checksums(file));
    switch (damage) {
      case "missing" -> Files.delete(file);
      case "truncated" -> resize(file, Files.size(file) / 2);
      case "empty" -> resize(file, 0);
      default -> flip(file, Files.size(file) - 40);
    }

    assertThatThrownBy(part::verify)
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining(file.getFileName().toString())
        .hasMessageContaining(message)
        .hasMessageContaining("remove " + part.name());
  }

  @Test
  void aFlippedBitOfAVectorIsNamedWhenItIsRead(SparkSession spark) throws IOException {
    part.writeVectors(vectors(spark), 2);
    Path file = files("block=1").get(2);
    Files.delete(checksums(file)); // those of the local file system, which others do not have
    flip(file, offsetOfVectors(file));

    assertThatThrownBy(() -> part.read().collectAsList())
        .hasStackTraceContaining(file.getFileName().toString());
  }

  @Test
  void aFlippedBitOfACountIsNamedWhenItIsRead(SparkSession spark) throws IOException {
    Warehouse.Part summaries = warehouse.part(Tables.SUMMARIES, "r-1", "run");
    summaries.write(spark.range(100).selectExpr("'a' as metric", "cast(id as double) as value"));
    Path file = files(folder.resolve("summaries/run_id=r-1/analysis=run")).get(0);
    Files.delete(checksums(file));
    flip(file, 60);

    assertThatThrownBy(() -> summaries.read().collectAsList())
        .hasStackTraceContaining(file.getFileName().toString());
  }

  private List<Path> files(String block) throws IOException {
    return files(folder.resolve("activations/model_id=m-1/corpus_id=c-1").resolve(block));
  }

  private static List<Path> files(Path part) throws IOException {
    Predicate<Path> isTable = file -> file.toString().endsWith(".parquet");
    try (Stream<Path> files = Files.list(part)) {
      return files.filter(isTable).sorted().toList();
    }
  }

  /** Vectors are stored as they are: the place of the second one that is not zero. */
  private static long offsetOfVectors(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    for (int i = 0; i + 4 < bytes.length; i++) {
      // 21, 41, ..: the files have ten windows each.
      if (bytes[i] == 0 && bytes[i + 2] != 0 && (bytes[i + 3] & 0xff) == 0xc1) {
        return i + 2;
      }
    }

    throw new AssertionError("No vector in " + file);
  }

  private static Path checksums(Path file) {
    return file.resolveSibling("." + file.getFileName() + ".crc");
  }

  private static void resize(Path file, long bytes) throws IOException {
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.setLength(bytes);
    }
  }

  private static void flip(Path file, long offset) throws IOException {
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.seek(offset);
      int value = open.read();
      open.seek(offset);
      open.write(value ^ 1);
    }
  }
}
