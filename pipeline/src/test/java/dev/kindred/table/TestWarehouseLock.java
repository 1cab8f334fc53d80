/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.WarehouseBusy;
import dev.kindred.table.WarehouseLock.Times;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class TestWarehouseLock {
  static final Times TIMES = times(50, 1_000);
  private static final Times LONG_LEASE = times(50, 600_000);
  private static final Duration AT_ONCE = Duration.ZERO;
  private static final Duration LONG = Duration.ofMinutes(2);

  @TempDir private Path folder;
  private Path warehouse;

  @BeforeEach
  void warehouseWithASpaceInItsName() {
    warehouse = folder.resolve("nightly warehouse");
  }

  @Test
  void aSecondWriterIsRefusedAndToldWhoHasIt() throws IOException {
    try (LockingProcess other = LockingProcess.holding(warehouse)) {
      other.awaitLocked();
      assertThatThrownBy(() -> lock(AT_ONCE))
          .isInstanceOf(WarehouseBusy.class)
          .hasMessageContaining("--warehouse file:" + warehouse)
          .hasMessageContaining("in use by kindred run (process " + other.pid() + " on ")
          .hasMessageMatching(".*, since 20..-..-..T..:..:..Z\\).*")
          .hasMessageContaining("wait for it with --lock-wait SECONDS");
    }
  }

  @Test
  void aSecondWriterOfTheSameProcessIsRefused() {
    try (WarehouseLock lock = lock(AT_ONCE)) {
      lock.doing("run r-1, activations");
      assertThatThrownBy(() -> lock(Duration.ofMillis(1)))
          .isInstanceOf(WarehouseBusy.class)
          .hasMessageContaining(", now at run r-1, activations;");
      lock.check();
    }
  }

  @Test
  void aWaitingWriterGetsItWhenItIsGivenBack() throws Exception {
    try (LockingProcess other = LockingProcess.holding(warehouse)) {
      other.awaitLocked();
      Future<Boolean> got = inBackground(() -> getsIt(LONG));
      assertThat(other.end()).isZero();
      assertThat(got.get()).isTrue();
    }
  }

  @Test
  void theLockOfAKilledProcessIsTakenOverAtOnce() throws Exception {
    try (LockingProcess other = LockingProcess.holding(warehouse)) {
      other.awaitLocked();
      other.kill();
      try (WarehouseLock lock =
          LockingProcess.lock(warehouse, "kindred expire", AT_ONCE, LONG_LEASE)) {
        lock.check();
      }
    }

    assertThat(files()).isEmpty();
  }

  @Test
  void aProcessThatIsToldToEndGivesItsLockBack() throws Exception {
    try (LockingProcess other = LockingProcess.holding(warehouse)) {
      other.awaitLocked();
      assertThat(other.terminate()).isEqualTo(143);
      assertThat(files()).isEmpty();
    }
  }

  @Test
  void aWaitingWriterTakesTheLockOverFromAProcessThatIsKilledMeanwhile() throws Exception {
    try (LockingProcess other = LockingProcess.holding(warehouse)) {
      other.awaitLocked();
      Future<Boolean> got =
          inBackground(
              () -> {
                try (WarehouseLock lock =
                    LockingProcess.lock(warehouse, "kindred tune", LONG, LONG_LEASE)) {
                  lock.check();
                  return true;
                }
              });
      assertThatThrownBy(() -> got.get(200, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      other.kill();
      assertThat(got.get()).isTrue();
    }

    assertThat(files()).isEmpty();
  }

  @Test
  void aLockThatWasTakenAwayEndsWhatItsProcessDoes() throws Exception {
    CountDownLatch stopped = new CountDownLatch(1);
    WarehouseLock lost = lock(AT_ONCE);
    lost.onLoss(stopped::countDown);
    assertThat(lost.loss()).isEmpty();
    hold(elsewhere().asText());
    assertThat(stopped.await(1, TimeUnit.MINUTES)).as("without a check").isTrue();
    assertThat(lost.loss().orElseThrow())
        .hasMessageContaining("the lock of this process was taken away");
    lost.close();
  }

  @Test
  void aLaterProcessWithTheSameIdIsNotTheHolder() throws IOException {
    LockHolder here = LockHolder.here("kindred run");
    LockHolder earlier =
        new LockHolder(
            here.token(), here.host(), here.machine(), here.pid(), "1", here.command(), "");
    assertThat(here.state()).isEqualTo(LockHolder.State.RUNS);
    assertThat(earlier.state()).isEqualTo(LockHolder.State.GONE);
    hold(earlier.asText());
    LockingProcess.lock(warehouse, "kindred run", AT_ONCE, LONG_LEASE).close();
  }

  @Test
  void aLockOfAnotherHostThatRenewsIsRespected() throws Exception {
    LockHolder elsewhere = elsewhere();
    hold(elsewhere.asText());
    ScheduledExecutorService heart = Executors.newSingleThreadScheduledExecutor();
    try {
      Path heartbeat = warehouse.resolve("_lock." + elsewhere.token() + ".heartbeat");
      int[] beats = {0};
      heart.scheduleAtFixedRate(
          () -> write(heartbeat, ++beats[0] + "\n"), 0, 50, TimeUnit.MILLISECONDS);
      assertThatThrownBy(() -> LockingProcess.lock(warehouse, "", AT_ONCE, LONG_LEASE))
          .isInstanceOf(WarehouseBusy.class)
          .hasMessageContaining("kindred run (process 1 on far.example, since ");
      assertThatThrownBy(
              () ->
                  LockingProcess.lock(
                      warehouse, "kindred run", Duration.ofMillis(3_500), times(50, 3_000)))
          .as("a wait longer than the lease")
          .isInstanceOf(WarehouseBusy.class);
      assertThat(Files.readString(warehouse.resolve("_lock"))).isEqualTo(elsewhere.asText());
    } finally {
      heart.shutdownNow();
      heart.awaitTermination(1, TimeUnit.MINUTES);
    }
  }

  @Test
  void aLockOfAnotherHostThatDoesNotRenewIsTakenOverAfterTheLease() throws IOException {
    hold(elsewhere().asText());
    long started = System.nanoTime();
    try (WarehouseLock lock = lock(AT_ONCE)) {
      lock.check();
      assertThat(Duration.ofNanos(System.nanoTime() - started)).isGreaterThan(TIMES.lease());
    }

    assertThat(files()).isEmpty();
  }

  @Test
  void aLockFileThatWasCutOffIsTakenOverAfterTheLease() throws IOException {
    for (String text : new String[] {"", "{\"token\": \"1b9d", "{\"token\": \"../x\"}", "null"}) {
      hold(text);
      long started = System.nanoTime();
      try (WarehouseLock lock = lock(AT_ONCE)) {
        lock.check();
        assertThat(Duration.ofNanos(System.nanoTime() - started)).isGreaterThan(TIMES.lease());
      }

      assertThat(files()).as(text).isEmpty();
    }
  }

  @Test
  void aProcessThatDiedWhileItTookALockOverIsNoObstacle() throws Exception {
    LockHolder dead = elsewhere();
    hold(dead.asText());
    write(warehouse.resolve("_lock." + dead.token() + ".removal-1"), elsewhere().asText());
    write(warehouse.resolve("_lock." + dead.token() + ".removal-2"), "");
    lock(AT_ONCE).close();
    assertThat(files()).isEmpty();
  }

  @Test
  void closingFreesTheWarehouseAndLeavesNothing() throws IOException {
    for (int i = 0; i < 3; i++) {
      lock(AT_ONCE).close();
      assertThat(files()).isEmpty();
    }
  }

  @Test
  void aLockThatWasTakenAwayIsNoticedAndLeftToItsNewHolder() throws IOException {
    WarehouseLock lost = lock(AT_ONCE);
    lost.check();
    hold(elsewhere().asText());
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(lost::check)
          .isInstanceOf(WarehouseBusy.class)
          .hasMessageContaining("the lock of this process was taken away")
          .hasMessageContaining("it is now in use by kindred run (process 1 on far.example");
    }

    lost.close();
    assertThat(files()).containsExactly("_lock");
  }

  @Test
  void aLockThatWasDeletedByHandIsNoticed() throws IOException {
    try (WarehouseLock lock = lock(AT_ONCE)) {
      Files.delete(warehouse.resolve("_lock"));
      assertThatThrownBy(lock::check)
          .isInstanceOf(WarehouseBusy.class)
          .hasMessageContaining("start again");
    }
  }

  @Test
  void aLockThatComesBackToLifeWhileItIsBeingRemovedIsKept() throws Exception {
    try (WarehouseLock lock = lock(AT_ONCE)) {
      String token = LockHolder.parse(Files.readString(warehouse.resolve("_lock"))).get().token();
      Path claim = warehouse.resolve("_lock." + token + ".removal-1");
      write(claim, LockHolder.here("kindred run").asText());
      Future<Boolean> checked =
          inBackground(
              () -> {
                lock.check();
                return true;
              });
      assertThatThrownBy(() -> checked.get(200, TimeUnit.MILLISECONDS))
          .as("it cannot say yet")
          .isInstanceOf(TimeoutException.class);
      Files.delete(claim);
      assertThat(checked.get()).isTrue();
    }
  }

  @Test
  void ofManyThreadsAndProcessesOneAtATimeHasIt() throws Exception {
    hold(elsewhere().asText()); // a dead one, so that all start with taking it over
    int threads = 8;
    int processes = 3;
    int times = 5;
    List<LockingProcess> others = new ArrayList<>();
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      for (int i = 0; i < processes; i++) {
        others.add(LockingProcess.counting(warehouse, times));
      }

      List<Future<?>> counting = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        counting.add(
            pool.submit(
                () -> {
                  new GuardedCounter(warehouse).add(times);
                  return null;
                }));
      }

      for (Future<?> counter : counting) {
        counter.get();
      }

      for (LockingProcess other : others) {
        assertThat(other.end()).isZero();
      }
    } finally {
      pool.shutdownNow();
      others.forEach(LockingProcess::close);
    }

    assertThat(new GuardedCounter(warehouse).value()).isEqualTo((threads + processes) * times);
    assertThat(files()).isEmpty();
  }

  @Test
  void ofManyThreadsThatFindADeadLockOneGetsIt() throws Exception {
    int threads = 8;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      for (int round = 0; round < 20; round++) {
        LockHolder here = LockHolder.here("kindred run");
        hold(
            new LockHolder(
                    here.token(),
                    here.host(),
                    here.machine(),
                    here.pid(),
                    "1",
                    "died",
                    here.since())
                .asText());
        CountDownLatch allReady = new CountDownLatch(threads);
        List<Future<WarehouseLock>> contenders = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
          contenders.add(
              pool.submit(
                  () -> {
                    allReady.countDown();
                    allReady.await();
                    try {
                      return lock(AT_ONCE);
                    } catch (WarehouseBusy e) {
                      return null;
                    }
                  }));
        }

        List<WarehouseLock> winners = new ArrayList<>();
        for (Future<WarehouseLock> contender : contenders) {
          if (contender.get() != null) {
            winners.add(contender.get());
          }
        }

        assertThat(winners).hasSize(1);
        winners.get(0).check();
        winners.get(0).close();
        assertThat(files()).isEmpty();
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void itWorksOnAnyFileSystemOfHadoops() throws IOException {
    Configuration conf = new Configuration(false);
    FileSystem elsewhere = new StoreWithoutExclusiveFiles();
    elsewhere.initialize(URI.create("store:///"), conf);
    org.apache.hadoop.fs.Path root =
        new org.apache.hadoop.fs.Path("store://" + warehouse.toUri().getPath());
    LockHolder dead = elsewhere();
    hold(dead.asText());
    try (WarehouseLock lock =
        WarehouseLock.acquire(elsewhere, root, "kindred run", AT_ONCE, TIMES)) {
      lock.check();
      assertThatThrownBy(
              () -> WarehouseLock.acquire(elsewhere, root, "kindred plan", AT_ONCE, TIMES))
          .isInstanceOf(WarehouseBusy.class)
          .hasMessageContaining("in use by kindred run");
    }

    assertThat(files()).isEmpty();
  }

  /** Local files by the way of object stores: whether a file is there is looked up first. */
  private static final class StoreWithoutExclusiveFiles extends RawLocalFileSystem {
    @Override
    public URI getUri() {
      return URI.create("store:///");
    }
  }

  @Test
  void whatCannotBeWrittenIsNotLeftEmpty() throws IOException {
    FullFiles full = new FullFiles();
    full.initialize(URI.create("hdfs:///"), new Configuration(false));
    org.apache.hadoop.fs.Path root =
        new org.apache.hadoop.fs.Path("hdfs://" + warehouse.toUri().getPath());
    full.isFull = true;
    assertThatThrownBy(() -> WarehouseLock.acquire(full, root, "kindred run", AT_ONCE, LONG_LEASE))
        .hasRootCauseMessage("quota is exceeded");
    assertThat(files()).isEmpty();

    full.isFull = false;
    WarehouseLock lock = WarehouseLock.acquire(full, root, "kindred run", AT_ONCE, LONG_LEASE);
    full.isFull = true;
    lock.close(); // needs a file, too
    full.isFull = false;
    assertThat(files()).noneMatch(name -> name.contains("removal"));
  }

  /** Files that can be created, as on HDFS, but not written once space is used up. */
  private static final class FullFiles extends RawLocalFileSystem {
    private volatile boolean isFull;

    @Override
    public URI getUri() {
      return URI.create("hdfs:///");
    }

    @Override
    public FSDataOutputStream create(org.apache.hadoop.fs.Path file, boolean overwrite)
        throws IOException {
      FSDataOutputStream created = super.create(file, overwrite);
      if (!isFull) {
        return created;
      }

      created.close();
      return new FSDataOutputStream(
          new OutputStream() {
            @Override
            public void write(int written) throws IOException {
              throw new IOException("quota is exceeded");
            }
          },
          null);
    }
  }

  private static Times times(int heartbeatMillis, int leaseMillis) {
    return new Times(
        Duration.ofMillis(heartbeatMillis), Duration.ofMillis(leaseMillis), Duration.ofMillis(100));
  }

  private WarehouseLock lock(Duration wait) {
    return LockingProcess.lock(warehouse, "kindred run", wait);
  }

  private boolean getsIt(Duration wait) {
    try (WarehouseLock lock = lock(wait)) {
      lock.check();
      return true;
    }
  }

  private static Future<Boolean> inBackground(Callable<Boolean> work) {
    ExecutorService one = Executors.newSingleThreadExecutor();
    try {
      return one.submit(work);
    } finally {
      one.shutdown();
    }
  }

  private void hold(String text) throws IOException {
    Files.createDirectories(warehouse);
    write(warehouse.resolve("_lock"), text);
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static LockHolder elsewhere() {
    LockHolder here = LockHolder.here("kindred run");
    return new LockHolder(
        here.token(), "far.example", "another machine", 1, "1", here.command(), here.since());
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(warehouse)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("_lock"))
          .toList();
    }
  }
}
