/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import java.io.IOException;
import java.util.UUID;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Small files that others see either whole or not at all. */
public final class WholeFile {
  private WholeFile() {}

  /**
   * Creates a file and the folders above it: written under another name beside it, then renamed,
   * which is one step on local disks and HDFS; on object stores the object appears when its copy is
   * complete.
   *
   * @throws IOException also if there is such a file on a file system that does not rename over one
   */
  public static void create(FileSystem files, Path path, byte[] content) throws IOException {
    Path temporary = new Path(path.getParent(), "." + path.getName() + "." + UUID.randomUUID());
    try (var out = files.create(temporary, false)) {
      out.write(content);
    }

    if (!files.rename(temporary, path)) {
      files.delete(temporary, false);
      throw new IOException("Cannot be renamed to " + path);
    }
  }

  /** Creates a file, after deleting one of the same name if there is any. */
  public static void replace(FileSystem files, Path path, byte[] content) throws IOException {
    files.delete(path, false);
    create(files, path, content);
  }

  /**
   * Creates a folder where it is missing, and a file in it that does not stay.
   *
   * @throws IOException if either cannot be done
   */
  public static void checkWritable(FileSystem files, Path folder) throws IOException {
    if (!files.mkdirs(folder)) {
      throw new IOException("the folder cannot be created");
    }

    checkCreatable(files, folder);
  }

  /**
   * Creates a file that does not stay: in a folder, or where it is missing in the nearest one above
   * it.
   *
   * @throws IOException if that cannot be done
   */
  public static void checkCreatable(FileSystem files, Path folder) throws IOException {
    Path nearest = folder;
    while (!files.exists(nearest)) {
      nearest = nearest.getParent();
    }

    Path probe = new Path(nearest, ".writable-" + UUID.randomUUID());
    files.create(probe, false).close();
    files.delete(probe, false);
  }

  /**
   * Reads a file.
   *
   * @throws IOException also if it has more bytes than an array can
   */
  public static byte[] read(FileSystem files, Path path) throws IOException {
    long length = files.getFileStatus(path).getLen();
    if (length > Integer.MAX_VALUE - 64) {
      throw new IOException(path + " has more than 2 GiB");
    }

    byte[] bytes = new byte[(int) length];
    try (var in = files.open(path)) {
      in.readFully(0, bytes);
    }

    return bytes;
  }
}
