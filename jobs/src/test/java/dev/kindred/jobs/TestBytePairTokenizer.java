/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.corpus.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A model with a tokenizer that is made of its corpus. What is merged of the embedded corpus is
 * what the Python package tokenizers 0.23.3 merges: {@code BpeTrainer(vocab_size=1000,
 * initial_alphabet=ByteLevel.alphabet())} behind {@code ByteLevel(add_prefix_space=False)}.
 */
class TestBytePairTokenizer {
  @TempDir private static Path base;

  private static CommandLineRun train(String corpus, String tokenizer, Path out) {
    return CommandLineRun.of(
        "train",
        "--corpus",
        corpus,
        "--tokenizer",
        tokenizer,
        "--out",
        out.toString(),
        "--d-model",
        "24",
        "--context",
        "16",
        "--steps",
        "1",
        "--batch-tokens",
        "256",
        "--evaluation-contexts",
        "4");
  }

  @Test
  void mergesWhatHuggingFacesTrainerMerges() throws IOException {
    Path out = base.resolve("model");
    CommandLineRun run = train("embedded", "bpe:1000", out);
    assertThat(run.status()).as(run.err()).isZero();
    String json = Files.readString(out.resolve("tokenizer.json"));
    JsonNode model = new ObjectMapper().readTree(json).get("model");
    List<String> merges = new ArrayList<>();
    model
        .get("merges")
        .forEach(merge -> merges.add(merge.get(0).asText() + " " + merge.get(1).asText()));
    try (InputStream in =
        TestBytePairTokenizer.class.getResourceAsStream("/tokenizer/byte-pairs-1000.txt")) {
      assertThat(merges)
          .isEqualTo(new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList());
    }

    assertThat(model.get("vocab")).hasSize(1000);
    assertThat(model.get("vocab").get("!").asInt()).isZero();
    assertThat(model.get("vocab").get("Ń").asInt()).isEqualTo(255);
    assertThat(model.get("vocab").get("Ġt").asInt()).isEqualTo(256);
    Tokenizer tokenizer = Tokenizer.of(json);
    String text = "Kit’s garret, and\r\n the \u4e16 that no page of it has";
    assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bpe:255 | expected a number of tokens from 256 to 1000000, such as bpe:4096",
        "bpe: | expected a number of tokens from 256 to 1000000, such as bpe:4096",
        "bpe:4k | expected a number of tokens from 256 to 1000000, such as bpe:4096",
        "bpe:300 | the corpus has pairs for 259 tokens and no more; give bpe:259, or a longer corpus"
      })
  void aSizeThatCannotBeIsRefused(String tokenizer, String why) throws IOException {
    Path corpus = Files.writeString(base.resolve("short.txt"), "abc abc abc ".repeat(20).strip());
    CommandLineRun run = train(corpus.toString(), tokenizer, base.resolve("none"));
    assertThat(run.status()).as(run.err()).isEqualTo(2);
    assertThat(run.messages()).containsExactly("kindred: --tokenizer " + tokenizer + ": " + why);
    assertThat(base.resolve("none")).doesNotExist();
  }
}
