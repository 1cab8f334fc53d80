/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import com.sun.management.OperatingSystemMXBean;
import dev.kindred.InvalidInput;
import java.lang.management.ManagementFactory;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.network.util.JavaUtils;

/**
 * The memory that one task may fill while others run beside it in the same process.
 *
 * @param tasks that run at once in the process
 * @param heapBytes its share of the heap
 * @param engineBytes its share of the memory outside the heap; {@link Long#MAX_VALUE} if unknown
 * @param engineSource what bounds the latter, for messages
 */
public record TaskMemory(int tasks, long heapBytes, long engineBytes, String engineSource) {
  /** What a task may take of its share of the heap; the rest is Spark's. */
  private static final double HEAP_FRACTION = 0.6;

  /**
   * The memory of tasks. In a local Spark they share this process and this machine; on a cluster
   * executors have {@code spark.executor.memory} and {@code spark.executor.memoryOverhead}, and
   * what is not set there is not known.
   */
  static TaskMemory of(SparkContext spark) {
    SparkConf conf = spark.conf();
    if (spark.isLocal()) {
      int tasks = spark.defaultParallelism();
      long heap = Runtime.getRuntime().maxMemory();
      long machine =
          ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
      return new TaskMemory(
          tasks, heap / tasks, Math.max(0, machine - heap) / tasks, "this machine's memory");
    }

    int tasks =
        Math.max(1, conf.getInt("spark.executor.cores", 1) / conf.getInt("spark.task.cpus", 1));
    String overhead = "spark.executor.memoryOverhead";
    return new TaskMemory(
        tasks,
        JavaUtils.byteStringAsBytes(conf.get("spark.executor.memory", "1g")) / tasks,
        conf.contains(overhead)
            ? JavaUtils.byteStringAs(conf.get(overhead), org.apache.spark.network.util.ByteUnit.MiB)
                * (1L << 20)
                / tasks
            : Long.MAX_VALUE,
        overhead);
  }

  /** Returns the bytes of the heap that a task may fill with results. */
  public static long heapOfTask(SparkContext spark) {
    return (long) (HEAP_FRACTION / 2 * of(spark).heapBytes());
  }

  /** Whether an evaluation fits. */
  boolean suffices(TaskNeed need) {
    return heap(need) <= HEAP_FRACTION * heapBytes && need.engineBytes() <= engineBytes;
  }

  /** The task's own, and its share of what all tasks of a process have together. */
  private long heap(TaskNeed need) {
    return need.heapBytes() - need.sharedBytes() + need.sharedBytes() / tasks;
  }

  /**
   * Checks that an evaluation fits.
   *
   * @param nodes value of nodes-in-flight, for messages
   * @throws InvalidInput naming the setting and the remedy
   */
  void check(int nodes, TaskNeed need) {
    checkHeap(
        "--nodes-in-flight " + nodes,
        need,
        "a smaller number, a smaller --windows-per-task, or more heap");
    if (need.engineBytes() > engineBytes) {
      throw new InvalidInput(
          "--nodes-in-flight %d: a task would fill %d MiB outside the heap, its share of %s is %d"
              + " MiB; give a smaller number",
          nodes, need.engineBytes() >> 20, engineSource, engineBytes >> 20);
    }
  }

  /**
   * Checks that a join fits.
   *
   * @param prompts value of prompts, for messages
   * @throws InvalidInput naming the setting and the remedy
   */
  void checkJoin(String prompts, TaskNeed need) {
    checkHeap("--prompts " + prompts, need, "fewer, a smaller --keep-similar, or more heap");
  }

  private void checkHeap(String setting, TaskNeed need, String remedy) {
    checkHeap(setting, heap(need), remedy);
  }

  /**
   * Checks that what a task holds on the heap fits there.
   *
   * @param setting with its value, for messages
   * @param remedy what to give instead
   * @throws InvalidInput naming both
   */
  void checkHeap(String setting, long heap, String remedy) {
    if (heap > HEAP_FRACTION * heapBytes) {
      throw new InvalidInput(
          "%s: a task would fill %d MiB of heap, %.0f %% of its share is %d MiB; give %s",
          setting,
          heap >> 20,
          100 * HEAP_FRACTION,
          (long) (HEAP_FRACTION * heapBytes) >> 20,
          remedy);
    }
  }
}
