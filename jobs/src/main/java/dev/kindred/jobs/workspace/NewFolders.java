/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.workspace;

import dev.kindred.table.Warehouse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Folders that are not there, but will be made on the way, and deleted in the end: those that are
 * empty, since what others have put there meanwhile stays.
 *
 * @param folders those below others first
 */
public record NewFolders(FileSystem files, List<Path> folders) {
  /**
   * A folder in a warehouse, the warehouse, and folders above it, as far as they are missing.
   *
   * @param name the folder in it
   */
  public static NewFolders of(Warehouse warehouse, String name) {
    FileSystem files = warehouse.fileSystem();
    List<Path> missing = new ArrayList<>();
    try {
      Path folder = new Path(warehouse.root(), name);
      while (folder != null && !files.exists(folder)) {
        missing.add(folder);
        folder = folder.getParent();
      }
    } catch (IOException e) {
      return new NewFolders(files, List.of()); // what is wrong there, the command will find
    }

    return new NewFolders(files, missing);
  }

  /** Deletes a folder with all that is in it, if there is one. */
  public static void delete(FileSystem files, Path folder) {
    try {
      files.delete(folder, true);
      files.cancelDeleteOnExit(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Deletes those that have come to be and have nothing in them. */
  public void deleteIfEmpty() {
    try {
      for (Path folder : folders) {
        if (files.exists(folder) && files.listStatus(folder).length == 0) {
          files.delete(folder, false);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
