/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kindred.ContentId;
import dev.kindred.InvalidInput;
import dev.kindred.LocalSpark;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
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
  private Part part;

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
    Part block = warehouse.part(Tables.ACTIVATIONS, "m-1", "c-1", 1);

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

    assertThat(part.resume()).isTrue();

    assertThat(remains).doesNotExist();
    assertThat(part.readSoFar().count()).isEqualTo(2 * TASKS * ROWS);
  }

  @Test
  void aPartThatSharesTheFilesOfAnotherHasThemUnderItsOwnKeys(SparkSession spark) {
    part.writeVectors(vectors(spark).where("window_id < 25"), 2);
    Part longer = warehouse.part(Tables.ACTIVATIONS, "m-1", "c-2");

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
    writeRecord(asOf02().replaceFirst("\"path\":\"[^\"]+\"", "\"path\":\"" + path + "\""));

    assertThatThrownBy(part::read)
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("complete.json is damaged")
        .hasMessageContaining("Not a path below the warehouse: " + path);
  }

  private Path record() {
    return folder.resolve("activations/model_id=m-1/corpus_id=c-1/_commits/complete.json");
  }

  private void writeRecord(byte[] content) throws IOException {
    Files.deleteIfExists(checksums(record())); // those of the local file system
    Files.write(record(), content);
  }

  private void writeRecord(String content) throws IOException {
    writeRecord(content.getBytes(UTF_8));
  }

  /** The record as Kindred 0.2 would have written it. */
  private String asOf02() throws IOException {
    ObjectNode record = (ObjectNode) new ObjectMapper().readTree(record().toFile());
    return record.retain("files", "properties").toString();
  }

  /** All that the part's record says. */
  private List<Object> said() {
    return List.of(
        part.properties(), List.of(part.index().inputFiles()), part.rows(), part.bytes());
  }

  @Test
  void aRecordSaysWhatItSaidOrIsDamagedWhicheverByteIsChanged(SparkSession spark)
      throws IOException {
    part.appendVectors(vectors(spark).coalesce(1), 2, false);
    part.complete(Map.of("windows", "60"));
    List<Object> before = said();
    byte[] written = Files.readAllBytes(record());
    for (int i = 0; i < written.length; i++) {
      for (int mask : new int[] {0x01, 0x10, 0x80}) {
        byte[] changed = written.clone();
        changed[i] ^= (byte) mask;
        writeRecord(changed);
        assertSaidOrDamaged(before, "byte " + i + " mask " + mask);
      }

      writeRecord(Arrays.copyOf(written, i));
      assertSaidOrDamaged(before, "the first " + i + " bytes");
    }
  }

  private void assertSaidOrDamaged(List<Object> before, String change) {
    List<Object> after;
    try {
      after = said();
    } catch (InvalidInput e) {
      assertThat(e)
          .as(change)
          .hasMessageContaining("complete.json is")
          .hasMessageContaining("record ")
          .message()
          .hasLineCount(1);
      return;
    }

    assertThat(after).as(change).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "null",
        "[]",
        "",
        "7",
        "{\"files\":null,\"properties\":{}}",
        "{\"files\":[null],\"properties\":{}}",
        "{\"files\":[{}],\"properties\":{}}",
        "{\"files\":[]}",
        "{\"properties\":{}}",
        "{\"files\":[],\"properties\":null}",
        "{\"files\":[],\"properties\":{\"a\":null}}",
        "{\"files\":[],\"properties\":{\"a\":1}}",
        "{\"files\":[],\"properties\":{},\"more\":1}",
        "{\"files\":[],\"files\":[],\"properties\":{}}",
        "{\"files\":[],\"properties\":{}}{}",
        "{\"files\":[{\"path\":\"a/b\",\"bytes\":\"90\",\"rows\":1,\"footerCrc\":1}],\"properties\":{}}",
        "{\"files\":[{\"path\":\"a/b\",\"bytes\":-90,\"rows\":1,\"footerCrc\":1}],\"properties\":{}}",
        "{\"files\":[{\"path\":\"a/b\",\"bytes\":90,\"rows\":1.5,\"footerCrc\":1}],\"properties\":{}}",
        "{\"files\":[{\"path\":\"a/b\",\"bytes\":90,\"footerCrc\":1}],\"properties\":{}}",
        "{\"files\":[{\"path\":null,\"bytes\":90,\"rows\":1,\"footerCrc\":1}],\"properties\":{}}",
        "{\"files\":[{\"path\":\"a\",\"bytes\":90,\"rows\":1,\"footerCrc\":1}],\"properties\":{}}",
        "{\"files\":[{\"path\":\"activations/model_id=m-1/corpus_id=c-1/block=x/f\",\"bytes\":90,"
            + "\"rows\":1,\"footerCrc\":1}],\"properties\":{}}",
        "{\"format\":2,\"files\":[],\"properties\":{}}"
      })
  void whatIsNoRecordOfThisVersionOrTheOneBeforeIsDamaged(String content, SparkSession spark)
      throws IOException {
    part.writeVectors(vectors(spark), 2);
    writeRecord(content);

    assertThatThrownBy(part::read)
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("damaged")
        .hasMessageContaining("corpus_id=c-1")
        .hasMessageContaining("run again")
        .message()
        .hasLineCount(1);
  }

  @Test
  void aRecordWithoutFormatOrChecksumIsNotTakenForOneOfTheVersionBefore(SparkSession spark)
      throws IOException {
    part.writeVectors(vectors(spark), 2);
    ObjectNode record = (ObjectNode) new ObjectMapper().readTree(record().toFile());
    for (List<String> lost :
        List.of(List.of("format"), List.of("checksum"), List.of("format", "checksum"))) {
      writeRecord(record.deepCopy().remove(lost).toString());

      assertThatThrownBy(part::read).as(lost.toString()).hasMessageContaining("is damaged");
    }
  }

  @Test
  void aRecordOfTheVersionBeforeIsRead(SparkSession spark) throws IOException {
    part.writeVectors(vectors(spark), 2);
    List<Object> before = said();
    writeRecord(asOf02());

    assertThat(said()).isEqualTo(before);
    assertThat(part.read().count()).isEqualTo(2 * TASKS * ROWS);
  }

  @Test
  void aRecordOfANewerVersionIsNotCalledDamaged(SparkSession spark) throws IOException {
    part.writeVectors(vectors(spark), 2);
    String unsealed =
        Files.readString(record())
            .replace("{\"format\":2,", "{\"format\":3,\"new\":[],")
            .replaceFirst("[0-9a-f]{64}(?=\"}\\s*$)", "0".repeat(64));
    String seal = HexFormat.of().formatHex(new ContentId().add(unsealed).hash(32));
    writeRecord(unsealed.replace("0".repeat(64), seal));

    assertThatThrownBy(part::read)
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("complete.json is of format 3, a newer version of Kindred wrote it")
        .hasMessageNotContaining("damaged");
  }

  @Test
  void aRecordWhoseChecksumsOnTheDiskAreWrongIsDamaged(SparkSession spark) throws IOException {
    part.writeVectors(vectors(spark), 2);
    flip(record(), 40);

    assertThatThrownBy(part::read)
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("complete.json is damaged: ")
        .hasMessageEndingWith("remove " + part.name() + " and run again")
        .message()
        .hasLineCount(1);
  }

  @Test
  void aPropertyThatIsNoNumberIsDamage(SparkSession spark) {
    part.appendVectors(vectors(spark), 2, false);
    part.complete(Map.of("windows", "60", "tokens", "7x9"));

    long windows = part.facts(facts -> Long.parseLong(facts.get("windows")));
    assertThat(windows).isEqualTo(60);
    for (String name : List.of("tokens", "missing")) {
      assertThatThrownBy(() -> part.facts(facts -> Long.parseLong(facts.get(name))))
          .isInstanceOf(InvalidInput.class)
          .hasMessageStartingWith("record of " + part.name() + " is damaged: a property is");
    }
  }

  @Test
  void aRecordInTheFolderOfAnotherPartIsDamaged(SparkSession spark) throws IOException {
    part.writeVectors(vectors(spark), 2);
    Part other = warehouse.part(Tables.ACTIVATIONS, "m-1", "c-2");
    other.writeVectors(vectors(spark).where("window_id < 10"), 2);
    Path record = folder.resolve("activations/model_id=m-1/corpus_id=c-2/_commits/complete.json");
    writeRecord(Files.readAllBytes(record));

    assertThatThrownBy(part::read)
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("it is the record of activations/model_id=m-1/corpus_id=c-2");
  }

  @Test
  void aDamagedFileIsNamedWhenItIsFirstRead(SparkSession spark) throws IOException {
    part.writeVectors(vectors(spark), 2);
    Path file = files("block=1").get(2);
    Files.delete(checksums(file));
    flip(file, Files.size(file) - 40);

    assertThat(part.read().where("block = 0").count()).as("others").isEqualTo(TASKS * ROWS);
    assertThatThrownBy(() -> part.read().where("block = 1").count())
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining(file.getFileName().toString())
        .hasMessageContaining("its footer has changed")
        .hasMessageContaining("remove " + part.name());
  }

  @Test
  void noFileCanTakeThePlaceOfAnother(SparkSession spark) throws IOException {
    Path warehouseFolder = folder.resolve("one");
    Warehouse small = new Warehouse(spark, warehouseFolder.toString());
    Dataset<Row> vectors = vectors(spark).where("window_id < 10").coalesce(1);
    Dataset<Row> metric = spark.sql("select 'a' as metric, 1d as value");
    small.part(Tables.ACTIVATIONS, "m-1", "c-1").writeVectors(vectors, 2);
    small.part(Tables.ACTIVATIONS, "m-1", "c-2").writeVectors(vectors, 2);
    small.part(SampleTable.METRICS, "r-1", "run").write(metric);
    small.part(SampleTable.METRICS, "r-2", "run").write(metric);
    List<Path> files = allFiles(warehouseFolder);
    assertThat(files).hasSize(6);
    for (int i = 0; i < files.size(); i++) {
      for (int k = 0; k < i; k++) {
        Path copy = Files.createDirectory(folder.resolve(i + "-" + k));
        copy(warehouseFolder, copy);
        exchange(
            copy.resolve(warehouseFolder.relativize(files.get(i))),
            copy.resolve(warehouseFolder.relativize(files.get(k))));
        Warehouse exchanged = new Warehouse(spark, copy.toString());

        assertThatThrownBy(
                () -> {
                  exchanged.read(Tables.ACTIVATIONS).collectAsList();
                  exchanged.read(SampleTable.METRICS).collectAsList();
                })
            .as("%s and %s", files.get(i), files.get(k))
            .isInstanceOf(InvalidInput.class)
            .hasMessageContaining("is damaged");
      }
    }
  }

  private static void exchange(Path one, Path other) throws IOException {
    Path aside = one.resolveSibling("aside");
    Files.move(one, aside);
    Files.move(other, one);
    Files.move(aside, other);
    Files.deleteIfExists(checksums(one));
    Files.deleteIfExists(checksums(other));
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path target = to.resolve(from.relativize(file));
        Files.createDirectories(target.getParent());
        Files.copy(file, target);
      }
    }
  }

  private static List<Path> allFiles(Path warehouse) throws IOException {
    try (Stream<Path> files = Files.walk(warehouse)) {
      return files.filter(file -> file.toString().endsWith(".parquet")).sorted().toList();
    }
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
    Part summaries = warehouse.part(SampleTable.METRICS, "r-1", "run");
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
