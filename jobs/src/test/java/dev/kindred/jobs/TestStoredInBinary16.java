/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.LocalSpark;
import dev.kindred.math.Cosine;
import dev.kindred.math.Half;
import dev.kindred.model.Models;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.model.files.Safetensors;
import dev.kindred.table.StoredVectors;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run whose activations are kept in binary16, beside one with floats of the same inputs. */
@Tag("thorough")
final class TestStoredInBinary16 {
  /**
   * Blocks that are looked at, with their thresholds: what a run costs is mostly a cost of each.
   */
  private static final Map<Integer, Double> THRESHOLDS = Map.of(1, .94, 4, .81);

  @TempDir private static Path folder;

  private static Path warehouse;
  private static CommandLineRun run;

  @BeforeAll
  static void run() throws IOException {
    warehouse = SharedRun.copyTo(folder.resolve("warehouse"));
    run =
        SharedRun.again(
            "run",
            warehouse,
            List.of("--alternates", "none", "--store-activations", "f16", "--blocks", "1,4"));
    assertThat(run.status()).as(run.err()).isZero();
  }

  private static Warehouse tables() {
    return new Warehouse(LocalSpark.session(), warehouse.toString());
  }

  /** What a run is about: its model, corpus and prompts. */
  private static Row inputs(String runId) {
    return tables()
        .part(Tables.RUNS, runId)
        .read()
        .select("model_id", "corpus_id", "prompt_set", "status")
        .first();
  }

  private static Dataset<Row> ofRun(Table table) {
    return tables().part(table, SharedRun.runId(run)).read();
  }

  /** Vectors of the run with floats, each number rounded to the nearest half. */
  private static Map<Long, float[]> rounded(Dataset<Row> vectors, String id, int block) {
    Map<Long, float[]> rounded = new TreeMap<>();
    for (Row row :
        vectors
            .where("block = " + block)
            .selectExpr("cast(" + id + " as bigint)", "ffn_out")
            .collectAsList()) {
      float[] vector = StoredVectors.floats(row, 1);
      for (int k = 0; k < vector.length; k++) {
        vector[k] = Half.toFloat(Half.of(vector[k]));
      }

      rounded.put(row.getLong(0), vector);
    }

    return rounded;
  }

  @Test
  void findsWhatAPlainJoinOfTheRoundedVectorsFinds() {
    Row floats = inputs(SharedRun.runId());
    Dataset<Row> activations =
        tables().part(Tables.ACTIVATIONS, floats.getString(0), floats.getString(1)).read();
    Dataset<Row> ofPrompts =
        tables().part(Tables.PROMPT_ACTIVATIONS, floats.getString(0), floats.getString(2)).read();
    Map<String, Long> counts = new TreeMap<>();
    for (Row row : ofRun(Tables.BLOCK_DISTRIBUTIONS).collectAsList()) {
      counts.put(
          row.getAs("block") + "/" + row.getAs("prompt_id"), row.<Long>getAs("similar_count"));
    }

    Map<String, Float> kept = new TreeMap<>();
    for (Row row : ofRun(Tables.SIMILAR_STRINGS).collectAsList()) {
      kept.put(
          row.getAs("block") + "/" + row.getAs("prompt_id") + "/" + row.getAs("window_id"),
          row.<Float>getAs("similarity"));
    }

    Map<String, Long> expected = new TreeMap<>();
    long found = 0;
    for (int block : THRESHOLDS.keySet()) {
      Map<Long, float[]> windows = rounded(activations, "window_id", block);
      for (Map.Entry<Long, float[]> prompt : rounded(ofPrompts, "prompt_id", block).entrySet()) {
        long similar = 0;
        for (Map.Entry<Long, float[]> window : windows.entrySet()) {
          double similarity = Cosine.similarity(prompt.getValue(), window.getValue());
          similar += similarity > THRESHOLDS.get(block) ? 1 : 0;
          Float stored = kept.get(block + "/" + prompt.getKey() + "/" + window.getKey());
          if (stored != null) {
            found++;
            assertThat(stored).isEqualTo((float) similarity);
          }
        }

        expected.put(block + "/" + prompt.getKey(), similar);
      }
    }

    assertThat(counts).isEqualTo(expected);
    assertThat(found).isEqualTo(kept.size()).isGreaterThan(SharedRun.PROMPTS);
  }

  @Test
  void aPromptThatStandsInTheCorpusIsSimilarToItselfByOne() {
    Dataset<Row> prompts =
        tables().part(Tables.PROMPTS, inputs(SharedRun.runId(run)).getString(2)).read();
    List<Row> own =
        ofRun(Tables.SIMILAR_STRINGS)
            .join(prompts, new String[] {"prompt_id", "window_id"}, "inner")
            .select("similarity")
            .collectAsList();
    assertThat(own)
        .hasSize(SharedRun.PROMPTS * THRESHOLDS.size())
        .allSatisfy(row -> assertThat(row.getFloat(0)).isEqualTo(1));
  }

  @Test
  void theTwoRunsHaveNothingInCommonButTheirInputs() {
    Row floats = inputs(SharedRun.runId());
    Row halves = inputs(SharedRun.runId(run));
    assertThat(halves.getString(0)).isNotEqualTo(floats.getString(0));
    assertThat(halves.getString(1)).isEqualTo(floats.getString(1));
    assertThat(halves.getString(2)).isEqualTo(floats.getString(2));
    Warehouse tables = tables();
    long bytesOfHalves =
        tables.part(Tables.ACTIVATIONS_F16, halves.getString(0), halves.getString(1)).bytes();
    long bytesOfFloats = 0;
    for (int block : THRESHOLDS.keySet()) {
      bytesOfFloats +=
          tables.part(Tables.ACTIVATIONS, floats.getString(0), floats.getString(1), block).bytes();
    }

    assertThat((double) bytesOfHalves / bytesOfFloats).isCloseTo(.5, within(.02));
    assertThat(tables.keys(Tables.ACTIVATIONS, halves.getString(0))).isEmpty();
    assertThat(tables.keys(Tables.ACTIVATIONS_F16, floats.getString(0))).isEmpty();
  }

  @Test
  void isReadInSqlAndExplained() {
    String id = SharedRun.runId(run);
    CommandLineRun sql =
        CommandLineRun.of(
            "sql",
            "--warehouse",
            warehouse.toString(),
            "--format",
            "csv",
            "-e",
            "select count(*), min(size(kindred.vector(a.ffn_out))), count_if(kindred.cosine_similarity("
                + "kindred.vector(a.ffn_out), p.ffn_out) > 1 - 1e-15) from kindred.current.activations_f16 a"
                + " join kindred.current.prompts using (window_id)"
                + " join kindred.current.prompt_activations p using (prompt_id, block)");
    assertThat(sql.status()).as(sql.err()).isZero();
    int pairs = SharedRun.PROMPTS * THRESHOLDS.size();
    assertThat(sql.lastLine()).isEqualTo(pairs + ",192," + pairs);
    CommandLineRun explained =
        CommandLineRun.of(
            "explain", "--warehouse", warehouse.toString(), "--run-id", id, "She said i");
    assertThat(explained.status()).as(explained.err()).isZero();
    assertThat(explained.out()).contains("block 4").doesNotContain("block 5");
  }

  @Test
  void whatBinary16CannotHoldIsRefusedByItsTensorAndNothingOfItStays(@TempDir Path model)
      throws InterruptedException {
    writeWithLargeOutputs(model);
    Path empty = folder.resolve("of-large-outputs");
    List<String> inputs =
        List.of(
            "--corpus",
            SharedRun.corpus().toString(),
            "--model",
            model.toString(),
            "--warehouse",
            empty.toString());
    assertThat(command("windows", inputs).status()).isZero();
    CommandLineRun refused = command("activations", inputs, "--store-activations", "f16");
    assertThat(refused.status()).as(refused.err()).isEqualTo(2);
    assertThat(refused.messages()).hasSize(1);
    assertThat(refused.messages().get(0))
        .matches(
            "kindred: --store-activations f16: blocks\\.1\\.hook_mlp_out reaches -?[0-9.E]+, and"
                + " binary16 ends at 65504; give --store-activations f32, or other --blocks");
    // A task that was at work beside the one that failed ends a moment later.
    Path table = empty.resolve(Tables.ACTIVATIONS_F16.name());
    for (int waited = 0; waited < 300 && !isWithoutFiles(table); waited++) {
      Thread.sleep(100);
    }

    assertThat(isWithoutFiles(table)).isTrue();
  }

  private static boolean isWithoutFiles(Path folder) {
    try (Stream<Path> files = Files.exists(folder) ? Files.walk(folder) : Stream.of()) {
      return files.noneMatch(Files::isRegularFile);
    } catch (IOException | UncheckedIOException e) {
      return false; // something was deleted just now
    }
  }

  private static CommandLineRun command(String name, List<String> options, String... more) {
    List<String> words = new ArrayList<>(List.of(name));
    words.addAll(options);
    words.addAll(List.of(more));
    return CommandLineRun.of(words.toArray(String[]::new));
  }

  /** A model whose second block adds more to a place of the stream than a half can be. */
  private static void writeWithLargeOutputs(Path folder) {
    ModelDirectory model = Models.directory(Models.TWO_BLOCKS);
    model
        .weights()
        .read(
            tensors -> {
              try {
                ModelDirectory.write(
                    FileSystem.getLocal(new Configuration(false)).getRaw(),
                    new org.apache.hadoop.fs.Path(folder.toUri()),
                    ConfigJson.parse("config.json", model.configJson()),
                    name -> {
                      float[] values = tensors.floats(name);
                      if (name.equals("h.1.mlp.proj.bias")) {
                        values[0] = 7e4f;
                      }

                      return values;
                    },
                    Safetensors.Dtype.F32,
                    model.tokenizerJson(),
                    List.of(new int[] {2, 1, 0, 3, 0}));
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }

              return null;
            });
  }
}
