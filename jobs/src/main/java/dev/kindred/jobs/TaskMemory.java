/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import com.sun.management.OperatingSystemMXBean;
import dev.kindred.InvalidInput;
import java.lang.management.ManagementFactory;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.network.util.JavaUtils;

/**
 * The memory that one task may fill while others run beside it in the same process.
 *
 * @param heapBytes its share of the heap
 * @param engineBytes its share of the memory outside the heap; {@link Long#MAX_VALUE} if unknown
 * @param engineSource what bounds the latter, for messages
 */
record TaskMemory(long heapBytes, long engineBytes, String engineSource) {
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
          heap / tasks, Math.max(0, machine - heap) / tasks, "this machine's memory");
    }

    int tasks =
        Math.max(1, conf.getInt("spark.executor.cores", 1) / conf.getInt("spark.task.cpus", 1));
    String overhead = "spark.executor.memoryOverhead";
    return new TaskMemory(
        JavaUtils.byteStringAsBytes(conf.get("spark.executor.memory", "1g")) / tasks,
        conf.contains(overhead)
            ? JavaUtils.byteStringAs(conf.get(overhead), org.apache.spark.network.util.ByteUnit.MiB)
                * (1L << 20)
                / tasks
            : Long.MAX_VALUE,
        overhead);
  }

  /**
   * Checks that an evaluation fits.
   *
   * @param nodes value of nodes-in-flight, for messages
   * @param heap bytes that a task fills on the heap
   * @param engine bytes that it fills outside
   * @throws InvalidInput naming the setting and the remedy
   */
  void check(int nodes, long heap, long engine) {
    if (heap > HEAP_FRACTION * heapBytes) {
      throw new InvalidInput(
          "--nodes-in-flight %d: a task would fill %d MiB of heap, %.0f %% of its share is %d MiB;"
              + " give a smaller number, a smaller --windows-per-task, or more heap",
          nodes, heap >> 20, 100 * HEAP_FRACTION, (long) (HEAP_FRACTION * heapBytes) >> 20);
    }

    if (engine > engineBytes) {
      throw new InvalidInput(
          "--nodes-in-flight %d: a task would fill %d MiB outside the heap, its share of %s is %d"
              + " MiB; give a smaller number",
          nodes, engine >> 20, engineSource, engineBytes >> 20);
    }
  }
}
