/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.StandaloneCluster;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models in folders of the driver's machine, which two executors do not see. */
@Tag("faults")
class TestWeightsOnACluster {
  private static final List<String> FILES =
      List.of("config.json", "model.safetensors", "tokenizer.json", "selfcheck.json");

  @TempDir private Path folder;

  @Test
  void sparkBringsThemToEveryExecutor() throws IOException, InterruptedException {
    Path models = Files.createDirectory(folder.resolve("models"));
    copy(Models.TWO_BLOCKS, models.resolve("first"));
    copy(Models.DICKENS_SMALL, models.resolve("second"));
    List<String> lines;
    try (StandaloneCluster cluster =
        new StandaloneCluster(
            Files.createDirectory(folder.resolve("cluster")),
            StandaloneCluster.jars(System.getProperty("java.class.path")))) {
      cluster.startWorker(4, "2g", Map.of(), Map.of());
      lines =
          cluster.run(
              WeightsDriver.class,
              Map.of(
                  WeightsDriver.FOLDER,
                  models.toString(),
                  "spark.executor.cores",
                  "2",
                  "spark.executor.memory",
                  "512m",
                  "spark.cores.max",
                  "4",
                  "spark.scheduler.minRegisteredResourcesRatio",
                  "1",
                  "spark.task.maxFailures",
                  "1",
                  "spark.executor.extraJavaOptions",
                  "--add-modules=jdk.incubator.vector "
                      + String.join(" ", StandaloneCluster.SHORT_LIVED)));
    }

    for (String name : List.of(Models.TWO_BLOCKS, Models.DICKENS_SMALL)) {
      String id = Models.directory(name).id();
      List<String> ofModel = lines.stream().filter(line -> line.startsWith(id)).toList();
      try (LanguageModel model = Models.load(name)) {
        int expected = Arrays.hashCode(model.predict(WeightsDriver.PROMPTS).probabilities());
        assertThat(ofModel)
            .hasSize(4)
            .allMatch(line -> line.endsWith(" " + expected))
            .anyMatch(line -> line.contains(" 0 "))
            .anyMatch(line -> line.contains(" 1 "));
      }
    }
  }

  private static void copy(String name, Path folder) throws IOException {
    Files.createDirectory(folder);
    for (String file : FILES) {
      Files.copy(Models.folder(name).resolve(file), folder.resolve(file));
    }
  }
}
