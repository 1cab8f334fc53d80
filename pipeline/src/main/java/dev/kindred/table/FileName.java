/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import dev.kindred.Location;
import java.util.HashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.execution.datasources.parquet.ParquetWriteSupport;

/**
 * The place of a data file in its warehouse, which is written into its footer: the table, the
 * values of all keys, and a name that no other file has. So no two files have the same footer, and
 * one that is put in the place of another is known by its footer's checksum.
 */
final class FileName {
  /** The member of the footer's key-value metadata. */
  static final String KEY = "kindred.file";

  private FileName() {}

  /**
   * Tells a job's next file where it is.
   *
   * @param job settings of the job; one that writes elsewhere, without {@link
   *     PartCommitProtocol#WAREHOUSE}, names files by their paths
   */
  static void set(Configuration job, String path) {
    String root = job.get(PartCommitProtocol.WAREHOUSE);
    job.set(KEY, root == null ? path : Location.below(new Path(root), new Path(path)));
  }

  /** Spark's writer of rows, which puts the name into the footer, too. */
  public static final class WriteSupport extends ParquetWriteSupport {
    @Override
    public WriteContext init(Configuration job) {
      WriteContext context = super.init(job);
      Map<String, String> metadata = new HashMap<>(context.getExtraMetaData());
      metadata.put(KEY, job.get(KEY));
      return new WriteContext(context.getSchema(), metadata);
    }
  }
}
