/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import dev.kindred.InvalidInput;
import dev.kindred.Location;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/**
 * The folder with all tables, on any file system that Hadoop knows.
 *
 * <p>Files are Parquet, in one folder per key ({@code windows/corpus_id=c-../}). What counts is
 * what {@link CommitLog} lists: a part is complete once its last record is there, complete parts
 * never change, and files that no record lists are the remains of a writer that died or lost its
 * lock.
 */
public final class Warehouse {
  private final WarehouseFolder folder;
  private final Path root;

  /** A warehouse to read, or one that nobody else writes into. */
  public Warehouse(SparkSession spark, String uri) {
    this(spark.sparkContext().hadoopConfiguration(), () -> spark, () -> {}, uri);
  }

  /**
   * A warehouse whose records can be looked at before there is a Spark.
   *
   * @param spark asked for once rows are read or written
   * @param lock fails if this process is not the one that may write: {@link WarehouseLock#check}
   */
  public Warehouse(Configuration hadoop, Supplier<SparkSession> spark, Runnable lock, String uri) {
    this.root = Location.of("--warehouse", uri).qualified(hadoop);
    this.folder = new WarehouseFolder(hadoop, spark, lock, root);
  }

  public Path root() {
    return root;
  }

  /** Makes sure that this process is still the one that may write here. */
  public void checkLock() {
    folder.lock().run();
  }

  public FileSystem fileSystem() {
    return folder.fileSystem();
  }

  /** Creates the folder where it is missing, and a file in it, to see that both can be done. */
  public void checkWritable() {
    try {
      WholeFile.checkWritable(fileSystem(), root);
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
    checkFree(step, bytes, free -> "");
  }

  /**
   * Checks the same where something else might do.
   *
   * @param remedy says what, to who has so many bytes free; empty for nothing
   */
  public void checkFree(String step, long bytes, LongFunction<String> remedy) {
    long free = freeBytes();
    if (free < bytes) {
      String other = remedy.apply(free);
      throw new InvalidInput(
          "--warehouse %s: %s needs about %s of disk, %s are free%s",
          root, step, size(bytes), size(free), other.isEmpty() ? "" : "; " + other);
    }
  }

  /** Returns bytes as messages have them: 300 MB. */
  public static String size(long bytes) {
    return bytes < 10_000_000_000L
        ? String.format(Locale.ROOT, "%,d MB", (bytes + 999_999) / 1_000_000)
        : String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
  }

  /** Bytes that can be written here, as far as the file system tells; object stores have no end. */
  public long freeBytes() {
    try {
      return switch (root.toUri().getScheme()) {
          // Hadoop counts what is kept for the system, too.
        case "file" ->
            Files.getFileStore(java.nio.file.Path.of(root.toUri().getPath())).getUsableSpace();
        case "hdfs" ->
            Math.min(
                fileSystem().getStatus(root).getRemaining(),
                SpaceQuota.freeBytes(fileSystem(), root));
        default -> fileSystem().getStatus(root).getRemaining();
      };
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * One part of a table: all rows with given values of its leading partition columns.
   *
   * @param keys values of the leading partition columns
   * @throws IllegalArgumentException if one is not of its column's type
   */
  public Part part(Table table, Object... keys) {
    for (int i = 0; i < keys.length; i++) {
      String column = table.partitionColumns().get(i);
      DataType type = table.columns().apply(column).dataType();
      if (!(type.equals(DataTypes.StringType) && keys[i] instanceof String)
          && !(type.equals(DataTypes.IntegerType) && keys[i] instanceof Integer)) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "Invalid %s of table %s: %s is not a %s",
                column,
                table.name(),
                keys[i],
                type.simpleString()));
      }
    }

    return new Part(folder, table, List.of(keys));
  }

  /** All complete parts of a table. */
  public Dataset<Row> read(Table table) {
    return part(table).read();
  }

  /** The rows of some parts by their tables. */
  public Map<Table, Dataset<Row>> read(List<Part> parts) {
    Map<Table, List<CommittedFiles.Entry>> entries = new LinkedHashMap<>();
    for (Part part : parts) {
      entries.computeIfAbsent(part.table(), table -> new ArrayList<>()).addAll(part.entries());
    }

    Map<Table, Dataset<Row>> rows = new LinkedHashMap<>();
    entries.forEach((table, files) -> rows.put(table, folder.read(table, files)));
    return rows;
  }

  /**
   * The values of the first partition column after some given ones, of parts complete or not.
   *
   * @param keys values of the leading partition columns
   */
  public List<String> keys(Table table, Object... keys) {
    return folder.children(part(table, keys).path()).stream()
        .map(child -> child.getName().substring(child.getName().indexOf('=') + 1))
        .toList();
  }

  /** The record of a complete part, from the part's folder below the warehouse. */
  Optional<CommitLog.Complete> recordOf(String place) {
    return folder.log(new Path(root, place)).completeRecord();
  }
}
