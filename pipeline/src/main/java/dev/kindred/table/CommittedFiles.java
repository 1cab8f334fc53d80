/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import dev.kindred.InvalidInput;
import dev.kindred.Location;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.execution.datasources.NoopCache$;
import org.apache.spark.sql.execution.datasources.PartitionDirectory;
import org.apache.spark.sql.execution.datasources.PartitionPath;
import org.apache.spark.sql.execution.datasources.PartitionSpec;
import org.apache.spark.sql.execution.datasources.PartitioningAwareFileIndex;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import scala.Option;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The files that a dataset of a table consists of, as Spark wants them, without listing a folder.
 * Partition columns have the values that each file is listed with, wherever it lies.
 */
public final class CommittedFiles extends PartitioningAwareFileIndex {
  private static final long BLOCK_BYTES = 128L << 20;

  private final SparkSession spark;
  private final Path root;
  private final StructType partitionColumns;
  private final List<Entry> entries;

  /**
   * A file of a dataset.
   *
   * @param partition values of the table's partition columns
   * @param part folder of the part whose record lists it
   */
  record Entry(List<Object> partition, CommittedFile file, Path part) {}

  /**
   * An index.
   *
   * @param root the warehouse's folder
   * @param partitionColumns all of the table's
   */
  CommittedFiles(SparkSession spark, Path root, StructType partitionColumns, List<Entry> entries) {
    super(
        spark,
        scala.collection.immutable.Map$.MODULE$.<String, String>empty(),
        Option.apply(null),
        NoopCache$.MODULE$);
    this.spark = spark;
    this.root = root;
    this.partitionColumns = partitionColumns;
    this.entries = List.copyOf(entries);
  }

  /** What the superclass logs is Spark's, not ours. */
  @Override
  public String logName() {
    return PartitioningAwareFileIndex.class.getName();
  }

  @Override
  public Seq<Path> rootPaths() {
    return seq(List.of(root));
  }

  @Override
  public void refresh() {
    // Committed files do not change.
  }

  /**
   * The files that filters leave, for Spark to read: the moment at which they are compared with
   * their records, unless this process has done so.
   *
   * @throws InvalidInput naming the first that is not as it was written
   */
  @Override
  public Seq<PartitionDirectory> listFiles(
      Seq<Expression> partitionFilters, Seq<Expression> dataFilters) {
    Seq<PartitionDirectory> listed = super.listFiles(partitionFilters, dataFilters);
    Set<Path> left = new HashSet<>();
    CollectionConverters.asJava(listed)
        .forEach(
            folder ->
                CollectionConverters.asJava(folder.files())
                    .forEach(file -> left.add(file.getPath())));
    check(entries.stream().filter(entry -> left.contains(path(entry))).toList());
    return listed;
  }

  /**
   * The paths of all files, compared with their records, for readers other than Spark's.
   *
   * @throws InvalidInput naming the first that is not as it was written
   */
  public List<Path> checkedFiles() {
    check(entries);
    return entries.stream().map(this::path).toList();
  }

  private void check(List<Entry> read) {
    Map<CommittedFile, String> problems =
        FileCheck.problems(
            JavaSparkContext.fromSparkContext(spark.sparkContext()),
            root,
            read.stream().map(Entry::file).toList());
    if (!problems.isEmpty()) {
      throw damaged(root, read, problems);
    }
  }

  /**
   * The line that names a file which is not as it was written, and what to do.
   *
   * @param problems what is wrong with some of the entries' files, at least one
   */
  static InvalidInput damaged(Path root, List<Entry> entries, Map<CommittedFile, String> problems) {
    Entry first =
        entries.stream().filter(entry -> problems.containsKey(entry.file())).findFirst().get();
    boolean isShared = !first.file().path().startsWith(Location.below(root, first.part()) + "/");
    return new InvalidInput(
        "--warehouse %s: %s %s; remove %s%s%s and run again, to compute it anew%s",
        root,
        first.file().path(),
        problems.get(first.file()),
        first.part(),
        isShared ? " and that other part" : "",
        RunFolders.recordBeside(root, first.part()),
        problems.size() == 1 ? "" : " (" + problems.size() + " files are damaged)");
  }

  @Override
  public PartitionSpec partitionSpec() {
    if (partitionColumns.isEmpty()) {
      return PartitionSpec.emptySpec();
    }

    Map<Path, InternalRow> partitions = new LinkedHashMap<>();
    for (Entry entry : entries) {
      partitions.computeIfAbsent(path(entry).getParent(), folder -> row(entry.partition()));
    }

    List<PartitionPath> paths = new ArrayList<>();
    partitions.forEach((folder, values) -> paths.add(new PartitionPath(values, folder)));
    return new PartitionSpec(partitionColumns, seq(paths));
  }

  private static InternalRow row(List<Object> values) {
    return new GenericInternalRow(
        values.stream()
            .map(value -> value instanceof String text ? UTF8String.fromString(text) : value)
            .toArray());
  }

  @Override
  public scala.collection.mutable.LinkedHashMap<Path, FileStatus> leafFiles() {
    scala.collection.mutable.LinkedHashMap<Path, FileStatus> leaves =
        new scala.collection.mutable.LinkedHashMap<>();
    entries.forEach(entry -> leaves.put(path(entry), status(entry)));
    return leaves;
  }

  @Override
  public scala.collection.immutable.Map<Path, FileStatus[]> leafDirToChildrenFiles() {
    Map<Path, List<FileStatus>> folders = new LinkedHashMap<>();
    for (Entry entry : entries) {
      folders
          .computeIfAbsent(path(entry).getParent(), folder -> new ArrayList<>())
          .add(status(entry));
    }

    Map<Path, FileStatus[]> children = new LinkedHashMap<>();
    folders.forEach((folder, files) -> children.put(folder, files.toArray(FileStatus[]::new)));
    return scala.collection.immutable.Map$.MODULE$.from(CollectionConverters.asScala(children));
  }

  private Path path(Entry entry) {
    return new Path(root, entry.file().path());
  }

  private FileStatus status(Entry entry) {
    return new FileStatus(entry.file().bytes(), false, 1, BLOCK_BYTES, 0, path(entry));
  }

  private static <T> Seq<T> seq(List<T> list) {
    return CollectionConverters.asScala(list).toSeq();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CommittedFiles files
        && root.equals(files.root)
        && entries.equals(files.entries);
  }

  @Override
  public int hashCode() {
    return Objects.hash(root, entries);
  }
}
