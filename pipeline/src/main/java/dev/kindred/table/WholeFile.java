/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Set;
import java.util.UUID;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options.CreateFileOptionKeys;
import org.apache.hadoop.fs.Path;

/** Small files that others see either whole or not at all. */
public final class WholeFile {
  /** What object stores call it that create a file only if there is none. */
  private static final String CONDITIONAL =
      CreateFileOptionKeys.FS_OPTION_CREATE_CONDITIONAL_OVERWRITE;

  /** Schemes of those that do not rename over a file. */
  private static final Set<String> HDFS = Set.of("hdfs", "webhdfs", "swebhdfs", "viewfs");

  private WholeFile() {}

  /**
   * Creates a file and the folders above it: written under another name beside it, then renamed,
   * which is one step on local disks and HDFS; on object stores the object appears when its copy is
   * complete.
   *
   * @throws IOException also if there is such a file on a file system that does not rename over one
   */
  public static void create(FileSystem files, Path path, byte[] content) throws IOException {
    Path temporary = temporary(files, path, content);
    if (!files.rename(temporary, path)) {
      files.delete(temporary, false);
      throw new IOException("Cannot be renamed to " + path);
    }
  }

  /**
   * Creates a file unless there is one of that name already: of several processes that try one
   * succeeds, on local disks with hard links, on HDFS, and on stores with conditional writes. On
   * others the last of those that try at the same moment counts.
   *
   * @return whether the file is there with this content
   */
  static boolean createNew(FileSystem files, Path path, byte[] content) throws IOException {
    if (!files.exists(path)) {
      if (files.hasPathCapability(path, CONDITIONAL)) {
        createIfAbsent(files, path, content);
      } else {
        Path temporary = temporary(files, path, content);
        try {
          nameIfAbsent(files, temporary, path);
        } finally {
          files.delete(temporary, false);
        }
      }
    }

    try { // a store may have created it and then refused its client's second attempt
      return Arrays.equals(read(files, path), content);
    } catch (FileNotFoundException e) {
      return false; // another one's that is gone by now
    }
  }

  /** Whether of several processes that {@link #createNew} one can succeed, hard links aside. */
  static boolean isCreatedOnce(FileSystem files, Path folder) throws IOException {
    return HDFS.contains(files.getUri().getScheme())
        || files.hasPathCapability(folder, CONDITIONAL);
  }

  private static void createIfAbsent(FileSystem files, Path path, byte[] content)
      throws IOException {
    FSDataOutputStreamBuilder<?, ?> builder = files.createFile(path).overwrite(true).recursive();
    builder.must(CONDITIONAL, true); // checked when the file is closed
    try (FSDataOutputStream out = builder.build()) {
      out.write(content);
    } catch (IOException e) {
      // Every store has its own exception for a file that has come into being meanwhile.
      if (!files.exists(path)) {
        throw e;
      }
    }
  }

  /** Gives a file its name in one step unless that is taken; the temporary name may stay. */
  private static void nameIfAbsent(FileSystem files, Path temporary, Path path) throws IOException {
    if (!files.getUri().getScheme().equals("file")) {
      renameIfAbsent(files, temporary, path);
      return;
    }

    try { // a rename would put it over one that is there
      Files.createLink(local(path), local(temporary));
    } catch (FileAlreadyExistsException e) {
      return;
    } catch (UnsupportedOperationException | FileSystemException e) { // a disk without links
      if (!files.exists(path)) {
        renameIfAbsent(files, temporary, path);
      }

      return;
    }

    if (files instanceof ChecksumFileSystem checked) {
      checked
          .getRawFileSystem()
          .rename(checked.getChecksumFile(temporary), checked.getChecksumFile(path));
    }
  }

  private static void renameIfAbsent(FileSystem files, Path temporary, Path path)
      throws IOException {
    // Twice: what was there at first may be gone by the time that one looks.
    if (!files.rename(temporary, path)
        && !files.exists(path)
        && !files.rename(temporary, path)
        && !files.exists(path)) {
      throw new IOException("Cannot be renamed to " + path);
    }
  }

  private static java.nio.file.Path local(Path path) {
    return java.nio.file.Path.of(path.toUri().getPath());
  }

  /** Creates a file, after deleting one of the same name if there is any. */
  public static void replace(FileSystem files, Path path, byte[] content) throws IOException {
    files.delete(path, false);
    create(files, path, content);
  }

  private static Path temporary(FileSystem files, Path path, byte[] content) throws IOException {
    Path temporary = new Path(path.getParent(), "." + path.getName() + "." + UUID.randomUUID());
    try (var out = files.create(temporary, false)) {
      out.write(content);
    } catch (IOException e) {
      files.delete(temporary, false);
      throw e;
    }

    return temporary;
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
