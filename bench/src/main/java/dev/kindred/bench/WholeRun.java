/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import dev.kindred.InvalidInput;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One run of the launch script, measured from outside.
 *
 * @param seconds from the start of the process to its end
 * @param stageSeconds by the stages' names, in order, as the program tells them
 * @param cpuSeconds of the process on all its cores, which says less of other processes
 * @param peakMemoryMib resident memory of the process, heap and native libraries
 */
record WholeRun(
    double seconds, Map<String, Double> stageSeconds, double cpuSeconds, double peakMemoryMib) {
  /** Heap of a run for each of its cores. */
  static final int HEAP_MIB_PER_CORE = 2048;

  private static final int BAD_INPUT = 2;
  private static final int LAST_LINES = 12;
  private static final long POLL_MILLIS = 100;
  private static final String PROGRAM = "kindred: ";
  private static final Pattern DONE = Pattern.compile("^(\\S.{0,15}?) *done in (.+)$");
  private static final Pattern DURATION =
      Pattern.compile("(?:(\\d+):)??(?:(\\d+):)?(\\d+(?:\\.\\d+)?) (?:s|min|h)");

  /**
   * A run to start.
   *
   * @param name tells it from the others, in front of its lines and in messages
   * @param command the launch script with its options
   * @param cores of the one Java process
   */
  record Plan(String name, List<String> command, int cores) {}

  /**
   * Runs the launch script. Whatever it prints goes to the given stream, line by line, with the
   * run's name in front.
   *
   * @param work ends the process when the bench itself is ended
   * @throws InvalidInput with the program's own message, if it ends with status 2
   * @throws RunFailed with its last lines, if it ends with another status that is not 0
   */
  static WholeRun start(Plan plan, WorkFolder work, PrintStream lines) {
    ProcessBuilder builder = new ProcessBuilder(plan.command()).redirectErrorStream(true);
    Map<String, String> environment = builder.environment();
    environment.put("KINDRED_MEMORY", HEAP_MIB_PER_CORE * plan.cores() + "m");
    // Options of KINDRED_JAVA come after those of conf/spark-local.conf, and the last one counts.
    environment.put(
        "KINDRED_JAVA",
        String.format(
            Locale.ROOT, "-Dspark.master=local[%d] -XX:ActiveProcessorCount=%<d", plan.cores()));
    environment.putIfAbsent("SPARK_LOCAL_DIRS", work.folder().toString());
    try {
      return measure(plan, builder, work, lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
  }

  /**
   * Runs a command of the launch script on all cores, in a warehouse of its own, which is removed.
   *
   * @param name tells it from the others
   * @param command the command and its options
   */
  static WholeRun of(String name, List<String> command, Options options, WorkFolder work) {
    Path warehouse = work.folder().resolve(name);
    WholeRun run = on(warehouse.toString(), name, command, options, work);
    work.delete(warehouse);
    return run;
  }

  /** Runs a command on a warehouse that is there. */
  static WholeRun on(
      String warehouse, String name, List<String> command, Options options, WorkFolder work) {
    List<String> all = new ArrayList<>();
    all.add(options.home().resolve("submit-scripts/kindred.sh").toString());
    all.addAll(command);
    all.addAll(List.of("--warehouse", warehouse));
    return start(new Plan(name, all, Machine.cores()), work, System.err);
  }

  private static WholeRun measure(
      Plan plan, ProcessBuilder builder, WorkFolder work, PrintStream lines)
      throws IOException, InterruptedException {
    long started = System.nanoTime();
    Process process = builder.start();
    work.isUsedBy(process);
    AtomicReference<Double> cpu = new AtomicReference<>(0.0);
    AtomicReference<Double> peak = new AtomicReference<>(0.0);
    Thread watcher = new Thread(() -> watch(process, cpu, peak), "watch-run");
    watcher.setDaemon(true);
    watcher.start();
    Map<String, Double> stages = new LinkedHashMap<>();
    Deque<String> last = new ArrayDeque<>();
    try (BufferedReader output = process.inputReader()) {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        Matcher done = DONE.matcher(line);
        if (done.matches()) {
          stages.merge(done.group(1), seconds(done.group(2)), Double::sum);
        }

        if (!line.isBlank()) {
          lines.printf(Locale.ROOT, "bench: [%s] %s%n", plan.name(), line);
          last.addLast(line);
        }

        if (last.size() > LAST_LINES) {
          last.removeFirst();
        }
      }
    }

    int status = process.waitFor();
    double seconds = (System.nanoTime() - started) / 1e9;
    watcher.join();
    check(plan, status, last);
    return new WholeRun(seconds, stages, cpu.get(), peak.get());
  }

  private static void check(Plan plan, int status, Deque<String> last) {
    if (status == BAD_INPUT && !last.isEmpty() && last.getLast().startsWith(PROGRAM)) {
      throw new InvalidInput(
          "whole run [%s]: %s", plan.name(), last.getLast().substring(PROGRAM.length()));
    }

    if (status != 0) {
      throw new RunFailed(
          String.format(
              Locale.ROOT,
              "whole run [%s] ended with status %d; its last lines:%n  %s",
              plan.name(),
              status,
              String.join(System.lineSeparator() + "  ", last)));
    }
  }

  /** Both are the process's own: Linux keeps them until the end, and they are read until then. */
  private static void watch(
      Process process, AtomicReference<Double> cpu, AtomicReference<Double> peak) {
    while (process.isAlive()) {
      process
          .info()
          .totalCpuDuration()
          .ifPresent(time -> cpu.accumulateAndGet(time.toMillis() / 1e3, Math::max));
      ProcessMemory.peakMib(process.pid()).ifPresent(mib -> peak.accumulateAndGet(mib, Math::max));
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** What is in no stage: the start of Java, Spark and the model, publishing, the report. */
  double otherSeconds() {
    return seconds - stageSeconds.values().stream().mapToDouble(Double::doubleValue).sum();
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
