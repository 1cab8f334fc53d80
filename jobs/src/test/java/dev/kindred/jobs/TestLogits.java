/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code kindred logits} and {@code kindred patch}, as a user meets them. */
class TestLogits {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path folder;

  private static CommandLineRun run(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(1, List.of("--model", SmallModel.URI));
    return CommandLineRun.of(all.toArray(String[]::new));
  }

  @Test
  void theTerminalShowsWhatPartsAdd() {
    CommandLineRun run = run("logits", "And only l", "--token", "o", "--against", "a");

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out())
        .containsSubsequence(
            "logit of o: ",
            "above that of a: ",
            "embedding ",
            "positions ",
            "block 0 ",
            "block 1 ",
            "unembedding bias ",
            "sum ",
            "0.0 ");
    assertThat(run.out().lines()).allMatch(line -> line.length() <= 80);
  }

  @Test
  void jsonHasPartsThatAddUp() throws IOException {
    CommandLineRun run = run("logits", "And only l", "--json");

    assertThat(run.status()).as(run.err()).isZero();
    JsonNode prompt = JSON.readTree(run.out()).get("prompts").get(0);
    double sum = 0;
    for (JsonNode part : prompt.get("parts")) {
      sum += part.at("/part/logit").asDouble();
    }

    assertThat(sum).isCloseTo(prompt.get("logit").asDouble(), within(1e-3));
    assertThat(prompt.get("parts")).hasSize(2 + 2 * 4 + 1);
  }

  @Test
  void patchingIsShownByPositionsAndByHeadsAndIsKept() throws IOException {
    CommandLineRun byPosition = run("patch", "And only l", "She said i");
    CommandLineRun byHead =
        run("patch", "And only l", "She said i", "--hook", "attn.hook_z", "--by", "head", "--json");
    String warehouse = folder.resolve("kept").toString();
    CommandLineRun kept = run("patch", "And only l", "She said i", "--warehouse", warehouse);
    CommandLineRun parts = run("logits", "And only l", "--warehouse", warehouse);

    assertThat(byPosition.status()).as(byPosition.err()).isZero();
    assertThat(byPosition.out()).contains("l for i", " clean, ").contains("1.00");
    assertThat(byPosition.out().lines()).allMatch(line -> line.length() <= 80);
    JsonNode patched = JSON.readTree(byHead.out()).get("patched");
    assertThat(patched.get("shares")).hasSize(2);
    assertThat(patched.get("shares").get(0)).hasSize(2);
    assertThat(kept.out()).isEqualTo(byPosition.out());
    assertThat(parts.status()).as(parts.err()).isZero();
    CommandLineRun sql =
        CommandLineRun.of(
            "sql",
            "--warehouse",
            warehouse,
            "--format",
            "csv",
            "-e",
            "select count(*), max(position), (select count(*) from kindred.logit_parts) from"
                + " kindred.patches");
    assertThat(sql.out().lines().skip(1)).containsExactly("20,9,11");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "logits a --token ab|--token ab: the text is 2 tokens of the model",
        "logits a --against ab|--against ab: the text is 2 tokens of the model",
        "logits|no prompt: give prompts",
        "patch a|1 prompts: give two",
        "patch ab a|prompt 2 has 1 tokens, prompt 1 has 2",
        "patch a a|prompt 2 is prompt 1",
        "patch a b --hook hook_nothing|expected one of hook_resid_pre",
        "patch a b --hook ln1_post.hook_scale|--hook ln1_post.hook_scale: the model has no such",
        "patch a b --by head|--by head: hook_resid_pre is not of heads",
        "patch a b --hook attn.hook_pattern|--hook attn.hook_pattern: is of pairs of positions",
        "patch a b --answer c --against c|the token of both prompts is c"
      })
  void whatCannotBeIsRefusedInOneLine(String arguments, String message) {
    CommandLineRun refused = run(arguments.split(" "));

    assertThat(refused.status()).as(refused.err()).isEqualTo(2);
    assertThat(refused.messages()).singleElement().asString().contains(message);
  }
}
