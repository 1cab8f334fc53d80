/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;

/** The small files of a {@link WarehouseLock}, in one folder. */
record LockFiles(FileSystem fileSystem, Path folder) {

  /** Those of a folder; the folder is created where it is missing. */
  static LockFiles of(FileSystem fileSystem, Path folder) throws IOException {
    fileSystem.mkdirs(folder);
    // Without checksums: their files would be others of a file that is written anew.
    return new LockFiles(
        fileSystem instanceof LocalFileSystem local ? local.getRaw() : fileSystem, folder);
  }

  /**
   * Creates a file that is not there. If it cannot be written, as on a disk that is full, none is
   * left: nobody could tell whose it is.
   *
   * @return whether this call created it; if not {@link #exclusive}, another one may have at the
   *     same time, and the last one counts
   */
  boolean create(String name, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (!isLocal()) {
      return WholeFile.createNew(fileSystem, new Path(folder, name), bytes);
    }

    java.nio.file.Path file = local(name); // not with a link, which some disks do not have
    try (var out =
        Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      try {
        out.write(bytes);
      } catch (IOException e) {
        Files.deleteIfExists(file);
        throw e;
      }

      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    }
  }

  /** Whether of several calls that create a file only one can succeed. */
  boolean exclusive() throws IOException {
    return isLocal() || WholeFile.isCreatedOnce(fileSystem, folder);
  }

  private boolean isLocal() {
    return fileSystem.getUri().getScheme().equals("file");
  }

  private java.nio.file.Path local(String name) {
    return java.nio.file.Path.of(folder.toUri().getPath(), name);
  }

  /** Writes a file, over one that is there. A reader may meet it half written or missing. */
  void write(String name, String text) throws IOException {
    if (isLocal()) { // Hadoop would start a process that sets its permissions
      Files.writeString(local(name), text);
      return;
    }

    try (var out = fileSystem.create(new Path(folder, name), true)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  Optional<String> read(String name) throws IOException {
    try {
      byte[] bytes = WholeFile.read(fileSystem, new Path(folder, name));
      return Optional.of(new String(bytes, StandardCharsets.UTF_8));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    }
  }

  /** A text that is another after each write of a file; empty if it is missing. */
  String state(String name) throws IOException {
    try {
      FileStatus file = fileSystem.getFileStatus(new Path(folder, name));
      return file.getModificationTime() + " " + file.getLen();
    } catch (FileNotFoundException e) {
      return "";
    }
  }

  /** Deletes a file if it is there. */
  void delete(String name) throws IOException {
    fileSystem.delete(new Path(folder, name), false);
  }

  /** The files that have a name, or whose names go on after it with a dot, if there are any. */
  List<String> names(String name) throws IOException {
    try {
      return Arrays.stream(fileSystem.listStatus(folder))
          .map(file -> file.getPath().getName())
          .filter(file -> file.equals(name) || file.startsWith(name + "."))
          .toList();
    } catch (FileNotFoundException e) {
      return List.of();
    }
  }
}
