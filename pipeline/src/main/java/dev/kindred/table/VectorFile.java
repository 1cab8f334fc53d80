/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.BINARY;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.bytes.BytesUtils;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.crypto.FileEncryptionProperties;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.ParquetOutputFormat;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport.WriteContext;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.util.HadoopOutputFile;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.execution.datasources.OutputWriter;

/**
 * A Parquet file of integers and vectors, as floats or as bytes, that is being written. Schema,
 * metadata and the size of row groups are those that Spark's own writer takes. Vectors neither
 * compress nor repeat: data pages (of version 1) are plain, so that they are written and read at
 * the speed of the disk, and vectors have no minima and maxima.
 *
 * <p>It holds at most a row group on the heap.
 */
final class VectorFile extends OutputWriter {
  private static final int PAGE_BYTES = 256 << 10;

  private final String path;
  private final WriteContext context;
  private final long rowGroupBytes;
  private final int pageBytes;
  private final Column[] columns;
  private final ParquetFileWriter file;
  private long rows; // in the row group
  private long held; // bytes of the row group's pages

  /**
   * Creates the file.
   *
   * @param job settings of the job, as {@link VectorFormat#prepareWrite} leaves them, with the
   *     {@link FileName}
   */
  VectorFile(String path, Configuration job) throws IOException {
    this.path = path;
    this.context = new FileName.WriteSupport().init(job);
    this.rowGroupBytes = ParquetOutputFormat.getLongBlockSize(job);
    this.pageBytes = (int) Math.min(PAGE_BYTES, rowGroupBytes / 32);
    this.columns =
        context.getSchema().getColumns().stream().map(Column::new).toArray(Column[]::new);
    this.file =
        new ParquetFileWriter(
            HadoopOutputFile.fromPath(new Path(path), job),
            context.getSchema(),
            ParquetFileWriter.Mode.CREATE,
            rowGroupBytes,
            ParquetWriter.MAX_PADDING_SIZE_DEFAULT,
            (FileEncryptionProperties) null,
            ParquetProperties.builder().build());
    file.start();
  }

  @Override
  public String path() {
    return path;
  }

  /**
   * Adds a row.
   *
   * @throws IllegalArgumentException if a value is null or a vector empty
   */
  @Override
  public void write(InternalRow row) {
    try {
      for (int i = 0; i < columns.length; i++) {
        columns[i].add(row, i);
      }

      rows++;
      if (held + (long) columns.length * pageBytes > rowGroupBytes) {
        endRowGroup();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try (file) {
      endRowGroup();
      file.end(context.getExtraMetaData());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void endRowGroup() throws IOException {
    if (rows == 0) {
      return;
    }

    file.startBlock(rows);
    for (Column column : columns) {
      column.write();
    }

    file.endBlock();
    rows = 0;
    held = 0;
  }

  /** A column of the row group. */
  private final class Column {
    private final ColumnDescriptor descriptor;
    private final List<Page> pages = new ArrayList<>();
    private int lastLength;
    private byte[] lastLevels; // repetition levels of a vector of the last one's length

    private Column(ColumnDescriptor descriptor) {
      this.descriptor = descriptor;
    }

    private void add(InternalRow row, int ordinal) throws IOException {
      if (row.isNullAt(ordinal)) {
        throw new IllegalArgumentException("Null in column " + descriptor.getPath()[0]);
      }

      switch (descriptor.getPrimitiveType().getPrimitiveTypeName()) {
        case INT32 -> page(Integer.BYTES).add(row.getInt(ordinal));
        case INT64 -> page(Long.BYTES).add(row.getLong(ordinal));
        case FLOAT -> add(row.getArray(ordinal).toFloatArray());
        case BINARY -> add(row.getBinary(ordinal));
        default -> throw new IllegalStateException(descriptor.toString());
      }
    }

    private void add(float[] vector) throws IOException {
      if (vector.length == 0) {
        throw new IllegalArgumentException("Empty vector in column " + descriptor.getPath()[0]);
      }

      if (vector.length != lastLength) {
        lastLength = vector.length;
        lastLevels = repetitionLevels(vector.length);
      }

      page(vector.length * Float.BYTES).add(vector, lastLevels);
    }

    private void add(byte[] vector) {
      if (vector.length == 0) {
        throw new IllegalArgumentException("Empty vector in column " + descriptor.getPath()[0]);
      }

      page(Integer.BYTES + vector.length).add(vector);
    }

    /** The last page, if it has so many bytes left, else a further one. */
    private Page page(int bytes) {
      Page last = pages.isEmpty() ? null : pages.get(pages.size() - 1);
      if (last == null || last.values.remaining() < bytes) {
        last = new Page(descriptor, Math.max(pageBytes, bytes));
        pages.add(last);
        held += last.values.capacity();
      }

      return last;
    }

    private void write() throws IOException {
      long count = pages.stream().mapToLong(page -> page.valueCount).sum();
      file.startColumn(descriptor, count, CompressionCodecName.UNCOMPRESSED);
      for (Page page : pages) {
        page.write(file);
      }

      file.endColumn();
      pages.clear();
    }
  }

  /** Holds the values of whole rows. No value is null, so that definition levels are one run. */
  private static final class Page {
    private final ColumnDescriptor column;
    private final ByteBuffer values;
    private final ByteArrayOutputStream repetitionLevels = new ByteArrayOutputStream();
    private final Statistics<?> statistics;
    private int valueCount;
    private int rowCount;

    private Page(ColumnDescriptor column, int capacity) {
      this.column = column;
      this.values = ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
      this.statistics = Statistics.createStats(column.getPrimitiveType());
    }

    private void add(int value) {
      values.putInt(value);
      statistics.updateStats(value);
      valueCount++;
      rowCount++;
    }

    private void add(long value) {
      values.putLong(value);
      statistics.updateStats(value);
      valueCount++;
      rowCount++;
    }

    /** Plain Parquet has the length of bytes before them. */
    private void add(byte[] vector) {
      values.putInt(vector.length).put(vector);
      valueCount++;
      rowCount++;
    }

    private void add(float[] vector, byte[] levels) {
      values.asFloatBuffer().put(vector);
      values.position(values.position() + vector.length * Float.BYTES);
      repetitionLevels.writeBytes(levels);
      valueCount += vector.length;
      rowCount++;
    }

    private void write(ParquetFileWriter file) throws IOException {
      boolean repeats = column.getMaxRepetitionLevel() > 0;
      boolean vectors = repeats || column.getPrimitiveType().getPrimitiveTypeName() == BINARY;
      ByteArrayOutputStream definitionLevels = new ByteArrayOutputStream();
      addRun(definitionLevels, column.getMaxDefinitionLevel(), valueCount);
      BytesInput bytes =
          BytesInput.concat(
              repeats ? levels(repetitionLevels) : BytesInput.empty(),
              column.getMaxDefinitionLevel() > 0 ? levels(definitionLevels) : BytesInput.empty(),
              BytesInput.from(values.array(), 0, values.position()));
      file.writeDataPage(
          valueCount,
          (int) bytes.size(),
          bytes,
          vectors ? null : statistics,
          rowCount,
          Encoding.RLE,
          Encoding.RLE,
          Encoding.PLAIN);
    }

    private static BytesInput levels(ByteArrayOutputStream runs) {
      return BytesInput.concat(BytesInput.fromInt(runs.size()), BytesInput.from(runs));
    }
  }

  /** Repetition levels of a vector: it starts with level 0 and goes on with 1. */
  private static byte[] repetitionLevels(int length) throws IOException {
    ByteArrayOutputStream levels = new ByteArrayOutputStream();
    addRun(levels, 0, 1);
    if (length > 1) {
      addRun(levels, 1, length - 1);
    }

    return levels.toByteArray();
  }

  /** Adds a run of a level below 256 in Parquet's RLE encoding. */
  private static void addRun(ByteArrayOutputStream levels, int level, int count)
      throws IOException {
    BytesUtils.writeUnsignedVarInt(count << 1, levels);
    levels.write(level);
  }
}
