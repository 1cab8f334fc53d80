/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kindred.LocalSpark;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.math.Hellinger;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.Models;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.family.Architectures;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.model.files.Safetensors;
import dev.kindred.prediction.ModelPredictions;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run whose vocabulary is so large that predictions are kept as vectors, against what the model
 * itself says. Its weights are random.
 */
@ExtendWith(LocalSpark.class)
class TestLargeVocabulary {
  private static final int TOKENS = ModelPredictions.MOST_DENSE + 5;
  private static final int PROMPTS = 12;
  private static final String PREDICTION = "m.probabilities, m.final_vector, m.log_normalizer";

  private static final ConfigJson CONFIG =
      ConfigJson.parse(
          "config.json",
          """
          {"architecture": "gpt", "d_vocab": %d, "d_model": 16, "n_layers": 2, "n_heads": 2,
           "d_mlp": 32, "n_ctx": 16, "activation": "relu", "qkv_bias": false,
           "attention_output_bias": true, "tied_unembedding": false, "unembedding_bias": true,
           "norm_epsilon": 1e-5}
          """
              .formatted(TOKENS));

  @TempDir private static Path folder;
  private static Path warehouse;
  private static Path model;
  private static Path corpus;
  private static CommandLineRun run;

  @BeforeAll
  static void runOnce() throws IOException {
    warehouse = folder.resolve("warehouse");
    model = Files.createDirectory(folder.resolve("model"));
    corpus = SharedRun.corpus(3000, folder.resolve("corpus.txt"));
    writeModel(model);
    run =
        CommandLineRun.of(
            "run",
            "--model",
            model.toString(),
            "--corpus",
            corpus.toString(),
            "--prompts",
            Integer.toString(PROMPTS),
            "--thresholds",
            ".9,.9",
            "--weights",
            "1,1",
            "--warehouse",
            warehouse.toString());
  }

  private static void writeModel(Path to) throws IOException {
    Map<String, float[]> weights = Architectures.read(CONFIG).initialWeights(5);
    weights.forEach(
        (name, values) -> {
          for (int i = 0; i < values.length; i++) {
            values[i] *= 8; // so that some tokens are probable
          }
        });
    ModelDirectory.write(
        FileSystem.getLocal(new Configuration(false)).getRaw(),
        new org.apache.hadoop.fs.Path(to.toUri()),
        CONFIG,
        weights::get,
        Safetensors.Dtype.F32,
        tokenizer(),
        List.of(new int[] {2, 1, 0, 3, 0}));
  }

  /** That of the bundled model of characters, with as many Chinese ones as the vocabulary takes. */
  private static String tokenizer() throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode tokenizer =
        (ObjectNode)
            json.readTree(Models.folder(Models.TWO_BLOCKS).resolve("tokenizer.json").toFile());
    ObjectNode vocabulary = (ObjectNode) tokenizer.get("model").get("vocab");
    for (int id = vocabulary.size(); id < TOKENS; id++) {
      vocabulary.put(String.valueOf((char) (0x4e00 + id)), id);
    }

    return json.writeValueAsString(tokenizer);
  }

  @Test
  void theRunEndsWithVectorsInPlaceOfProbabilities() {
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(rows(Tables.PREDICTIONS))
        .hasSize(PROMPTS)
        .allSatisfy(
            row -> {
              assertThat(row.<Object>getAs("probabilities")).isNull();
              assertThat(row.getList(row.fieldIndex("final_vector"))).hasSize(16);
            });
  }

  @Test
  void distancesAreThoseOfTheModelsProbabilities() {
    Map<Integer, double[]> expected = probabilities();
    Map<Integer, Row> approximations = byPrompt(rows(Tables.APPROXIMATIONS));
    assertThat(rows(Tables.DISTANCES))
        .hasSize(PROMPTS)
        .allSatisfy(
            row -> {
              int prompt = row.getAs("prompt_id");
              double[] approximation = new double[TOKENS];
              Map<Integer, Double> found =
                  approximations
                      .get(prompt)
                      .getJavaMap(approximations.get(prompt).fieldIndex("probabilities"));
              found.forEach((token, probability) -> approximation[token] = probability);
              assertThat(row.<Double>getAs("hellinger"))
                  .isCloseTo(Hellinger.ofCounts(expected.get(prompt), approximation), within(1e-5));
            });
  }

  @Test
  void baselinesWithAShareForEveryTokenAreAsFarAsTheirWholeDistributions() {
    Map<Integer, double[]> expected = probabilities();
    double[] unigram = new double[TOKENS];
    for (Row window : rows(Tables.WINDOWS)) {
      Map<Integer, Long> next = window.getJavaMap(window.fieldIndex("next_tokens"));
      next.forEach((token, count) -> unigram[token] += count);
    }

    for (Row row : rows(Tables.BASELINES)) {
      if (row.getAs("baseline").equals("unigram")) {
        assertThat(row.<Double>getAs("hellinger"))
            .isCloseTo(
                Hellinger.ofCounts(expected.get(row.<Integer>getAs("prompt_id")), unigram),
                within(1e-5));
      }
    }
  }

  @Test
  void sqlGivesProbabilitiesOfTokensAndOfAll() {
    Map<Integer, double[]> expected = probabilities();
    CommandLineRun found =
        sql(
            "select prompt_id, probability("
                + PREDICTION
                + ", 7), probability("
                + PREDICTION
                + ", "
                + (TOKENS - 1)
                + "), probabilities("
                + PREDICTION
                + ")[7] from predictions m order by prompt_id");

    assertThat(found.status()).as(found.err()).isZero();
    List<String> lines = found.out().lines().skip(1).toList();
    assertThat(lines).hasSize(PROMPTS);
    for (int prompt = 0; prompt < PROMPTS; prompt++) {
      double[] of = expected.get(prompt);
      double[] values =
          List.of(lines.get(prompt).split(",")).stream().mapToDouble(Double::parseDouble).toArray();
      assertThat(values)
          .containsExactly(new double[] {prompt, of[7], of[TOKENS - 1], of[7]}, within(1e-6));
    }
  }

  @Test
  void sqlNamesATokenThatTheVocabularyDoesNotHave() {
    CommandLineRun found =
        sql("select probability(" + PREDICTION + ", " + TOKENS + ") from predictions m");

    assertThat(found.status()).isEqualTo(2);
    assertThat(found.messages())
        .singleElement()
        .asString()
        .contains("probability: token_id " + TOKENS + " is outside [0, " + TOKENS + ")");
  }

  @Test
  void explainAnswersWithTheModelsMostProbableTokens() {
    CommandLineRun explained =
        CommandLineRun.of(
            "explain",
            "--model",
            model.toString(),
            "--warehouse",
            warehouse.toString(),
            "She said i");

    assertThat(explained.status()).as(explained.err()).isZero();
    ModelDirectory directory = ModelDirectory.read(model.toString(), new Configuration(false));
    int[] prompt = Tokenizer.of(directory.tokenizerJson()).encode("She said i");
    float[] expected = LoadedModels.get(directory).predict(new int[][] {prompt}).probabilities();
    double most = IntStream.range(0, TOKENS).mapToDouble(i -> expected[i]).max().orElseThrow();
    assertThat(explained.out()).contains(String.format(Locale.ROOT, " %.1f%% ", 100 * most));
  }

  private static CommandLineRun sql(String statement) {
    return CommandLineRun.of(
        "sql", "--warehouse", warehouse.toString(), "--format", "csv", "-e", statement);
  }

  private static List<Row> rows(Table table) {
    Warehouse found = new Warehouse(LocalSpark.session(), warehouse.toString());
    Row of =
        found
            .part(Tables.RUNS, SharedRun.runId(run))
            .read()
            .select("model_id", "corpus_id", "prompt_set")
            .first();
    Object[] keys =
        table.equals(Tables.WINDOWS)
            ? new Object[] {of.getString(1)}
            : table.equals(Tables.PREDICTIONS)
                ? new Object[] {of.getString(0), of.getString(2)}
                : table.equals(Tables.PROMPTS)
                    ? new Object[] {of.getString(2)}
                    : new Object[] {SharedRun.runId(run)};
    return found.part(table, keys).read().collectAsList();
  }

  private static Map<Integer, Row> byPrompt(List<Row> rows) {
    Map<Integer, Row> byPrompt = new HashMap<>();
    rows.forEach(row -> byPrompt.put(row.getAs("prompt_id"), row));
    return byPrompt;
  }

  /** What the model itself says of each prompt. */
  private static Map<Integer, double[]> probabilities() {
    LanguageModel loaded =
        LoadedModels.get(ModelDirectory.read(model.toString(), new Configuration(false)));
    Map<Integer, double[]> probabilities = new HashMap<>();
    for (Row prompt : rows(Tables.PROMPTS)) {
      int[] tokens =
          prompt.<Integer>getList(prompt.fieldIndex("token_ids")).stream()
              .mapToInt(Integer::intValue)
              .toArray();
      float[] found = loaded.predict(new int[][] {tokens}).probabilities();
      probabilities.put(
          prompt.getAs("prompt_id"),
          IntStream.range(0, found.length).mapToDouble(i -> found[i]).toArray());
    }

    return probabilities;
  }
}
