/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.WarehouseBusy;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two writers of one part. The first stands still before one of its steps until the second has
 * taken its lock over, and goes on while that one works: at all steps of the file system.
 */
@Timeout(600)
class TestTwoWriters {
  private static final int WINDOWS = 2; // a data file each
  private static final int SOME = 31; // one of so many pairs; the profile faults tries all

  @TempDir private Path folder;
  private Path warehouse;
  private ExecutorService threads;
  private AtomicReference<Writer> holder;

  @BeforeEach
  void startThreads() {
    threads = Executors.newCachedThreadPool();
  }

  @AfterEach
  void stopThreads() {
    threads.shutdownNow();
  }

  /** A kill, in a test. */
  private static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }

  /** The local file system of one process that stands still before a step. */
  private static final class SteppedFiles extends RawLocalFileSystem {
    private final Set<Integer> pausesAt;
    private final Semaphore paused = new Semaphore(0);
    private final Semaphore goesOn = new Semaphore(0);
    private final List<Integer> changes = new ArrayList<>(); // steps that change or list a folder
    private final List<Integer> looks = new ArrayList<>(); // steps that ask whether a file exists
    private int steps;
    private boolean killed;

    private SteppedFiles(Integer... pausesAt) throws IOException {
      this.pausesAt = Set.of(pausesAt);
      initialize(Path.of("/").toUri(), new Configuration(false));
    }

    private void change() {
      changes.add(steps + 1);
      step();
    }

    private void step() {
      if (killed) {
        throw new Killed();
      }

      if (pausesAt.contains(++steps)) {
        paused.release();
        goesOn.acquireUninterruptibly();
        if (killed) {
          throw new Killed();
        }
      }
    }

    @Override
    public FSDataOutputStream create(org.apache.hadoop.fs.Path file, boolean overwrite)
        throws IOException {
      change();
      // Hadoop would start a process to set permissions.
      Path path = Path.of(file.toUri().getPath());
      Files.createDirectories(path.getParent());
      OutputStream out = Files.newOutputStream(path, StandardOpenOption.CREATE_NEW);
      change();
      return new FSDataOutputStream(out, null);
    }

    @Override
    public FSDataInputStream open(org.apache.hadoop.fs.Path file, int buffer) throws IOException {
      step();
      return super.open(file, buffer);
    }

    @Override
    public boolean rename(org.apache.hadoop.fs.Path from, org.apache.hadoop.fs.Path to)
        throws IOException {
      change();
      return super.rename(from, to);
    }

    @Override
    public boolean delete(org.apache.hadoop.fs.Path file, boolean recursive) throws IOException {
      change();
      return super.delete(file, recursive);
    }

    @Override
    public FileStatus[] listStatus(org.apache.hadoop.fs.Path in) throws IOException {
      change();
      return super.listStatus(in);
    }

    @Override
    public boolean exists(org.apache.hadoop.fs.Path file) throws IOException {
      looks.add(steps + 1);
      step();
      return super.exists(file);
    }

    @Override
    public FileStatus getFileStatus(org.apache.hadoop.fs.Path file) throws IOException {
      step();
      return super.getFileStatus(file);
    }
  }

  /** A process that resumes the part, or writes it anew, and completes it. */
  private final class Writer {
    private final String name;
    private final boolean resumes;
    private final SteppedFiles files;
    private Future<?> work;

    private Writer(String name, boolean resumes, Integer... pausesAt) throws IOException {
      this.name = name;
      this.resumes = resumes;
      this.files = new SteppedFiles(pausesAt);
    }

    /** Takes the lock, and works until it stands still or has come to its end. */
    private Writer start() throws InterruptedException {
      holder.set(this);
      work =
          threads.submit(
              () -> {
                try {
                  write();
                } finally {
                  files.paused.release();
                }
              });
      files.paused.acquire();
      return this;
    }

    private void goOn() {
      files.goesOn.release();
    }

    /** Goes on until it stands still again or has come to its end. */
    private void goOnToNextPause() throws InterruptedException {
      goOn();
      files.paused.acquire();
    }

    private void kill() {
      files.killed = true;
      goOn();
    }

    /** How it ended: null if well. */
    private Throwable end() throws InterruptedException {
      try {
        work.get();
        return null;
      } catch (java.util.concurrent.ExecutionException e) {
        return e.getCause();
      }
    }

    private void checkLock() {
      if (holder.get() != this) {
        throw new WarehouseBusy("lost");
      }
    }

    private void write() {
      CommitLog log = log(files);
      if (log.isComplete()) {
        return;
      }

      Optional<String> writer = log.begin(resumes, this::checkLock);
      if (writer.isEmpty()) {
        return;
      }

      log.removeUnlisted(writer.get(), new org.apache.hadoop.fs.Path(warehouse.toUri()));
      List<String> there = log.soFar().stream().map(TestTwoWriters::window).toList();
      for (int window = 0; window < WINDOWS; window++) {
        if (!there.contains(Integer.toString(window))) {
          String path = "table/key=1/block=0/part-" + window + "-" + name + ".parquet";
          writeFile(warehouse.resolve(path));
          log.add(writer.get(), List.of(new CommittedFile(path, 100, 1, 1)));
        }
      }

      log.complete(writer.get(), Map.of("windows", "2"), List.of());
    }
  }

  private CommitLog log(RawLocalFileSystem files) {
    return new CommitLog(
        files, new org.apache.hadoop.fs.Path("file://" + warehouse.resolve("table/key=1")));
  }

  private static String window(CommittedFile file) {
    return file.path().replaceAll(".*part-(\\d+)-.*", "$1");
  }

  private static void writeFile(Path file) {
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(file, "x");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A warehouse where a writer was killed that had recorded a window's file and left another. */
  private void begin(int round) throws IOException {
    warehouse = folder.resolve("w" + round);
    holder = new AtomicReference<>();
    CommitLog log = log(new SteppedFiles());
    String recorded = "table/key=1/block=0/part-0-dead.parquet";
    writeFile(warehouse.resolve(recorded));
    writeFile(warehouse.resolve("table/key=1/block=0/part-1-dead.parquet"));
    log.add(
        log.begin(true, () -> {}).orElseThrow(), List.of(new CommittedFile(recorded, 100, 1, 1)));
  }

  /** That the part has each window once, in files that are there, and that this stays so. */
  private void assertWhole(String what) throws IOException, InterruptedException {
    CommitLog log = log(new SteppedFiles());
    assertThat(log.complete()).as(what).isPresent();
    List<CommittedFile> listed = log.complete().get().files();
    assertThat(listed.stream().map(TestTwoWriters::window))
        .as(what)
        .containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, WINDOWS).mapToObj(Integer::toString).toList());
    assertThat(listed).as(what).allMatch(file -> Files.exists(warehouse.resolve(file.path())));
    assertThat(log.complete().get().properties()).as(what).containsOnlyKeys("windows");
    assertThat(new Writer("next", true).start().end()).as(what).isNull();
    assertThat(log.complete().get().files()).as(what).isEqualTo(listed);
  }

  private interface Interleaving {
    void run(Writer first, Writer second, String what) throws IOException, InterruptedException;
  }

  /**
   * Tries pairs of steps before which the two stand still, the second before changes only.
   *
   * @param each 1 for all pairs, n for one of n
   * @return how many
   */
  private int everywhere(int each, Interleaving interleaving)
      throws IOException, InterruptedException {
    int round = 0;
    for (boolean resumes : List.of(true, false)) {
      SteppedFiles alone = alone(resumes);
      for (int at = 1; at <= alone.steps; at++) {
        for (int then : alone.changes) {
          if ((at + then) % each != 0) {
            continue;
          }

          begin(round++);
          String what =
              String.format("resumes=%s, stopped at %d, then the other at %d", resumes, at, then);
          Writer first = new Writer("first", resumes, at);
          Writer second = new Writer("second", resumes, then);
          interleaving.run(first.start(), second, what);
          assertWhole(what);
          delete(warehouse);
        }
      }
    }

    return round;
  }

  /** What a writer does that is alone. */
  private SteppedFiles alone(boolean resumes) throws IOException, InterruptedException {
    begin(0);
    Writer alone = new Writer("alone", resumes);
    assertThat(alone.start().end()).isNull();
    delete(warehouse);
    return alone.files;
  }

  private static void delete(Path folder) throws IOException {
    List<Path> files = new ArrayList<>();
    try (Stream<Path> walk = Files.walk(folder)) {
      walk.forEach(files::add);
    }

    for (int i = files.size() - 1; i >= 0; i--) {
      Files.delete(files.get(i));
    }
  }

  /** A writer that lost its lock ends well or in the line that says so. */
  private static void assertLost(Throwable end, String what) {
    if (end != null) {
      assertThat(end).as(what).isInstanceOf(WarehouseBusy.class);
    }
  }

  /**
   * Tries triples of steps: the first stands still before two, before the second one while it looks
   * whether it may do something; between them the other, which stands still too, goes on to its
   * end.
   *
   * @param each 1 for all triples, n for one of n
   * @return how many
   */
  private int everywhereTwice(int each) throws IOException, InterruptedException {
    int round = 0;
    int tried = 0;
    SteppedFiles alone = alone(true);
    for (int at : alone.changes) {
      for (int again : alone.looks) {
        for (int then : alone.changes) {
          if (again <= at || tried++ % each != 0) {
            continue;
          }

          begin(round++);
          String what =
              String.format("stopped at %d, then the other at %d, then at %d", at, then, again);
          Writer first = new Writer("first", true, at, again).start();
          Writer second = new Writer("second", true, then).start();
          first.goOnToNextPause();
          second.goOn();
          assertThat(second.end()).as(what).isNull();
          first.goOn();
          assertLost(first.end(), what);
          assertWhole(what);
          delete(warehouse);
        }
      }
    }

    return round;
  }

  private void wokenWhileTheHolderWorks(Writer first, Writer second, String what)
      throws InterruptedException {
    second.start();
    first.goOn();
    assertLost(first.end(), what);
    second.goOn();
    assertThat(second.end()).as(what).isNull();
  }

  private void wokenOnceTheHolderIsKilled(Writer first, Writer second, String what)
      throws IOException, InterruptedException {
    second.start();
    second.kill();
    second.end();
    first.goOn();
    assertLost(first.end(), what);
    assertThat(new Writer("third", true).start().end()).as(what).isNull();
  }

  private void wokenOnceTwoOthersHaveHadTheLock(Writer first, Writer second, String what)
      throws IOException, InterruptedException {
    second.start();
    Writer third = new Writer("third", false);
    assertThat(third.start().end()).as(what).isNull();
    first.goOn();
    second.goOn();
    assertLost(first.end(), what);
    assertLost(second.end(), what);
  }

  @Test
  void theLoserIsWokenWhileTheHolderWorks() throws IOException, InterruptedException {
    assertThat(everywhere(SOME, this::wokenWhileTheHolderWorks)).isGreaterThan(30);
  }

  @Test
  void theLoserIsWokenOnceTheHolderIsKilled() throws IOException, InterruptedException {
    assertThat(everywhere(SOME, this::wokenOnceTheHolderIsKilled)).isGreaterThan(30);
  }

  @Test
  void theLoserIsWokenOnceTwoOthersHaveHadTheLock() throws IOException, InterruptedException {
    assertThat(everywhere(SOME, this::wokenOnceTwoOthersHaveHadTheLock)).isGreaterThan(30);
  }

  @Test
  void theLoserLooksAroundWhileTheHolderCompletes() throws IOException, InterruptedException {
    assertThat(everywhereTwice(SOME)).isGreaterThan(30);
  }

  @Test
  @Tag("faults")
  void theLoserIsWokenAtAnyStep() throws IOException, InterruptedException {
    assertThat(everywhere(1, this::wokenWhileTheHolderWorks)).isGreaterThan(1_000);
    assertThat(everywhere(1, this::wokenOnceTheHolderIsKilled)).isGreaterThan(1_000);
    assertThat(everywhere(1, this::wokenOnceTwoOthersHaveHadTheLock)).isGreaterThan(1_000);
    assertThat(everywhereTwice(1)).isGreaterThan(1_000);
  }
}
