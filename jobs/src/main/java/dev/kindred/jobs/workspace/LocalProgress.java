/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.workspace;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * Tells on the terminal how far work in this process has come, as {@link Progress} does for
 * Spark's: a line that is drawn anew each second, or where nobody sees it drawn a line now and
 * then.
 */
public final class LocalProgress implements LongConsumer, AutoCloseable {
  private static final int LINES = 20; // seconds between them

  private final Terminal terminal = Terminal.standardError();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "kindred-progress");
            thread.setDaemon(true);
            return thread;
          });
  private final AtomicLong done = new AtomicLong();
  private final WorkDone work = new WorkDone(1);
  private final String name;
  private final long known;
  private final long started = System.nanoTime();

  /**
   * Begins.
   *
   * @param name of the work
   * @param known how much it is, in the unit that {@link #accept} takes
   */
  public LocalProgress(String name, long known) {
    this.name = name;
    this.known = known;
    clock.scheduleAtFixedRate(this::tick, 1, 1, TimeUnit.SECONDS);
  }

  /** Counts work that has been done. From any thread. */
  @Override
  public void accept(long some) {
    done.addAndGet(some);
  }

  private void tick() {
    Duration elapsed = Duration.ofNanos(System.nanoTime() - started);
    work.count(elapsed, done.get(), known);
    String line = String.format(Locale.ROOT, "%-16s %s", name, work.text(elapsed));
    if (terminal.isRedrawn()) {
      terminal.draw(line);
    } else if (elapsed.toSeconds() % LINES == 0) {
      terminal.line(line);
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
    terminal.clear();
  }
}
