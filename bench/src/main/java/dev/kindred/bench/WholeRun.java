/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import dev.kindred.InvalidInput;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One run of the launch script, measured from outside.
 *
 * @param seconds from the start of the process to its end
 * @param stageSeconds by the stages' names, in order, as the program tells them
 * @param peakMemoryMib resident memory of the process, heap and native libraries
 */
record WholeRun(double seconds, Map<String, Double> stageSeconds, double peakMemoryMib) {
  private static final int BAD_INPUT = 2;
  private static final long POLL_MILLIS = 100;
  private static final Pattern DONE = Pattern.compile("^(\\S.{0,15}?) *done in (.+)$");
  private static final Pattern DURATION =
      Pattern.compile("(?:(\\d+):)??(?:(\\d+):)?(\\d+(?:\\.\\d+)?) (?:s|min|h)");

  /**
   * Runs the launch script.
   *
   * @param home Kindred's folder
   * @param cores of the one Java process; its heap is 2 GiB for each
   * @param options of the command run
   * @throws InvalidInput with the program's own message, if it ends with status 2
   */
  static WholeRun start(Path home, int cores, List<String> options) {
    ProcessBuilder builder = new ProcessBuilder();
    builder.command().add(home.resolve("submit-scripts/run-local.sh").toString());
    builder.command().addAll(options);
    builder.environment().put("KINDRED_MEMORY", 2 * cores + "g");
    // Options of KINDRED_JAVA come after those of conf/spark-local.conf, and the last one counts.
    builder
        .environment()
        .put(
            "KINDRED_JAVA",
            "-Dspark.master=local[%d] -XX:ActiveProcessorCount=%d".formatted(cores, cores));
    builder.redirectErrorStream(true);
    try {
      return measure(builder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static WholeRun measure(ProcessBuilder builder) throws IOException, InterruptedException {
    long started = System.nanoTime();
    Process process = builder.start();
    Thread killer = new Thread(process::destroy);
    Runtime.getRuntime().addShutdownHook(killer);
    AtomicReference<Double> peak = new AtomicReference<>(0.0);
    Thread watcher = new Thread(() -> watch(process, peak), "peak-memory");
    watcher.setDaemon(true);
    watcher.start();
    Map<String, Double> stages = new LinkedHashMap<>();
    String last = "";
    try (BufferedReader lines = process.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Matcher done = DONE.matcher(line);
        if (done.matches()) {
          stages.put(done.group(1), seconds(done.group(2)));
        }

        last = line.isBlank() ? last : line;
      }
    }

    int status = process.waitFor();
    double seconds = (System.nanoTime() - started) / 1e9;
    watcher.join();
    Runtime.getRuntime().removeShutdownHook(killer);
    if (status == BAD_INPUT) {
      throw new InvalidInput("%s", last.replaceFirst("^kindred: ", ""));
    } else if (status != 0) {
      throw new IllegalStateException(
          "%s ended with status %d: %s".formatted(builder.command(), status, last));
    }

    return new WholeRun(seconds, stages, peak.get());
  }

  /** The peak is the process's own: Linux keeps it until the end, and it is read until then. */
  private static void watch(Process process, AtomicReference<Double> peak) {
    while (process.isAlive()) {
      ProcessMemory.peakMib(process.pid()).ifPresent(mib -> peak.accumulateAndGet(mib, Math::max));
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** A duration as the program tells it: 4.2 s, 3:05 min or 1:02:03 h. */
  static double seconds(String text) {
    Matcher duration = DURATION.matcher(text);
    if (!duration.matches()) {
      throw new IllegalStateException("Not a duration: " + text);
    }

    double hours = duration.group(1) == null ? 0 : Double.parseDouble(duration.group(1));
    double minutes = duration.group(2) == null ? 0 : Double.parseDouble(duration.group(2));
    return 3600 * hours + 60 * minutes + Double.parseDouble(duration.group(3));
  }
}
