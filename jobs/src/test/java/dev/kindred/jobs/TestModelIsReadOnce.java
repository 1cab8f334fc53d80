/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.LocalSpark;
import dev.kindred.model.Models;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * How often a command reads a model's weights, beside what loads them, which a process does once:
 * the model is loaded before, so that each time that is counted is a hash of the whole file.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Tag("thorough")
class TestModelIsReadOnce {
  private static final String FILE_SYSTEM = "fs.counted.impl";
  private static final Path MODEL = Models.folder(Models.DICKENS_SMALL);
  private static final String COUNTED = "counted:" + MODEL;

  @TempDir private static Path base;
  private static Path warehouse;

  /** The local disk, counting how often the model's weights are opened. */
  static final class CountingFileSystem extends RawLocalFileSystem {
    private static final AtomicInteger OPENED = new AtomicInteger();

    @Override
    public URI getUri() {
      return URI.create("counted:///");
    }

    @Override
    public FSDataInputStream open(org.apache.hadoop.fs.Path path, int buffer) throws IOException {
      if (path.toUri().getPath().equals(MODEL.resolve(ModelDirectory.WEIGHTS).toString())) {
        OPENED.incrementAndGet();
      }

      return super.open(path, buffer);
    }
  }

  private static Configuration hadoop() {
    return LocalSpark.session().sparkContext().hadoopConfiguration();
  }

  @BeforeAll
  static void load() throws IOException {
    hadoop().set(FILE_SYSTEM, CountingFileSystem.class.getName());
    warehouse = SharedRun.copyTo(base.resolve("warehouse"));
    ModelDirectory directory = ModelDirectory.read(COUNTED, hadoop());
    LoadedModels.get(directory);
    LoadedModels.stream(directory);
  }

  @AfterAll
  static void forgetTheFileSystem() {
    hadoop().unset(FILE_SYSTEM);
  }

  private static CommandLineRun readingOnce(String... arguments) {
    CountingFileSystem.OPENED.set(0);
    CommandLineRun run = CommandLineRun.of(arguments);
    assertThat(CountingFileSystem.OPENED).as(String.join(" ", arguments)).hasValue(1);
    return run;
  }

  private static CommandLineRun run(String... options) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "run",
                "--corpus",
                SharedRun.corpus().toString(),
                "--prompts",
                Integer.toString(SharedRun.PROMPTS),
                "--model",
                COUNTED,
                "--warehouse",
                warehouse.toString()));
    arguments.addAll(List.of(options));
    CommandLineRun run = readingOnce(arguments.toArray(String[]::new));
    assertThat(run.status()).as(run.err()).isZero();
    return run;
  }

  @Test
  @Order(1)
  void aRunThatIsThereAlreadyAndWritesAReport() {
    Path report = base.resolve("report.html");
    assertThat(run("--report", report.toString()).err()).contains("nothing to do");
    assertThat(report).content().contains("Logit lens");
  }

  /** With other weights, so that it takes the join of the one before. */
  @Test
  @Order(2)
  void aRun() {
    assertThat(run("--thresholds", ".95,.94,.85,.76,.81,.89", "--weights", "1,1,1,1,1,1").err())
        .doesNotContain("nothing to do");
  }

  /** From here on the last published run's model is the counted one. */
  @Test
  @Order(3)
  void whatFollowsTheLastRun() {
    for (List<String> command :
        List.of(List.of("ablate"), List.of("geometry"), List.of("explain", "She said i"))) {
      List<String> arguments = new ArrayList<>(command);
      arguments.addAll(List.of("--warehouse", warehouse.toString()));
      CommandLineRun run = readingOnce(arguments.toArray(String[]::new));
      assertThat(run.status()).as(run.err()).isZero();
    }
  }

  @Test
  @Order(4)
  void whatNamesTheModel() throws IOException {
    assertThat(readingOnce("lens", "And only l", "--model", COUNTED).status()).isZero();
    CommandLineRun ablated =
        readingOnce("ablate", "--model", COUNTED, "--warehouse", warehouse.toString());
    assertThat(ablated.status()).as(ablated.err()).isZero();
    Path text = Files.writeString(base.resolve("text.txt"), "So short. ".repeat(20));
    CommandLineRun tuned =
        readingOnce(
            "tune",
            "--model",
            COUNTED,
            "--corpus",
            text.toString(),
            "--prompts",
            "5",
            "--tuning-prompts",
            "2",
            "--bin-step",
            "0.1",
            "--warehouse",
            base.resolve("tuned").toString());
    assertThat(tuned.status()).as(tuned.err()).isZero();
  }
}
