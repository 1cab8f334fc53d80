/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import dev.kindred.Location;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.parquet.ParquetFileFormat;
import org.apache.spark.sql.functions;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Where a warehouse is, and how its records and files are read.
 *
 * @param spark asked for once rows are read or written
 * @param lock fails if this process is not the one that may write
 */
record WarehouseFolder(
    Configuration hadoop, Supplier<SparkSession> spark, Runnable lock, Path root) {
  /** For readers: pages whose checksum is not the one that was written are an error. */
  private static final Map<String, String> READ_OPTIONS =
      Map.of("parquet.page.verify-checksum.enabled", "true");

  FileSystem fileSystem() {
    return new Location("--warehouse", root).fileSystem(hadoop);
  }

  /** The log of a part, by the part's folder. */
  CommitLog log(Path part) {
    return new CommitLog(fileSystem(), part);
  }

  /** Folders of keys directly below a folder, in order. */
  List<Path> children(Path folder) {
    try {
      List<Path> children = new ArrayList<>();
      for (FileStatus file : fileSystem().listStatus(folder)) {
        if (file.isDirectory() && file.getPath().getName().contains("=")) {
          children.add(file.getPath());
        }
      }

      children.sort(Comparator.naturalOrder());
      return children;
    } catch (FileNotFoundException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The rows of some files, with all columns of their table in order. */
  Dataset<Row> read(Table table, List<CommittedFiles.Entry> entries) {
    HadoopFsRelation relation =
        new HadoopFsRelation(
            new CommittedFiles(spark.get(), root, table.folderColumns(), entries),
            table.folderColumns(),
            table.fileColumns().asNullable(),
            Option.empty(),
            new ParquetFileFormat(),
            scala.collection.immutable.Map$.MODULE$.from(
                CollectionConverters.asScala(READ_OPTIONS)),
            spark.get());
    return spark
        .get()
        .baseRelationToDataFrame(relation)
        .select(
            List.of(table.columns().fieldNames()).stream()
                .map(functions::col)
                .toArray(Column[]::new));
  }
}
