/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;

/** Peak resident memory of processes, heap and native libraries together, as Linux counts it. */
final class ProcessMemory {
  private static final Path OWN_MARKS = Path.of("/proc/self/clear_refs");

  private ProcessMemory() {}

  /** The most that a process has had in MiB, or nothing if it has ended. */
  static OptionalDouble peakMib(long pid) {
    try {
      return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024.0)
          .findFirst();
    } catch (IOException ended) {
      return OptionalDouble.empty();
    }
  }

  /** Lets the peak of this process start again from what it has now. */
  static void resetOwnPeak() {
    try {
      Files.writeString(OWN_MARKS, "5");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The most that this process has had in MiB since the last {@link #resetOwnPeak}. */
  static double ownPeakMib() {
    return peakMib(ProcessHandle.current().pid()).orElseThrow();
  }
}
