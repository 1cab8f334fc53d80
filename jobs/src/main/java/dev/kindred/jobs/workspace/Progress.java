/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.workspace;

import dev.kindred.table.Part;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF0;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.util.LongAccumulator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Tells which step of a command is going on, how far it has come and how long it will take: on a
 * terminal in a line that a clock draws anew each second, elsewhere in a line now and then.
 *
 * <p>The work of a step is counted where it is done. Tasks add to an accumulator, of which Spark
 * tells with their heartbeats and at their ends ({@link #expect}, {@link #counted}); stages whose
 * tasks are alike count by tasks ({@link #expectStages}); what the driver does itself it says
 * ({@link #count}). A step of which nothing is counted shows its time only.
 */
public final class Progress extends SparkListener implements AutoCloseable {
  private static final Duration BETWEEN_DRAWINGS = Duration.ofSeconds(1);
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(20);

  private static final Logger LOG = LoggerFactory.getLogger(Progress.class);

  private final SparkContext spark;
  private final Terminal terminal;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "kindred-progress");
            thread.setDaemon(true);
            return thread;
          });
  private Consumer<String> listener = step -> {};
  private final Map<String, Double> seconds = new TreeMap<>(); // of steps that have ended
  private List<String> steps = List.of();
  private int number; // of the step, from 1; 0 before the first
  private String runId = "";
  private String step = "";
  private String detail = "";
  private WorkDone work = new WorkDone(1);
  private Counting counting = new Counting();
  private long started;
  private long lastLine;

  /** What is counted of the part of a step that is going on. */
  private static final class Counting {
    private double known; // of the accumulator or the driver
    private long accumulator = -1;
    private double done; // by tasks that have ended, or by the driver
    private final Map<Long, Long> ofTasks = new HashMap<>(); // that are running
    private double[] stageWeights = {};
    private final List<Integer> stages = new ArrayList<>();
    private int tasks; // of the last stage
    private int tasksDone;

    private double stagesDone() {
      double before = 0;
      for (int i = 0; i < Math.min(stages.size() - 1, stageWeights.length); i++) {
        before += stageWeights[i];
      }

      return stages.isEmpty() || stages.size() > stageWeights.length
          ? before
          : before + stageWeights[stages.size() - 1] * tasksDone / Math.max(1, tasks);
    }
  }

  Progress(SparkContext spark, Terminal terminal) {
    this.spark = spark;
    this.terminal = terminal;
    long period = BETWEEN_DRAWINGS.toMillis();
    clock.scheduleAtFixedRate(this::tick, period, period, TimeUnit.MILLISECONDS);
  }

  /** Tells of each step, and the run that it is of, when it begins. */
  void tell(Consumer<String> newListener) {
    listener = newListener;
  }

  /** Says which steps the command will go through, as long as nothing is wrong. */
  synchronized void plan(List<String> names) {
    steps = List.copyOf(names);
    number = 0;
  }

  /** Says that the command will not go through a step that was planned. */
  public synchronized void leaveOut(String name) {
    steps = steps.stream().filter(planned -> !planned.equals(name)).toList();
  }

  /** Puts a run's id before the log lines of its tasks, where the log's pattern has it. */
  public void setRun(String runId) {
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
  public void step(String name, Runnable work, Part... written) {
    begin(name);
    work.run();
    end(written);
  }

  /**
   * Begins a step.
   *
   * @param weights of its parts: about how long each takes, in any unit; one part if there are none
   */
  public synchronized void begin(String name, double... weights) {
    step = name;
    detail = "";
    started = System.nanoTime();
    lastLine = started;
    weigh(weights);
    // Names for Spark's user interface and for the logs of executors.
    spark.setJobDescription("kindred: " + step);
    spark.setCallSite("kindred: " + step);
    spark.setLocalProperty("mdc.stage", step);
    listener.accept((runId + " " + step).strip());
    number = next(name);
    if (terminal.isRedrawn()) {
      draw();
    } else {
      say("started");
    }
  }

  /** The place of a step among those that were planned; 0 if it is not. */
  private int next(String name) {
    for (int i = number; i < steps.size(); i++) {
      if (steps.get(i).equals(name)) {
        return i + 1;
      }
    }

    return number > 0 && steps.get(number - 1).equals(name) ? number : 0;
  }

  /** Says what the parts of the step weigh, once that is known; none of them has begun. */
  public synchronized void weigh(double... weights) {
    work = weights.length == 0 ? new WorkDone(1) : new WorkDone(weights);
    counting = new Counting();
  }

  /** The step that began last, or nothing. */
  public synchronized String step() {
    return step;
  }

  public synchronized void partDone() {
    work.partDone(elapsed());
    counting = new Counting();
  }

  /**
   * Tasks count the work of the part that is going on.
   *
   * @param done an accumulator of the rows or pairs that are done
   * @param known how many there are
   */
  public synchronized void expect(LongAccumulator done, double known) {
    counting = new Counting();
    counting.accumulator = done.id();
    counting.known = known;
  }

  /**
   * The part that is going on is stages of Spark, known beforehand, each of tasks that are alike.
   *
   * @param weights of the stages, in the order in which they run
   */
  public synchronized void expectStages(double... weights) {
    counting = new Counting();
    counting.stageWeights = weights.clone();
  }

  /** The driver has done some of the work of the part that is going on. */
  public synchronized void count(double done, double known) {
    counting.done = done;
    counting.known = known;
    work.count(elapsed(), done, known);
  }

  /** What is shown beside how far the step has come. */
  public synchronized void detail(String format, Object... arguments) {
    detail = String.format(Locale.ROOT, format, arguments);
  }

  /** Says it in a line of its own. */
  public synchronized void noteDetail() {
    say(detail);
  }

  /**
   * The same rows, each of which counts as work of the part that is going on when a task has made
   * it.
   *
   * @param known how many there will be
   */
  public Dataset<Row> counted(Dataset<Row> rows, double known) {
    LongAccumulator made = spark.longAccumulator("kindred: rows of " + step);
    expect(made, known);
    return rows.where(
        functions
            .udf(counter(made), DataTypes.BooleanType)
            .asNonNullable()
            .asNondeterministic() // Spark would leave out a call whose value does not vary
            .apply());
  }

  private static UDF0<Boolean> counter(LongAccumulator made) {
    return () -> {
      made.add(1);
      return true;
    };
  }

  /**
   * Ends a step, with a line in the log for everything that it wrote.
   *
   * @param written what it wrote
   */
  public synchronized void end(Part... written) {
    seconds.merge(step, elapsed().toMillis() / 1000.0, Double::sum);
    say("done in " + text(elapsed()));
    for (Part part : written) {
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
  public synchronized Map<String, Double> seconds() {
    return new TreeMap<>(seconds);
  }

  /** Says that a step's outcome is there already, once it is found to be undamaged. */
  public synchronized void reused(String name, Part part) {
    part.verify();
    number = next(name);
    terminal.line(named(name) + "reused: " + part.name());
    LOG.info("stage={} reused=true rows={} path={}", name, part.rows(), part.name());
  }

  /** Says something about the step that is going on. */
  public synchronized void note(String format, Object... arguments) {
    say(String.format(Locale.ROOT, format, arguments));
  }

  private void say(String text) {
    lastLine = System.nanoTime();
    terminal.line(named(step) + text);
  }

  private String named(String name) {
    String place =
        number == 0 || steps.size() < 2
            ? ""
            : String.format(Locale.ROOT, "[%d/%d] ", number, steps.size());
    return place + String.format(Locale.ROOT, "%-16s ", name);
  }

  private void draw() {
    terminal.draw(
        named(step) + work.text(elapsed()) + (detail.isEmpty() ? "" : "  (" + detail + ")"));
  }

  private synchronized void tick() {
    if (step.isEmpty()) {
      return;
    }

    if (counting.stageWeights.length > 0) {
      double all = 0;
      for (double weight : counting.stageWeights) {
        all += weight;
      }

      // A single task says nothing until it has ended.
      boolean isTold = counting.tasks > 1 || counting.stages.size() > 1;
      work.count(elapsed(), counting.stagesDone(), isTold ? all : 0);
    } else {
      double running = counting.ofTasks.values().stream().mapToLong(Long::longValue).sum();
      work.count(elapsed(), counting.done + running, counting.known);
    }

    if (terminal.isRedrawn()) {
      draw();
    } else if (System.nanoTime() - lastLine >= BETWEEN_LINES.toNanos()) {
      say(work.text(elapsed()) + (detail.isEmpty() ? "" : "  (" + detail + ")"));
    }
  }

  @Override
  public synchronized void onStageSubmitted(SparkListenerStageSubmitted submitted) {
    if (!step.isEmpty() && !counting.stages.contains(submitted.stageInfo().stageId())) {
      counting.stages.add(submitted.stageInfo().stageId());
      counting.tasks = submitted.stageInfo().numTasks();
      counting.tasksDone = 0;
    }
  }

  @Override
  public synchronized void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate update) {
    CollectionConverters.asJava(update.accumUpdates())
        .forEach(
            task ->
                CollectionConverters.asJava(task._4())
                    .forEach(
                        sum -> {
                          if (sum.id() == counting.accumulator && sum.update().isDefined()) {
                            counting.ofTasks.put((Long) task._1(), value(sum));
                          }
                        }));
  }

  @Override
  public synchronized void onTaskEnd(SparkListenerTaskEnd ended) {
    counting.ofTasks.remove(ended.taskInfo().taskId());
    if (!ended.taskInfo().successful()) {
      return;
    }

    if (!counting.stages.isEmpty()
        && counting.stages.get(counting.stages.size() - 1) == ended.stageId()) {
      counting.tasksDone++;
    }

    for (AccumulableInfo sum : CollectionConverters.asJava(ended.taskInfo().accumulables())) {
      if (sum.id() == counting.accumulator && sum.update().isDefined()) {
        counting.done += value(sum);
      }
    }
  }

  private static long value(AccumulableInfo sum) {
    return ((Number) sum.update().get()).longValue();
  }

  /** Stops the clock, and takes away what it has drawn of a step that did not end. */
  @Override
  public void close() {
    clock.shutdownNow();
    terminal.clear();
  }

  private Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - started);
  }

  /** A time in seconds as people read it. */
  public static String text(double seconds) {
    return text(Duration.ofMillis(Math.round(1000 * seconds)));
  }

  /** A time as people read it. */
  public static String text(Duration duration) {
    long seconds = Math.round(duration.toMillis() / 1000.0);
    return seconds >= 3600
        ? String.format(
            Locale.ROOT, "%d:%02d:%02d h", seconds / 3600, seconds / 60 % 60, seconds % 60)
        : seconds >= 60
            ? String.format(Locale.ROOT, "%d:%02d min", seconds / 60, seconds % 60)
            : String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
  }
}
