/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code kindred generate}, as a user meets it. */
class TestGenerate {
  private static CommandLineRun run(String... arguments) {
    List<String> all = new ArrayList<>(List.of("generate", "--model", SmallModel.URI));
    all.addAll(List.of(arguments));
    return CommandLineRun.of(all.toArray(String[]::new));
  }

  @Test
  void theSameSeedGivesTheSameTextBeyondTheContext() {
    CommandLineRun run = run("She said ", "--tokens", "100"); // of 32
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).startsWith("She said ").hasSize("She said ".length() + 101);
    assertThat(run("She said ", "--tokens", "100").out()).isEqualTo(run.out());
    assertThat(run("She said ", "--tokens", "100", "--seed", "2").out()).isNotEqualTo(run.out());
  }

  @Test
  void jsonHasTheProbabilityOfEachToken() throws IOException {
    CommandLineRun run = run("She said ", "And ", "--tokens", "5", "--temperature", "0", "--json");

    assertThat(run.status()).as(run.err()).isZero();
    JsonNode json = new ObjectMapper().readTree(run.out());
    assertThat(json.get("temperature").asDouble()).isZero();
    assertThat(json.get("texts")).hasSize(2);
    JsonNode text = json.at("/texts/1");
    assertThat(text.get("prompt").asText()).isEqualTo("And ");
    assertThat(text.get("tokens")).hasSize(5);
    StringBuilder tokens = new StringBuilder();
    for (JsonNode token : text.get("tokens")) {
      tokens.append(token.get("text").asText());
      assertThat(token.get("probability").asDouble()).as("77 tokens").isBetween(1. / 77, 1.);
    }

    assertThat(text.get("text").asText()).hasToString(tokens.toString());
  }

  @Test
  void whatCannotBeIsRefused() {
    assertRefused(
        "--temperature -1: expected a number from 0.0 to 100.0", "x", "--temperature", "-1");
    assertRefused("--tokens 0: expected a whole number from 1 to 9999999", "x", "--tokens", "0");
    assertRefused("no prompt: give prompts such as");
    assertRefused(
        "\"" + "x".repeat(33) + "\" has 33 tokens, the model reads 1 to 32", "x".repeat(33));
  }

  private static void assertRefused(String message, String... arguments) {
    CommandLineRun run = run(arguments);
    assertThat(run.status()).as(run.err()).isEqualTo(2);
    assertThat(run.messages()).singleElement().asString().contains(message);
  }
}
