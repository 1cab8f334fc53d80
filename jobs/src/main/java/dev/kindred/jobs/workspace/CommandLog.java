/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.workspace;

import dev.kindred.Location;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;

/**
 * Where the log of a command goes: to standard error, or into a file where the launch script says
 * so, since there people read standard error.
 *
 * <p>The file is {@code logs/<command>-<UTC time>-<process>.log} in the warehouse that the command
 * writes into, if that is a folder of this machine and there when the command begins. Else it is in
 * the folder for temporary files: a command that is refused, or only reads, leaves nothing in a
 * warehouse. It comes to be with its first line.
 */
public final class CommandLog {
  /** The folder of a warehouse that logs are in. */
  static final String FOLDER = "logs";

  /** After which {@code expire} deletes one. */
  public static final Duration KEPT = Duration.ofDays(30);

  /** Set to {@code file} by the launch script, whose Log4j configuration reads the others. */
  private static final String KIND = "kindred.log";

  private static final String FILE = "kindred.log.file";
  private static final String LEAST_SHOWN = "kindred.log.shown";
  private static final String KINDRED = "dev.kindred";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

  private CommandLog() {}

  /**
   * Opens the log and standard error for a command. Nothing has been logged before.
   *
   * @param command its name
   * @param written URI of the warehouse that it writes into, if it does
   * @param isQuiet whether only errors are shown
   * @param isVerbose whether the whole log is shown, too
   */
  public static void open(
      String command, Optional<String> written, boolean isQuiet, boolean isVerbose) {
    String opening = "";
    if ("file".equals(System.getProperty(KIND))) {
      Path file = file(command, written, Instant.now());
      System.setProperty(FILE, file.toString());
      System.setProperty(LEAST_SHOWN, isQuiet ? "error" : isVerbose ? "info" : "warn");
      opening = "kindred: log " + file;
    } else if (isQuiet) {
      Configurator.setLevel(KINDRED, Level.ERROR);
    }

    Terminal.open(isQuiet, opening);
  }

  private static Path file(String command, Optional<String> written, Instant now) {
    String name = command + "-" + TIME.format(now) + "-" + ProcessHandle.current().pid();
    if (written.isPresent()) {
      var warehouse = Location.of("--warehouse", written.get()).path().toUri();
      if ("file".equals(warehouse.getScheme())) {
        Path folder = Path.of(warehouse.getPath());
        if (Files.isDirectory(folder) && Files.isWritable(folder)) {
          return folder.resolve(FOLDER).resolve(name + ".log");
        }
      }
    }

    // Others write there, too: a name that they could know could be a link of theirs.
    String secret = Long.toHexString(new SecureRandom().nextLong());
    return Path.of(System.getProperty("java.io.tmpdir"), "kindred-" + name + "-" + secret + ".log");
  }

  /**
   * Logs in a warehouse's folder that are no longer kept.
   *
   * @param warehouse a folder of this machine
   */
  public static List<Path> old(Path warehouse, Instant now) {
    Path folder = warehouse.resolve(FOLDER);
    if (!Files.isDirectory(folder)) {
      return List.of();
    }

    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().matches("[a-z-]+-\\d{8}-\\d{6}-\\d+\\.log"))
          .filter(file -> isOlder(file, now.minus(KEPT)))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isOlder(Path file, Instant than) {
    try {
      return Files.getLastModifiedTime(file).toInstant().isBefore(than);
    } catch (IOException e) {
      return false; // another command has deleted it
    }
  }
}
