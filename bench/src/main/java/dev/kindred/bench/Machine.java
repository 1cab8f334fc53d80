/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** The machine that a bench runs on. */
final class Machine {
  private Machine() {}

  /** Cores that this process may use. */
  static int cores() {
    return Runtime.getRuntime().availableProcessors();
  }

  static void describe(Figures figures) {
    figures.group("Machine");
    figures.note("  " + value("/proc/cpuinfo", "model name").orElse("unnamed processor"));
    figures.note(
        String.format(
            Locale.ROOT,
            "  JDK %s, %s %s %s",
            Runtime.version(),
            System.getProperty("os.name"),
            System.getProperty("os.version"),
            System.getProperty("os.arch")));
    figures.count("machine_cores", cores(), "", "cores");
    double kib = Double.parseDouble(value("/proc/meminfo", "MemTotal").orElseThrow().split(" ")[0]);
    figures.number("machine_memory_mib", kib / 1024, "MiB", "memory");
  }

  private static Optional<String> value(String file, String name) {
    try {
      return Files.readAllLines(Path.of(file)).stream()
          .filter(line -> line.startsWith(name))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
