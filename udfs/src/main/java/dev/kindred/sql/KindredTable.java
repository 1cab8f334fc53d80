/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import dev.kindred.table.CommittedFiles;
import dev.kindred.table.Table;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.catalog.TableCatalog;
import org.apache.spark.sql.connector.write.LogicalWriteInfo;
import org.apache.spark.sql.connector.write.WriteBuilder;
import org.apache.spark.sql.execution.datasources.FileFormat;
import org.apache.spark.sql.execution.datasources.PartitioningAwareFileIndex;
import org.apache.spark.sql.execution.datasources.v2.parquet.ParquetTable;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

/**
 * A table of a run, read by Spark's own Parquet reader from the files that the run has committed.
 * Checksums of pages are verified.
 *
 * <p>Two are equal if they have the same rows: that of another run never takes the place of one in
 * a cached or reused plan, though queries know both by the same name.
 */
final class KindredTable extends ParquetTable {
  private static final long serialVersionUID = 1L;

  private static final Map<String, String> OPTIONS =
      Map.of("parquet.page.verify-checksum.enabled", "true");

  private final Table table;
  private final String id;
  private final CommittedFiles files;

  /**
   * A table.
   *
   * @param name for people
   * @param id equal for equal rows
   * @param files files of the table, with values of all its partition columns
   */
  KindredTable(SparkSession spark, String name, String id, Table table, CommittedFiles files) {
    super(
        name,
        spark,
        new CaseInsensitiveStringMap(OPTIONS),
        CollectionConverters.asScala(List.<String>of()).toSeq(),
        Option.apply(table.columns().asNullable()),
        FileFormat.class);
    this.table = table;
    this.id = id;
    this.files = files;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public PartitioningAwareFileIndex fileIndex() {
    return files;
  }

  /** Returns the columns in the table's order; as with all files, anything could be null. */
  @Override
  public StructType schema() {
    return table.columns().asNullable();
  }

  @Override
  public Map<String, String> properties() {
    return Map.of(TableCatalog.PROP_COMMENT, "a row is " + table.grain());
  }

  @Override
  public Set<TableCapability> capabilities() {
    return Set.of(TableCapability.BATCH_READ);
  }

  /** Whatever would write, to a table or the catalog, fails with this. */
  static UnsupportedOperationException readOnly() {
    return new UnsupportedOperationException(
        "Kindred's tables are read-only in SQL: kindred run writes them, kindred expire deletes old"
            + " runs");
  }

  @Override
  public WriteBuilder newWriteBuilder(LogicalWriteInfo info) {
    throw readOnly();
  }

  /** Spark asks for it in order to write with its older sink. */
  @Override
  public Class<? extends FileFormat> fallbackFileFormat() {
    throw readOnly();
  }

  @Override
  public boolean canEqual(Object other) {
    return other instanceof KindredTable;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KindredTable table && id.equals(table.id);
  }

  @Override
  public int hashCode() {
    return id.hashCode();
  }

  @Override
  public String toString() {
    return name();
  }
}
