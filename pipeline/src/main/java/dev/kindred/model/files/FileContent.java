/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import java.io.Closeable;
import java.io.IOException;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * An open file on any file system that Hadoop knows.
 *
 * @param length bytes
 */
public record FileContent(FSDataInputStream in, long length)
    implements Safetensors.Content, Closeable {

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
}
