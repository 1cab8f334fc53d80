/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import dev.kindred.InvalidInput;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.resource.ResourceInformation;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;

/**
 * The driver of {@link TestGpuTasksOnACluster}: an application whose ordinary tasks get no GPU,
 * then one where two of them share one.
 *
 * <p>Prints a line a task: stage, executor, addresses, start and end in milliseconds of the host's
 * clock. The first application also checks the device; that error's message is a line, too.
 */
final class GpuTasksDriver {
  static final int TASKS = 16;
  private static final long TASK_MILLIS = 600;

  private GpuTasksDriver() {}

  public static void main(String[] arguments) throws IOException {
    try (SparkSession spark = session().getOrCreate()) {
      print(input(spark).mapPartitions(new Occupy("plain"), Encoders.STRING()));
      print(GpuTasks.mapPartitions(input(spark), new Occupy("gpu"), Encoders.STRING()));
      System.out.println("refused " + refusal(spark));
    }

    try (SparkSession spark =
        session().config("spark.task.resource.gpu.amount", "0.5").getOrCreate()) {
      print(input(spark).mapPartitions(new Occupy("sharing"), Encoders.STRING()));
      print(
          GpuTasks.mapPartitions(
              input(spark), new Occupy("gpu-beside-sharing"), Encoders.STRING()));
    }
  }

  private static SparkSession.Builder session() {
    return SparkSession.builder()
        .appName("gpu-tasks")
        .config("spark.sql.artifact.isolation.enabled", "false");
  }

  /** Shuffled, so that the stage under test is not the one that makes the rows. */
  private static Dataset<Long> input(SparkSession spark) {
    return spark.range(TASKS).as(Encoders.LONG()).repartition(TASKS);
  }

  private static String refusal(SparkSession spark) {
    try {
      GpuTasks.check(spark);
    } catch (Exception e) {
      InvalidInput refusal = InvalidInput.findIn(e);
      if (refusal != null) {
        return refusal.getMessage();
      }

      throw e;
    }

    throw new AssertionError("The device was not refused");
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
      long start = System.currentTimeMillis();
      ResourceInformation gpu = TaskContext.get().resourcesJMap().get("gpu");
      Thread.sleep(TASK_MILLIS);
      return List.of(
              String.join(
                  " ",
                  stage,
                  SparkEnv.get().executorId(),
                  gpu == null ? "-" : String.join(",", gpu.addresses()),
                  Long.toString(start),
                  Long.toString(System.currentTimeMillis())))
          .iterator();
    }
  }
}
