/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import dev.kindred.InvalidInput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.HadoopReadOptions;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.column.impl.ColumnReadStoreImpl;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;

/**
 * Columns of a part's rows as arrays of this process, read without Spark: for tables of which one
 * process holds a few columns, where starting Spark would take longer than reading. Rows are in the
 * order of the part's files. A null takes no place among the values of its column.
 *
 * <p>A column within another one is named by its path: {@code next_tokens.key_value.value}, {@code
 * token_ids.list.element}.
 */
public final class LocalColumns {
  /**
   * The values of a column in all rows, one after another.
   *
   * @param starts rows + 1 places in the values: of row i those from starts[i] to starts[i + 1]
   * @param values long[], int[], double[], boolean[] or String[]
   */
  private record Column(int[] starts, Object values) {}

  private final Map<String, Column> columns;
  private final int rows;

  private LocalColumns(Map<String, Column> columns, int rows) {
    this.columns = columns;
    this.rows = rows;
  }

  /**
   * Reads a part.
   *
   * @param names of columns that are in its files
   * @throws InvalidInput naming a file that is not as it was written
   * @throws ArithmeticException if there are 2^31 values and more
   */
  public static LocalColumns read(Part part, String... names) {
    Map<String, Growing> growing = new LinkedHashMap<>();
    for (String name : names) {
      growing.put(name, new Growing());
    }

    long rows = 0;
    for (CommittedFiles.Entry entry : part.entries()) {
      rows += read(part, entry, growing);
    }

    Map<String, Column> columns = new LinkedHashMap<>();
    growing.forEach((name, values) -> columns.put(name, values.column()));
    return new LocalColumns(columns, Math.toIntExact(rows));
  }

  private static long read(Part part, CommittedFiles.Entry entry, Map<String, Growing> growing) {
    Configuration hadoop = part.warehouse().hadoop();
    Path file = new Path(part.warehouse().root(), entry.file().path());
    part.checkFooter(entry);
    try (ParquetFileReader reader =
        ParquetFileReader.open(
            HadoopInputFile.fromPath(file, hadoop),
            HadoopReadOptions.builder(hadoop).usePageChecksumVerification().build())) {
      MessageType schema = reader.getFileMetaData().getSchema();
      List<ColumnDescriptor> wanted = new ArrayList<>();
      for (String name : growing.keySet()) {
        wanted.add(schema.getColumnDescription(name.split("\\.")));
      }

      reader.setRequestedSchema(wanted);
      long rows = 0;
      for (PageReadStore group = reader.readNextRowGroup();
          group != null;
          group = reader.readNextRowGroup()) {
        ColumnReadStoreImpl store =
            new ColumnReadStoreImpl(
                group,
                new GroupRecordConverter(schema).getRootConverter(),
                schema,
                reader.getFileMetaData().getCreatedBy());
        int place = 0;
        for (Growing column : growing.values()) {
          ColumnDescriptor descriptor = wanted.get(place++);
          column.add(
              store.getColumnReader(descriptor),
              group.getPageReader(descriptor).getTotalValueCount());
        }

        rows += group.getRowCount();
      }

      return rows;
    } catch (IOException | RuntimeException e) {
      throw CommittedFiles.damaged(
          part.warehouse().root(), List.of(entry), Map.of(entry.file(), message(e)));
    }
  }

  private static String message(Exception thrown) {
    return "is damaged: " + String.valueOf(thrown.getMessage()).lines().findFirst().orElse("");
  }

  /** Returns how many rows there are. */
  public int rows() {
    return rows;
  }

  /** Returns the values of all rows of a column of bigint, one after another. */
  public long[] longs(String name) {
    Object values = columns.get(name).values();
    return values == null ? new long[0] : (long[]) values;
  }

  /** Returns those of a column of int. */
  public int[] ints(String name) {
    Object values = columns.get(name).values();
    return values == null ? new int[0] : (int[]) values;
  }

  /** Returns those of a column of double. */
  public double[] doubles(String name) {
    Object values = columns.get(name).values();
    return values == null ? new double[0] : (double[]) values;
  }

  /** Returns those of a column of boolean. */
  public boolean[] booleans(String name) {
    Object values = columns.get(name).values();
    return values == null ? new boolean[0] : (boolean[]) values;
  }

  /** Returns those of a column of strings. */
  public String[] texts(String name) {
    Object values = columns.get(name).values();
    return values == null ? new String[0] : (String[]) values;
  }

  /** Returns a string of a row, or null: a column that can hold nulls is read row by row. */
  public String text(String name, int row) {
    int place = starts(name)[row];
    return place == starts(name)[row + 1] ? null : texts(name)[place];
  }

  /** Whether a row has nothing in a column. */
  public boolean isNull(String name, int row) {
    return starts(name)[row] == starts(name)[row + 1];
  }

  /**
   * Returns where the values of rows are: of row i those from place i to place i + 1, of an empty
   * array or map none.
   *
   * @return rows + 1 places
   */
  public int[] starts(String name) {
    return columns.get(name).starts();
  }

  /** Values of a column that is being read. */
  private static final class Growing {
    private int[] starts = new int[1024];
    private int rows;
    private int size;
    private Object values; // an array, null as long as the type is not known
    private PrimitiveTypeName type;

    private void add(ColumnReader reader, long count) {
      type = reader.getDescriptor().getPrimitiveType().getPrimitiveTypeName();
      if (values == null) {
        values = resized(1024);
      }

      int present = reader.getDescriptor().getMaxDefinitionLevel();
      for (long left = count; left > 0; left--) {
        if (reader.getCurrentRepetitionLevel() == 0) {
          startRow();
        }

        if (reader.getCurrentDefinitionLevel() == present) {
          add(reader, size);
        }

        reader.consume();
      }
    }

    private void startRow() {
      if (rows + 1 == starts.length) {
        starts = Arrays.copyOf(starts, Math.multiplyExact(2, rows + 1));
      }

      starts[rows++] = size;
    }

    private void add(ColumnReader reader, int place) {
      if (place == java.lang.reflect.Array.getLength(values)) {
        values = resized(Math.multiplyExact(2, place));
      }

      switch (type) {
        case INT32 -> ((int[]) values)[place] = reader.getInteger();
        case INT64 -> ((long[]) values)[place] = reader.getLong();
        case DOUBLE -> ((double[]) values)[place] = reader.getDouble();
        case BOOLEAN -> ((boolean[]) values)[place] = reader.getBoolean();
        case BINARY ->
            ((String[]) values)[place] =
                new String(reader.getBinary().getBytesUnsafe(), StandardCharsets.UTF_8);
        default -> throw new IllegalStateException(reader.getDescriptor().toString());
      }

      size = place + 1;
    }

    private Object resized(int length) {
      return switch (type) {
        case INT32 -> values == null ? new int[length] : Arrays.copyOf((int[]) values, length);
        case INT64 -> values == null ? new long[length] : Arrays.copyOf((long[]) values, length);
        case DOUBLE ->
            values == null ? new double[length] : Arrays.copyOf((double[]) values, length);
        case BOOLEAN ->
            values == null ? new boolean[length] : Arrays.copyOf((boolean[]) values, length);
        case BINARY ->
            values == null ? new String[length] : Arrays.copyOf((String[]) values, length);
        default -> throw new IllegalStateException("Not a column that is read here: " + type);
      };
    }

    private Column column() {
      int[] all = Arrays.copyOf(starts, rows + 1);
      all[rows] = size;
      return new Column(all, values == null ? null : resized(size));
    }
  }
}
