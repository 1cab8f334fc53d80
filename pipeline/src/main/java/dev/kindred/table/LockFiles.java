/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options.CreateFileOptionKeys;
import org.apache.hadoop.fs.Path;

/** The small files of a {@link WarehouseLock}, in one folder. */
interface LockFiles {

  /** Those of a folder; the folder is created where it is missing. */
  static LockFiles of(FileSystem fileSystem, Path folder) throws IOException {
    fileSystem.mkdirs(folder);
    return fileSystem.getUri().getScheme().equals("file")
        ? new Local(java.nio.file.Path.of(folder.toUri().getPath()))
        : new Hadoop(fileSystem, folder);
  }

  /**
   * Creates a file that is not there. If it cannot be written, as on a disk that is full, none is
   * left: nobody could tell whose it is.
   *
   * @return whether this call created it; if not {@link #exclusive}, another one may have at the
   *     same time, and the last one counts
   */
  boolean create(String name, String text) throws IOException;

  /** Whether of several calls that create a file only one can succeed. */
  boolean exclusive() throws IOException;

  /** Writes a file, over one that is there. A reader may meet it half written or missing. */
  void write(String name, String text) throws IOException;

  Optional<String> read(String name) throws IOException;

  /** A text that is another after each write of a file; empty if it is missing. */
  String state(String name) throws IOException;

  /**
   * Renames a file, at once on local disks and HDFS.
   *
   * @return whether this call did it
   */
  boolean rename(String from, String to) throws IOException;

  /** Deletes a file if it is there. */
  void delete(String name) throws IOException;

  /** Names of the files whose names start with a text. */
  List<String> names(String start) throws IOException;

  /** A local disk. Hadoop would check for an existing file and create it in two steps. */
  record Local(java.nio.file.Path folder) implements LockFiles {
    @Override
    public boolean create(String name, String text) throws IOException {
      java.nio.file.Path file = folder.resolve(name);
      OutputStream out;
      try {
        out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      } catch (FileAlreadyExistsException e) {
        return false;
      }

      try (out) {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        return true;
      } catch (IOException e) {
        Files.deleteIfExists(file);
        throw e;
      }
    }

    @Override
    public boolean exclusive() {
      return true;
    }

    @Override
    public void write(String name, String text) throws IOException {
      Files.writeString(folder.resolve(name), text);
    }

    @Override
    public Optional<String> read(String name) throws IOException {
      try {
        byte[] bytes = Files.readAllBytes(folder.resolve(name));
        return Optional.of(new String(bytes, StandardCharsets.UTF_8));
      } catch (NoSuchFileException e) {
        return Optional.empty();
      }
    }

    @Override
    public String state(String name) throws IOException {
      try {
        BasicFileAttributes file =
            Files.readAttributes(folder.resolve(name), BasicFileAttributes.class);
        return file.lastModifiedTime() + " " + file.size();
      } catch (NoSuchFileException e) {
        return "";
      }
    }

    @Override
    public boolean rename(String from, String to) throws IOException {
      try {
        Files.move(folder.resolve(from), folder.resolve(to), StandardCopyOption.ATOMIC_MOVE);
        return true;
      } catch (NoSuchFileException e) {
        return false;
      }
    }

    @Override
    public void delete(String name) throws IOException {
      Files.deleteIfExists(folder.resolve(name));
    }

    @Override
    public List<String> names(String start) throws IOException {
      try (Stream<java.nio.file.Path> files = Files.list(folder)) {
        return files
            .map(file -> file.getFileName().toString())
            .filter(name -> name.startsWith(start))
            .toList();
      }
    }
  }

  /** Any file system of Hadoop's. */
  record Hadoop(FileSystem fileSystem, Path folder) implements LockFiles {
    /** What object stores call it that create a file only if there is none. */
    private static final String CONDITIONAL =
        CreateFileOptionKeys.FS_OPTION_CREATE_CONDITIONAL_OVERWRITE;

    private static final List<String> EXCLUSIVE = List.of("hdfs", "webhdfs", "swebhdfs", "viewfs");

    @Override
    public boolean create(String name, String text) throws IOException {
      Path path = new Path(folder, name);
      if (fileSystem.exists(path)) {
        return false;
      }

      FSDataOutputStream out;
      try {
        out = open(path);
      } catch (IOException e) {
        return otherwise(path, e);
      }

      try (out) {
        out.write(text.getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        if (!isCreatedWhenOpened()) {
          return otherwise(path, e);
        }

        fileSystem.delete(path, false);
        throw e;
      }

      return true;
    }

    /** Every store has its own exception for a file that has come into being meanwhile. */
    private boolean otherwise(Path path, IOException thrown) throws IOException {
      if (fileSystem.exists(path)) {
        return false;
      }

      throw thrown;
    }

    /** Whether a file is there, and is the one who opened it's, before anything is written. */
    private boolean isCreatedWhenOpened() {
      return EXCLUSIVE.contains(fileSystem.getUri().getScheme());
    }

    private FSDataOutputStream open(Path path) throws IOException {
      if (!conditional()) {
        return fileSystem.create(path, false);
      }

      FSDataOutputStreamBuilder<?, ?> builder = fileSystem.createFile(path).overwrite(true);
      builder.must(CONDITIONAL, true); // checked when the file is closed
      return builder.build();
    }

    @Override
    public boolean exclusive() throws IOException {
      return isCreatedWhenOpened() || conditional();
    }

    private boolean conditional() throws IOException {
      return fileSystem.hasPathCapability(folder, CONDITIONAL);
    }

    @Override
    public void write(String name, String text) throws IOException {
      try (FSDataOutputStream out = fileSystem.create(new Path(folder, name), true)) {
        out.write(text.getBytes(StandardCharsets.UTF_8));
      }
    }

    @Override
    public Optional<String> read(String name) throws IOException {
      try (var in = fileSystem.open(new Path(folder, name))) {
        return Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
      } catch (FileNotFoundException e) {
        return Optional.empty();
      }
    }

    @Override
    public String state(String name) throws IOException {
      try {
        FileStatus file = fileSystem.getFileStatus(new Path(folder, name));
        return file.getModificationTime() + " " + file.getLen();
      } catch (FileNotFoundException e) {
        return "";
      }
    }

    @Override
    public boolean rename(String from, String to) throws IOException {
      try {
        return fileSystem.rename(new Path(folder, from), new Path(folder, to));
      } catch (FileNotFoundException e) {
        return false;
      }
    }

    @Override
    public void delete(String name) throws IOException {
      fileSystem.delete(new Path(folder, name), false);
    }

    @Override
    public List<String> names(String start) throws IOException {
      List<String> names = new ArrayList<>();
      for (FileStatus file : fileSystem.listStatus(folder)) {
        if (file.getPath().getName().startsWith(start)) {
          names.add(file.getPath().getName());
        }
      }

      return names;
    }
  }
}
