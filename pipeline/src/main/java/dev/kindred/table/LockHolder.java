/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/**
 * Who holds a {@link WarehouseLock}: what is in its file.
 *
 * @param token names this holding of the lock, and no other
 * @param host name of the host, for people
 * @param machine equal for two processes only if each can see whether the other lives
 * @param processStart tells the process from a later one with the same id
 * @param command what it runs
 * @param since UTC, ISO 8601
 */
record LockHolder(
    String token,
    String host,
    String machine,
    long pid,
    String processStart,
    String command,
    String since) {

  /** What can be said of the holder's process from here. */
  enum State {
    RUNS,
    GONE,
    UNKNOWN
  }

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();
  private static final Path PROCESSES = Path.of("/proc");

  /** One whose file cannot be read. It is on no machine, so that nothing is known of it. */
  static final LockHolder UNREADABLE = new LockHolder("unreadable", "", "", 0, "", "", "");

  /** A new holder in this process, from now on. */
  static LockHolder here(String command) {
    long pid = ProcessHandle.current().pid();
    return new LockHolder(
        UUID.randomUUID().toString(),
        hostName(),
        machineOfThisProcess(),
        pid,
        startOf(pid).orElse(""),
        command,
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
  }

  /** The holder that a lock file names; {@link #UNREADABLE} if its writer died while writing it. */
  static LockHolder parse(String text) {
    try {
      LockHolder holder = JSON.readValue(text, LockHolder.class);
      // The token becomes part of file names.
      return holder.token.matches("[0-9a-f-]{36}")
              && holder.machine != null
              && holder.processStart != null
          ? holder
          : UNREADABLE;
    } catch (JsonProcessingException | NullPointerException e) {
      return UNREADABLE;
    }
  }

  String asText() {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this) + "\n";
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  State state() {
    if (!machine.equals(machineOfThisProcess())) {
      return State.UNKNOWN;
    }

    Optional<String> start = startOf(pid);
    if (start.isPresent()) {
      return start.get().equals(processStart) ? State.RUNS : State.GONE;
    }

    return seesAllProcesses() ? State.GONE : State.UNKNOWN;
  }

  String describe() {
    return equals(UNREADABLE)
        ? "a writer that does not say who it is"
        : String.format(Locale.ROOT, "%s (process %d on %s, since %s)", command, pid, host, since);
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown-host";
    }
  }

  /**
   * Host names are not enough: containers, and hosts that nobody named, share them. On Linux it is
   * the boot of the kernel and the process namespace.
   */
  private static String machineOfThisProcess() {
    try {
      Path boot = PROCESSES.resolve("sys/kernel/random/boot_id");
      Path processNamespace = PROCESSES.resolve("self/ns/pid");
      return Files.readString(boot).strip() + " " + Files.readSymbolicLink(processNamespace);
    } catch (IOException e) {
      return hostName();
    }
  }

  /**
   * When a process that lives was started: on Linux in the kernel's ticks, as the start times that
   * Java gives move when the clock is set.
   */
  private static Optional<String> startOf(long pid) {
    if (!Files.isDirectory(PROCESSES.resolve("self"))) {
      return ProcessHandle.of(pid)
          .filter(ProcessHandle::isAlive)
          .map(process -> process.info().startInstant().map(Instant::toString).orElse(""));
    }

    try {
      String stat = Files.readString(PROCESSES.resolve(pid + "/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      boolean ended = fields[0].equals("Z") || fields[0].equals("X"); // nobody has waited for it
      return ended ? Optional.empty() : Optional.of(fields[19]);
    } catch (IOException e) { // such as too many open files
      if (Files.exists(PROCESSES.resolve(Long.toString(pid)))) {
        throw new UncheckedIOException(e);
      }

      return Optional.empty();
    }
  }

  /** Linux can be told to hide the processes of other users (hidepid). */
  private static boolean seesAllProcesses() {
    return !Files.isDirectory(PROCESSES.resolve("self"))
        || Files.isReadable(PROCESSES.resolve("1/stat"));
  }
}
