/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.apache.spark.sql.functions.col;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.model.Blocks;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.files.Bos;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.prediction.Rings;
import dev.kindred.table.Runs;
import dev.kindred.table.StoredVectors;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run of a Llama of pieces of text, as it was saved, with no option about it. */
class TestHuggingFaceModel {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path MODELS = Path.of(System.getProperty("kindred.home"), "models");
  private static final Path LLAMA = MODELS.resolve("llama-shakespeare");
  private static final int CHARACTERS = 1_000;
  private static final int PROMPTS = 40;
  private static final int LENGTH = 5;

  @TempDir private static Path folder;
  private static Path warehouse;
  private static Path corpus;
  private static CommandLineRun run;

  @BeforeAll
  static void run() throws IOException {
    warehouse = folder.resolve("warehouse");
    corpus = SharedRun.corpus(CHARACTERS, folder.resolve("corpus.txt"));
    run = command();
    assertThat(run.status()).as(run.err()).isZero();
  }

  private static CommandLineRun command(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "run",
                "--model",
                LLAMA.toString(),
                "--corpus",
                corpus.toString(),
                "--prompts",
                Integer.toString(PROMPTS),
                "--window-length",
                Integer.toString(LENGTH),
                "--warehouse",
                warehouse.toString()));
    arguments.addAll(List.of(more));
    return CommandLineRun.of(arguments.toArray(String[]::new));
  }

  private static <T> T inTables(Function<Warehouse, T> question) {
    return RunRows.with(warehouse, question);
  }

  private static Runs.Run recorded(Warehouse found, CommandLineRun of) {
    String id = of.lastLine().replaceAll(".*run_id=(\\S+).*", "$1");
    return Runs.find(found, id).orElseThrow();
  }

  private static ModelDirectory model(Bos bos) {
    return ModelDirectory.read(
        "--model", LLAMA.toString(), bos, Blocks.ALL, new Configuration(false));
  }

  private static Map<String, String> settings(CommandLineRun of) {
    return inTables(
        found -> {
          String id = recorded(found, of).runId();
          Row row = found.read(Tables.RUNS).where(col("run_id").equalTo(id)).first();
          return Map.copyOf(row.<String, String>getJavaMap(row.fieldIndex("settings")));
        });
  }

  @Test
  void recordsTheRuleThatItChose() {
    Map<String, String> settings = settings(run);
    assertThat(settings)
        .containsEntry("rule", "chosen by windows that are not prompts")
        .containsEntry("bos", "auto")
        .containsEntry("model-check", "selfcheck.json");
    assertThat(Rings.parse(settings.get("rings")).rings())
        .hasSize(4)
        .allSatisfy(
            block ->
                assertThat(block)
                    .allSatisfy(
                        ring -> {
                          double hundred = ring.above() * 100;
                          assertThat(ring.above()).isBetween(.5, .99);
                          assertThat(hundred).isCloseTo(Math.rint(hundred), within(1e-9));
                        }));
  }

  @Test
  void choosesTheRuleByWindowsThatAreNoPrompts() {
    inTables(
        found -> {
          String own = recorded(found, run).promptSet();
          Set<Long> prompts = new HashSet<>();
          Set<Long> others = new HashSet<>();
          found
              .read(Tables.PROMPTS)
              .select("prompt_set", "window_id")
              .collectAsList()
              .forEach(
                  row -> (row.getString(0).equals(own) ? prompts : others).add(row.getLong(1)));
          assertThat(prompts).hasSize(PROMPTS);
          assertThat(others).isNotEmpty().doesNotContainAnyElementsOf(prompts);
          return null;
        });
  }

  @Test
  void predictsBehindTheTokenThatBeginsTexts() {
    ModelDirectory plain = model(Bos.NO);
    assertThat(model(Bos.AUTO).firstToken()).isEqualTo(1);
    assertThat(model(Bos.AUTO).id()).isNotEqualTo(plain.id());
    List<Row> rows =
        inTables(
            found -> {
              Runs.Run ended = recorded(found, run);
              return found
                  .part(Tables.PROMPTS, ended.promptSet())
                  .read()
                  .join(
                      found.part(Tables.PREDICTIONS, ended.modelId(), ended.promptSet()).read(),
                      "prompt_id")
                  .select("token_ids", "probabilities", "text")
                  .collectAsList();
            });
    Tokenizer tokenizer = Tokenizer.of(plain.tokenizerJson());
    try (LanguageModel engine = plain.loadInEngine(Device.cpu())) {
      for (Row row : rows) {
        int[] tokens = StoredVectors.ints(row, 0);
        int[] input = new int[tokens.length + 1];
        input[0] = 1;
        System.arraycopy(tokens, 0, input, 1, tokens.length);
        float[] expected = engine.predict(new int[][] {input}).probabilities();
        double[] found = StoredVectors.doubles(row, 1);
        for (int token = 0; token < expected.length; token++) {
          assertThat(found[token]).isCloseTo(expected[token], within(1e-5));
        }

        assertThat(row.getString(2)).isEqualTo(tokenizer.text(tokens));
      }
    }
  }

  /** The token that begins texts is read by the model; the corpus does not have it. */
  @Test
  void keepsThePlacesOfWindowsInTheTextItself() throws IOException {
    String text = Files.readString(corpus);
    Tokenizer tokenizer = Tokenizer.of(model(Bos.AUTO).tokenizerJson());
    inTables(
        found -> {
          List<Integer> tokens = new ArrayList<>();
          for (Row passage :
              found.read(Tables.PASSAGES).orderBy("first_position").collectAsList()) {
            assertThat(passage.<String>getAs("document")).isEqualTo("corpus.txt");
            assertThat(passage.<Long>getAs("document_position")).isEqualTo(tokens.size());
            tokens.addAll(passage.getList(passage.fieldIndex("token_ids")));
          }

          assertThat(tokenizer.text(ints(tokens))).isEqualTo(" " + text); // as Llama's begin
          Map<List<Integer>, List<Long>> expected = new HashMap<>();
          for (int place = 0; place + LENGTH <= tokens.size(); place++) {
            expected
                .computeIfAbsent(tokens.subList(place, place + LENGTH), key -> new ArrayList<>())
                .add((long) place);
          }

          Dataset<Row> kept =
              found
                  .read(Tables.WINDOWS)
                  .join(
                      found.read(Tables.OCCURRENCES).select("window_id", "positions"),
                      new String[] {"window_id"},
                      "left");
          List<Row> rows = kept.select("window_id", "token_ids", "positions").collectAsList();
          assertThat(rows).hasSize(expected.size());
          for (Row row : rows) {
            List<Long> places = expected.get(row.<Integer>getList(1));
            assertThat(row.isNullAt(2) ? List.of(row.getLong(0)) : row.<Long>getList(2))
                .as(tokenizer.text(ints(row.getList(1))))
                .isEqualTo(places.subList(0, Math.min(5, places.size())));
          }

          return null;
        });
  }

  private static int[] ints(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }

  @Test
  void hasNothingToDoTheSecondTime() {
    CommandLineRun again = command();
    assertThat(again.status()).isZero();
    assertThat(again.err()).contains("nothing to do");
    assertThat(again.lastLine()).isEqualTo(run.lastLine());
  }

  private static JsonNode explained(String... arguments) throws IOException {
    List<String> all =
        new ArrayList<>(List.of("explain", "--warehouse", warehouse.toString(), "--json"));
    all.addAll(List.of(arguments));
    CommandLineRun explained = CommandLineRun.of(all.toArray(String[]::new));
    assertThat(explained.status()).as(explained.err()).isZero();
    return JSON.readTree(explained.out()).get("prompts").get(0);
  }

  @Test
  void explainsTheEndOfALongerPromptAndTokenIdsAlike() throws IOException {
    Tokenizer tokenizer = Tokenizer.of(model(Bos.NO).tokenizerJson());
    String text = "Before we proceed any further, hear me speak";
    int[] tokens = tokenizer.encodeWithin(text);
    int[] end = Arrays.copyOfRange(tokens, tokens.length - LENGTH, tokens.length);
    String ids = Arrays.stream(end).mapToObj(String::valueOf).collect(Collectors.joining(","));

    JsonNode byText = explained(text);
    assertThat(JSON.convertValue(byText.get("token_ids"), int[].class)).isEqualTo(end);
    assertThat(text).endsWith(byText.get("text").asText());
    assertThat(explained("--token-ids", ids)).isEqualTo(byText);
  }

  @Test
  void checksItselfAgainstWhatAnotherProgramComputed() {
    Path selfCheck = folder.resolve("selfcheck.json");
    CommandLineRun checked =
        CommandLineRun.of(
            "check-model",
            LLAMA.toString(),
            "--out",
            selfCheck.toString(),
            "--reference",
            LLAMA.resolve("expected.json").toString());
    assertThat(checked.status()).as(checked.err()).isZero();
    assertThat(checked.out())
        .contains("family      llama", "857,216 parameters in F16", "1, <s>, is read before");
    assertThat(selfCheck).exists();

    CommandLineRun other =
        CommandLineRun.of(
            "check-model",
            MODELS.resolve("neox-shakespeare").toString(),
            "--out",
            selfCheck.toString(),
            "--reference",
            LLAMA.resolve("expected.json").toString());
    assertThat(other.status()).isEqualTo(2);
    assertThat(other.messages()).hasSize(1);
    assertThat(other.messages().get(0)).contains("expected.json: differs by more than 1.0E-4");
  }

  /** The similarity of every similar string, with means in double precision. */
  @Test
  void comparesVectorsWithoutTheirMeanWhenItIsToldTo() {
    CommandLineRun centred = command("--center");
    assertThat(centred.status()).as(centred.err()).isZero();
    assertThat(settings(centred)).containsEntry("center", "true");
    inTables(
        found -> {
          Runs.Run ended = recorded(found, centred);
          assertThat(ended.identity()).isNotEqualTo(recorded(found, run).identity());
          for (int block = 0; block < 4; block++) {
            assertSimilarities(found, ended, block);
          }

          return null;
        });
  }

  private static void assertSimilarities(Warehouse found, Runs.Run ended, int block) {
    Map<Long, double[]> windows =
        found
            .part(Tables.ACTIVATIONS, ended.modelId(), ended.corpusId(), block)
            .read()
            .select("window_id", "ffn_out")
            .collectAsList()
            .stream()
            .collect(Collectors.toMap(row -> row.getLong(0), row -> StoredVectors.doubles(row, 1)));
    double[] mean = new double[windows.values().iterator().next().length];
    windows
        .values()
        .forEach(
            vector -> {
              for (int k = 0; k < mean.length; k++) {
                mean[k] += vector[k] / windows.size();
              }
            });
    Map<Integer, double[]> prompts =
        found
            .part(Tables.PROMPT_ACTIVATIONS, ended.modelId(), ended.promptSet(), block)
            .read()
            .select("prompt_id", "ffn_out")
            .collectAsList()
            .stream()
            .collect(Collectors.toMap(row -> row.getInt(0), row -> StoredVectors.doubles(row, 1)));
    List<Row> similar =
        found
            .part(Tables.SIMILAR_STRINGS, ended.runId(), block)
            .read()
            .select("prompt_id", "window_id", "similarity")
            .collectAsList();
    for (Row row : similar) {
      double[] a = prompts.get(row.getInt(0));
      double[] b = windows.get(row.getLong(1));
      double dot = 0;
      double ofA = 0;
      double ofB = 0;
      for (int k = 0; k < mean.length; k++) {
        dot += (a[k] - mean[k]) * (b[k] - mean[k]);
        ofA += (a[k] - mean[k]) * (a[k] - mean[k]);
        ofB += (b[k] - mean[k]) * (b[k] - mean[k]);
      }

      assertThat((double) row.<Float>getAs(2)).isCloseTo(dot / Math.sqrt(ofA * ofB), within(1e-5));
    }
  }

  @Test
  void refusesToChooseByTooFewWindows() throws IOException {
    Path small = Files.writeString(folder.resolve("small.txt"), "To be, or not to be, that is it.");
    CommandLineRun refused =
        CommandLineRun.of(
            "run",
            "--model",
            LLAMA.toString(),
            "--corpus",
            small.toString(),
            "--prompts",
            "5",
            "--window-length",
            "3",
            "--warehouse",
            folder.resolve("other").toString());
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.messages()).hasSize(1);
    assertThat(refused.messages().get(0)).contains("--thresholds auto: the corpus has");
  }
}
