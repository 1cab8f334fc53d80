/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;

/**
 * The driver of {@link TestWeightsOnACluster}: executors evaluate the models below a folder when
 * the models are not there any more.
 *
 * <p>Prints a line a model and task: the model's id, the executor, and a hash of what it predicts.
 */
final class WeightsDriver {
  static final String FOLDER = "kindred.test.models";
  static final int[][] PROMPTS = {{1, 2, 3, 4, 5}};

  private WeightsDriver() {}

  public static void main(String[] arguments) throws IOException {
    Path models = Path.of(System.getProperty(FOLDER));
    try (SparkSession spark =
        SparkSession.builder()
            .appName("weights")
            .config("spark.sql.artifact.isolation.enabled", "false")
            .getOrCreate()) {
      for (String name : List.of("first", "second")) {
        Path folder = models.resolve(name);
        ModelDirectory model =
            ModelDirectory.read(folder.toString(), spark.sparkContext().hadoopConfiguration());
        model.onExecutors(spark).destroy();
        Broadcast<ModelDirectory> onExecutors = model.onExecutors(spark); // as a later stage does
        spark.range(0, 8, 1, 4).repartition(4).count(); // each executor has had a task
        Files.move(folder, models.resolve(name + "-elsewhere"));
        spark
            .range(0, 4, 1, 4)
            .as(Encoders.LONG())
            .mapPartitions(new Predict(onExecutors), Encoders.STRING())
            .collectAsList()
            .forEach(System.out::println);
      }
    }
  }

  private static final class Predict implements MapPartitionsFunction<Long, String> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<ModelDirectory> model;

    private Predict(Broadcast<ModelDirectory> model) {
      this.model = model;
    }

    @Override
    public Iterator<String> call(Iterator<Long> rows) {
      ModelDirectory directory = model.value();
      int hash = Arrays.hashCode(LoadedModels.get(directory).predict(PROMPTS).probabilities());
      return List.of(directory.id() + " " + SparkEnv.get().executorId() + " " + hash).iterator();
    }
  }
}
