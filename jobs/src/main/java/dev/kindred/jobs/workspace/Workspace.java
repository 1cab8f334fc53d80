/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.workspace;

import dev.kindred.DjlEngine;
import dev.kindred.InvalidInput;
import dev.kindred.WarehouseBusy;
import dev.kindred.table.Warehouse;
import dev.kindred.table.WarehouseLock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.SparkSession;

/**
 * What a command works with: Spark, its progress on the terminal, and the lock of the warehouse
 * that it writes into.
 *
 * <p>Spark starts when it is first asked for, so that whatever can be checked without it is refused
 * at once. Master, memory and cores come from spark-submit or the launch script. In a program that
 * has started Spark already, the command has a SQL session of its own and leaves Spark running.
 */
public final class Workspace implements AutoCloseable {
  private final String command;
  private final List<String> steps;
  private final SparkSession host; // that others have started, and that goes on after it, or null
  private volatile SparkSession spark; // null until it is needed; the lock's thread stops it
  private Progress progress;
  private Configuration hadoop;
  private WarehouseLock lock; // of a command that writes
  private boolean goesOn; // where it was stopped

  private Workspace(String command, List<String> steps, SparkSession host) {
    this.command = command;
    this.steps = steps;
    this.host = host;
  }

  /**
   * Opens a workspace; nothing has been started yet.
   *
   * @param command the command's name, as in "run"
   * @param steps what the command does, in order, as {@link Progress} names it; empty for a command
   *     of one step, or of none
   */
  public static Workspace open(String command, List<String> steps) {
    SparkSession running = running();
    if (running == null) {
      TemporaryFolders.check(new SparkConf());
    }

    DjlEngine.setDefaults();
    return new Workspace(command, steps, running);
  }

  /** Returns the Spark that this program has started already, or null. */
  private static SparkSession running() {
    var session = SparkSession.getDefaultSession();
    return session.isDefined() && !session.get().sparkContext().isStopped() ? session.get() : null;
  }

  /** Returns the Spark session. Starts Spark, unless that has happened before. */
  public SparkSession spark() {
    if (spark == null) {
      SparkSession opened =
          host != null
              ? host.newSession()
              : SparkSession.builder().appName("kindred " + command).getOrCreate();
      opened.conf().set("spark.sql.session.timeZone", "UTC");
      // Else every generated class is first looked for over the network, in the driver's artifacts;
      // there are none.
      opened.conf().set("spark.sql.artifact.isolation.enabled", "false");
      SparkSession.setActiveSession(opened);
      progress = new Progress(opened.sparkContext(), Terminal.standardError());
      progress.plan(steps);
      opened.sparkContext().addSparkListener(progress);
      AwaitedExecutors.watch(opened.sparkContext(), System.err);
      spark = opened;
      if (host == null) {
        Interruption.tell(() -> Interruption.message(progress.step(), lock != null || goesOn));
      }
    }

    return spark;
  }

  /** Returns what tells of the command's steps. Starts Spark, which counts their work. */
  public Progress progress() {
    spark();
    return progress;
  }

  /** Returns what file systems are set up with, which is the same with and without Spark. */
  public Configuration hadoop() {
    if (hadoop == null) {
      hadoop =
          host != null
              ? host.sparkContext().hadoopConfiguration()
              : SparkHadoopUtil.get().newConfiguration(new SparkConf());
    }

    return hadoop;
  }

  /** Returns a warehouse, to write into if this workspace has its lock. */
  public Warehouse warehouse(String uri) {
    Runnable check = lock == null ? () -> {} : lock::check;
    return new Warehouse(hadoop(), this::spark, check, uri);
  }

  /**
   * Returns the warehouse of a command that only reads.
   *
   * @throws InvalidInput if it is not there: nobody wants an empty one to be created
   */
  public Warehouse warehouseThere(String uri) {
    Warehouse warehouse = warehouse(uri);
    try {
      if (!warehouse.fileSystem().exists(warehouse.root())) {
        throw new InvalidInput("--warehouse %s: no such folder", warehouse.root());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }

    return warehouse;
  }

  /**
   * Makes this the only workspace that writes into a warehouse, until it is closed.
   *
   * @param wait how long to wait for another writer
   * @throws WarehouseBusy if another one has not ended by then
   */
  public Warehouse lock(String uri, Duration wait) {
    Warehouse warehouse = warehouse(uri);
    warehouse.checkWritable();
    lock =
        WarehouseLock.acquire(
            warehouse.fileSystem(), warehouse.root(), "the command " + command, wait);
    progress().tell(lock::doing);
    lock.onLoss(this::stop);
    return warehouse(uri);
  }

  /** Says that the command goes on where a signal stops it, though it has no warehouse. */
  public void goesOn() {
    goesOn = true;
  }

  /** Ends whatever is being computed, with an exception in the thread that waits for it. */
  private void stop() {
    if (spark != null) {
      spark.sparkContext().cancelAllJobs();
      if (host == null) {
        spark.stop();
      }
    }
  }

  /**
   * Gives the lock back.
   *
   * @throws WarehouseBusy if it was taken away, which is why what was being computed has failed
   */
  @Override
  public void close() {
    if (progress != null) {
      progress.close();
    }

    if (lock != null) {
      lock.close();
    }

    if (spark != null && host != null) {
      spark.sparkContext().removeSparkListener(progress);
      progress.forget();
      SparkSession.clearActiveSession();
    } else if (spark != null) {
      spark.stop();
    }

    if (lock != null && lock.loss().isPresent()) {
      throw lock.loss().get();
    }
  }
}
