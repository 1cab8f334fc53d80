/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import dev.kindred.WarehouseBusy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.util.ShutdownHookManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to write into a warehouse, which one process has at a time. Its holder is who created
 * the lock with the greatest number, a file {@code _lock.N} in the warehouse's root, which is
 * written once. The holder writes {@code _lock.TOKEN.heartbeat} anew every 10 s, and creates {@code
 * _lock.TOKEN.released} when it is done; the token is in its lock and in no other.
 *
 * <p><b>Taking it.</b> A lock is free if it was released or if its holder is dead. A holder on this
 * machine whose process is gone is dead; one whose process runs is alive. Of a holder elsewhere
 * only the heartbeat is known: it is dead when that file has not changed for the lease, 120 s on
 * the clock of the one who watches; clocks of different hosts are never compared. A lock that
 * cannot be read, because its writer died, is watched in the same way. Who finds the greatest lock
 * free creates the next number, of several that try one, and with that nobody holds a smaller one
 * any more. Then it looks at all smaller locks that are there once more. When each of them was
 * released, or is of a process that is gone, or has not changed for a lease, it begins, and deletes
 * them.
 *
 * <p><b>Having it.</b> A holder that stood still for longer than the lease may have been taken
 * over. It learns that at its next heartbeat, and then does what {@link #onLoss} was told. Call
 * {@link #check} before each step that others rely on, publishing above all: it fails if the lock
 * was taken away, and if it passes, nobody else begins for a lease. The reason: a check writes the
 * heartbeat and then looks for a greater number; who takes the lock creates a greater number and
 * then looks at the heartbeat. So either the check finds the number, and fails; or the other finds
 * that the heartbeat has changed, and begins a lease after it has seen that. Either of them may
 * stand still between any two steps, as the order of the four alone counts. And should the other
 * die before it begins, the smaller lock is still there, and whoever comes next looks at it, too.
 * What a holder writes before it knows of its loss cannot harm the next one: see {@link CommitLog}.
 *
 * <p><b>Numbers.</b> A lock that was released stays until there is a greater one, so that numbers
 * only grow. Who stood still before it created a number that is long over finds a greater one, and
 * deletes its own. A file {@code _lock}, of Kindred until 0.3, is number 0.
 *
 * <p>A program that is told to end (Ctrl-C, SIGTERM) gives its lock back.
 *
 * <p>Deleting a lock by hand frees the warehouse, and makes the holder fail at its next check.
 *
 * <p><b>File systems.</b> Needed is that of several processes that create a file only one succeeds.
 * Local disks and HDFS do so; NFS does from version 3. S3A does from Hadoop 3.4.2, unless {@code
 * fs.s3a.create.conditional.enabled} is false; the store must support conditional writes. Elsewhere
 * the last file counts: a writer waits 5 s and reads its file back, which leaves two holders only
 * if creating a file took longer; {@link #check} tells the first of them. Writing over the
 * heartbeat must be seen by others as soon as it is done.
 */
public final class WarehouseLock implements AutoCloseable {
  private static final String LOCK = "_lock";
  private static final Pattern NAME = Pattern.compile("_lock(?:\\.([1-9]\\d{0,17}))?");

  /** After Spark's own, which ends its jobs, and before that which closes file systems. */
  private static final int SHUTDOWN_PRIORITY = FileSystem.SHUTDOWN_HOOK_PRIORITY + 10;

  private static final Logger LOG = LoggerFactory.getLogger(WarehouseLock.class);

  /**
   * How fast a lock lives.
   *
   * @param heartbeat from one sign of life to the next
   * @param lease a holder without a sign of life for so long is dead; several heartbeats
   * @param settling before a new lock counts, where several may be created at once
   */
  public record Times(Duration heartbeat, Duration lease, Duration settling) {
    /** Property with the lease in seconds, for tests that wait until it is over. */
    public static final String LEASE = "kindred.lock-lease-seconds";

    /** A lease of 120 s, a heartbeat each 10 s. */
    public static Times standard() {
      Duration lease = Duration.ofSeconds(Long.getLong(LEASE, 120));
      return new Times(lease.dividedBy(12), lease, lease.dividedBy(24));
    }

    public Times {
      if (heartbeat.multipliedBy(2).compareTo(lease) > 0) {
        throw new IllegalArgumentException(
            String.format(Locale.ROOT, "Invalid lease: %s (heartbeat %s)", lease, heartbeat));
      }
    }

    private Duration poll() {
      return heartbeat.dividedBy(5);
    }
  }

  private final LockFiles files;
  private final String warehouse;
  private final Times times;
  private final ScheduledExecutorService heart;
  private final Runnable closeAtShutdown = this::close;
  private LockHolder holder;
  private long number;
  private String doing = "";
  private long beats;
  private Runnable onLoss = () -> {};
  private String lost = "it was not taken"; // null while it is this process's

  private WarehouseLock(LockFiles files, String warehouse, LockHolder holder, Times times) {
    this.files = files;
    this.warehouse = warehouse;
    this.holder = holder;
    this.times = times;
    this.heart = Executors.newSingleThreadScheduledExecutor(work -> daemon(work, "warehouse-lock"));
  }

  private static Thread daemon(Runnable work, String name) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Takes a warehouse's lock, with {@link Times#standard}.
   *
   * @param root the warehouse; created where it is missing
   * @param command what the lock is for, as others are told: {@code the command run}
   * @param wait how long to wait for another writer. With none, it takes up to a heartbeat to see
   *     that a writer on another machine lives, and up to the lease to see that it is dead.
   * @throws WarehouseBusy if another writer has it for that long
   */
  public static WarehouseLock acquire(
      FileSystem fileSystem, Path root, String command, Duration wait) {
    return acquire(fileSystem, root, command, wait, Times.standard());
  }

  /** {@link #acquire(FileSystem, Path, String, Duration)} with other times. */
  public static WarehouseLock acquire(
      FileSystem fileSystem, Path root, String command, Duration wait, Times times) {
    try {
      LockFiles files = LockFiles.of(fileSystem, root);
      WarehouseLock lock =
          new WarehouseLock(files, root.toString(), LockHolder.here(command), times);
      try {
        lock.acquire(wait);
      } catch (IOException | RuntimeException e) {
        lock.close();
        throw e;
      }

      lock.heart.scheduleWithFixedDelay(
          lock::heartbeat, 0, times.heartbeat().toMillis(), TimeUnit.MILLISECONDS);
      if (!ShutdownHookManager.get().isShutdownInProgress()) {
        ShutdownHookManager.get().addShutdownHook(lock.closeAtShutdown, SHUTDOWN_PRIORITY);
      }

      return lock;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void acquire(Duration wait) throws IOException {
    long started = System.nanoTime();
    NavigableMap<Long, Sighting> locks = new TreeMap<>();
    List<String> before = List.of();
    boolean told = false;
    while (true) {
      locks = look(locks);
      Sighting greatest = locks.isEmpty() ? null : locks.lastEntry().getValue();
      if (isOurs(greatest)) {
        NavigableMap<Long, Sighting> earlier = locks.headMap(number, false);
        if (earlier.values().stream().allMatch(one -> one.isOver(times.lease()))) {
          deleteOver(earlier, before);
          lost = null;
          return;
        }

        beat(); // others see that this process waits, and lives
      } else {
        withdraw(locks.get(number));
        if (greatest == null || greatest.isFree(times.lease())) {
          before = files.names(LOCK);
          if (create(locks.isEmpty() ? 1 : locks.lastKey() + 1)) {
            continue;
          }
        } else if (greatest.isAlive() && System.nanoTime() - started >= wait.toNanos()) {
          throw busy(greatest.holder(), wait);
        } else if (!told) {
          LOG.warn("{}: waiting for {}", warehouse, describe(greatest.holder()));
          told = true;
        }
      }

      pause(times.poll());
    }
  }

  /**
   * A lock as it was found.
   *
   * @param heartbeat the state of that file
   * @param changed whether it was different when it was last looked at
   * @param since when it had been found to be like this, and {@code at} when this look began, on
   *     this process's clock: between them it did not change, wherever this process stood still
   */
  private record Sighting(
      LockHolder holder, boolean released, String heartbeat, boolean changed, long since, long at) {

    private boolean isAlive() {
      return changed || holder.state() == LockHolder.State.RUNS;
    }

    /** Whether the lock can be taken away from its holder. */
    private boolean isFree(Duration lease) {
      LockHolder.State state = holder.state();
      return released
          || state == LockHolder.State.GONE
          || state == LockHolder.State.UNKNOWN && isQuiet(lease);
    }

    /** Whether its holder can rely on nothing any more, now that there is a greater one. */
    private boolean isOver(Duration lease) {
      return isQuiet(lease) || isFree(lease);
    }

    private boolean isQuiet(Duration lease) {
      return at - since >= lease.toNanos();
    }
  }

  /** The locks that are there, by number, compared with those that were there at the last look. */
  private NavigableMap<Long, Sighting> look(Map<Long, Sighting> before) throws IOException {
    NavigableMap<Long, Sighting> locks = new TreeMap<>();
    long at = System.nanoTime();
    List<String> names = files.names(LOCK);
    for (String name : names) {
      Matcher lock = NAME.matcher(name);
      Optional<String> text = lock.matches() ? files.read(name) : Optional.empty();
      if (text.isPresent()) {
        long found = lock.group(1) == null ? 0 : Long.parseLong(lock.group(1));
        LockHolder other = LockHolder.parse(text.get());
        boolean released = names.contains(released(other));
        String heartbeat = files.state(heartbeat(other));
        Sighting last = before.get(found);
        boolean same =
            last != null
                && last.holder.equals(other)
                && last.released == released
                && last.heartbeat.equals(heartbeat);
        long since = same ? last.since : System.nanoTime();
        boolean changed = last != null && !same;
        locks.put(found, new Sighting(other, released, heartbeat, changed, since, at));
      }
    }

    return locks;
  }

  private static String name(long number) {
    return number == 0 ? LOCK : LOCK + "." + number;
  }

  private static String heartbeat(LockHolder holder) {
    return LOCK + "." + holder.token() + ".heartbeat";
  }

  private static String released(LockHolder holder) {
    return LOCK + "." + holder.token() + ".released";
  }

  private boolean isOurs(Sighting lock) {
    return lock != null && lock.holder().token().equals(holder.token());
  }

  private boolean create(long next) throws IOException {
    holder = LockHolder.here(holder.command());
    number = next;
    boolean created = files.create(name(next), holder.asText());
    if (created && !files.exclusive()) {
      pause(times.settling());
    }

    return created;
  }

  /** Deletes a lock if it is this process's, as there is a greater one. */
  private void withdraw(Sighting lock) throws IOException {
    if (isOurs(lock)) {
      files.delete(name(number));
      files.delete(heartbeat(holder));
    }
  }

  /**
   * Deletes what is over.
   *
   * @param before the files that were there before this process's lock, some of locks that were
   *     deleted by hand; what a later holder writes is not among them
   */
  private void deleteOver(NavigableMap<Long, Sighting> earlier, List<String> before)
      throws IOException {
    if (!earlier.isEmpty() && !earlier.lastEntry().getValue().released()) {
      String dead = earlier.lastEntry().getValue().holder().describe();
      LOG.warn("{}: took the lock over from {}, which is dead", warehouse, dead);
    }

    for (long lock : earlier.keySet()) { // first: without the other files they look alive
      files.delete(name(lock));
    }

    // Kindred until 0.3 looks for its own file alone, so the heartbeat is read again after that.
    Sighting old = earlier.get(0L);
    if (old != null && !files.state(heartbeat(old.holder())).equals(old.heartbeat())) {
      pause(times.lease());
    }

    Set<String> others = new TreeSet<>(before);
    for (Sighting lock : earlier.values()) {
      others.add(heartbeat(lock.holder()));
      others.add(released(lock.holder()));
    }

    for (String name : others) {
      files.delete(name);
    }
  }

  private WarehouseBusy busy(LockHolder other, Duration wait) {
    return new WarehouseBusy(
        "--warehouse %s: in use%s by %s; %s, or stop that process",
        warehouse,
        wait.isZero() ? "" : " for all of " + wait.toSeconds() + " s",
        describe(other),
        wait.isZero() ? "wait for it with --lock-wait SECONDS" : "wait longer with --lock-wait");
  }

  /** Who a holder is, and what it said last of its work. */
  private String describe(LockHolder other) {
    try {
      String text = files.read(heartbeat(other)).orElse("");
      String work = text.lines().skip(1).findFirst().orElse("");
      return other.describe() + (work.isEmpty() ? "" : ", now at " + work);
    } catch (IOException e) {
      return other.describe(); // it is being written
    }
  }

  /** Lets those who find the warehouse in use know how far its holder is. */
  public void doing(String what) {
    synchronized (this) {
      doing = what.replace('\n', ' ');
    }

    heartbeat();
  }

  private synchronized void heartbeat() {
    try {
      renew();
    } catch (IOException | RuntimeException e) { // the next one may succeed
      LOG.warn("{}: the lock could not be renewed: {}", warehouse, firstLine(e));
    }
  }

  /** Gives a sign of life unless the lock was taken away. */
  private void renew() throws IOException {
    if (!heart.isShutdown() && isKept()) {
      beat();
    }
  }

  private void beat() throws IOException {
    beats++;
    files.write(heartbeat(holder), beats + "\n" + doing + "\n");
  }

  /** Whether the lock is still this process's; notices if it is not. */
  private boolean isKept() throws IOException {
    if (lost == null) {
      Map.Entry<Long, Sighting> last = look(Map.of()).lastEntry();
      if (last == null || !isOurs(last.getValue())) {
        LOG.warn("{}: the lock of this process was taken away", warehouse);
        boolean used = last != null && !last.getValue().released();
        lost = used ? "it is now in use by " + last.getValue().holder().describe() : "start again";
        stop();
      }
    }

    return lost == null;
  }

  /** On a thread of its own, as it may take its time. */
  private void stop() {
    daemon(onLoss, "warehouse-lock-lost").start();
  }

  /**
   * What to do once it turns out that the lock was taken away, on another thread.
   *
   * @param stopWriting ends what this process is writing
   */
  public synchronized void onLoss(Runnable stopWriting) {
    onLoss = stopWriting;
    if (lost != null) {
      stop();
    }
  }

  /** How the lock was lost, if it was. */
  public synchronized Optional<WarehouseBusy> loss() {
    return Optional.ofNullable(lost).map(now -> takenAway());
  }

  private WarehouseBusy takenAway() {
    return new WarehouseBusy(
        "--warehouse %s: the lock of this process was taken away, as it gave no sign of life for %d"
            + " s or the file was deleted; %s",
        warehouse, times.lease().toSeconds(), lost);
  }

  /**
   * Makes sure that the lock is still this process's, and will be for a lease from now on.
   *
   * @throws WarehouseBusy if it was taken away
   */
  public synchronized void check() {
    if (heart.isShutdown()) {
      throw new IllegalStateException("The lock was given back: " + warehouse);
    }

    try {
      renew();
      if (!isKept()) { // after the heartbeat: who created a greater lock before now sees it
        throw takenAway();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Gives the lock back. One that was taken away stays with its new holder. */
  @Override
  public synchronized void close() {
    if (!heart.isShutdown()) {
      heart.shutdown();
      onLoss = () -> {}; // nothing is left to be ended
      giveBack();
    }

    if (!ShutdownHookManager.get().isShutdownInProgress()) {
      ShutdownHookManager.get().removeShutdownHook(closeAtShutdown);
    }
  }

  private void giveBack() {
    try {
      isKept();
      if (isOurs(look(Map.of()).get(number))) { // also one that is lost: the next need not wait
        files.write(released(holder), "");
      }

      files.delete(heartbeat(holder));
    } catch (IOException e) {
      // Others find out that the holder is dead; what the run has done stands.
      LOG.warn("{}: the lock could not be given back: {}", warehouse, firstLine(e));
    }
  }

  /** Without the name node's stack trace, which HDFS has in its messages. */
  private static String firstLine(Exception thrown) {
    return thrown.toString().lines().findFirst().orElse("");
  }

  private static void pause(Duration duration) {
    try {
      Thread.sleep(duration.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted at the warehouse's lock", e);
    }
  }
}
