/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import dev.kindred.table.Part;
import dev.kindred.table.Warehouse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetInputFormat;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.example.GroupReadSupport;

/**
 * Reads the rows of small tables without a Spark job: functions are looked up in the middle of the
 * analysis of a query.
 */
final class StoredRows {
  private StoredRows() {}

  /** Hands the rows of a part to a reader, in any order. */
  static void read(Warehouse warehouse, Part part, Consumer<Group> reader) {
    Configuration hadoop = new Configuration(warehouse.fileSystem().getConf());
    hadoop.setBoolean(ParquetInputFormat.PAGE_VERIFY_CHECKSUM_ENABLED, true);
    for (Path file : part.index().checkedFiles()) {
      try (ParquetReader<Group> rows =
          ParquetReader.builder(new GroupReadSupport(), file).withConf(hadoop).build()) {
        for (Group row = rows.read(); row != null; row = rows.read()) {
          reader.accept(row);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
