/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An open file on any file system that Hadoop knows.
 *
 * @param length bytes
 */
public record FileContent(FSDataInputStream in, long length)
    implements Safetensors.Content, Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(FileContent.class);

  /** Opens a file. */
  public static FileContent open(FileSystem files, Path path) throws IOException {
    long length = files.getFileStatus(path).getLen();
    return new FileContent(files.open(path), length);
  }

  @Override
  public void read(long from, byte[] into, int length) throws IOException {
    in.readFully(from, into, 0, length);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  /** Closes files that were read: what fails then is of no use to anybody. */
  static void close(List<FileContent> files) {
    for (FileContent file : files) {
      try {
        file.close();
      } catch (IOException e) {
        LOG.debug("A file that was read cannot be closed", e);
      }
    }
  }
}
