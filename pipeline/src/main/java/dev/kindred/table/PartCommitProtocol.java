/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import dev.kindred.Location;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.mapreduce.JobContext;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.spark.internal.io.FileCommitProtocol;
import org.apache.spark.internal.io.FileNameSpec;
import scala.Option;
import scala.collection.immutable.Seq;

/**
 * How Spark's writers put files into a part: each at its final place, under a name of its own, and
 * into the {@link CommitLog} at the job's end, or as soon as the driver has accepted the task that
 * wrote it, which then stays done if the job dies.
 *
 * <p>Nothing is renamed. The driver accepts one attempt of a task; files of any other attempt are
 * never listed.
 */
public final class PartCommitProtocol extends FileCommitProtocol implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The job's setting that names the warehouse's folder. */
  static final String WAREHOUSE = "kindred.warehouse";

  /** The job's setting with its writer's name in the {@link CommitLog}. */
  static final String WRITER = "kindred.writer";

  /** The job's setting that keeps the work of finished tasks though the job fails: a boolean. */
  static final String BY_TASK = "kindred.commit-by-task";

  private final String jobId;
  private final String part;
  private transient List<String> written; // by this task
  private transient CommitLog log;
  private transient String writer;
  private transient ConcurrentLinkedQueue<CommittedFile> unrecorded;
  private transient boolean byTask;
  private transient ExecutorService recorder;
  private transient Future<?> lastRecord;

  /**
   * Spark's constructor.
   *
   * @param part the part's folder
   */
  public PartCommitProtocol(String jobId, String part) {
    this.jobId = jobId;
    this.part = part;
  }

  @Override
  public void setupJob(JobContext job) {
    Path folder = new Path(part);
    try {
      begin(
          new CommitLog(folder.getFileSystem(job.getConfiguration()), folder),
          job.getConfiguration().get(WRITER),
          job.getConfiguration().getBoolean(BY_TASK, false));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void begin(CommitLog log, String writer, boolean byTask) {
    this.log = log;
    this.writer = writer;
    this.byTask = byTask;
    unrecorded = new ConcurrentLinkedQueue<>();
    recorder =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread thread = new Thread(task, "commits of " + part);
              thread.setDaemon(true);
              return thread;
            });
  }

  @Override
  public void setupTask(TaskAttemptContext task) {
    written = new ArrayList<>();
  }

  @Override
  public String newTaskTempFile(TaskAttemptContext task, Option<String> folder, FileNameSpec name) {
    String file =
        String.format(
            Locale.ROOT,
            "%spart-%05d-%d-%s%s",
            name.prefix(),
            task.getTaskAttemptID().getTaskID().getId(),
            task.getTaskAttemptID().getId(),
            jobId,
            name.suffix());
    Path parent = folder.isDefined() ? new Path(part, folder.get()) : new Path(part);
    String path = new Path(parent, file).toString();
    written.add(path);
    return path;
  }

  @Override
  public String newTaskTempFileAbsPath(TaskAttemptContext task, String folder, FileNameSpec name) {
    throw new UnsupportedOperationException("A part's files are in its folder, not in " + folder);
  }

  @Override
  public TaskCommitMessage commitTask(TaskAttemptContext task) {
    Configuration hadoop = task.getConfiguration();
    Path root = new Path(hadoop.get(WAREHOUSE));
    ArrayList<CommittedFile> files = new ArrayList<>();
    try {
      for (String file : written) {
        String path = Location.below(root, new Path(file));
        files.add(CommittedFile.of(root, path, hadoop));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }

    return new TaskCommitMessage(files);
  }

  @Override
  public void abortTask(TaskAttemptContext task) {
    for (String file : written) {
      try {
        new Path(file).getFileSystem(task.getConfiguration()).delete(new Path(file), false);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Called on the scheduler's thread, which must not wait for the file system. */
  @Override
  public void onTaskCommit(TaskCommitMessage message) {
    for (Object file : (List<?>) message.obj()) {
      unrecorded.add((CommittedFile) file);
    }

    if (byTask) {
      lastRecord = recorder.submit(this::record);
    }
  }

  private void record() {
    List<CommittedFile> files = new ArrayList<>();
    CommittedFile file = unrecorded.poll();
    while (file != null) {
      files.add(file);
      file = unrecorded.poll();
    }

    if (files.isEmpty()) {
      return;
    }

    try {
      log.add(writer, files);
    } catch (RuntimeException e) {
      unrecorded.addAll(files); // for the next record
      throw e;
    }
  }

  @Override
  public void commitJob(JobContext job, Seq<TaskCommitMessage> tasks) {
    lastRecord = recorder.submit(this::record);
    end();
  }

  @Override
  public void abortJob(JobContext job) {
    if (byTask) {
      lastRecord = recorder.submit(this::record);
    }

    end();
  }

  /** Fails only if the last record does: it has what those before it could not write. */
  private void end() {
    recorder.shutdown();
    try {
      if (lastRecord != null) {
        lastRecord.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException("Cannot record what was written to " + part, e.getCause());
    }
  }
}
