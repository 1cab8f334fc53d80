/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;

/**
 * A Parquet file of the warehouse as it was when its writer had closed it. Together with the
 * checksums that Parquet keeps of its pages this notices a file that was truncated or changed.
 *
 * @param path below the warehouse's folder, with {@code /} between names
 * @param bytes length
 * @param rows as the footer counts them
 * @param footerCrc CRC-32 of the footer, which holds the places of all columns
 */
public record CommittedFile(String path, long bytes, long rows, long footerCrc)
    implements Serializable {
  private static final int TAIL_BYTES = 8; // the footer's length and Parquet's magic number
  private static final String CHANGED =
      "is damaged, or another file in its place: its footer has changed";
  private static final int END_BYTES = 64 << 10; // more than most footers

  /** Refuses what cannot be, and what is not below the warehouse: readers open what it names. */
  public CommittedFile {
    checkPath(path);
    if (bytes < TAIL_BYTES || rows < 0 || footerCrc < 0 || footerCrc > 0xffff_ffffL) {
      throw new IllegalArgumentException("Not the facts of a file: " + path);
    }
  }

  static void checkPath(String path) {
    if (path.isEmpty()
        || path.startsWith("/")
        || path.contains(":")
        || path.contains("\\")
        || List.of(path.split("/")).contains("..")) {
      throw new IllegalArgumentException("Not a path below the warehouse: " + path);
    }
  }

  /**
   * Reads the facts from the file's end.
   *
   * @param root the warehouse's folder
   * @throws IOException if the file is missing or not Parquet to its end
   */
  static CommittedFile of(Path root, String path, Configuration hadoop) throws IOException {
    Path file = new Path(root, path);
    FileSystem files = file.getFileSystem(hadoop);
    FileStatus status = files.getFileStatus(file);
    long crc;
    try (FSDataInputStream in = files.open(file)) {
      crc = footerCrc(in, status.getLen());
    }

    try (ParquetFileReader reader =
        ParquetFileReader.open(HadoopInputFile.fromStatus(status, hadoop))) {
      return new CommittedFile(path, status.getLen(), reader.getRecordCount(), crc);
    } catch (RuntimeException e) {
      throw new IOException("not a whole Parquet file: " + e.getMessage(), e);
    }
  }

  /**
   * Returns the CRC of the footer, its length and the magic number. They are read at once unless
   * the footer is long.
   */
  private static long footerCrc(FSDataInputStream in, long length) throws IOException {
    if (length < TAIL_BYTES) {
      throw new IOException(String.format(Locale.ROOT, "only %d bytes are left of it", length));
    }

    byte[] end = new byte[(int) Math.min(length, END_BYTES)];
    in.readFully(length - end.length, end);
    long footer =
        ByteBuffer.wrap(end).order(ByteOrder.LITTLE_ENDIAN).getInt(end.length - TAIL_BYTES);
    if (footer < 0 || footer > length - TAIL_BYTES) {
      throw new IOException("not a whole Parquet file: its footer is damaged");
    }

    int counted = (int) (footer + TAIL_BYTES);
    CRC32 crc = new CRC32();
    if (counted > end.length) {
      byte[] start = new byte[counted - end.length];
      in.readFully(length - counted, start);
      crc.update(start);
      counted = end.length;
    }

    crc.update(end, end.length - counted, counted);
    return crc.getValue();
  }

  /**
   * Compares the file with what it was.
   *
   * @return what is wrong with it, or null
   */
  String problem(Path root, Configuration hadoop) {
    CommittedFile found;
    try {
      found = of(root, path, hadoop);
    } catch (IOException | RuntimeException e) {
      return problem(e);
    }

    return found.bytes != bytes || found.footerCrc != footerCrc
        ? problem(found.bytes, found.footerCrc)
        : found.rows != rows ? CHANGED : null;
  }

  /**
   * Compares the file's length and the bytes of its footer with what they were, which takes one
   * read. The footer names the file and has the place of every page, and pages have checksums.
   *
   * @return what is wrong with it, or null
   */
  String problemOfFooter(Path root, Configuration hadoop) {
    Path file = new Path(root, path);
    try {
      FileSystem files = file.getFileSystem(hadoop);
      FileStatus status = files.getFileStatus(file);
      if (status.getLen() != bytes) {
        return problem(status.getLen(), footerCrc);
      }

      try (FSDataInputStream in = files.open(file)) {
        return problem(bytes, footerCrc(in, bytes));
      }
    } catch (IOException | RuntimeException e) {
      return problem(e);
    }
  }

  private String problem(long foundBytes, long foundCrc) {
    return foundBytes != bytes
        ? String.format(Locale.ROOT, "is damaged: %d bytes, %d were written", foundBytes, bytes)
        : foundCrc != footerCrc ? CHANGED : null;
  }

  private static String problem(Exception thrown) {
    return thrown instanceof FileNotFoundException
        ? "is missing"
        : "is damaged: " + String.valueOf(thrown.getMessage()).lines().findFirst().orElse("");
  }
}
