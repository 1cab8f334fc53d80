/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.serve;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that answer requests. One that waits too long for somebody to ask, or to read the
 * answer, is taken away from them, so that slow peers never hold all threads for long. How long an
 * answer takes is not counted.
 *
 * <p>A thread that waits for a peer is interrupted, which closes the connection that it waits for.
 */
final class Patience implements Executor, AutoCloseable {
  private final Duration most;
  private final ThreadPoolExecutor threads;
  private final ScheduledExecutorService clock;
  private final Map<Thread, Wait> waits = new ConcurrentHashMap<>();

  /** A thread's wait for its peer. */
  private static final class Wait {
    private long since = System.nanoTime(); // guarded by this
    private boolean isWaiting = true; // for the peer, guarded by this

    private synchronized void begin() {
      since = System.nanoTime();
      isWaiting = true;
    }

    /** Ends the wait; an interruption that came too late is forgotten. */
    private synchronized void end() {
      isWaiting = false;
      Thread.interrupted();
    }

    private synchronized void check(Thread thread, Duration most) {
      if (isWaiting && System.nanoTime() - since > most.toNanos()) {
        thread.interrupt();
      }
    }
  }

  /**
   * Starts no thread yet.
   *
   * @param count requests that are answered at once, and that may wait besides
   * @param most how long somebody may take to ask, or to read
   */
  Patience(int count, Duration most) {
    this.most = most;
    this.threads =
        new ThreadPoolExecutor(count, count, 1, TimeUnit.MINUTES, new ArrayBlockingQueue<>(count));
    threads.allowCoreThreadTimeOut(true);
    this.clock =
        Executors.newSingleThreadScheduledExecutor(
            work -> {
              Thread thread = new Thread(work, "kindred-patience");
              thread.setDaemon(true);
              return thread;
            });
    long period = Math.max(1, most.toMillis() / 10);
    clock.scheduleAtFixedRate(
        () -> waits.forEach((thread, wait) -> wait.check(thread, most)),
        period,
        period,
        TimeUnit.MILLISECONDS);
  }

  /** Runs what reads a request and answers it: at first its thread waits for the peer. */
  @Override
  public void execute(Runnable request) {
    threads.execute(
        () -> {
          Wait wait = new Wait();
          waits.put(Thread.currentThread(), wait);
          try {
            request.run();
          } finally {
            waits.remove(Thread.currentThread());
            wait.end();
          }
        });
  }

  /** Says that this thread has its request. */
  void asked() {
    waits.get(Thread.currentThread()).end();
  }

  /** Says that this thread now gives its answer to who may not read it. */
  void answers() {
    waits.get(Thread.currentThread()).begin();
  }

  @Override
  public void close() {
    clock.shutdownNow();
    threads.shutdownNow();
  }
}
