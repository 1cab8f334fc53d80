/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.plan;

import java.util.PriorityQueue;
import java.util.Random;

/**
 * How long the tasks of a Spark stage take on many cores: the driver starts one after another, each
 * on the core that is free first, and some take longer than others.
 */
final class Schedule {
  /**
   * Tasks that are followed one by one; of more only the sums count, as their unevenness does not.
   */
  private static final long MOST_TASKS = 4_000_000;

  private static final long SEED = 1;

  private Schedule() {}

  /**
   * Simulates a stage.
   *
   * @param tasks at least one
   * @param taskSeconds that a task takes, on average
   * @param cores that tasks run on, at least one
   * @param startSeconds that the driver takes to start a task and to hear of its end
   * @param spread standard deviation of the logarithm of a task's seconds; 0 where all are alike
   * @return seconds until the last task has ended
   */
  static double seconds(
      long tasks, double taskSeconds, long cores, double startSeconds, double spread) {
    if (tasks > MOST_TASKS) {
      return Math.max(tasks * startSeconds, tasks * taskSeconds / cores) + taskSeconds;
    }

    Random random = new Random(SEED);
    PriorityQueue<Double> free = new PriorityQueue<>();
    double last = 0;
    for (long task = 0; task < tasks; task++) {
      double core = free.size() < cores ? 0 : free.poll();
      // The mean of exp(spread * z - spread^2 / 2) is 1.
      double factor = Math.exp(spread * random.nextGaussian() - spread * spread / 2);
      double end = Math.max(core, (task + 1) * startSeconds) + taskSeconds * factor;
      free.add(end);
      last = Math.max(last, end);
    }

    return last;
  }
}
