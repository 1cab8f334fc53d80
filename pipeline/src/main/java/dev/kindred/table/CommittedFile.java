/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
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

  /** Refuses what is not below the warehouse: readers open what a record names. */
  public CommittedFile {
    if (path.startsWith("/")
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

  private static long footerCrc(FSDataInputStream in, long length) throws IOException {
    if (length < TAIL_BYTES) {
      throw new IOException(String.format("only %d bytes are left of it", length));
    }

    byte[] tail = new byte[TAIL_BYTES];
    in.readFully(length - TAIL_BYTES, tail);
    long footer = ByteBuffer.wrap(tail).order(ByteOrder.LITTLE_ENDIAN).getInt();
    if (footer < 0 || footer > length - TAIL_BYTES) {
      throw new IOException("not a whole Parquet file: its footer is damaged");
    }

    byte[] bytes = new byte[(int) footer];
    in.readFully(length - TAIL_BYTES - footer, bytes);
    CRC32 crc = new CRC32();
    crc.update(bytes);
    crc.update(tail);
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
    } catch (java.io.FileNotFoundException e) {
      return "is missing";
    } catch (IOException e) {
      return "is damaged: " + String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    if (found.bytes != bytes) {
      return String.format("is damaged: %d bytes, %d were written", found.bytes, bytes);
    }

    if (found.rows != rows || found.footerCrc != footerCrc) {
      return "is damaged: its footer has changed";
    }

    return null;
  }
}
