/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * The files in a warehouse's folder, for those who delete some: only where a table's partition
 * columns, plans and reports have their folders. Whatever else there is, links above all, is named
 * and not looked into.
 */
public final class WarehouseFiles {
  private static final String COMMITS = "_commits";
  private static final Pattern LEFT_ALONE =
      Pattern.compile("corpora|tunings|logs|\\.?_lock(\\..*)?");
  private static final String PLANNED = "_plan-";
  private static final Pattern PLANNED_FOLDER = Pattern.compile(PLANNED + "[0-9a-f-]{36}");

  /** Longer than any estimate of a run's cost takes. */
  public static final Duration ESTIMATED_WITHIN = Duration.ofDays(1);

  private final FileSystem fileSystem;
  private final Path root;
  private final List<Retention.StoredFile> files = new ArrayList<>();
  private final List<String> folders = new ArrayList<>();
  private final List<String> unknown = new ArrayList<>();
  private final List<Path> planned = new ArrayList<>();

  /** A folder of its own for an estimate of what a run would cost, which takes no lock. */
  public static Path newPlanned(Path warehouse) {
    return new Path(warehouse, PLANNED + UUID.randomUUID());
  }

  /** Lists a warehouse, which must be there. */
  public WarehouseFiles(FileSystem fileSystem, Path root) {
    // Hadoop keeps checksums of local files in files of their own, and hides them.
    this.fileSystem = fileSystem instanceof LocalFileSystem local ? local.getRaw() : fileSystem;
    this.root = root;
    try {
      listRoot();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Files of tables, plans and reports. */
  public List<Retention.StoredFile> files() {
    return files;
  }

  /** The folders of estimates that were killed: without a file younger than a day. */
  public List<Path> leftByPlans(Instant now) {
    long before = now.minus(ESTIMATED_WITHIN).toEpochMilli();
    try {
      List<Path> left = new ArrayList<>();
      for (Path folder : planned) {
        if (lastModified(folder) < before) {
          left.add(folder);
        }
      }

      return left;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Returns when a file below a folder was last modified, in milliseconds since 1970: object stores
   * know no time of a folder's own.
   */
  private long lastModified(Path folder) throws IOException {
    long last = Long.MIN_VALUE;
    RemoteIterator<LocatedFileStatus> below = fileSystem.listFiles(folder, true);
    while (below.hasNext()) {
      last = Math.max(last, below.next().getModificationTime());
    }

    return last;
  }

  /** What is in none of their folders. */
  public List<String> unknown() {
    return unknown;
  }

  /**
   * The paths that the records of a part list.
   *
   * @param part its folder, below the warehouse
   */
  public List<String> listed(String part) {
    CommitLog log = new CommitLog(fileSystem, new Path(root, part));
    return log.soFar().stream().map(CommittedFile::path).toList();
  }

  /** Deletes one of the files, if it is still there. */
  public void delete(Retention.StoredFile file) {
    try {
      fileSystem.delete(new Path(root, file.path()), false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Deletes those folders of keys and records that are empty by now. */
  public void deleteEmptyFolders() {
    try {
      for (String folder : folders.stream().sorted(Comparator.reverseOrder()).toList()) {
        Path path = new Path(root, folder);
        if (fileSystem.exists(path) && fileSystem.listStatus(path).length == 0) {
          fileSystem.delete(path, false);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void listRoot() throws IOException {
    for (FileStatus child : children(root)) {
      String name = child.getPath().getName();
      Optional<Table> table =
          Tables.ALL.stream().filter(candidate -> candidate.name().equals(name)).findFirst();
      boolean folder = isFolder(child);
      if (folder && table.isPresent()) {
        listPart(child.getPath(), name, table.get().partitionColumns());
      } else if (folder && (name.equals(Retention.PLANS) || name.equals(Retention.REPORTS))) {
        listFiles(child.getPath(), name);
      } else if (folder && PLANNED_FOLDER.matcher(name).matches()) {
        planned.add(child.getPath());
      } else if (!LEFT_ALONE.matcher(name).matches()) {
        unknown.add(name);
      }
    }
  }

  /** Lists a folder whose children have the values of the next of some columns. */
  private void listPart(Path folder, String path, List<String> columns) throws IOException {
    for (FileStatus child : children(folder)) {
      String name = child.getPath().getName();
      String childPath = path + "/" + name;
      if (isFolder(child) && !columns.isEmpty() && name.startsWith(columns.get(0) + "=")) {
        folders.add(childPath);
        listPart(child.getPath(), childPath, columns.subList(1, columns.size()));
      } else if (isFolder(child) && name.equals(COMMITS)) {
        folders.add(childPath);
        listFiles(child.getPath(), childPath);
      } else {
        add(child, childPath);
      }
    }
  }

  private void listFiles(Path folder, String path) throws IOException {
    for (FileStatus child : children(folder)) {
      add(child, path + "/" + child.getPath().getName());
    }
  }

  private void add(FileStatus child, String path) {
    if (child.isFile() && !isLink(child)) {
      files.add(new Retention.StoredFile(path, child.getLen(), child.getModificationTime()));
    } else {
      unknown.add(path);
    }
  }

  private FileStatus[] children(Path folder) throws IOException {
    FileStatus[] children = fileSystem.listStatus(folder);
    Arrays.sort(children, Comparator.comparing(FileStatus::getPath));
    return children;
  }

  private static boolean isFolder(FileStatus file) {
    return file.isDirectory() && !isLink(file);
  }

  /** Hadoop follows links of local disks without a word. */
  private static boolean isLink(FileStatus file) {
    return file.isSymlink()
        || "file".equals(file.getPath().toUri().getScheme())
            && Files.isSymbolicLink(java.nio.file.Path.of(file.getPath().toUri().getPath()));
  }
}
