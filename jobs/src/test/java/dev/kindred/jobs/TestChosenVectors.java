/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.LocalSpark;
import dev.kindred.model.BlockVector;
import dev.kindred.model.Blocks;
import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.Models;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.Bos;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.StoredVectors;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A run that compares attention outputs, in a warehouse with one of FFN outputs. */
@Tag("thorough")
final class TestChosenVectors {
  private static final String BLOCK = "4";
  private static final String RULE = "--thresholds=.8";

  @TempDir private static Path folder;

  private static Path warehouse;
  private static CommandLineRun run;

  @BeforeAll
  static void run() throws IOException {
    warehouse = SharedRun.copyTo(folder.resolve("warehouse"));
    run = command("run", "attn_out", "--alternates", "none", RULE, "--weights", "1");
    assertThat(run.status()).as(run.err()).isZero();
  }

  /** Runs a command about one block, on the corpus and prompts of the shared run. */
  private static CommandLineRun command(String command, String vectors, String... more) {
    List<String> options = new ArrayList<>(List.of("--blocks", BLOCK, "--vectors", vectors));
    options.addAll(List.of(more));
    return SharedRun.again(command, warehouse, options);
  }

  private static CommandLineRun about(String command, String... more) {
    List<String> arguments = new ArrayList<>(List.of(command, "--warehouse", warehouse.toString()));
    arguments.addAll(List.of(more));
    return CommandLineRun.of(arguments.toArray(String[]::new));
  }

  private static Row recorded() {
    return new Warehouse(LocalSpark.session(), warehouse.toString())
        .part(Tables.RUNS, SharedRun.runId(run))
        .read()
        .select("model_id", "corpus_id", "prompt_set", "settings")
        .first();
  }

  /** What is kept of a prompt is what attention adds in a pass of that prompt alone. */
  @Test
  void whatIsKeptIsWhatAttentionAdds() {
    Warehouse tables = new Warehouse(LocalSpark.session(), warehouse.toString());
    List<Row> rows =
        tables
            .part(Tables.PROMPT_ACTIVATIONS, recorded().getString(0), recorded().getString(2))
            .read()
            .join(tables.part(Tables.PROMPTS, recorded().getString(2)).read(), "prompt_id")
            .select("token_ids", "ffn_out", "block")
            .collectAsList();
    assertThat(rows).hasSize(SharedRun.PROMPTS);
    ResidualStream stream = LoadedModels.stream(Models.directory(Models.DICKENS_SMALL));
    for (Row row : rows) {
      assertThat(row.getInt(2)).isEqualTo(4);
      try (ResidualStream.Pass pass = stream.run(new int[][] {StoredVectors.ints(row, 0)})) {
        float[] expected = pass.last(Hook.of(HookPoint.ATTN_OUT, 4));
        double[] found = StoredVectors.doubles(row, 1);
        for (int k = 0; k < expected.length; k++) {
          assertThat(found[k]).isCloseTo(expected[k], within(1e-4));
        }
      }
    }
  }

  @Test
  void tablesAndSettingsSayWhichVectorsTheyAreOf() {
    Row row = recorded();
    assertThat(row.getString(0)).matches("m-[0-9a-f]{16}-attn_out");
    assertThat(ModelDirectory.vectorsOf(row.getString(0))).hasToString("attn_out");
    assertThat(row.<String, String>getJavaMap(3)).containsEntry("vectors", "attn_out");
  }

  @Test
  void windowsAndPromptsAreSharedAndActivationsAreNot() {
    assertThat(run.err())
        .containsPattern("(?m)^\\S+ windows +reused")
        .containsPattern("(?m)^\\S+ prompts +reused");
    assertThat(new Warehouse(LocalSpark.session(), warehouse.toString()).keys(Tables.ACTIVATIONS))
        .hasSize(2);
  }

  @Test
  void thePageAndTheTerminalSayWhatIsCompared() throws IOException {
    String page = Files.readString(warehouse.resolve("reports/" + SharedRun.runId(run) + ".html"));
    assertThat(page)
        .contains("with similar attention outputs")
        .contains("cosine of attention outputs")
        .contains("--vectors attn_out")
        .doesNotContain("feed-forward outputs");
    assertThat(run.out()).contains("similarity is of attention outputs (attn_out)");
    assertThat(SharedRun.run().out()).doesNotContain("similarity is of");
  }

  @Test
  void aPromptIsExplainedByTheVectorsThatAreAskedFor() {
    CommandLineRun explained = about("explain", "--vectors", "attn_out", "She said i");
    assertThat(explained.status()).as(explained.err()).isZero();
    assertThat(explained.out()).contains("as in run " + SharedRun.runId(run));
    assertThat(explained.out()).containsPattern("read [\\d,]+ attention outputs: ");
    CommandLineRun other = about("explain", "--vectors", "ffn_out", "She said i");
    assertThat(other.out()).contains("as in run " + SharedRun.runId(SharedRun.run()));
    CommandLineRun none = about("explain", "--vectors", "resid_post", "She said i");
    assertThat(none.status()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "explain | ffn_out | leave out --vectors, or give another --run-id",
        "align | attn_out | is about attention outputs, and align about FFN outputs; give a run"
            + " without --vectors attn_out"
      })
  void vectorsThatAreNotTheRunsOrTheAnalysesAreRefused(
      String command, String vectors, String message) {
    List<String> arguments =
        new ArrayList<>(List.of("--run-id", SharedRun.runId(run), "--vectors", vectors));
    if (command.equals("explain")) {
      arguments.add("She said i");
    }

    CommandLineRun refused = about(command, arguments.toArray(String[]::new));
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.messages()).singleElement().asString().endsWith(message);
  }

  @Test
  void theModelsOwnRuleIsOfFfnOutputsAlone() {
    ModelDirectory own = Models.directory(Models.DICKENS_SMALL);
    ModelDirectory other =
        ModelDirectory.read(
            "--model",
            own.uri(),
            Bos.AUTO,
            Blocks.ALL,
            BlockVector.RESID_POST,
            new Configuration());
    assertThat(own.rule()).isNotNull();
    assertThat(other.rule()).isNull();
    assertThat(other.id()).isEqualTo(own.id() + "-resid_post");
  }

  @Test
  void tuningWritesTheVectorsBesideTheThresholds() {
    CommandLineRun tuned = command("tune", "attn_out", "--tuning-prompts", "40");
    assertThat(tuned.status()).as(tuned.err()).isZero();
    Path settings = Path.of(tuned.lastLine().replaceAll(".* conf=", ""));
    assertThat(settings).content().contains("vectors = \"attn_out\"");
  }

  @Test
  void anotherNameIsRefused() {
    CommandLineRun refused = command("run", "mlp_out");
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.messages())
        .containsExactly(
            "kindred: --vectors mlp_out: expected one of [ffn_out, attn_out, resid_post]");
  }
}
