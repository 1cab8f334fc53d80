/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import dev.kindred.table.Warehouse;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Tells how far a long step has come and how long it will take, from the tasks that Spark reports.
 *
 * <p>A step has one or more parts of about equal work (the blocks of a join). Within a part, the
 * Spark stage with the most tasks stands for the whole.
 */
final class Progress extends SparkListener {
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(Progress.class);

  private final SparkContext spark;
  private final PrintStream out;
  private Consumer<String> listener = step -> {};
  private final Map<String, Double> seconds = new TreeMap<>(); // of steps that have ended
  private String runId = "";
  private String step = "";
  private int parts = 1;
  private int partsDone;
  private int stage = -1;
  private int tasks;
  private int tasksDone;
  private double share; // of the step, as last told
  private long started;
  private long lastLine;

  Progress(SparkContext spark, PrintStream out) {
    this.spark = spark;
    this.out = out;
  }

  /** Tells of each step, and the run that it is of, when it begins. */
  void tell(Consumer<String> newListener) {
    listener = newListener;
  }

  /** Puts a run's id before the log lines of its tasks, where the log's pattern has it. */
  void setRun(String runId) {
    this.runId = runId;
    spark.setLocalProperty("mdc.run_id", runId);
    MDC.put("run_id", runId);
  }

  /**
   * Takes back from this thread what Spark and the log show of the command, also of one that
   * failed.
   */
  void forget() {
    for (String property : List.of("mdc.run_id", "mdc.stage")) {
      spark.setLocalProperty(property, null);
    }

    MDC.remove("run_id");
    spark.setJobDescription(null);
    spark.clearCallSite();
  }

  /**
   * Runs a step in one part.
   *
   * @param written what it writes
   */
  void step(String name, Runnable work, Warehouse.Part... written) {
    begin(name, 1);
    work.run();
    end(written);
  }

  synchronized void begin(String name, int numberOfParts) {
    step = name;
    parts = numberOfParts;
    partsDone = 0;
    share = 0;
    started = System.nanoTime();
    lastLine = started;
    nextStage(-1, 0);
    // Names for Spark's user interface and for the logs of executors.
    spark.setJobDescription("kindred: " + step);
    spark.setCallSite("kindred: " + step);
    spark.setLocalProperty("mdc.stage", step);
    listener.accept((runId + " " + step).strip());
    out.printf(Locale.ROOT, "%-16s started%n", step);
  }

  synchronized void partDone() {
    partsDone++;
    nextStage(-1, 0);
  }

  /**
   * Ends a step, with a line in the log for everything that it wrote.
   *
   * @param written what it wrote
   */
  synchronized void end(Warehouse.Part... written) {
    seconds.merge(step, elapsed().toMillis() / 1000.0, Double::sum);
    out.printf(Locale.ROOT, "%-16s done in %s%n", step, text(elapsed()));
    for (Warehouse.Part part : written) {
      LOG.info(
          "stage={} rows={} bytes={} seconds={} path={}",
          step.replace(' ', '_'),
          part.rows(),
          part.bytes(),
          String.format(Locale.ROOT, "%.1f", elapsed().toMillis() / 1000.0),
          part.name());
    }

    spark.setJobDescription(null);
    spark.clearCallSite();
    spark.setLocalProperty("mdc.stage", null);
    step = "";
  }

  /** How long each step took that has ended, by name. */
  synchronized Map<String, Double> seconds() {
    return new TreeMap<>(seconds);
  }

  /** Says that a step's outcome is there already, once it is found to be undamaged. */
  void reused(String name, Warehouse.Part part) {
    part.verify();
    out.printf(Locale.ROOT, "%-16s reused: %s%n", name, part.name());
    LOG.info("stage={} reused=true rows={} path={}", name, part.rows(), part.name());
  }

  /** Says something about the step that is going on. */
  synchronized void note(String format, Object... arguments) {
    String text = String.format(Locale.ROOT, format, arguments);
    out.printf(Locale.ROOT, "%-16s %s%n", step, text);
  }

  private void nextStage(int id, int numberOfTasks) {
    stage = id;
    tasks = numberOfTasks;
    tasksDone = 0;
  }

  @Override
  public synchronized void onStageSubmitted(SparkListenerStageSubmitted submitted) {
    // One task tells nothing about how far a step is.
    int count = submitted.stageInfo().numTasks();
    if (!step.isEmpty() && count > Math.max(1, tasks)) {
      nextStage(submitted.stageInfo().stageId(), count);
    }
  }

  @Override
  public synchronized void onTaskEnd(SparkListenerTaskEnd ended) {
    if (step.isEmpty() || ended.stageId() != stage || !ended.taskInfo().successful()) {
      return;
    }

    tasksDone++;
    if (System.nanoTime() - lastLine >= BETWEEN_LINES.toNanos()) {
      lastLine = System.nanoTime();
      // A part's second stage may have more tasks than its first: what is told never goes back.
      share = Math.max(share, (partsDone + (double) tasksDone / tasks) / parts);
      Duration left = Duration.ofNanos((long) (elapsed().toNanos() * (1 - share) / share));
      out.printf(
          Locale.ROOT,
          "%-16s %3.0f %%  elapsed %s, about %s left%n",
          step,
          100 * share,
          text(elapsed()),
          text(left));
    }
  }

  private Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - started);
  }

  static String text(Duration duration) {
    long seconds = Math.round(duration.toMillis() / 1000.0);
    return seconds >= 3600
        ? String.format(
            Locale.ROOT, "%d:%02d:%02d h", seconds / 3600, seconds / 60 % 60, seconds % 60)
        : seconds >= 60
            ? String.format(Locale.ROOT, "%d:%02d min", seconds / 60, seconds % 60)
            : String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
  }
}
