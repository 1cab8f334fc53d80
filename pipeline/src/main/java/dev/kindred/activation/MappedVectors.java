/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.activation;

import dev.kindred.InvalidInput;
import dev.kindred.math.Half;
import dev.kindred.table.Part;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.Util;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;

/**
 * The vectors of a part that lies on this machine, mapped into memory: {@link Part#appendVectors}
 * leaves their numbers as they are in plain pages, so that nothing is decoded and the file cache is
 * the only copy. Rows are in the order of the part's files.
 *
 * <p>Footers are compared with the record when files are mapped, and the checksum of a page when
 * the first of its vectors is read.
 *
 * <p>Letters: N = rows, D = numbers of a vector.
 */
public final class MappedVectors {
  private static final Set<Encoding> PLAIN = Set.of(Encoding.PLAIN, Encoding.RLE);

  /**
   * Vectors, or ids, that lie one behind the other.
   *
   * @param firstRow number of the first
   * @param stride bytes from one to the next
   * @param whole the page, which the checksum is of
   * @param crc its CRC-32
   */
  private record Page(
      int firstRow,
      int rows,
      ByteBuffer bytes,
      int stride,
      boolean isHalf,
      ByteBuffer whole,
      int crc) {}

  private final String name; // of the part
  private final int dimension;
  private final int rows;
  private final Pages vectors;
  private final Pages ids;

  /** The pages of a column, in the order of rows. */
  private static final class Pages {
    private final Page[] pages;
    private final int[] firstRows;
    private final boolean[] isChecked; // threads that both find a page unchecked check it twice

    private Pages(List<Page> pages) {
      this.isChecked = new boolean[pages.size()];
      this.pages = pages.toArray(Page[]::new);
      this.firstRows = pages.stream().mapToInt(Page::firstRow).toArray();
    }

    /** A page, whose checksum is compared when it is asked for first. */
    private Page checked(int number, String part) {
      Page page = pages[number];
      if (!isChecked[number]) {
        CRC32 crc = new CRC32();
        crc.update(page.whole().duplicate());
        if ((int) crc.getValue() != page.crc()) {
          throw new InvalidInput(
              "%s is damaged: the checksum of a page is not the one that was written; remove it and"
                  + " run again, to compute it anew",
              part);
        }

        isChecked[number] = true;
      }

      return page;
    }

    /** The number of the page that has a row. */
    private int find(int row) {
      int place = Arrays.binarySearch(firstRows, row);
      return place < 0 ? -place - 2 : place;
    }
  }

  private MappedVectors(String name, int dimension, List<Page> vectors, List<Page> ids) {
    Page last = vectors.isEmpty() ? null : vectors.get(vectors.size() - 1);
    this.name = name;
    this.dimension = dimension;
    this.rows = last == null ? 0 : last.firstRow() + last.rows();
    this.vectors = new Pages(vectors);
    this.ids = new Pages(ids);
  }

  /**
   * Maps a part's column {@code ffn_out}.
   *
   * @param part with a column window_id beside it
   * @param dimension D
   * @return none if the part is not on a local disk, or its files are not as {@link
   *     Part#appendVectors} writes them
   * @throws dev.kindred.InvalidInput naming a file that is not as it was written
   */
  public static Optional<MappedVectors> open(Part part, int dimension) {
    Optional<List<Path>> files = part.localFiles();
    if (files.isEmpty()) {
      return Optional.empty();
    }

    List<Page> vectors = new ArrayList<>();
    List<Page> ids = new ArrayList<>();
    for (Path file : files.get()) {
      if (!add(file, dimension, vectors, ids)) {
        return Optional.empty();
      }
    }

    return Optional.of(new MappedVectors(part.name(), dimension, vectors, ids));
  }

  /** Adds a file's pages; returns whether they are plain. */
  private static boolean add(Path file, int dimension, List<Page> vectors, List<Page> ids) {
    try (ParquetFileReader reader = ParquetFileReader.open(new LocalInputFile(file));
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      MessageType schema = reader.getFileMetaData().getSchema();
      for (BlockMetaData group : reader.getRowGroups()) {
        if (!add(channel, schema, group, "ffn_out", dimension, vectors)
            || !add(channel, schema, group, "window_id", 1, ids)) {
          return false;
        }
      }

      return true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Adds a column of a row group; returns whether it is plain. */
  private static boolean add(
      FileChannel channel,
      MessageType schema,
      BlockMetaData group,
      String name,
      int dimension,
      List<Page> pages)
      throws IOException {
    ColumnDescriptor column =
        schema.getColumns().stream()
            .filter(any -> any.getPath()[0].equals(name))
            .findFirst()
            .orElseThrow();
    ColumnChunkMetaData chunk =
        group.getColumns().stream()
            .filter(any -> any.getPath().toArray()[0].equals(name))
            .findFirst()
            .orElseThrow();
    if (chunk.getCodec() != CompressionCodecName.UNCOMPRESSED
        || !PLAIN.containsAll(chunk.getEncodings())
        || chunk.getTotalSize() > Integer.MAX_VALUE) {
      return false;
    }

    MappedByteBuffer bytes =
        channel.map(FileChannel.MapMode.READ_ONLY, chunk.getStartingPos(), chunk.getTotalSize());
    return add(bytes, column, dimension, group.getRowCount(), pages);
  }

  /** Adds the pages of a row group. */
  private static boolean add(
      MappedByteBuffer bytes, ColumnDescriptor column, int dimension, long rows, List<Page> pages)
      throws IOException {
    PrimitiveTypeName type = column.getPrimitiveType().getPrimitiveTypeName();
    boolean isHalf = type == PrimitiveTypeName.BINARY;
    int stride =
        switch (type) {
          case INT64 -> Long.BYTES;
          case BINARY -> Integer.BYTES + dimension * Short.BYTES; // its length before it
          default -> dimension * Float.BYTES;
        };
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    long found = 0;
    while (found < rows) {
      PageHeader header = Util.readPageHeader(new Remaining(bytes));
      int start = bytes.position();
      int end = start + header.getCompressed_page_size();
      if (header.getType() != PageType.DATA_PAGE || !header.isSetCrc()) {
        return false;
      }

      if (column.getMaxRepetitionLevel() > 0) {
        skipLevels(bytes);
      }

      if (column.getMaxDefinitionLevel() > 0) {
        skipLevels(bytes);
      }

      int length = end - bytes.position();
      if (length % stride != 0 || length == 0) {
        return false;
      }

      Page last = pages.isEmpty() ? null : pages.get(pages.size() - 1);
      int first = last == null ? 0 : Math.addExact(last.firstRow(), last.rows());
      ByteBuffer values = bytes.slice(bytes.position(), length).order(ByteOrder.LITTLE_ENDIAN);
      ByteBuffer whole = bytes.slice(start, end - start);
      pages.add(new Page(first, length / stride, values, stride, isHalf, whole, header.getCrc()));
      found += length / stride;
      bytes.position(end);
    }

    return found == rows;
  }

  private static void skipLevels(ByteBuffer bytes) {
    int length = bytes.getInt();
    bytes.position(bytes.position() + length);
  }

  /** Returns N. */
  public int rows() {
    return rows;
  }

  /** Returns D. */
  public int dimension() {
    return dimension;
  }

  /** Returns the id of a row's window. */
  public long id(int row) {
    Page page = ids.checked(ids.find(row), name);
    return page.bytes().getLong((row - page.firstRow()) * page.stride());
  }

  /**
   * Copies rows that follow each other. Several threads may do so.
   *
   * @param first row
   * @param count rows
   * @param vectors receives count x D numbers from its start on
   */
  public void copy(int first, int count, float[] vectors) {
    int number = this.vectors.find(first);
    int row = first;
    while (row < first + count) {
      Page page = this.vectors.checked(number++, name);
      int from = row - page.firstRow();
      int some = Math.min(first + count - row, page.rows() - from);
      copy(page, from, some, vectors, (row - first) * dimension);
      row += some;
    }
  }

  private void copy(Page page, int from, int count, float[] vectors, int to) {
    if (!page.isHalf()) {
      ByteBuffer bytes = page.bytes().slice(from * page.stride(), count * page.stride());
      bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vectors, to, count * dimension);
      return;
    }

    for (int i = 0; i < count; i++) {
      int start = (from + i) * page.stride() + Integer.BYTES;
      for (int k = 0; k < dimension; k++) {
        vectors[to + i * dimension + k] =
            Half.toFloat(page.bytes().getShort(start + k * Short.BYTES));
      }
    }
  }

  /** Reads a buffer from its position on, which moves. */
  private static final class Remaining extends InputStream {
    private final ByteBuffer bytes;

    private Remaining(ByteBuffer bytes) {
      this.bytes = bytes;
    }

    @Override
    public int read() {
      return bytes.hasRemaining() ? bytes.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] to, int offset, int length) {
      if (!bytes.hasRemaining()) {
        return -1;
      }

      int some = Math.min(length, bytes.remaining());
      bytes.get(to, offset, some);
      return some;
    }
  }
}
