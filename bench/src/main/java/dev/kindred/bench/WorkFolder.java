/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A temporary folder, deleted at the end of the process unless it is to be kept. A process that
 * still works in it is ended before.
 */
final class WorkFolder {
  private final Path folder;
  private volatile Process user;

  WorkFolder(boolean keep) {
    try {
      this.folder = Files.createTempDirectory("kindred-bench-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }

    Runtime.getRuntime().addShutdownHook(new Thread(() -> close(keep)));
  }

  private void close(boolean keep) {
    if (user != null && user.isAlive()) {
      user.destroy();
      user.onExit().join();
    }

    if (!keep) {
      delete(folder);
    }
  }

  Path folder() {
    return folder;
  }

  /** Says which process works in the folder; there is one at a time. */
  void isUsedBy(Process process) {
    user = process;
  }

  /** Deletes a folder with everything in it; one that is not there is left alone. */
  void delete(Path tree) {
    try (Stream<Path> all = Files.exists(tree) ? Files.walk(tree) : Stream.empty()) {
      List<Path> deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
      for (Path path : deepestFirst) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
