/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import dev.kindred.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.FileMetaData;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LocalSpark.class)
class TestVectorFormat {
  private static final int ROWS = 3000;
  private static final int ROW_GROUP = 512 << 10; // about 30 pages of 10 vectors

  @TempDir Path folder;

  @Test
  void vectorsComeBackBitForBitInSpark(SparkSession spark) {
    List<Entry> entries = entries();
    write(spark, entries, 3);

    for (String vectorised : List.of("true", "false")) {
      SparkSession session = spark.newSession();
      session.conf().set("spark.sql.parquet.enableVectorizedReader", vectorised);
      session.conf().set("spark.sql.parquet.columnarReaderBatchSize", 700);
      Map<Long, List<Integer>> found = new HashMap<>();
      for (Row row : session.read().parquet(files()).select("id", "vector").collectAsList()) {
        found.put(row.getLong(0), bitsOf(row.getList(1)));
      }

      assertThat(found).as("vectorised %s", vectorised).isEqualTo(bits(entries));
    }
  }

  @Test
  void vectorsComeBackBitForBitInParquetsOwnReader(SparkSession spark) throws IOException {
    List<Entry> entries = entries();
    write(spark, entries, 3);

    Map<Long, List<Integer>> found = new HashMap<>();
    for (Path file : parquetFiles()) {
      try (ParquetReader<Group> reader =
          ParquetReader.builder(new GroupReadSupport(), hadoop(file)).build()) {
        for (Group row = reader.read(); row != null; row = reader.read()) {
          Group list = row.getGroup("vector", 0);
          List<Integer> bits = new ArrayList<>();
          for (int i = 0; i < list.getFieldRepetitionCount(0); i++) {
            bits.add(Float.floatToRawIntBits(list.getGroup(0, i).getFloat(0, 0)));
          }

          found.put(row.getLong("id", 0), bits);
        }
      }
    }

    assertThat(found).isEqualTo(bits(entries));
  }

  @Test
  void aRowIsFoundInItsPage(SparkSession spark) {
    List<Entry> entries = entries();
    write(spark, entries, 3);
    Map<Long, List<Integer>> expected = bits(entries);

    for (long id : new long[] {0, 7 * 1234, 7 * (ROWS - 1)}) {
      List<Row> found =
          spark.read().parquet(files()).where("id = " + id).select("vector").collectAsList();
      assertThat(found).hasSize(1);
      assertThat(bitsOf(found.get(0).getList(0))).isEqualTo(expected.get(id));
    }
  }

  @Test
  void filesHaveSchemaAndMetadataOfSparksOwn(SparkSession spark) throws IOException {
    Dataset<Row> rows = rows(spark, entries(), 1).drop("folder");
    rows.write().parquet(folder.resolve("spark").toString());
    FileMetaData expected = footer(parquetFiles().get(0)).getFileMetaData();

    rows.write().format(VectorFormat.class.getName()).save(folder.resolve("vectors").toString());
    Path file =
        parquetFiles().stream()
            .filter(f -> f.startsWith(folder.resolve("vectors")))
            .toList()
            .get(0);

    FileMetaData found = footer(file).getFileMetaData();

    assertThat(found.getSchema()).isEqualTo(expected.getSchema());
    Map<String, String> metadata = new HashMap<>(found.getKeyValueMetaData());
    assertThat(metadata.remove(FileName.KEY)).endsWith("/" + file.getFileName());
    assertThat(metadata).isEqualTo(expected.getKeyValueMetaData());
  }

  @Test
  void rowGroupsAreNotLargerThanAskedFor(SparkSession spark) throws IOException {
    write(spark, entries(), 1);

    for (Path file : parquetFiles()) {
      List<BlockMetaData> rowGroups = footer(file).getBlocks();
      assertThat(rowGroups).hasSizeGreaterThan(3);
      assertThat(rowGroups.subList(0, rowGroups.size() - 1))
          .allSatisfy(
              rowGroup ->
                  assertThat(rowGroup.getTotalByteSize())
                      .isBetween(ROW_GROUP * 3 / 4L, 1L * ROW_GROUP));
    }
  }

  @Test
  void integersHaveMinimaAndMaximaAndVectorsHaveNone(SparkSession spark) throws IOException {
    write(spark, entries(), 1);
    Path file = parquetFiles().get(0);
    long rows = 0;
    long smallest = Long.MAX_VALUE;
    long largest = Long.MIN_VALUE;
    for (BlockMetaData rowGroup : footer(file).getBlocks()) {
      Statistics<?> ids = rowGroup.getColumns().get(0).getStatistics();
      rows += rowGroup.getRowCount();
      smallest = Math.min(smallest, (Long) ids.genericGetMin());
      largest = Math.max(largest, (Long) ids.genericGetMax());
      assertThat(ids.getNumNulls()).isZero();
      assertThat(rowGroup.getColumns().get(1).getStatistics().hasNonNullValue()).isFalse();
    }

    Row expected =
        spark.read().parquet(file.toString()).selectExpr("count(id)", "min(id)", "max(id)").first();
    assertThat(RowFactory.create(rows, smallest, largest)).isEqualTo(expected);
  }

  @Test
  void aWriteOfNoRowsReadsAsNone(SparkSession spark) {
    rows(spark, List.of(), 2)
        .drop("folder")
        .write()
        .format(VectorFormat.class.getName())
        .save(files());

    assertThat(spark.read().parquet(files()).collectAsList()).isEmpty();
  }

  @Test
  void aMissingOrEmptyVectorIsRefused(SparkSession spark) {
    assertThatThrownBy(() -> write(spark, List.of(new Entry(1, 0, null)), 1, "missing"))
        .hasStackTraceContaining("Null in column vector");
    assertThatThrownBy(() -> write(spark, List.of(new Entry(1, 0, new float[0])), 1, "empty"))
        .hasStackTraceContaining("Empty vector in column vector");
  }

  @Test
  void otherColumnsAreRefused(SparkSession spark) {
    Dataset<Row> texts = spark.range(1).selectExpr("cast(id as string) as text");
    assertThatThrownBy(() -> texts.write().format(VectorFormat.class.getName()).save(files()))
        .hasMessageContaining("Parquet of vectors");
    Dataset<Row> withNulls =
        spark.createDataFrame(
            List.of(RowFactory.create(List.of(1f))),
            new StructType().add("v", DataTypes.createArrayType(DataTypes.FloatType, true)));
    assertThatThrownBy(() -> withNulls.write().format(VectorFormat.class.getName()).save(files()))
        .hasMessageContaining("Parquet of vectors");
  }

  @Test
  void encryptionIsRefused(SparkSession spark) {
    assertThatThrownBy(
            () ->
                rows(spark, entries(), 1)
                    .write()
                    .format(VectorFormat.class.getName())
                    .option("parquet.crypto.factory.class", "a.Factory")
                    .save(files()))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("parquet.crypto.factory.class=a.Factory: ");
  }

  private void write(SparkSession spark, List<Entry> entries, int partitions) {
    write(spark, entries, partitions, "vectors");
  }

  private void write(SparkSession spark, List<Entry> entries, int partitions, String name) {
    SparkSession session = spark.newSession();
    session.conf().set("spark.sql.maxConcurrentOutputFileWriters", 3);
    rows(session, entries, partitions)
        .write()
        .format(VectorFormat.class.getName())
        .option("parquet.block.size", ROW_GROUP)
        .partitionBy("folder")
        .save(folder.resolve(name).toString());
  }

  private static Dataset<Row> rows(SparkSession spark, List<Entry> entries, int partitions) {
    return spark
        .createDataset(entries, Encoders.bean(Entry.class))
        .repartition(partitions)
        .select("folder", "id", "vector");
  }

  /** Vectors of any bits and of several lengths, in two folders. */
  private static List<Entry> entries() {
    Random random = new Random(5);
    float[] special = {-0f, Float.NaN, Float.NEGATIVE_INFINITY, Float.MIN_VALUE, 1e-42f};
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      float[] vector = new float[i % 100 == 0 ? 1 + random.nextInt(6000) : 384];
      for (int k = 0; k < vector.length; k++) {
        vector[k] =
            random.nextInt(9) == 0
                ? special[random.nextInt(special.length)]
                : Float.intBitsToFloat(random.nextInt());
      }

      entries.add(new Entry(7L * i, i / 100 % 2, vector));
    }

    return entries;
  }

  private static Map<Long, List<Integer>> bits(List<Entry> entries) {
    Map<Long, List<Integer>> bits = new TreeMap<>();
    for (Entry entry : entries) {
      List<Float> vector = new ArrayList<>();
      for (float component : entry.vector) {
        vector.add(component);
      }

      bits.put(entry.id, bitsOf(vector));
    }

    return bits;
  }

  private static List<Integer> bitsOf(List<Float> vector) {
    return vector.stream().map(Float::floatToRawIntBits).toList();
  }

  private String files() {
    return folder.resolve("vectors").toString();
  }

  private List<Path> parquetFiles() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".parquet")).toList();
    }
  }

  private static ParquetMetadata footer(Path file) throws IOException {
    try (ParquetFileReader reader =
        ParquetFileReader.open(HadoopInputFile.fromPath(hadoop(file), new Configuration()))) {
      return reader.getFooter();
    }
  }

  private static org.apache.hadoop.fs.Path hadoop(Path file) {
    return new org.apache.hadoop.fs.Path(file.toUri());
  }

  /** A bean for Spark's encoder. */
  public static final class Entry implements java.io.Serializable {
    private static final long serialVersionUID = 1L;

    private long id;
    private int folder;
    private float[] vector;

    public Entry() {}

    private Entry(long id, int folder, float[] vector) {
      this.id = id;
      this.folder = folder;
      this.vector = vector;
    }

    public long getId() {
      return id;
    }

    public void setId(long id) {
      this.id = id;
    }

    public int getFolder() {
      return folder;
    }

    public void setFolder(int folder) {
      this.folder = folder;
    }

    public float[] getVector() {
      return vector;
    }

    public void setVector(float[] vector) {
      this.vector = vector;
    }
  }
}
