/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import dev.kindred.InvalidInput;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.hadoop.mapreduce.Job;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.parquet.crypto.EncryptionPropertiesFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.datasources.OutputWriter;
import org.apache.spark.sql.execution.datasources.OutputWriterFactory;
import org.apache.spark.sql.execution.datasources.parquet.ParquetFileFormat;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Spark's Parquet for tables of vectors, written a vector at a time where Spark goes through the
 * components. The files are standard Parquet and are read as such.
 *
 * <p>Columns are int, bigint, binary and array of float without nulls, and hold no null and no
 * empty array or binary.
 */
public final class VectorFormat extends ParquetFileFormat {
  private static final long serialVersionUID = 1L;
  private static final String ENCRYPTION =
      EncryptionPropertiesFactory.CRYPTO_FACTORY_CLASS_PROPERTY_NAME;

  @Override
  public String toString() {
    return "Parquet of vectors";
  }

  @Override
  public boolean supportDataType(DataType type) {
    return type.equals(DataTypes.IntegerType)
        || type.equals(DataTypes.LongType)
        || type.equals(DataTypes.BinaryType)
        || type.equals(DataTypes.createArrayType(DataTypes.FloatType, false));
  }

  @Override
  public OutputWriterFactory prepareWrite(
      SparkSession spark,
      Job job,
      scala.collection.immutable.Map<String, String> options,
      StructType columns) {
    String encryption = job.getConfiguration().get(ENCRYPTION);
    if (encryption != null) {
      throw new InvalidInput(
          "%s=%s: vectors cannot be encrypted; leave it out and encrypt the file system",
          ENCRYPTION, encryption);
    }

    super.prepareWrite(spark, job, options, columns); // sets what VectorFile reads in the job
    return new VectorFiles();
  }

  private static final class VectorFiles extends OutputWriterFactory {
    private static final long serialVersionUID = 1L;

    @Override
    public String getFileExtension(TaskAttemptContext task) {
      return ".parquet";
    }

    @Override
    public OutputWriter newInstance(String path, StructType columns, TaskAttemptContext task) {
      FileName.set(task.getConfiguration(), path);
      try {
        return new VectorFile(path, task.getConfiguration());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
