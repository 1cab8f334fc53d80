/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.LocalSpark;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that keeps no activations and is stopped twice on its way, beside one that keeps them. */
@Tag("thorough")
final class TestNothingStored {
  @TempDir private static Path folder;

  private static Path warehouse;
  private static CommandLineRun stopped;
  private static CommandLineRun stoppedAgain;
  private static CommandLineRun run;

  @BeforeAll
  static void run() throws InterruptedException {
    warehouse = folder.resolve("warehouse");
    stopped = stoppedAfterTheFirstPartOf(Tables.EVIDENCE_PIECES);
    stoppedAgain = stoppedAfterTheFirstPartOf(Tables.BLOCK_DISTRIBUTIONS);
    run = command("run", "--alternates", "none");
    assertThat(run.status()).as(run.err()).isZero();
  }

  private static CommandLineRun command(String name, String... more) {
    List<String> options =
        new ArrayList<>(List.of("--windows-per-task", "1000", "--store-activations", "none"));
    options.addAll(List.of(more));
    return SharedRun.again(name, warehouse, options);
  }

  private static CommandLineRun stoppedAfterTheFirstPartOf(Table table)
      throws InterruptedException {
    Thread stop = new Thread(() -> stopAfterTheFirstPartOf(table));
    stop.start();
    CommandLineRun died = command("run", "--alternates", "none");
    stop.interrupt();
    stop.join();
    return died;
  }

  /**
   * Cancels what Spark does once the first part of a table has been committed, until it is
   * interrupted: between two jobs there is nothing to cancel.
   */
  private static void stopAfterTheFirstPartOf(Table table) {
    try {
      while (files(table).noneMatch(file -> file.endsWith("_commits/complete.json"))) {
        Thread.sleep(20);
      }

      while (true) {
        LocalSpark.session().sparkContext().cancelAllJobs();
        Thread.sleep(20);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Stream<Path> files(Table table) {
    Path folder = warehouse.resolve(table.name());
    if (!Files.exists(folder)) {
      return Stream.of();
    }

    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).toList().stream();
    } catch (UncheckedIOException | IOException e) {
      return Stream.of(); // it is written just now
    }
  }

  private static List<String> rows(Path of, Table table, String runId) {
    Warehouse found = new Warehouse(LocalSpark.session(), of.toString());
    return RunRows.asText(found.part(table, runId).read().drop("run_id"));
  }

  @Test
  void findsTheSameInEveryBit() {
    for (Table table :
        List.of(
            Tables.SIMILAR_STRINGS,
            Tables.BLOCK_DISTRIBUTIONS,
            Tables.APPROXIMATIONS,
            Tables.DISTANCES)) {
      assertThat(rows(warehouse, table, SharedRun.runId(run)))
          .as(table.name())
          .isNotEmpty()
          .isEqualTo(rows(SharedRun.warehouse(), table, SharedRun.runId()));
    }
  }

  @Test
  void goesOnWithThePiecesThatAreThereAndLeavesNothingOfThem() {
    assertThat(stopped.status()).isNotZero();
    assertThat(stoppedAgain.err()).containsPattern("[12] of 3 pieces are there already");
    assertThat(stoppedAgain.status()).isNotZero();
    assertThat(run.err())
        .containsPattern("\\d of 3 pieces are there already")
        .contains("3 of 3 pieces are there already", "block 0 is there already");
    assertThat(files(Tables.EVIDENCE_PIECES)).isEmpty();
    assertThat(warehouse.resolve(Tables.ACTIVATIONS.name())).doesNotExist();
  }

  @Test
  void aPromptIsExplainedWhereAPassIsAskedFor() {
    String runId = SharedRun.runId(run);
    CommandLineRun refused =
        CommandLineRun.of("explain", "--warehouse", warehouse.toString(), "She said i");
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.messages()).hasSize(1);
    assertThat(refused.messages().get(0))
        .matches(
            "kindred: --warehouse \\S+: no activations are kept; --recompute evaluates the model on"
                + " all windows: run "
                + runId
                + " took [0-9.:]+ (s|min) for it");
    CommandLineRun explained =
        CommandLineRun.of(
            "explain", "--warehouse", warehouse.toString(), "--recompute", "She said i");
    assertThat(explained.status()).as(explained.err()).isZero();
    CommandLineRun ofStored =
        CommandLineRun.of("explain", "--warehouse", SharedRun.warehouse().toString(), "She said i");
    assertThat(explained.out())
        .contains("evaluated 70,050 activations: 11,675 windows in 6 blocks;");
    assertThat(explanation(explained)).isEqualTo(explanation(ofStored)).hasSizeGreaterThan(10);
  }

  /** What is explained, without what was read for it. */
  private static List<String> explanation(CommandLineRun explained) {
    return explained
        .out()
        .lines()
        .filter(line -> !line.matches(".*( activations: | run r-).*"))
        .toList();
  }

  @Test
  void commandsThatReadActivationsSayThatThereAreNone() {
    CommandLineRun similar = command("similar", "--alternates", "none", "--keep-similar", "3");
    assertThat(similar.status()).isEqualTo(2);
    assertThat(similar.messages().toString())
        .contains("--store-activations none: no activations are kept; --recompute evaluates");
    CommandLineRun activations =
        CommandLineRun.of(
            "activations", "--store-activations", "none", "--warehouse", warehouse.toString());
    assertThat(activations.messages())
        .containsExactly(
            "kindred: --store-activations none: this command stores activations; give f32 or f16");
    CommandLineRun centred = command("run", "--center");
    assertThat(centred.status()).isEqualTo(2);
    assertThat(centred.messages().toString()).contains("--center needs the mean of all vectors");
  }
}
