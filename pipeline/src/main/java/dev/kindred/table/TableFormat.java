/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import org.apache.hadoop.mapreduce.Job;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.parquet.hadoop.ParquetOutputFormat;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.datasources.OutputWriter;
import org.apache.spark.sql.execution.datasources.OutputWriterFactory;
import org.apache.spark.sql.execution.datasources.parquet.ParquetFileFormat;
import org.apache.spark.sql.types.StructType;

/** Spark's Parquet, with the {@link FileName} of each file in its footer. */
public final class TableFormat extends ParquetFileFormat {
  private static final long serialVersionUID = 1L;

  @Override
  public String toString() {
    return "Parquet of tables";
  }

  @Override
  public OutputWriterFactory prepareWrite(
      SparkSession spark,
      Job job,
      scala.collection.immutable.Map<String, String> options,
      StructType columns) {
    OutputWriterFactory files = super.prepareWrite(spark, job, options, columns);
    ParquetOutputFormat.setWriteSupportClass(job, FileName.WriteSupport.class);
    return new NamedFiles(files);
  }

  private static final class NamedFiles extends OutputWriterFactory {
    private static final long serialVersionUID = 1L;

    private final OutputWriterFactory files;

    private NamedFiles(OutputWriterFactory files) {
      this.files = files;
    }

    @Override
    public String getFileExtension(TaskAttemptContext task) {
      return files.getFileExtension(task);
    }

    @Override
    public OutputWriter newInstance(String path, StructType columns, TaskAttemptContext task) {
      FileName.set(task.getConfiguration(), path);
      return files.newInstance(path, columns, task);
    }
  }
}
