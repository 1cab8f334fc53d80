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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that keeps no activations and is stopped on its way, beside one that keeps them. */
final class TestNothingStored {
  @TempDir private static Path folder;

  private static Path warehouse;
  private static CommandLineRun stopped;
  private static CommandLineRun run;

  @BeforeAll
  static void run() throws InterruptedException {
    warehouse = folder.resolve("warehouse");
    Thread stop = new Thread(TestNothingStored::stopAfterTheFirstPiece);
    stop.start();
    stopped = command("run", "--alternates", "none");
    stop.interrupt();
    stop.join();
    run = command("run", "--alternates", "none");
    assertThat(run.status()).as(run.err()).isZero();
  }

  private static CommandLineRun command(String name, String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                name,
                "--corpus",
                SharedRun.corpus().toString(),
                "--prompts",
                Integer.toString(SharedRun.PROMPTS),
                "--windows-per-task",
                "1000",
                "--store-activations",
                "none",
                "--warehouse",
                warehouse.toString()));
    words.addAll(List.of(more));
    return CommandLineRun.of(words.toArray(String[]::new));
  }

  /**
   * Cancels what Spark does once the first piece of the windows has been committed, until it is
   * interrupted: between two jobs there is nothing to cancel.
   */
  private static void stopAfterTheFirstPiece() {
    try {
      while (pieces().noneMatch(file -> file.endsWith("_commits/complete.json"))) {
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

  /** Files of the table evidence_pieces. */
  private static Stream<Path> pieces() {
    Path table = warehouse.resolve(Tables.EVIDENCE_PIECES.name());
    if (!Files.exists(table)) {
      return Stream.of();
    }

    try (Stream<Path> files = Files.walk(table)) {
      return files.filter(Files::isRegularFile).toList().stream();
    } catch (UncheckedIOException | IOException e) {
      return Stream.of(); // it is written just now
    }
  }

  private static List<String> rows(Path of, Table table, String runId) {
    return new Warehouse(LocalSpark.session(), of.toString())
            .part(table, runId)
            .read()
            .drop("run_id")
            .selectExpr("cast(struct(*) as string) as row")
            .sort("row")
            .collectAsList()
            .stream()
            .map(row -> row.getString(0))
            .toList();
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
    assertThat(run.err()).containsPattern("\\d of 3 pieces are there already");
    assertThat(pieces()).isEmpty();
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
