/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.workspace;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;

/**
 * Says that no executor has come, and what was asked for. Spark waits for executors without an end,
 * also for such as no host of the cluster can ever give, and only the cluster manager's log says
 * why.
 */
final class AwaitedExecutors extends SparkListener implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final SparkContext context;
  private final PrintStream out;
  private final ScheduledExecutorService clock;
  private long waitedSeconds;

  private AwaitedExecutors(SparkContext context, PrintStream out, Duration patience) {
    this.context = context;
    this.out = out;
    this.clock =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "awaited-executors");
              thread.setDaemon(true);
              return thread;
            });
    clock.scheduleAtFixedRate(
        () -> tell(patience), patience.toMillis(), patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Watches a session that has just begun. In local mode the driver computes by itself. */
  static AwaitedExecutors watch(SparkContext context, PrintStream out) {
    AwaitedExecutors awaited = new AwaitedExecutors(context, out, PATIENCE);
    if (context.isLocal()) {
      awaited.close();
    } else {
      context.addSparkListener(awaited);
    }

    return awaited;
  }

  /** What it says after a time without executors. */
  static String message(SparkConf conf, long seconds) {
    return String.format(
        Locale.ROOT,
        "kindred: no executor has come for %d s; asked for executors of %s cores and %s of heap"
            + " (spark.executor.cores, spark.executor.memory)%s; the cluster may be busy, or none of"
            + " its hosts has so much",
        seconds,
        conf.get("spark.executor.cores", isStandalone(conf) ? "all" : "1"),
        conf.get("spark.executor.memory", "1g"),
        conf.contains("spark.executor.resource.gpu.amount")
            ? " with " + conf.get("spark.executor.resource.gpu.amount") + " GPU each"
            : "");
  }

  private static boolean isStandalone(SparkConf conf) {
    return conf.get("spark.master", "").startsWith("spark://");
  }

  private void tell(Duration patience) {
    if (hasExecutors()) {
      close();
      return;
    }

    waitedSeconds += patience.toSeconds();
    out.println(message(context.getConf(), waitedSeconds));
  }

  /**
   * Returns whether there are executors. Those that came while the session began, which nobody was
   * told of, count, too.
   */
  private boolean hasExecutors() {
    return context.statusTracker().getExecutorInfos().length > 1; // one of them is the driver
  }

  @Override
  public void onExecutorAdded(SparkListenerExecutorAdded added) {
    if (!added.executorId().equals("driver")) {
      close();
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
