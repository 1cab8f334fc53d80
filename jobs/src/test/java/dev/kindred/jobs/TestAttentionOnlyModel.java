/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model without norms and networks that was made by hand, on the command line. */
class TestAttentionOnlyModel {
  private static final int VOCABULARY = 16;
  @TempDir private static Path folder;
  private static String model;

  @BeforeAll
  static void importIt() throws IOException, URISyntaxException {
    Path made = folder.resolve("made");
    Files.createDirectory(made);
    Path files =
        Path.of(System.getProperty("kindred.home"))
            .resolve("pipeline/src/test/resources/circuits/induction-plain");
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.copy(files.resolve(name), made.resolve(name));
    }

    String vocabulary =
        IntStream.range(0, VOCABULARY)
            .mapToObj(i -> "\"" + (char) ('a' + i) + "\": " + i)
            .collect(joining(", "));
    Files.writeString(
        made.resolve("tokenizer.json"),
        """
        {"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "Split",
         "pattern": {"Regex": "."}, "behavior": "Isolated", "invert": false},
         "decoder": {"type": "Fuse"},
         "model": {"type": "WordLevel", "unk_token": "a", "vocab": {%s}}}
        """
            .formatted(vocabulary));
    model = folder.resolve("model").toString();
    CommandLineRun run =
        CommandLineRun.of("import-model", "--from", made.toString(), "--out", model);
    assertThat(run.status()).as(run.err()).isZero();
  }

  private static List<String> rows(String statement) {
    return rows(warehouse(), statement);
  }

  private static List<String> rows(String warehouse, String statement) {
    return CommandLineRun.rows(Path.of(warehouse), statement);
  }

  private static String warehouse() {
    return folder.resolve("warehouse").toString();
  }

  @Test
  void hasTheCircuitsThatItWasMadeOf() {
    CommandLineRun run =
        CommandLineRun.of(
            "circuits", "--model", model, "--warehouse", warehouse(), "--draws", "20");
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(
            rows(
                "select circuit, head, block, round(score, 12), top_1 from kindred.head_circuits"
                    + " where basis = 'embedding' and head = 0 order by circuit, block"))
        .containsExactly("ov,0,0,,", "ov,0,1,1.0,1.0", "qk,0,0,,", "qk,0,1,,");
    assertThat(
            rows(
                "select kind, round(score, 12) from kindred.head_compositions"
                    + " where earlier_head = 0 and head = 0 order by kind"))
        .containsExactly("k,0.25", "q,0.0", "v,0.0");
    assertThat(
            rows(
                "select count(score) from kindred.head_compositions"
                    + " where earlier_head = 1 or head = 1"))
        .containsExactly("0");
    assertThat(
            rows(
                "select round(induction_score, 12), induction_top_1 from kindred.virtual_heads"
                    + " where earlier_head = 0 and head = 0"))
        .containsExactly("1.0,1.0");
  }

  /** Of 3,000 tokens the 2,048 that the text has most often are looked at. */
  @Test
  void whatHeadsOfALargeVocabularyPredictIsLookedForAmongFrequentTokens() throws IOException {
    Path large = Files.createDirectory(folder.resolve("large"));
    Files.writeString(
        large.resolve("config.json"),
        """
        {"model_type": "llama", "vocab_size": 3000, "hidden_size": 8, "intermediate_size": 8,
         "num_hidden_layers": 1, "num_attention_heads": 1, "num_key_value_heads": 1,
         "max_position_embeddings": 16, "rms_norm_eps": 1e-5, "hidden_act": "silu",
         "tie_word_embeddings": true}
        """);
    String words =
        IntStream.range(0, 3000)
            .mapToObj(word -> String.format(Locale.ROOT, "\"w%d\": %d", word, word))
            .collect(joining(", "));
    Files.writeString(
        large.resolve("tokenizer.json"),
        String.format(
            Locale.ROOT,
            """
            {"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "WhitespaceSplit"},
             "model": {"type": "WordLevel", "unk_token": "w0", "vocab": {%s}}}
            """,
            words));
    String once = IntStream.range(1, 952).mapToObj(word -> "w" + word).collect(joining(" "));
    String twice = IntStream.range(952, 3000).mapToObj(word -> "w" + word).collect(joining(" "));
    Path corpus =
        Files.writeString(folder.resolve("words.txt"), String.join(" ", twice, once, twice));
    String other = folder.resolve("words").toString();
    CommandLineRun run =
        CommandLineRun.of(
            "circuits",
            "--model",
            large.toString(),
            "--untrained",
            "1",
            "--warehouse",
            other,
            "--ranked-tokens",
            "0",
            "--draws",
            "2",
            "--corpus",
            corpus.toString());
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(
            rows(
                other,
                "select count(*), max(rank), count_if(least(source, destination, output) < 952)"
                    + " from kindred.skip_trigrams"))
        .containsExactly("1000,1000,0");
  }

  @Test
  void aCorrelationWithLogitsThatAreAllAlikeIsNone() throws IOException {
    Path corpus = Files.writeString(folder.resolve("alike.txt"), "bcdefghijklmnop".repeat(20));
    String other = folder.resolve("other").toString();
    CommandLineRun run =
        CommandLineRun.of(
            "circuits",
            "--model",
            model,
            "--warehouse",
            other,
            "--draws",
            "2",
            "--bases",
            "embedding",
            "--ranked-tokens",
            "0",
            "--corpus",
            corpus.toString());

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(
            rows(
                other,
                "select count(*), count(correlation) from kindred.direct_paths where basis = 'embedding'"))
        .containsExactly("1,0");
  }

  @Test
  void hasNoOutputsOfNetworksToCompare() throws IOException {
    Path corpus = Files.writeString(folder.resolve("text.txt"), "bcdefghijklmnop".repeat(20));
    CommandLineRun run =
        CommandLineRun.of(
            "run",
            "--model",
            model,
            "--warehouse",
            warehouse(),
            "--alternates",
            "none",
            "--corpus",
            corpus.toString());
    assertThat(run.status()).as(run.err()).isEqualTo(2);
    assertThat(run.messages())
        .containsExactly(
            "kindred: --vectors ffn_out: a block of "
                + model
                + " has no feed-forward network; give attn_out or resid_post");
  }
}
