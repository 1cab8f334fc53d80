/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;

/** Another process that takes a warehouse's lock; its driver's end of the pipe. */
final class LockingProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader out;

  /** Starts one that holds the lock until its standard input ends. */
  static LockingProcess holding(Path warehouse) throws IOException {
    return new LockingProcess(warehouse, "hold", "1");
  }

  /** Starts one that adds to a {@link GuardedCounter} under the lock. */
  static LockingProcess counting(Path warehouse, int times) throws IOException {
    return new LockingProcess(warehouse, "count", Integer.toString(times));
  }

  private LockingProcess(Path warehouse, String... work) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xmx128m", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(LockingProcess.class.getName());
    command.add(warehouse.toString());
    command.addAll(List.of(work));
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    out = process.inputReader(StandardCharsets.UTF_8);
  }

  /** Waits until it says that it has the lock. */
  void awaitLocked() throws IOException {
    String line = out.readLine();
    if (!"locked".equals(line)) {
      throw new AssertionError("The other process says: " + line);
    }
  }

  long pid() {
    return process.pid();
  }

  /** SIGKILL: it has no time to give the lock back. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** SIGTERM, as Ctrl-C ends it, too; returns its status. */
  int terminate() throws InterruptedException {
    // The process's own destroy() also ends its standard input, after which it may end by itself.
    process.toHandle().destroy();
    return process.waitFor();
  }

  /** Lets it give the lock back, and waits for its end. */
  int end() throws IOException, InterruptedException {
    process.getOutputStream().close();
    return process.waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  /** The other process. */
  public static void main(String[] arguments) throws IOException {
    Path warehouse = Path.of(arguments[0]);
    if (arguments[1].equals("count")) {
      new GuardedCounter(warehouse).add(Integer.parseInt(arguments[2]));
      return;
    }

    try (WarehouseLock lock = lock(warehouse, "kindred run", Duration.ZERO)) {
      lock.check();
      System.out.println("locked");
      new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
    }
  }

  static WarehouseLock lock(Path warehouse, String command, Duration wait) {
    return lock(warehouse, command, wait, TestWarehouseLock.TIMES);
  }

  static WarehouseLock lock(
      Path warehouse, String command, Duration wait, WarehouseLock.Times times) {
    try {
      org.apache.hadoop.fs.Path root = new org.apache.hadoop.fs.Path(warehouse.toUri());
      return WarehouseLock.acquire(
          root.getFileSystem(new Configuration(false)), root, command, wait, times);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
