/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kindred lens}, as a user meets it. */
class TestLens {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path folder;

  private static CommandLineRun lens(String... arguments) {
    return CommandLineRun.of(
        Stream.concat(Stream.of("lens"), Stream.of(arguments)).toArray(String[]::new));
  }

  @Test
  void theTerminalShowsEveryLayerOfEachPrompt() {
    CommandLineRun run = lens("And only l", "\\n");

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out())
        .containsSubsequence(
            "And·only·l\n\nafter ",
            "embedding ",
            "block 0 ",
            "block 5 ",
            "at the end",
            "⏎\n\nafter")
        .doesNotContain("\u001b", "attn");
    assertThat(run.out().lines()).allMatch(line -> line.length() <= 80);
  }

  @Test
  void jsonHasTheStreamAfterAttentionIfAskedFor() throws IOException {
    CommandLineRun run = lens("And only l", "--json", "--parts");

    assertThat(run.status()).as(run.err()).isZero();
    JsonNode lens = JSON.readTree(run.out()).get("prompts").get(0);
    assertThat(lens.get("layers")).hasSize(13);
    assertThat(lens.get("layers").get(1).get("hook").asText()).isEqualTo("hook_resid_mid");
    assertThat(lens.get("layers").get(12).get("positions").get(9).get("token_id").isInt()).isTrue();
  }

  @Test
  void thePageHasEveryPromptOfTheFile() throws IOException {
    Path page = folder.resolve("lens 10:30.html"); // Hadoop takes a colon for a scheme's end
    Path prompts =
        Files.writeString(folder.resolve("prompts.jsonl"), "\"a\\nb\"\n\"And only l\"\n");
    CommandLineRun run = lens("--prompts", prompts.toString(), "--html", page.toString());

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).isEmpty();
    assertThat(Files.readString(page))
        .containsSubsequence("⏎", "<th scope=\"row\">block 5</th>", "And", "block 5</th>");
  }

  @Test
  void badInputIsOneLine() {
    assertInvalid(lens(), "no prompt: give prompts such as \"And only l\", or a file");
    assertInvalid(lens("a", "--prompts", "x.txt"), "--prompts x.txt and a prompt: give prompts");
    assertInvalid(lens("a", "caf\u00e9"), "prompt 2: the model has no token for \"\u00e9\"");
    assertInvalid(lens("a".repeat(257)), "has 257 tokens, the model reads 1 to 256");
    assertInvalid(lens(""), "prompt 1: \"\" has 0 tokens, the model reads 1 to 256");
    assertInvalid(lens("a", "--model", folder.resolve("x").toString()), "no such folder");
  }

  private static void assertInvalid(CommandLineRun run, String message) {
    assertThat(run.messages()).as(run.err()).hasSize(1).first().asString().contains(message);
    assertThat(run.status()).isEqualTo(2);
  }
}
