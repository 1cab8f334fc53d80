/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.mapred.JobConf;
import org.apache.hadoop.mapred.JobContextImpl;
import org.apache.hadoop.mapreduce.JobContext;
import org.apache.hadoop.mapreduce.JobID;
import org.apache.spark.internal.io.FileCommitProtocol.TaskCommitMessage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.collection.immutable.Nil$;
import scala.collection.immutable.Seq;

/** What the records of a part list when some cannot be written. */
class TestPartCommitProtocol {
  private static final CommittedFile FIRST = new CommittedFile("windows/a.parquet", 30, 2, 1);
  private static final CommittedFile SECOND = new CommittedFile("windows/b.parquet", 60, 5, 4);

  @TempDir private File folder;
  private FailingFileSystem files;
  private JobContext job;
  private PartCommitProtocol protocol;

  /** A local file system on which some of the first files cannot be created. */
  private static final class FailingFileSystem extends RawLocalFileSystem {
    private int failures;

    @Override
    public FSDataOutputStream create(Path file, boolean overwrite) throws IOException {
      if (failures > 0) {
        failures--;
        throw new IOException("disk on fire");
      }

      return super.create(file, overwrite);
    }
  }

  @BeforeEach
  void begin() throws IOException {
    files = new FailingFileSystem();
    files.initialize(folder.toURI(), new Configuration(false));
    job = new JobContextImpl(new JobConf(false), new JobID("job", 1));
    protocol = new PartCommitProtocol("job", folder.toURI().toString());
    CommitLog log = new CommitLog(files, new Path(folder.toURI()));
    protocol.begin(log, log.begin(true, () -> {}).orElseThrow(), true);
  }

  @Test
  void whatCouldNotBeRecordedIsRecordedWithWhatFollows() {
    files.failures = 1;
    commitTask(FIRST);
    commitTask(SECOND);
    protocol.commitJob(job, none());

    assertThat(recorded()).containsExactly(FIRST, SECOND);
  }

  @Test
  void whatCouldNotBeRecordedIsRecordedWhenTheJobFails() {
    files.failures = 1;
    commitTask(FIRST);
    protocol.abortJob(job);

    assertThat(recorded()).containsExactly(FIRST);
  }

  @Test
  void aJobWhoseFilesCannotBeRecordedFails() {
    files.failures = Integer.MAX_VALUE;
    commitTask(FIRST);

    assertThatThrownBy(() -> protocol.commitJob(job, none()))
        .hasStackTraceContaining("disk on fire");
  }

  @Test
  void whatIsRecordedTwiceIsThereOnce() {
    commitTask(FIRST);
    commitTask(FIRST);
    protocol.commitJob(job, none());

    assertThat(recorded()).containsExactly(FIRST);
  }

  private void commitTask(CommittedFile file) {
    protocol.onTaskCommit(new TaskCommitMessage(new ArrayList<>(List.of(file))));
  }

  private List<CommittedFile> recorded() {
    return new CommitLog(files, new Path(folder.toURI())).soFar();
  }

  @SuppressWarnings("unchecked")
  private static Seq<TaskCommitMessage> none() {
    return (Seq<TaskCommitMessage>) (Seq<?>) Nil$.MODULE$;
  }
}
