/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import dev.kindred.Location;
import java.io.IOException;
import java.io.Serializable;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.util.functional.FutureIO;

/**
 * A file of a corpus as it was listed.
 *
 * @param path its URI, in which nothing is escaped
 * @param length in bytes
 */
record CorpusFile(String path, long length) implements Serializable {

  /** The file system of a path: a {@code .crc} file beside a text is no business of the corpus. */
  static FileSystem fileSystem(Path path, Configuration hadoop) throws IOException {
    return Location.withoutChecksums(path.getFileSystem(hadoop));
  }

  /**
   * Opens the file.
   *
   * @throws IOException also if it is not as long as it was
   */
  FSDataInputStream open(Configuration hadoop) throws IOException {
    Path file = new Path(path);
    FileSystem files = fileSystem(file, hadoop);
    FileStatus now = files.getFileStatus(file);
    if (now.getLen() != length) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "it has %d bytes, and had %d when it was listed; run again when nothing writes to it",
              now.getLen(),
              length));
    }

    return FutureIO.awaitFuture(files.openFile(file).withFileStatus(now).build());
  }
}
