/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/**
 * A number in a file that loses counts, and a file that two writers cannot create, unless there is
 * only one writer at a time.
 */
record GuardedCounter(Path warehouse) {
  private static final Duration LONG = Duration.ofMinutes(2);

  /** Adds 1 under the lock, some times. */
  void add(int times) throws IOException {
    for (int i = 0; i < times; i++) {
      try (WarehouseLock lock = LockingProcess.lock(warehouse, "counter", LONG)) {
        Path alone = Files.createFile(warehouse.resolve("alone"));
        int value = value();
        lock.check();
        Files.writeString(
            file(),
            Integer.toString(value + 1),
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING);
        Files.delete(alone);
      }
    }
  }

  int value() throws IOException {
    return Files.exists(file()) ? Integer.parseInt(Files.readString(file())) : 0;
  }

  private Path file() {
    return warehouse.resolve("counter");
  }
}
