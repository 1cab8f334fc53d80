/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import dev.kindred.InvalidInput;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.resource.ResourceProfile;
import org.apache.spark.resource.ResourceProfileBuilder;
import org.apache.spark.resource.TaskResourceRequests;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoder;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;

/**
 * Stages whose tasks have a GPU each, for themselves alone.
 *
 * <p>Executors with GPUs ({@code spark.executor.resource.gpu.amount} above 0) run as many tasks of
 * such a stage at once as they have GPUs, and tasks of all other stages one a core, without a GPU
 * or with the share that {@code spark.task.resource.gpu.amount} gives them. {@link
 * TaskDevice#assigned} is the GPU of the task. Without GPUs, and always in a local master, such a
 * stage is one like any other.
 *
 * <p>With dynamic allocation Spark would look for executors that belong to this stage alone, so
 * there the stage stays an ordinary one, and its tasks share GPUs by {@code
 * spark.task.resource.gpu.amount}.
 */
public final class GpuTasks {
  private static final String EXECUTOR_GPUS = "spark.executor.resource.gpu.amount";
  private static final String TASK_GPUS = "spark.task.resource.gpu.amount";

  private GpuTasks() {}

  /**
   * {@link Dataset#mapPartitions} whose tasks have a GPU each where there are GPUs. The shuffles
   * that the input needs then run in this call, since the stage becomes an RDD's.
   *
   * @throws InvalidInput if executors have GPUs that no task of this stage would get
   */
  public static <T, U> Dataset<U> mapPartitions(
      Dataset<T> input, MapPartitionsFunction<T, U> function, Encoder<U> output) {
    if (!needProfile(input.sparkSession().sparkContext().getConf())) {
      return input.mapPartitions(function, output);
    }

    JavaRDD<U> mapped = oneGpuEach(input.toJavaRDD().mapPartitions(function::call));
    return input.sparkSession().createDataset(mapped.rdd(), output);
  }

  /**
   * The same over the numbers from 0 on, each of which stands for a piece of work.
   *
   * @param size how many
   * @param tasks over which they are spread
   */
  public static <U> Dataset<U> mapNumbers(
      SparkSession spark,
      int size,
      int tasks,
      MapPartitionsFunction<Integer, U> function,
      Encoder<U> output) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    List<Integer> numbers = IntStream.range(0, size).boxed().toList();
    return mapPartitions(
        spark.createDataset(context.parallelize(numbers, tasks).rdd(), Encoders.INT()),
        function,
        output);
  }

  /**
   * Checks that a task can compute on a GPU where executors have some: one of them loads PyTorch
   * and looks for its own. Waits for an executor.
   *
   * @throws InvalidInput if it cannot, or if executors have GPUs that no task would get
   */
  public static void check(SparkSession spark) {
    SparkConf conf = spark.sparkContext().getConf();
    if (!hasGpus(conf)) {
      return;
    }

    try {
      oneGpuEach(new JavaSparkContext(spark.sparkContext()).parallelize(List.of(0), 1))
          .foreach(any -> TaskDevice.assigned());
    } catch (Exception e) {
      if (spark.sparkContext().isStopped()) { // YARN gives up when executors end again and again
        throw new InvalidInput(
            "%s=%s: no executor with a GPU could be started; their logs say why, such as hosts"
                + " where nvidia-smi finds none; submit without DEVICE=gpu",
            EXECUTOR_GPUS, conf.get(EXECUTOR_GPUS));
      }

      throw e;
    }
  }

  /**
   * Gives the tasks of an RDD's stage a GPU each where there are GPUs, else returns the RDD as it
   * is. A task takes {@code spark.task.cpus} cores.
   *
   * @throws InvalidInput if executors have GPUs that no task of this stage would get
   */
  static <T> JavaRDD<T> oneGpuEach(JavaRDD<T> rdd) {
    return needProfile(rdd.context().getConf()) ? rdd.withResources(oneGpu()) : rdd;
  }

  /** A profile without executor requests: Spark applies it to the executors that are there. */
  private static ResourceProfile oneGpu() {
    return new ResourceProfileBuilder()
        .require(new TaskResourceRequests().resource("gpu", 1))
        .build();
  }

  private static boolean hasGpus(SparkConf conf) {
    String master = conf.get("spark.master", "");
    boolean local = master.equals("local") || master.startsWith("local[");
    return !local && conf.getInt(EXECUTOR_GPUS, 0) > 0;
  }

  /** Whether tasks get a GPU each only if their stage asks for it. */
  static boolean needProfile(SparkConf conf) {
    if (!hasGpus(conf)) {
      return false;
    }

    if (conf.getBoolean("spark.dynamicAllocation.enabled", false)) {
      if (conf.getDouble(TASK_GPUS, 0) == 0) {
        throw new InvalidInput(
            "%s=%s with dynamic allocation: no task would get a GPU; set %s, for example to 1"
                + " divided by spark.executor.cores, or spark.dynamicAllocation.enabled=false",
            EXECUTOR_GPUS, conf.get(EXECUTOR_GPUS), TASK_GPUS);
      }

      return false;
    }

    return true;
  }
}
