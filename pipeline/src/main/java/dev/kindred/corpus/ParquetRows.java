/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import dev.kindred.InvalidInput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.HadoopReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopStreams;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.io.SeekableInputStream;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.spark.TaskContext;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Parquet files with a column of strings, each row of them a document. Nothing of a file is read
 * but that column and the one with ids, so the types of all others do not matter. A split has the
 * row groups whose middle is in it.
 *
 * @param textColumn a column outside of all others, in its own upper and lower case
 * @param idColumn another one, of strings or whole numbers that name the rows; null for none
 */
record ParquetRows(String textColumn, String idColumn) implements PieceReader {

  @Override
  public Iterator<Piece> read(
      Section.Split split, Configuration hadoop, CutPlaces places, int followingTokens) {
    DocumentName file = DocumentName.file(split.file().path());
    try {
      ParquetFileReader reader =
          ParquetFileReader.open(
              new Opened(split.file(), hadoop),
              HadoopReadOptions.builder(hadoop).withRange(split.start(), split.end()).build());
      TaskContext.get().addTaskCompletionListener((TaskCompletionListener) ended -> close(reader));
      return new Rows(reader, file, columns(reader), places, followingTokens);
    } catch (InvalidInput e) {
      return List.of(Piece.unreadable(file, e.getMessage())).iterator();
    } catch (IOException | RuntimeException e) {
      return List.of(unreadable(file, e)).iterator();
    }
  }

  private static void close(ParquetFileReader reader) {
    try {
      reader.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Piece unreadable(DocumentName document, Exception thrown) {
    Throwable cause = thrown;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }

    String message =
        cause instanceof ClassNotFoundException
            ? "nothing here unpacks it (" + cause.getMessage() + "); write it with Zstandard"
            : cause.getMessage();
    return Piece.unreadable(document, "cannot be read as Parquet: " + message);
  }

  /** The schema of the text column and, if there is one, the id column behind it. */
  private MessageType columns(ParquetFileReader reader) {
    MessageType schema = reader.getFileMetaData().getSchema();
    Type column = column(schema, textColumn, "--text-column");
    if (!isString(column)) {
      throw new InvalidInput(
          "column %s is of the type %s, expected string; see --text-column",
          textColumn, column.toString().replaceAll("\\s+", " "));
    }

    if (idColumn == null) {
      return new MessageType(schema.getName(), column);
    }

    Type ids = column(schema, idColumn, "--id-column");
    if (!isString(ids) && !isWhole(ids)) {
      throw new InvalidInput(
          "column %s is of the type %s, expected string or a whole number; see --id-column",
          idColumn, ids.toString().replaceAll("\\s+", " "));
    }

    return new MessageType(schema.getName(), column, ids);
  }

  private static Type column(MessageType schema, String name, String setting) {
    return schema.getFields().stream()
        .filter(field -> field.getName().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInput(
                    "no column %s, its columns are %s; see %s",
                    name,
                    schema.getFields().stream()
                        .map(Type::getName)
                        .collect(Collectors.joining(", ")),
                    setting));
  }

  /** Whether values are integers as Spark writes them, without a scale or a unit of time. */
  private static boolean isWhole(Type column) {
    LogicalTypeAnnotation annotation = column.getLogicalTypeAnnotation();
    return column.isPrimitive()
        && !column.isRepetition(Type.Repetition.REPEATED)
        && (column.asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.INT32
            || column.asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.INT64)
        && (annotation == null
            || annotation instanceof LogicalTypeAnnotation.IntLogicalTypeAnnotation whole
                && whole.isSigned());
  }

  private static boolean isString(Type column) {
    LogicalTypeAnnotation annotation = column.getLogicalTypeAnnotation();
    return column.isPrimitive()
        && !column.isRepetition(Type.Repetition.REPEATED)
        && column.asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.BINARY
        && (annotation instanceof LogicalTypeAnnotation.StringLogicalTypeAnnotation
            || annotation instanceof LogicalTypeAnnotation.EnumLogicalTypeAnnotation
            || annotation instanceof LogicalTypeAnnotation.JsonLogicalTypeAnnotation);
  }

  private record Opened(CorpusFile file, Configuration hadoop) implements InputFile {
    @Override
    public long getLength() {
      return file.length();
    }

    @Override
    public SeekableInputStream newStream() throws IOException {
      return HadoopStreams.wrap(file.open(hadoop));
    }

    @Override
    public String toString() {
      return file.path();
    }
  }

  private final class Rows implements Iterator<Piece> {
    private final ParquetFileReader reader;
    private final DocumentName file;
    private final MessageType columns;
    private final CutPlaces places;
    private final int followingTokens;
    private RecordReader<Group> records;
    private long row;
    private long rowsLeft;
    private Iterator<Piece> pieces = List.<Piece>of().iterator();
    private boolean ended;

    private Rows(
        ParquetFileReader reader,
        DocumentName file,
        MessageType columns,
        CutPlaces places,
        int followingTokens) {
      this.reader = reader;
      this.file = file;
      this.columns = columns;
      this.places = places;
      this.followingTokens = followingTokens;
      reader.setRequestedSchema(columns);
    }

    @Override
    public boolean hasNext() {
      while (!pieces.hasNext() && !ended) {
        pieces = ofNextRow().iterator();
      }

      return pieces.hasNext();
    }

    @Override
    public Piece next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }

      return pieces.next();
    }

    private List<Piece> ofNextRow() {
      try {
        if (rowsLeft == 0 && !nextGroup()) {
          ended = true;
          reader.close();
          return List.of();
        }

        Group record = records.read();
        rowsLeft--;
        row++;
        return Piece.of(name().withId(id(record)), text(record), places, followingTokens);
      } catch (InvalidInput e) {
        ended = true;
        return List.of(Piece.unreadable(name(), e.getMessage()));
      } catch (IOException | RuntimeException e) {
        ended = true;
        return List.of(unreadable(file, e));
      }
    }

    private boolean nextGroup() throws IOException {
      PageReadStore group = reader.readNextRowGroup();
      if (group == null) {
        return false;
      }

      rowsLeft = group.getRowCount();
      row = group.getRowIndexOffset().orElse(row);
      records =
          new ColumnIOFactory()
              .getColumnIO(columns)
              .getRecordReader(group, new GroupRecordConverter(columns));
      return true;
    }

    private DocumentName name() {
      return new DocumentName(file.path(), "row", row, 0, null);
    }

    /** The row's id; null without a column of ids. */
    private String id(Group record) {
      if (idColumn == null) {
        return null;
      }

      if (record.getFieldRepetitionCount(1) == 0) {
        throw new InvalidInput("no id in column %s; see --id-column", idColumn);
      }

      if (!isString(columns.getType(1))) {
        return record.getValueToString(1, 0);
      }

      byte[] bytes = record.getBinary(1, 0).getBytes();
      return Utf8.decode(bytes, 0, bytes.length, 0);
    }

    private String text(Group record) {
      if (record.getFieldRepetitionCount(0) == 0) {
        throw new InvalidInput("no text in column %s; see --text-column", textColumn);
      }

      byte[] bytes = record.getBinary(0, 0).getBytes();
      return Utf8.decode(bytes, 0, bytes.length, 0);
    }
  }
}
