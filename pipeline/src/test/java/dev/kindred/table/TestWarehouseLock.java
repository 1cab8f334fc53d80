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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
  void aSecondWriterOfTheSameProcessIsRefused() throws Exception {
    try (WarehouseLock lock = slow()) {
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

    assertThatOnlyAReleasedLockIsLeft(2);
  }

  @Test
  void aProcessThatIsToldToEndGivesItsLockBack() throws Exception {
    try (LockingProcess other = LockingProcess.holding(warehouse)) {
      other.awaitLocked();
      assertThat(other.terminate()).isEqualTo(143);
      assertThatOnlyAReleasedLockIsLeft(1);
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

    assertThatOnlyAReleasedLockIsLeft(2);
  }

  @Test
  void aLockThatWasTakenAwayEndsWhatItsProcessDoes() throws Exception {
    CountDownLatch stopped = new CountDownLatch(1);
    WarehouseLock lost = lock(AT_ONCE);
    lost.onLoss(stopped::countDown);
    assertThat(lost.loss()).isEmpty();
    hold(2, elsewhere().asText());
    assertThat(stopped.await(1, TimeUnit.MINUTES)).as("without a check").isTrue();
    assertThat(lost.loss().orElseThrow())
        .hasMessageContaining("the lock of this process was taken away");
    lost.close();
  }

  @Test
  void aLaterProcessWithTheSameIdIsNotTheHolder() throws IOException {
    LockHolder earlier = gone();
    assertThat(LockHolder.here("kindred run").state()).isEqualTo(LockHolder.State.RUNS);
    assertThat(earlier.state()).isEqualTo(LockHolder.State.GONE);
    hold(1, earlier.asText());
    LockingProcess.lock(warehouse, "kindred run", AT_ONCE, LONG_LEASE).close();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1})
  void aLockOfAnotherHostThatRenewsIsRespected(long number) throws Exception {
    LockHolder elsewhere = elsewhere();
    hold(number, elsewhere.asText());
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
                      warehouse, "kindred run", Duration.ofMillis(2_300), times(50, 2_000)))
          .as("a wait longer than the lease")
          .isInstanceOf(WarehouseBusy.class);
      assertThat(Files.readString(lockFile(number))).isEqualTo(elsewhere.asText());
      assertThat(files()).hasSize(2);
    } finally {
      heart.shutdownNow();
      heart.awaitTermination(1, TimeUnit.MINUTES);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 41})
  void aLockOfAnotherHostThatDoesNotRenewIsTakenOverAfterTheLease(long number) throws IOException {
    LockHolder elsewhere = elsewhere();
    hold(number, elsewhere.asText());
    beat(elsewhere, "1");
    long started = System.nanoTime();
    try (WarehouseLock lock = lock(AT_ONCE)) {
      lock.check();
      assertThat(since(started)).isGreaterThan(TIMES.lease());
    }

    assertThatOnlyAReleasedLockIsLeft(number + 1);
  }

  @Test
  void aLockFileThatWasCutOffIsTakenOverAfterTheLease() throws IOException {
    long number = 0;
    for (String text : new String[] {"", "{\"token\": \"1b9d", "{\"token\": \"../x\"}", "null"}) {
      hold(number, text);
      long started = System.nanoTime();
      try (WarehouseLock lock = lock(AT_ONCE)) {
        lock.check();
        assertThat(since(started)).isGreaterThan(TIMES.lease());
      }

      number++;
      assertThatOnlyAReleasedLockIsLeft(number);
      Files.delete(lockFile(number)); // the next one has this number
    }
  }

  @Test
  void aProcessThatDiedWhileItTookALockOverIsNoObstacle() throws IOException {
    hold(0, gone().asText());
    hold(1, gone().asText());
    hold(2, "");
    hold(3, gone().asText());
    lock(AT_ONCE).close();
    assertThatOnlyAReleasedLockIsLeft(4);
  }

  @Test
  void whoComesAfterATakerThatDiedWaitsForTheHolderBeforeItToo() throws IOException {
    for (long number : new long[] {0, 1}) {
      hold(number, elsewhere().asText());
      hold(2, gone().asText());
      long started = System.nanoTime();
      try (WarehouseLock lock = lock(AT_ONCE)) {
        lock.check();
        assertThat(since(started)).isGreaterThan(TIMES.lease());
      }

      assertThatOnlyAReleasedLockIsLeft(3);
      Files.delete(lockFile(3));
    }
  }

  @Test
  void whoComesAfterATakerThatDiedNeedNotWaitForAHolderThatIsDone() throws IOException {
    LockHolder done = elsewhere();
    hold(1, done.asText());
    write(warehouse.resolve("_lock." + done.token() + ".released"), "");
    hold(2, gone().asText());
    LockingProcess.lock(warehouse, "kindred run", AT_ONCE, LONG_LEASE).close();
    assertThatOnlyAReleasedLockIsLeft(3);
  }

  @Test
  void closingFreesTheWarehouseAndItsNumberIsNotUsedAgain() throws IOException {
    for (int i = 1; i <= 12; i++) {
      lock(AT_ONCE).close();
      assertThatOnlyAReleasedLockIsLeft(i);
    }
  }

  @Test
  void aLockOfAnEarlierKindredIsRespectedWhileItsProcessRuns() throws IOException {
    LockHolder here = LockHolder.here("kindred run");
    hold(0, here.asText());
    beat(here, "1\nrun r-1, activations");
    assertThatThrownBy(() -> lock(AT_ONCE))
        .isInstanceOf(WarehouseBusy.class)
        .hasMessageContaining(", now at run r-1, activations;");
    assertThat(files()).containsExactlyInAnyOrder("_lock", heartbeat(here));

    hold(0, gone().asText());
    LockingProcess.lock(warehouse, "kindred run", AT_ONCE, LONG_LEASE).close();
    assertThatOnlyAReleasedLockIsLeft(1);
  }

  @Test
  void aHolderOfAnEarlierKindredThatWakesBeforeItsFileGoesKeepsItsLease() throws Exception {
    LockHolder old = elsewhere();
    hold(0, old.asText());
    HookedFiles files = new HookedFiles();
    long[] woken = {0};
    files.beforeDeletingOf(
        "_lock",
        () -> {
          beat(old, "2");
          woken[0] = System.nanoTime();
        });
    files.lock(AT_ONCE).close();
    assertThat(since(woken[0])).isGreaterThan(TIMES.lease());
    assertThatOnlyAReleasedLockIsLeft(1);
  }

  @Test
  void aLockThatWasTakenAwayIsNoticedAndLeftToItsNewHolder() throws IOException {
    WarehouseLock lost = lock(AT_ONCE);
    lost.check();
    hold(2, elsewhere().asText());
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(lost::check)
          .isInstanceOf(WarehouseBusy.class)
          .hasMessageContaining("the lock of this process was taken away")
          .hasMessageContaining("it is now in use by kindred run (process 1 on far.example");
    }

    String released = "_lock." + holder(1).token() + ".released";
    lost.close();
    assertThat(files())
        .as("its own is over, so that the next one need not wait")
        .containsExactlyInAnyOrder("_lock.1", released, "_lock.2");
  }

  @Test
  void aLockThatWasDeletedByHandIsNoticed() throws IOException {
    try (WarehouseLock lock = lock(AT_ONCE)) {
      Files.delete(lockFile(1));
      assertThatThrownBy(lock::check)
          .isInstanceOf(WarehouseBusy.class)
          .hasMessageContaining("start again");
    }

    assertThat(files()).isEmpty();
  }

  @Test
  void aLockThatWasDeletedByHandIsNoticedThoughAnotherHasItsNumber() throws Exception {
    WarehouseLock deleted = slow();
    Files.delete(lockFile(1));
    try (WarehouseLock next = lock(AT_ONCE)) {
      assertThatThrownBy(deleted::check)
          .isInstanceOf(WarehouseBusy.class)
          .hasMessageContaining("it is now in use by kindred run (process ");
      deleted.close();
      next.check();
    }

    assertThatOnlyAReleasedLockIsLeft(1);
  }

  @Test
  void aCheckAfterAnotherTookTheLockFailsAndTheOtherNeedNotWait() throws Exception {
    WarehouseLock stoodStill = stoodStill();
    HookedFiles files = new HookedFiles();
    files.afterCreationOf(
        "_lock.2",
        () ->
            assertThatThrownBy(stoodStill::check)
                .isInstanceOf(WarehouseBusy.class)
                .hasMessageContaining("it is now in use by kindred run"));
    try (WarehouseLock next = files.lock(AT_ONCE)) {
      assertThat(files.waited).isFalse();
      next.check();
      stoodStill.close();
      next.check();
    }

    assertThatOnlyAReleasedLockIsLeft(2);
  }

  /** Makes a holder check right before another one creates the next lock; returns when it did. */
  private static long[] checkedBeforeCreation(HookedFiles files, WarehouseLock holder) {
    long[] checked = {0};
    files.beforeCreationOf(
        "_lock.2",
        () -> {
          checked[0] = System.nanoTime();
          holder.check();
        });
    return checked;
  }

  @Test
  void aCheckBeforeAnotherTakesTheLockHoldsForALease() throws Exception {
    WarehouseLock stoodStill = stoodStill();
    HookedFiles files = new HookedFiles();
    long[] checked = checkedBeforeCreation(files, stoodStill);
    try (WarehouseLock next = files.lock(AT_ONCE)) {
      assertThat(since(checked[0])).isGreaterThan(TIMES.lease());
      assertThat(files.waited).isTrue();
      next.check();
      assertThatThrownBy(stoodStill::check).isInstanceOf(WarehouseBusy.class);
    }

    stoodStill.close();
    assertThatOnlyAReleasedLockIsLeft(2);
  }

  @Test
  void aCheckHoldsForALeaseThoughTheOneWhoTakesTheLockDies() throws Exception {
    WarehouseLock stoodStill = stoodStill();
    HookedFiles files = new HookedFiles();
    long[] checked = checkedBeforeCreation(files, stoodStill);
    files.afterCreationOf(
        "_lock.2",
        () -> {
          throw new IllegalStateException("it dies");
        });
    assertThatThrownBy(() -> files.lock(AT_ONCE)).hasMessage("it dies");
    try (WarehouseLock next = lock(AT_ONCE)) {
      assertThat(since(checked[0])).isGreaterThan(TIMES.lease());
      next.check();
    }

    stoodStill.close();
    assertThatOnlyAReleasedLockIsLeft(3);
  }

  @Test
  void aHolderThatIsDoneLetsTheOneWhoWaitsForItsLeaseBegin() throws Exception {
    WarehouseLock stoodStill = stoodStill();
    HookedFiles files = new HookedFiles();
    files.beforeCreationOf("_lock.2", stoodStill::check);
    files.afterCreationOf("_lock.2", stoodStill::close);
    files.lock(AT_ONCE).close();
    assertThat(files.waited).isFalse();
    assertThat(stoodStill.loss()).isPresent();
    assertThatOnlyAReleasedLockIsLeft(2);
  }

  @Test
  void aSlowProcessThatCreatesAnOldNumberWithdraws() throws Exception {
    hold(1, gone().asText());
    HookedFiles slow = new HookedFiles();
    List<WarehouseLock> holders = new ArrayList<>();
    slow.beforeCreationOf(
        "_lock.2",
        () -> {
          lock(AT_ONCE).close();
          holders.add(lock(AT_ONCE));
          assertThat(files()).contains("_lock.3").doesNotContain("_lock.2");
        });
    slow.afterCreationOf("_lock.2", () -> holders.get(0).check());
    assertThatThrownBy(() -> slow.lock(AT_ONCE))
        .isInstanceOf(WarehouseBusy.class)
        .hasMessageContaining("in use by kindred run");
    assertThat(files()).contains("_lock.3").doesNotContain("_lock.2");
    holders.get(0).check();
    holders.get(0).close();
    assertThatOnlyAReleasedLockIsLeft(3);
  }

  @Test
  void aSlowProcessThatCreatesANumberAfterAllWereDeletedByHandWaitsForTheHolder() throws Exception {
    hold(1, gone().asText());
    HookedFiles slow = new HookedFiles();
    List<WarehouseLock> holders = new ArrayList<>();
    long[] checked = {0};
    slow.beforeCreationOf(
        "_lock.2",
        () -> {
          Files.delete(lockFile(1));
          holders.add(lock(AT_ONCE));
          checked[0] = System.nanoTime();
          holders.get(0).check();
        });
    try (WarehouseLock late = slow.lock(AT_ONCE)) {
      assertThat(since(checked[0])).isGreaterThan(TIMES.lease());
      late.check();
      assertThatThrownBy(holders.get(0)::check).isInstanceOf(WarehouseBusy.class);
    }

    holders.get(0).close();
    assertThatOnlyAReleasedLockIsLeft(2);
  }

  /** A holder that has given a sign of life, and gives no other unless it is asked for one. */
  private WarehouseLock slow() throws Exception {
    WarehouseLock lock =
        LockingProcess.lock(warehouse, "kindred run", AT_ONCE, times(300_000, 600_000));
    Path heartbeat = warehouse.resolve(heartbeat(holder(1)));
    while (!Files.exists(heartbeat) || !Files.readString(heartbeat).endsWith("\n\n")) {
      Thread.sleep(1);
    }

    return lock;
  }

  /** One as on another machine, that stands still. */
  private WarehouseLock stoodStill() throws Exception {
    WarehouseLock lock = slow();
    hold(1, away(holder(1)).asText());
    return lock;
  }

  /** What happens between two steps. */
  private interface Step {
    void run() throws IOException;
  }

  /** Local files by the way of HDFS, and what others do in between. */
  private final class HookedFiles extends RawLocalFileSystem {
    private final Map<String, Step> before = new HashMap<>();
    private final Map<String, Step> after = new HashMap<>();
    private Thread taker;
    private boolean waited; // between taking the lock and having it

    private HookedFiles() throws IOException {
      initialize(URI.create("hdfs:///"), new Configuration(false));
    }

    private WarehouseLock lock(Duration wait) {
      var root = new org.apache.hadoop.fs.Path("hdfs://" + warehouse.toUri().getPath());
      taker = Thread.currentThread();
      return WarehouseLock.acquire(this, root, "kindred run", wait, TIMES);
    }

    private void beforeCreationOf(String name, Step step) {
      before.put("create " + name, step);
    }

    private void beforeDeletingOf(String name, Step step) {
      before.put("delete " + name, step);
    }

    private void afterCreationOf(String name, Step step) {
      after.put("create " + name, step);
    }

    @Override
    public URI getUri() {
      return URI.create("hdfs:///");
    }

    @Override
    public FSDataOutputStream create(org.apache.hadoop.fs.Path file, boolean overwrite)
        throws IOException {
      waited |= taker == Thread.currentThread() && file.getName().endsWith(".heartbeat");
      return super.create(file, overwrite);
    }

    @Override
    public boolean rename(org.apache.hadoop.fs.Path from, org.apache.hadoop.fs.Path to)
        throws IOException {
      once(before, "create " + to.getName());
      boolean renamed = !exists(to) && super.rename(from, to);
      once(after, "create " + to.getName());
      return renamed;
    }

    @Override
    public boolean delete(org.apache.hadoop.fs.Path file, boolean recursive) throws IOException {
      once(before, "delete " + file.getName());
      return super.delete(file, recursive);
    }

    private static void once(Map<String, Step> steps, String name) throws IOException {
      Step step = steps.remove(name);
      if (step != null) {
        step.run();
      }
    }
  }

  @Test
  void ofManyThreadsAndProcessesOneAtATimeHasIt() throws Exception {
    hold(1, elsewhere().asText()); // a dead one, so that all start with taking it over
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

    int holdings = (threads + processes) * times;
    assertThat(new GuardedCounter(warehouse).value()).isEqualTo(holdings);
    assertThatOnlyAReleasedLockIsLeft(1 + holdings);
  }

  @Test
  void ofManyThreadsThatFindADeadLockOneGetsIt() throws Exception {
    int threads = 8;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      for (int round = 0; round < 20; round++) {
        hold(3 * round, gone().asText()); // those before it have left one with a smaller number
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
        assertThatOnlyAReleasedLockIsLeft(3 * round + 1);
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
    hold(1, elsewhere().asText());
    try (WarehouseLock lock =
        WarehouseLock.acquire(elsewhere, root, "kindred run", AT_ONCE, TIMES)) {
      lock.check();
      assertThatThrownBy(
              () -> WarehouseLock.acquire(elsewhere, root, "kindred plan", AT_ONCE, TIMES))
          .isInstanceOf(WarehouseBusy.class)
          .hasMessageContaining("in use by kindred run");
    }

    assertThatOnlyAReleasedLockIsLeft(2);
  }

  @Test
  void whereTwoCanCreateAFileTheLastOneHasIt() throws IOException {
    LockHolder faster = elsewhere();
    StoreWithoutExclusiveFiles store = new StoreWithoutExclusiveFiles();
    store.initialize(URI.create("store:///"), new Configuration(false));
    var root = new org.apache.hadoop.fs.Path("store://" + warehouse.toUri().getPath());
    store.meanwhile = () -> hold(1, faster.asText());
    try (WarehouseLock lock = WarehouseLock.acquire(store, root, "", AT_ONCE, TIMES)) {
      assertThat(holder(2).token())
          .as("the other was quiet for a lease")
          .isNotEqualTo(faster.token());
      Files.writeString(lockFile(2), elsewhere().asText());
      assertThatThrownBy(lock::check).isInstanceOf(WarehouseBusy.class);
    }
  }

  /** Local files by the way of object stores: whether a file is there is looked up first. */
  private static final class StoreWithoutExclusiveFiles extends RawLocalFileSystem {
    private Step meanwhile = () -> {};

    @Override
    public URI getUri() {
      return URI.create("store:///");
    }

    @Override
    public boolean rename(org.apache.hadoop.fs.Path from, org.apache.hadoop.fs.Path to)
        throws IOException {
      boolean renamed = super.rename(from, to);
      Step step = meanwhile;
      meanwhile = () -> {};
      step.run();
      return renamed;
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
    assertThatThrownBy(lock::check).hasRootCauseMessage("quota is exceeded");
    lock.close(); // needs an empty file only
    assertThatOnlyAReleasedLockIsLeft(1);
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

  private void hold(long number, String text) throws IOException {
    Files.createDirectories(warehouse);
    write(lockFile(number), text);
  }

  /** That of a number, or for 0 that of an earlier Kindred. */
  private Path lockFile(long number) {
    return warehouse.resolve(number == 0 ? "_lock" : "_lock." + number);
  }

  private LockHolder holder(long number) throws IOException {
    return LockHolder.parse(Files.readString(lockFile(number)));
  }

  private static String heartbeat(LockHolder holder) {
    return "_lock." + holder.token() + ".heartbeat";
  }

  private void beat(LockHolder holder, String text) {
    write(warehouse.resolve(heartbeat(holder)), text + "\n");
  }

  private static Duration since(long started) {
    return Duration.ofNanos(System.nanoTime() - started);
  }

  private void assertThatOnlyAReleasedLockIsLeft(long number) throws IOException {
    assertThat(files()).contains("_lock." + number);
    assertThat(files())
        .containsExactlyInAnyOrder(
            "_lock." + number, "_lock." + holder(number).token() + ".released");
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static LockHolder elsewhere() {
    return away(LockHolder.here("kindred run"));
  }

  private static LockHolder away(LockHolder here) {
    return new LockHolder(
        here.token(), "far.example", "another machine", 1, "1", here.command(), here.since());
  }

  /** A holder on this machine whose process is no more. */
  private static LockHolder gone() {
    LockHolder here = LockHolder.here("kindred run");
    return new LockHolder(
        here.token(), here.host(), here.machine(), here.pid(), "1", here.command(), here.since());
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(warehouse)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.contains("_lock"))
          .toList();
    }
  }
}
