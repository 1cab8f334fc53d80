/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.LocalSpark;
import dev.kindred.table.Part;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that looks at some blocks, beside one of the same corpus that looks at all. */
@Tag("thorough")
final class TestChosenBlocks {
  private static final String CHOSEN = "1,4";

  @TempDir private static Path folder;

  private static Path warehouse;
  private static CommandLineRun run;

  @BeforeAll
  static void run() throws IOException {
    warehouse = SharedRun.copyTo(folder.resolve("warehouse"));
    run = onChosen("run", "--alternates", "none");
    assertThat(run.status()).as(run.err()).isZero();
  }

  /** Runs a command on the corpus and prompts of the shared run, with some of its blocks. */
  private static CommandLineRun onChosen(String command, String... more) {
    List<String> options = new ArrayList<>(List.of("--blocks", CHOSEN));
    options.addAll(List.of(more));
    return SharedRun.again(command, warehouse, options);
  }

  /** Rows of a run as text, without the columns that name run and model. */
  private static List<String> rows(Table table, String runId, boolean isOfChosen) {
    Warehouse found = new Warehouse(LocalSpark.session(), warehouse.toString());
    Row of =
        found.part(Tables.RUNS, runId).read().select("model_id", "corpus_id", "prompt_set").first();
    Part part =
        table.equals(Tables.ACTIVATIONS)
            ? found.part(table, of.getString(0), of.getString(1))
            : table.equals(Tables.PROMPT_ACTIVATIONS)
                ? found.part(table, of.getString(0), of.getString(2))
                : found.part(table, runId);
    return RunRows.asText(
        part.read()
            .where(isOfChosen ? functions.lit(true) : functions.col("block").isin(1, 4))
            .drop("run_id", "model_id"));
  }

  @Test
  void whatIsFoundInABlockDoesNotDependOnTheOthers() {
    for (Table table :
        List.of(
            Tables.ACTIVATIONS,
            Tables.PROMPT_ACTIVATIONS,
            Tables.SIMILAR_STRINGS,
            Tables.BLOCK_DISTRIBUTIONS)) {
      assertThat(rows(table, SharedRun.runId(run), true))
          .as(table.name())
          .isNotEmpty()
          .isEqualTo(rows(table, SharedRun.runId(), false));
    }
  }

  @Test
  void thePageAndTheTerminalNameBlocksByTheirNumbers() throws IOException {
    assertThat(run.out()).containsPattern("(?m)^ *4 .*").doesNotContainPattern("(?m)^ *5 ");
    String page = Files.readString(warehouse.resolve("reports/" + SharedRun.runId(run) + ".html"));
    assertThat(page).contains("--blocks 1,4");
  }

  @Test
  void aPromptIsExplainedByTheChosenBlocks() {
    CommandLineRun explained =
        CommandLineRun.of(
            "explain",
            "--warehouse",
            warehouse.toString(),
            "--run-id",
            SharedRun.runId(run),
            "She said i");
    assertThat(explained.status()).as(explained.err()).isZero();
    assertThat(explained.out()).contains("block 1").contains("block 4").doesNotContain("block 5");
  }

  @Test
  void tuningIsAboutTheChosenBlocksAndSaysSoInItsSettings() {
    CommandLineRun tuned = onChosen("tune", "--tuning-prompts", "40");
    assertThat(tuned.status()).as(tuned.err()).isZero();
    assertThat(tuned.out()).contains("block 1").contains("block 4").contains("--blocks 1,4");
    assertThat(tuned.out()).doesNotContain("block 0").doesNotContain("block 5");
    Path settings = Path.of(tuned.lastLine().replaceAll(".* conf=", ""));
    assertThat(settings).content().contains("blocks = \"1,4\"");
  }

  @Test
  void whatNoBlockIsIsRefusedBeforeTheWork() {
    CommandLineRun refused =
        CommandLineRun.of("run", "--blocks", "2,6", "--warehouse", warehouse.toString());
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.messages())
        .containsExactly("kindred: --blocks 2,6: the model has no block 6, its blocks are 0 to 5");
    CommandLineRun unfit =
        CommandLineRun.of(
            "run",
            "--blocks",
            CHOSEN,
            "--thresholds",
            ".9,.9,.9",
            "--weights",
            "1,1",
            "--warehouse",
            warehouse.toString());
    assertThat(unfit.messages().toString())
        .contains("--thresholds .9,.9,.9: 3 values for 2 blocks; give --thresholds and --weights");
  }
}
