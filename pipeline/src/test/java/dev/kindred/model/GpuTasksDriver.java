/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import dev.kindred.InvalidInput;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.SparkEnv;
import org.apache.spark.SparkException;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.resource.ResourceInformation;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;

/**
 * The driver of {@link TestGpuTasks}: runs an ordinary stage, a stage of GPU tasks, and one that
 * asks for the device. Prints one line a task: stage, executor, addresses, start and end in
 * nanoseconds of the executor's clock; of the last stage the error's message.
 */
final class GpuTasksDriver {
  static final int TASKS = 16;
  private static final long TASK_MILLIS = 400;

  private GpuTasksDriver() {}

  public static void main(String[] arguments) {
    SparkSession spark =
        SparkSession.builder()
            .appName("gpu-tasks")
            .config("spark.sql.artifact.isolation.enabled", "false")
            .getOrCreate();
    // Shuffled, so that the stage under test is not the one that makes the rows.
    Dataset<Long> input = spark.range(TASKS).as(Encoders.LONG()).repartition(TASKS);
    print(input.mapPartitions(new Occupy("plain"), Encoders.STRING()));
    print(GpuTasks.mapPartitions(input, new Occupy("gpu"), Encoders.STRING()));
    try {
      print(GpuTasks.mapPartitions(input, new AskForDevice(), Encoders.STRING()));
    } catch (Exception e) {
      InvalidInput refusal = InvalidInput.findIn(e);
      if (!(e instanceof SparkException) || refusal == null) {
        throw e;
      }

      System.out.println("refused " + refusal.getMessage());
    }

    spark.stop();
  }

  private static void print(Dataset<String> lines) {
    lines.collectAsList().forEach(System.out::println);
  }

  /** A task that takes its time. */
  private static final class Occupy implements MapPartitionsFunction<Long, String> {
    private static final long serialVersionUID = 1L;

    private final String stage;

    private Occupy(String stage) {
      this.stage = stage;
    }

    @Override
    public Iterator<String> call(Iterator<Long> rows) throws InterruptedException {
      long start = System.nanoTime();
      ResourceInformation gpu = TaskContext.get().resourcesJMap().get("gpu");
      Thread.sleep(TASK_MILLIS);
      return List.of(
              String.join(
                  " ",
                  stage,
                  SparkEnv.get().executorId(),
                  gpu == null ? "-" : String.join(",", gpu.addresses()),
                  Long.toString(start),
                  Long.toString(System.nanoTime())))
          .iterator();
    }
  }

  private static final class AskForDevice implements MapPartitionsFunction<Long, String> {
    private static final long serialVersionUID = 1L;

    @Override
    public Iterator<String> call(Iterator<Long> rows) {
      return List.of("device " + LoadedModels.assignedDevice()).iterator();
    }
  }
}
