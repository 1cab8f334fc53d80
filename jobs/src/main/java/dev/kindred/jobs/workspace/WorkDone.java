/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.workspace;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How far a step has come and how long it will still take, from the work done of the work known.
 * Whoever uses it says what time it is: durations since the step began.
 *
 * <p>A step has parts of known weights (the blocks of a join). A share is told only if it was
 * counted, it never goes back, and it is at most {@link #MOST} until the step has ended. What is
 * left is told from the rate of the last while, and only once that means something.
 */
final class WorkDone {
  /** The largest share of a step that has not ended. */
  static final double MOST = 0.99;

  private static final double LEAST_SHARE = 0.05; // before which a rate means nothing
  private static final Duration LEAST_TIME = Duration.ofSeconds(10);
  private static final Duration LEAST_WINDOW = Duration.ofSeconds(30);

  private final double[] weights;
  private final double all; // weights
  private final Deque<Rise> rises = new ArrayDeque<>(); // those that a rate is measured by
  private int part;
  private boolean counted;
  private double share;

  /** When a share was reached. */
  private record Rise(Duration at, double share) {}

  /**
   * A step that begins.
   *
   * @param weights of its parts, 0 or more: about how long each takes, in any unit
   */
  WorkDone(double... weights) {
    this.weights = weights.clone();
    this.all = Arrays.stream(weights).sum();
    this.counted = weights.length > 1 && all > 0;
    rises.add(new Rise(Duration.ZERO, 0));
  }

  /**
   * Says how far the part is that is going on.
   *
   * @param done rows, pairs or tasks that are done of it
   * @param known how many it has; 0 if that is not known
   */
  void count(Duration now, double done, double known) {
    if (known > 0 && part < weights.length && all > 0) {
      counted = true;
      raise(now, weights[part] * Math.max(0, Math.min(1, done / known)));
    }
  }

  /** The next part is going on. */
  void partDone(Duration now) {
    part = Math.min(part + 1, weights.length);
    raise(now, 0);
  }

  private void raise(Duration now, double ofPart) {
    if (!counted) {
      return;
    }

    double before = Arrays.stream(weights, 0, part).sum();
    double reached = Math.min(MOST, (before + ofPart) / all);
    if (reached > share) {
      share = reached;
      rises.addLast(new Rise(now, reached));
      forget(now);
    }
  }

  /** Keeps one rise from before the window, which the rate is measured from. */
  private void forget(Duration now) {
    Duration third = now.dividedBy(3);
    Duration from = now.minus(third.compareTo(LEAST_WINDOW) > 0 ? third : LEAST_WINDOW);
    while (rises.size() > 2) {
      Iterator<Rise> oldest = rises.iterator();
      oldest.next();
      if (oldest.next().at().compareTo(from) > 0) {
        return;
      }

      rises.removeFirst();
    }
  }

  /** Returns the share that is done, in [0, {@link #MOST}]; empty if nothing was counted yet. */
  OptionalDouble share() {
    return counted ? OptionalDouble.of(share) : OptionalDouble.empty();
  }

  /**
   * About how long the step will still take, not below zero.
   *
   * <p>Empty where nobody can say: at the beginning, at the very end, and when nothing more was
   * counted for longer than the rate was measured, or than the work that was left should have
   * taken.
   */
  Optional<Duration> left(Duration now) {
    if (share < LEAST_SHARE || share >= MOST || now.compareTo(LEAST_TIME) < 0) {
      return Optional.empty();
    }

    Rise from = rises.getFirst();
    Rise last = rises.getLast();
    Duration measured = last.at().minus(from.at());
    Duration since = now.minus(last.at());
    if (measured.isZero() || since.compareTo(measured) > 0) {
      return Optional.empty();
    }

    double nanos = measured.toNanos() * (1 - last.share()) / (last.share() - from.share());
    Duration left = Duration.ofMillis(Math.round(nanos / 1e6)).minus(since);
    return left.isNegative() ? Optional.empty() : Optional.of(left);
  }

  /**
   * What a terminal shows: {@code 34 % 1:10, about 2 min left}, with as much of it as is known.
   *
   * @param now since the step began
   */
  String text(Duration now) {
    String percent =
        counted ? String.format(Locale.ROOT, "%3d %%  ", (int) Math.floor(100 * share)) : "";
    return percent + clock(now) + left(now).map(left -> ", " + about(left)).orElse("");
  }

  /** As a clock shows it: {@code 0:12}, {@code 1:10}, {@code 1:02:03}. */
  static String clock(Duration duration) {
    long seconds = duration.toSeconds();
    return seconds >= 3600
        ? String.format(
            Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60)
        : String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60);
  }

  /** Says how long is left, no more exactly than such an estimate is. */
  static String about(Duration left) {
    long seconds = left.toSeconds();
    if (seconds < 10) {
      return "a few seconds left";
    }

    if (seconds < 55) {
      return String.format(Locale.ROOT, "about %d s left", (seconds + 5) / 10 * 10);
    }

    long minutes = (seconds + 30) / 60;
    if (minutes < 90) {
      return String.format(Locale.ROOT, "about %d min left", minutes);
    }

    long tens = (minutes + 5) / 10; // of minutes
    return tens % 6 == 0
        ? String.format(Locale.ROOT, "about %d h left", tens / 6)
        : String.format(Locale.ROOT, "about %d h %d min left", tens / 6, tens % 6 * 10);
  }
}
