/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.expire;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.run.NGrams;
import dev.kindred.jobs.run.RunPlan;
import dev.kindred.jobs.workspace.CommandLog;
import dev.kindred.jobs.workspace.NewFolders;
import dev.kindred.table.Retention;
import dev.kindred.table.Runs;
import dev.kindred.table.Warehouse;
import dev.kindred.table.WarehouseFiles;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** Deletes old runs as {@link Retention} decides, and tells what goes. */
public final class Expiry {
  private static final Duration BETWEEN_CHECKS = Duration.ofSeconds(5);

  private final Warehouse warehouse;
  private final PrintStream out;

  /** Works on a warehouse that is this process's to write. */
  public Expiry(Warehouse warehouse, PrintStream out) {
    this.warehouse = warehouse;
    this.out = out;
  }

  /**
   * Deletes all but the newest published runs and what they need. If this is killed, doing it again
   * deletes the rest.
   *
   * @param keep published runs to keep, at least 1
   * @param dryRun only tell
   */
  public void expire(int keep, boolean dryRun) {
    WarehouseFiles files = new WarehouseFiles(warehouse.fileSystem(), warehouse.root());
    List<Runs.Run> ended = read(() -> Runs.all(warehouse));
    Retention.Plan plan =
        Retention.plan(
            new Retention.Contents(
                ended,
                files.files(),
                part -> read(() -> files.listed(part)),
                runId -> read(() -> begun(runId)),
                NGrams::fittingSet),
            keep);
    plan.deletions().forEach(deletion -> tell(deletion, ended));
    files.unknown().forEach(this::tellUnknown);
    plan.unknown().forEach(this::tellUnknown);
    if (!dryRun) {
      delete(plan, files);
    }

    List<java.nio.file.Path> logs = oldLogs();
    if (!logs.isEmpty()) {
      out.printf(
          Locale.ROOT, "%,d logs older than %d days%n", logs.size(), CommandLog.KEPT.toDays());
    }

    if (!dryRun) {
      deleteAll(logs);
    }

    List<org.apache.hadoop.fs.Path> plans = files.leftByPlans(Instant.now());
    if (!plans.isEmpty()) {
      out.printf(
          Locale.ROOT,
          "%,d folders of kindred plan older than %d day that did not end%n",
          plans.size(),
          WarehouseFiles.ESTIMATED_WITHIN.toDays());
    }

    if (!dryRun) {
      plans.forEach(folder -> NewFolders.delete(warehouse.fileSystem(), folder));
    }

    List<Retention.Deletion> deletions = plan.deletions();
    out.printf(
        Locale.ROOT,
        "kindred: %s runs=%d files=%d bytes=%d%n",
        dryRun ? "would expire" : "expired",
        deletions.stream().filter(one -> one.reason() == Retention.Reason.RUN).count(),
        deletions.stream().mapToLong(one -> one.files().size()).sum(),
        deletions.stream().mapToLong(Retention.Deletion::bytes).sum());
  }

  /** Returns the old logs of a warehouse on this machine; elsewhere there are none. */
  private List<java.nio.file.Path> oldLogs() {
    var root = warehouse.root().toUri();
    return "file".equals(root.getScheme())
        ? CommandLog.old(java.nio.file.Path.of(root.getPath()), Instant.now())
        : List.of();
  }

  private static void deleteAll(List<java.nio.file.Path> files) {
    try {
      for (java.nio.file.Path file : files) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private interface Reading<T> {
    T read();
  }

  /** A record that cannot be read may be one that protects files. */
  private <T> T read(Reading<T> reading) {
    try {
      return reading.read();
    } catch (InvalidInput e) {
      throw unreadable(e.getMessage());
    } catch (UncheckedIOException e) {
      throw unreadable(String.valueOf(e.getCause().getMessage()));
    }
  }

  private InvalidInput unreadable(String message) {
    return new InvalidInput(
        "--warehouse %s: nothing was deleted, as a record cannot be read: %s",
        warehouse.root(), message.lines().findFirst().orElse(""));
  }

  private Retention.Begun begun(String runId) {
    RunPlan plan = RunPlan.read(warehouse, runId);
    return new Retention.Begun(
        runId,
        plan.modelId(),
        plan.corpusId(),
        plan.promptSet(),
        NGrams.fittingSet(plan.promptSet()),
        plan.begun());
  }

  private void tell(Retention.Deletion deletion, List<Runs.Run> ended) {
    String what =
        switch (deletion.reason()) {
          case RUN -> "run " + deletion.what() + ", " + status(deletion.what(), ended);
          case REJECTED -> "results of rejected run " + deletion.what();
          case INPUT -> deletion.what();
          case REMAINS -> "remains in " + deletion.what();
        };
    out.printf(
        Locale.ROOT,
        "%-90s %,7d files %,18d bytes%n",
        what,
        deletion.files().size(),
        deletion.bytes());
  }

  private static String status(String runId, List<Runs.Run> ended) {
    return ended.stream()
        .filter(run -> run.runId().equals(runId))
        .map(run -> run.status() + " " + run.endedAt())
        .findFirst()
        .orElse("unfinished");
  }

  private void tellUnknown(String path) {
    out.printf(Locale.ROOT, "left alone, as it is not Kindred's: %s%n", path);
  }

  private void delete(Retention.Plan plan, WarehouseFiles files) {
    warehouse.checkLock();
    long lastCheck = System.nanoTime();
    for (Retention.StoredFile file : plan.filesInOrder()) {
      // Once its record is gone nobody reads a part, and names of data files are used once.
      if (Retention.isReadByItself(file)
          || System.nanoTime() - lastCheck > BETWEEN_CHECKS.toNanos()) {
        warehouse.checkLock();
        lastCheck = System.nanoTime();
      }

      files.delete(file);
    }

    if (!plan.published().isEmpty()) {
      files.deleteEmptyFolders();
    }
  }
}
