/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import dev.kindred.InvalidInput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.DataFrameWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * The folder with all tables, on any file system that Hadoop knows.
 *
 * <p>Files are Parquet, in one folder per key ({@code windows/corpus_id=c-../}). A part is complete
 * when it has Spark's {@code _SUCCESS} marker; complete parts are never written again, and the
 * remains of a write that died are removed before the next one.
 */
public final class Warehouse {
  private static final String COMPLETE = "_SUCCESS";
  private static final String OPEN_FILES = "spark.sql.maxConcurrentOutputFileWriters";
  private static final String ROW_GROUP_BYTES = "parquet.block.size";
  private static final long ROW_GROUP = 64L << 20;

  /** Heap that the files which a task has open at once fill before they write. */
  public static final long OPEN_FILE_BYTES = 256L << 20;

  private final SparkSession spark;
  private final Path root;

  public Warehouse(SparkSession spark, String uri) {
    this.spark = spark;
    this.root = absolute(uri);
  }

  /** A path with its scheme; one without is local, below the working directory. */
  public static Path absolute(String uri) {
    return new Path(uri).toUri().getScheme() == null
        ? new Path(java.nio.file.Path.of(uri).toAbsolutePath().normalize().toUri())
        : new Path(uri);
  }

  public Path root() {
    return root;
  }

  public FileSystem fileSystem() {
    try {
      return root.getFileSystem(hadoop());
    } catch (IOException | RuntimeException e) {
      throw new InvalidInput("--warehouse %s: %s", root, e.getMessage());
    }
  }

  /** Creates the folder where it is missing, and a file in it, to see that both can be done. */
  public void checkWritable() {
    Path probe = new Path(root, "_writable-" + UUID.randomUUID());
    try {
      FileSystem files = fileSystem();
      if (!files.mkdirs(root)) {
        throw new IOException("the folder cannot be created");
      }

      files.create(probe, false).close();
      files.delete(probe, false);
    } catch (IOException e) {
      throw new InvalidInput(
          "--warehouse %s is not writable: %s",
          root, String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
    }
  }

  /**
   * Checks that the warehouse's disk takes what a step will write.
   *
   * @param step what needs the disk, for the message
   */
  public void checkFree(String step, long bytes) {
    try {
      long free = fileSystem().getStatus(root).getRemaining();
      if (free < bytes) {
        throw new InvalidInput(
            "--warehouse %s: %s needs about %.1f GB of disk, %.1f GB are free",
            root, step, bytes / 1e9, free / 1e9);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * One part of a table: all rows with given values of its leading partition columns.
   *
   * @param keys values of the leading partition columns
   */
  public Part part(Table table, Object... keys) {
    return new Part(table, List.of(keys));
  }

  /** All of a table: every part that is complete or being written. */
  public Dataset<Row> read(Table table) {
    return part(table).read();
  }

  private Configuration hadoop() {
    return spark.sparkContext().hadoopConfiguration();
  }

  /** See {@link Warehouse#part}. */
  public final class Part {
    private final Table table;
    private final List<Object> keys;
    private final Path path;

    private Part(Table table, List<Object> keys) {
      this.table = table;
      this.keys = keys;
      Path folder = new Path(root, table.name());
      for (int i = 0; i < keys.size(); i++) {
        folder = new Path(folder, table.partitionColumns().get(i) + "=" + keys.get(i));
      }

      this.path = folder;
    }

    /** The part's folder, for messages. */
    public String name() {
      return path.toString();
    }

    public boolean isComplete() {
      try {
        return fileSystem().exists(new Path(path, COMPLETE));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /**
     * Writes the part. Partition columns beyond the part's keys become folders.
     *
     * @throws IllegalStateException if the part is complete: nothing is ever overwritten
     */
    public void write(Dataset<Row> rows) {
      if (isComplete()) {
        throw new IllegalStateException("Complete already: " + path);
      }

      removeRemains();
      writer(rows, folders()).mode(SaveMode.ErrorIfExists).parquet(path.toString());
    }

    /**
     * Writes vectors as {@link #write} does, but in {@link VectorFormat} and without Spark's sort
     * by folder: a task keeps a file in every folder open. They hold at most {@link
     * #OPEN_FILE_BYTES} together.
     *
     * @param count folders below the part
     */
    public void writeVectors(Dataset<Row> rows, int count) {
      if (isComplete()) {
        throw new IllegalStateException("Complete already: " + path);
      }

      removeRemains();
      String openFiles = spark.conf().get(OPEN_FILES);
      spark.conf().set(OPEN_FILES, count + 1); // Spark sorts once it has opened so many
      try {
        writer(rows, folders())
            .option(ROW_GROUP_BYTES, Math.min(ROW_GROUP, OPEN_FILE_BYTES / count))
            .mode(SaveMode.ErrorIfExists)
            .format(VectorFormat.class.getName())
            .save(path.toString());
      } finally {
        spark.conf().set(OPEN_FILES, openFiles);
      }
    }

    private List<String> folders() {
      return table.partitionColumns().subList(keys.size(), table.partitionColumns().size());
    }

    /** Adds rows to a table without keys, in one file that appears at once. */
    public void append(Dataset<Row> rows) {
      writer(rows.coalesce(1), List.of()).mode(SaveMode.Append).parquet(path.toString());
    }

    private DataFrameWriter<Row> writer(Dataset<Row> rows, List<String> folders) {
      List<Column> columns = new ArrayList<>();
      folders.forEach(folder -> columns.add(functions.col(folder)));
      for (String column : table.fileColumns().fieldNames()) {
        columns.add(functions.col(column));
      }

      table.conform(rows);
      DataFrameWriter<Row> writer = rows.select(columns.toArray(new Column[0])).write();
      writer.option("compression", "zstd");
      writer.option(ROW_GROUP_BYTES, ROW_GROUP);
      return folders.isEmpty() ? writer : writer.partitionBy(folders.toArray(new String[0]));
    }

    private void removeRemains() {
      try {
        fileSystem().delete(path, true);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** The part's rows, with all columns of the table in order. */
    public Dataset<Row> read() {
      return read(new String[] {path.toString()});
    }

    /**
     * The part's rows in pieces of whole files, in the order of their names.
     *
     * @param bytes of files in a piece, at most unless a single file is larger
     */
    public List<Dataset<Row>> readInPieces(long bytes) {
      List<Dataset<Row>> pieces = new ArrayList<>();
      List<String> piece = new ArrayList<>();
      long size = 0;
      for (FileStatus file : files()) {
        if (!piece.isEmpty() && size + file.getLen() > bytes) {
          pieces.add(read(piece.toArray(new String[0])));
          piece.clear();
          size = 0;
        }

        piece.add(file.getPath().toString());
        size += file.getLen();
      }

      pieces.add(piece.isEmpty() ? read() : read(piece.toArray(new String[0])));
      return pieces;
    }

    private List<FileStatus> files() {
      try {
        List<FileStatus> files = new ArrayList<>();
        for (FileStatus file : fileSystem().listStatus(path)) {
          if (file.getPath().getName().endsWith(".parquet")) {
            files.add(file);
          }
        }

        files.sort(Comparator.comparing(file -> file.getPath().getName()));
        return files;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private Dataset<Row> read(String[] paths) {
      StructType onDisk = table.fileColumns();
      for (StructField column : table.columns().fields()) {
        int key = table.partitionColumns().indexOf(column.name());
        if (key >= keys.size()) {
          onDisk = onDisk.add(column);
        }
      }

      Dataset<Row> rows = spark.read().schema(onDisk).parquet(paths);
      for (int i = 0; i < keys.size(); i++) {
        rows = rows.withColumn(table.partitionColumns().get(i), functions.lit(keys.get(i)));
      }

      return rows.select(
          List.of(table.columns().fieldNames()).stream()
              .map(functions::col)
              .toArray(Column[]::new));
    }
  }
}
