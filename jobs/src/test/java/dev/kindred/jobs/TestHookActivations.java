/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.LocalSpark;
import dev.kindred.model.files.Safetensors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Places of the forward pass of prompts in a warehouse without a run: a Gemma 2, which has norms
 * after its parts, with what Hugging Face's transformers found there.
 */
final class TestHookActivations {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CATALOG = "hooks";
  private static final String[] HOOKS = {
    "--hook",
    "blocks.1.hook_attn_out,blocks.*.hook_resid_post",
    "--hook",
    "blocks.1.attn.hook_pattern",
    "--hook",
    "unembed.hook_out"
  };

  @TempDir private static Path folder;
  private static JsonNode tokens;
  private static Safetensors expected;
  private static CommandLineRun run;

  @BeforeAll
  static void run() throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    for (String file : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      Files.write(model.resolve(file), resource(file));
    }

    tokens = JSON.readTree(resource("tokens.json"));
    expected = Safetensors.parse("expected", resource("expected.safetensors"));
    List<String> lines = new ArrayList<>();
    for (String set : List.of("long", "short")) { // which are of different lengths
      tokens.get(set).forEach(prompt -> lines.add(prompt.toString()));
    }

    Files.write(folder.resolve("prompts.jsonl"), lines);
    LocalSpark.session()
        .conf()
        .set("spark.sql.catalog." + CATALOG, "dev.kindred.sql.KindredCatalog");
    LocalSpark.session()
        .conf()
        .set("spark.sql.catalog." + CATALOG + ".warehouse", warehouse().toString());
    run = command(HOOKS);
    assertThat(run.status()).as(run.err()).isZero();
  }

  @AfterAll
  static void forget() {
    LocalSpark.session().conf().unset("spark.sql.catalog." + CATALOG + ".warehouse");
    LocalSpark.session().conf().unset("spark.sql.catalog." + CATALOG);
  }

  private static byte[] resource(String file) throws IOException {
    try (InputStream in = TestHookActivations.class.getResourceAsStream("/hf/gemma2/" + file)) {
      return in.readAllBytes();
    }
  }

  private static Path warehouse() {
    return folder.resolve("warehouse");
  }

  private static CommandLineRun command(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "activations",
                "--model",
                folder.resolve("model").toString(),
                "--bos",
                "no",
                "--prompts",
                folder.resolve("prompts.jsonl").toString(),
                "--warehouse",
                warehouse().toString()));
    arguments.addAll(List.of(more));
    return CommandLineRun.of(arguments.toArray(String[]::new));
  }

  private static List<Row> sql(String statement) {
    SparkSession spark = LocalSpark.session();
    return spark.sql(statement.replace("kindred.", CATALOG + ".")).collectAsList();
  }

  private static float[] expected(String name) {
    return expected.floats(
        expected.tensors().stream()
            .filter(one -> one.name().equals(name))
            .findFirst()
            .orElseThrow());
  }

  /** Of rows in the order of prompts and positions, as tensors have them. */
  private static void assertValues(List<Row> rows, float[] values) {
    List<Float> found =
        rows.stream()
            .flatMap(row -> row.<Float>getList(row.fieldIndex("values")).stream())
            .toList();
    assertThat(found).hasSize(values.length);
    double greatest = 0;
    for (float value : values) {
      greatest = Math.max(greatest, Math.abs(value));
    }

    for (int i = 0; i < values.length; i++) {
      assertThat((double) found.get(i)).isCloseTo(values[i], within(2e-5 * greatest));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "blocks.1.hook_attn_out, attn.1",
    "blocks.0.hook_resid_post, resid.0",
    "blocks.1.hook_resid_post, resid.1",
    "unembed.hook_out, logits"
  })
  void valuesAreThoseThatTransformersFinds(String hook, String tensor) {
    int longest = tokens.get("long").size();
    for (String set : List.of("long", "short")) {
      List<Row> rows =
          sql(
              "select values from kindred.hook_activations where hook = '"
                  + hook
                  + "' and prompt_id "
                  + (set.equals("long") ? "<" : ">=")
                  + longest
                  + " and positions = 'all' order by prompt_id, position");
      assertValues(rows, expected(set + "." + tensor));
    }
  }

  @Test
  void rowsSayWhichTokensAndWhere() {
    int prompts = tokens.get("long").size() + tokens.get("short").size();
    List<Row> rows =
        sql(
            "select prompt_id, token_ids, block, collect_list(position) from"
                + " kindred.hook_activations where hook = 'blocks.1.hook_attn_out' and positions ="
                + " 'all' group by all order by prompt_id");
    assertThat(rows).hasSize(prompts);
    for (Row row : rows) {
      int id = row.getInt(0);
      JsonNode set = tokens.get(id < tokens.get("long").size() ? "long" : "short");
      JsonNode prompt =
          set.get(id < tokens.get("long").size() ? id : id - tokens.get("long").size());
      List<Integer> ids =
          JSON.convertValue(
              prompt, JSON.getTypeFactory().constructCollectionType(List.class, Integer.class));
      assertThat(row.<Integer>getList(1)).isEqualTo(ids);
      assertThat(row.getInt(2)).isEqualTo(1);
      assertThat(row.<Integer>getList(3)).hasSameSizeAs(ids).contains(0, ids.size() - 1);
    }

    assertThat(
            sql(
                "select * from kindred.hook_activations where hook = 'unembed.hook_out' and block is not null"))
        .isEmpty();
  }

  /** A softmax over the keys that a query sees, in each head. */
  @Test
  void patternsAreByHeadAndAddUpToOne() {
    List<Row> rows =
        sql(
            "select position, head, values from kindred.hook_activations where hook ="
                + " 'blocks.1.attn.hook_pattern' and prompt_id = 0");
    int length = tokens.get("long").get(0).size();
    Map<Integer, Long> heads =
        rows.stream().collect(Collectors.groupingBy(row -> row.getInt(1), Collectors.counting()));
    assertThat(heads.size()).isGreaterThan(1);
    assertThat(heads.values()).containsOnly((long) length);
    for (Row row : rows) {
      List<Float> values = row.getList(2);
      assertThat(values).hasSize(length);
      assertThat(values.stream().mapToDouble(Float::doubleValue).sum()).isCloseTo(1, within(1e-5));
      assertThat(values.subList(row.getInt(0) + 1, length)).allMatch(value -> value == 0);
    }
  }

  @Test
  void theLastPositionIsKeptByItself() {
    CommandLineRun last = command("--hook", "blocks.1.attn.hook_z", "--positions", "last");
    assertThat(last.status()).as(last.err()).isZero();
    CommandLineRun all = command("--hook", "blocks.1.attn.hook_z");
    assertThat(all.status()).as(all.err()).isZero();
    String columns =
        "select prompt_id, position, head, values from kindred.hook_activations where hook = 'blocks.1.attn.hook_z'";
    assertThat(sql(columns + " and positions = 'last' order by 1, 2, 3"))
        .isNotEmpty()
        .isEqualTo(
            sql(
                columns
                    + " and positions = 'all' and position = size(token_ids) - 1 order by 1, 2, 3"));
  }

  @Test
  void whatItPrintsReadsTheRows() throws IOException {
    String statement =
        run.out().lines().filter(line -> line.contains(" sql ")).findFirst().orElseThrow();
    List<Row> rows = sql(statement.replaceAll("(?s).* -e \"(.*)\"", "$1"));
    assertThat(run.lastLine()).startsWith("kindred: hook_activations=" + rows.size() + " hooks=6 ");
  }

  @Test
  void whatIsThereIsReused() {
    CommandLineRun again = command(HOOKS);
    assertThat(again.status()).isZero();
    assertThat(again.err()).contains("reused").doesNotContain("done in");
    assertThat(again.out()).isEqualTo(run.out());
  }

  @Test
  void aPlaceThatTheModelDoesNotHaveIsRefusedWithThoseThatItHas() {
    CommandLineRun refused = command("--hook", "blocks.1.hook_z");
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.messages())
        .singleElement()
        .asString()
        .startsWith(
            "kindred: --hook blocks.1.hook_z: the model has no such place; it has hook_embed,"
                + " blocks.B.hook_resid_pre, ")
        .contains(", blocks.B.attn.hook_z, ", ", blocks.B.ln2_post.hook_scale, ")
        .endsWith(", unembed.hook_out (B is a block, 0 to 2, or *)");
  }

  @Test
  void promptsWithoutAPlaceAreRefused() {
    CommandLineRun refused = command();
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.messages())
        .containsExactly(
            "kindred: prompts without --hook: add the places to keep, such as --hook"
                + " blocks.0.attn.hook_z");
  }
}
