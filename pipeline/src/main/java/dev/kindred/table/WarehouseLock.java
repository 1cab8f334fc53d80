/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import dev.kindred.WarehouseBusy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.util.ShutdownHookManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to write into a warehouse, which one process has at a time: the file {@code _lock} in
 * its root, which names the holder, and {@code _lock.TOKEN.heartbeat}, which the holder writes anew
 * every 10 s.
 *
 * <p>A holder on this machine whose process is gone is dead, and its lock is taken over at once;
 * one whose process runs is alive. Of a holder elsewhere only the heartbeat is known: it is alive
 * when the file changes, and dead when it has not changed for the lease, 120 s on the clock of the
 * one who watches; clocks of different hosts are never compared. A lock file that cannot be read,
 * because its writer died, is watched in the same way.
 *
 * <p>A holder that stood still for longer than the lease may have been taken over. It learns that
 * at its next heartbeat, and then does what {@link #onLoss} was told. Call {@link #check} before
 * each step that others rely on, publishing above all: it fails if that has happened, and once it
 * has passed, nobody takes the lock over for another lease. What it writes before it knows cannot
 * harm the new holder: see {@link CommitLog}.
 *
 * <p>A program that is told to end (Ctrl-C, SIGTERM) gives its lock back.
 *
 * <p>Deleting {@code _lock} by hand frees the warehouse, and makes the holder fail at its next
 * check.
 *
 * <p><b>File systems.</b> Needed is that of several processes that create a file only one succeeds.
 * Local disks and HDFS do so; NFS does from version 3. S3A does from Hadoop 3.4.2, unless {@code
 * fs.s3a.create.conditional.enabled} is false; the store must support conditional writes. Elsewhere
 * the last file counts: a writer waits 5 s and reads its file back, which leaves two holders only
 * if creating a file took longer; {@link #check} tells the first of them.
 */
public final class WarehouseLock implements AutoCloseable {
  private static final String LOCK = "_lock";

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
  private final Object closing = new Object();
  private LockHolder holder;
  private String doing = "";
  private long beats;
  private Runnable onLoss = () -> {};
  private boolean lost;
  private boolean closed;

  private WarehouseLock(LockFiles files, String warehouse, LockHolder holder, Times times) {
    this.files = files;
    this.warehouse = warehouse;
    this.holder = holder;
    this.times = times;
    this.heart =
        Executors.newSingleThreadScheduledExecutor(
            work -> {
              Thread thread = new Thread(work, "warehouse-lock");
              thread.setDaemon(true);
              return thread;
            });
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

  /** What is in {@link #LOCK}, and the state of its holder's heartbeat. */
  private record Sighting(String text, Optional<LockHolder> holder, String heartbeat) {
    /** All whose text cannot be read share a name. */
    private String token() {
      return holder.map(LockHolder::token).orElse("unreadable");
    }

    private LockHolder.State state() {
      return holder.map(LockHolder::state).orElse(LockHolder.State.UNKNOWN);
    }

    private String describe() {
      return holder.map(LockHolder::describe).orElse("a writer that does not say who it is");
    }
  }

  /** What one file was last seen to be, and since when by this process's clock. */
  private static final class Watch {
    private Sighting seen;
    private long since;

    /** Whether the file has changed since it was last looked at. */
    private boolean changed(Sighting now) {
      boolean first = seen == null;
      boolean same = now.equals(seen);
      if (!same) {
        seen = now;
        since = System.nanoTime();
      }

      return !first && !same;
    }

    private boolean isDead(Duration lease) {
      LockHolder.State state = seen.state();
      return state == LockHolder.State.GONE
          || state == LockHolder.State.UNKNOWN && System.nanoTime() - since >= lease.toNanos();
    }
  }

  private void acquire(Duration wait) throws IOException {
    long started = System.nanoTime();
    Map<String, Watch> claims = new HashMap<>();
    Watch lock = new Watch();
    boolean told = false;
    while (true) {
      holder = holder.sinceNow();
      if (files.create(LOCK, holder.asText()) && !files.exclusive()) {
        pause(times.settling());
      }

      Optional<Sighting> sighting = sight(LOCK);
      if (sighting.isEmpty()) {
        continue;
      }

      Sighting now = sighting.get();
      if (now.token().equals(holder.token())) {
        deleteLeftOvers();
        return;
      }

      boolean signOfLife = lock.changed(now) || now.state() == LockHolder.State.RUNS;
      if (lock.isDead(times.lease())) {
        if (remove(now, claims)) {
          LOG.warn("{}: took the lock over from {}, which is dead", warehouse, now.describe());
          continue;
        }
      } else if (signOfLife && System.nanoTime() - started >= wait.toNanos()) {
        throw busy(now, wait);
      } else if (!told) {
        LOG.warn("{}: waiting for {}{}", warehouse, now.describe(), doing(now));
        told = true;
      }

      pause(times.poll());
    }
  }

  private WarehouseBusy busy(Sighting other, Duration wait) {
    return new WarehouseBusy(
        "--warehouse %s: in use%s by %s%s; %s, or stop that process",
        warehouse,
        wait.isZero() ? "" : " for all of " + wait.toSeconds() + " s",
        other.describe(),
        doing(other),
        wait.isZero() ? "wait for it with --lock-wait SECONDS" : "wait longer with --lock-wait");
  }

  /** What a holder said last of its work, as the rest of a sentence. */
  private String doing(Sighting other) {
    try {
      String text = files.read(heartbeat(other.token())).orElse("");
      String work = text.lines().skip(1).findFirst().orElse("");
      return work.isEmpty() ? "" : ", now at " + work;
    } catch (IOException e) {
      return ""; // it is being written
    }
  }

  private Optional<Sighting> sight(String name) throws IOException {
    Optional<String> text = files.read(name);
    if (text.isEmpty()) {
      return Optional.empty();
    }

    Optional<LockHolder> other = LockHolder.parse(text.get());
    String heartbeat =
        other.isPresent() ? files.state(heartbeat(other.get().token())) : files.state(name);
    return Optional.of(new Sighting(text.get(), other, heartbeat));
  }

  private static String heartbeat(String token) {
    return LOCK + "." + token + ".heartbeat";
  }

  /**
   * Files that one process creates to remove another's lock. Without them, a process that has
   * watched a lock die could remove the one that came after it.
   */
  private static String claim(String token, int generation) {
    return LOCK + "." + token + ".removal-" + generation;
  }

  /**
   * Removes a lock that is dead, or this process's own.
   *
   * @param claims what is known of other processes that tried the same
   * @return whether this call removed it: not if it has changed, or another process is at it
   */
  private boolean remove(Sighting dead, Map<String, Watch> claims) throws IOException {
    int generation = claim(dead.token(), claims);
    if (generation == 0) {
      return false;
    }

    String removed = LOCK + "." + dead.token() + ".removed-by-" + holder.token();
    try {
      // The claim first: a holder that comes back to life now writes its heartbeat before it looks
      // for claims, so that one of both sees the other.
      if (!sight(LOCK).equals(Optional.of(dead)) || !files.rename(LOCK, removed)) {
        return false;
      }

      Optional<String> text = files.read(removed);
      if (text.isPresent() && !text.get().equals(dead.text())) {
        files.create(LOCK, text.get()); // this process stood still; the lock is another's by now
        return false;
      }

      files.delete(heartbeat(dead.token()));
      return true;
    } finally {
      files.delete(removed);
      for (; generation > 0; generation--) {
        files.delete(claim(dead.token(), generation));
      }
    }
  }

  /** Claims the removal of a lock, also after others that died at it; 0 if one is alive. */
  private int claim(String token, Map<String, Watch> claims) throws IOException {
    int generation = 1;
    while (!files.create(claim(token, generation), holder.asText())) {
      String other = claim(token, generation);
      Optional<Sighting> sighting = sight(other);
      if (sighting.isEmpty()) {
        return 0;
      }

      if (!isDead(other, sighting.get(), claims)) {
        return 0;
      }

      generation++;
    }

    return generation;
  }

  private boolean isDead(String name, Sighting claim, Map<String, Watch> claims) {
    Watch watch = claims.computeIfAbsent(name, missing -> new Watch());
    watch.changed(claim);
    return watch.isDead(times.lease());
  }

  /** Of locks that are no more. */
  private void deleteLeftOvers() throws IOException {
    for (String name : files.names(LOCK + ".")) {
      if (!name.startsWith(LOCK + "." + holder.token())) {
        files.delete(name);
      }
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

  /** Notices a lock that was taken away; otherwise gives a sign of life. */
  private void renew() throws IOException {
    if (lost || heart.isShutdown()) {
      return;
    }

    if (isOurs()) {
      beats++;
      files.write(heartbeat(holder.token()), beats + "\n" + doing + "\n");
    } else {
      lose();
      files.delete(heartbeat(holder.token()));
    }
  }

  /** Says once that the lock is another's, on a thread of its own, as that may take its time. */
  private void lose() {
    if (!lost) {
      lost = true;
      LOG.warn("{}: the lock of this process was taken away", warehouse);
      stop();
    }
  }

  private void stop() {
    Thread stop = new Thread(onLoss, "warehouse-lock-lost");
    stop.setDaemon(true);
    stop.start();
  }

  /**
   * What to do once it turns out that the lock was taken away, on another thread.
   *
   * @param stopWriting ends what this process is writing
   */
  public synchronized void onLoss(Runnable stopWriting) {
    onLoss = stopWriting;
    if (lost) {
      stop();
    }
  }

  /** How the lock was lost, if it was. */
  public synchronized Optional<WarehouseBusy> loss() {
    return lost ? Optional.of(takenAway()) : Optional.empty();
  }

  private WarehouseBusy takenAway() {
    String now = "start again";
    try {
      now = sight(LOCK).map(other -> "it is now in use by " + other.describe()).orElse(now);
    } catch (IOException e) {
      LOG.warn("{}: the lock cannot be read: {}", warehouse, firstLine(e));
    }

    return new WarehouseBusy(
        "--warehouse %s: the lock of this process was taken away, as it gave no sign of life for %d"
            + " s or the file was deleted; %s",
        warehouse, times.lease().toSeconds(), now);
  }

  private boolean isOurs() throws IOException {
    return files.read(LOCK).flatMap(LockHolder::parse).filter(this::isThis).isPresent();
  }

  private boolean isThis(LockHolder other) {
    return other.token().equals(holder.token());
  }

  /**
   * Makes sure that the lock is still this process's, and will be for a lease.
   *
   * @throws WarehouseBusy if it was taken away
   */
  public synchronized void check() {
    if (heart.isShutdown()) {
      throw new IllegalStateException("The lock was given back: " + warehouse);
    }

    try {
      Map<String, Watch> claims = new HashMap<>();
      renew();
      while (!lost && isBeingRemoved(claims)) {
        pause(times.poll()); // until the other sees the heartbeat, or has taken the lock
        renew();
      }

      if (!lost && !isOurs()) {
        lose();
      }

      if (lost) {
        throw takenAway();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean isBeingRemoved(Map<String, Watch> claims) throws IOException {
    int generation = 1;
    while (true) {
      String name = claim(holder.token(), generation);
      Optional<Sighting> claim = sight(name);
      if (claim.isEmpty()) {
        return false;
      }

      if (!isDead(name, claim.get(), claims)) {
        return true;
      }

      generation++;
    }
  }

  /** Gives the lock back. One that was taken away stays with its new holder. */
  @Override
  public void close() {
    synchronized (closing) { // a program that ends may do so while it is told to
      if (!closed) {
        closed = true;
        giveBack();
      }
    }

    if (!ShutdownHookManager.get().isShutdownInProgress()) {
      ShutdownHookManager.get().removeShutdownHook(closeAtShutdown);
    }
  }

  private void giveBack() {
    heart.shutdown();
    try {
      if (!heart.awaitTermination(times.lease().toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("{}: the lock's heartbeat hangs", warehouse);
      }

      long started = System.nanoTime();
      Map<String, Watch> claims = new HashMap<>();
      Optional<Sighting> sighting = sight(LOCK);
      synchronized (this) {
        lost = lost || sighting.filter(now -> now.token().equals(holder.token())).isEmpty();
      }

      while (sighting.isPresent()
          && sighting.get().token().equals(holder.token())
          && !remove(sighting.get(), claims)
          && System.nanoTime() - started < times.lease().toNanos()) {
        pause(times.poll());
        sighting = sight(LOCK);
      }

      files.delete(heartbeat(holder.token()));
    } catch (IOException e) {
      // Others find out that the holder is dead; what the run has done stands.
      LOG.warn("{}: the lock could not be given back: {}", warehouse, firstLine(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
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
