/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kindred attribute}, as a user meets it. */
class TestAttribute {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path folder;

  private static CommandLineRun attribute(String... arguments) {
    return CommandLineRun.of(
        Stream.concat(Stream.of("attribute"), Stream.of(arguments)).toArray(String[]::new));
  }

  @Test
  void theTerminalShowsEveryMethodAndWhatBecomesOfThePrediction() {
    CommandLineRun run = attribute("And only l");

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out())
        .containsSubsequence(
            "And·only·l\n\npredicts o with ",
            "attributed: log-probability of o, -",
            "gradient signed ",
            "occlusion drop ",
            "integrated ",
            "combined sound ",
            "add up to",
            "rank correlation ",
            "without the first",
            "random ")
        .doesNotContain("\u001b");
    assertThat(run.out().lines()).allMatch(line -> line.length() <= 80);
  }

  @Test
  void jsonHasTheScoresOfTheMethodThatIsAskedFor() throws IOException {
    CommandLineRun run =
        attribute(
            "And only l",
            "--json",
            "--method",
            "occlusion",
            "--replacement",
            "token:A",
            "--objective",
            "log-probability-of:o");

    assertThat(run.status()).as(run.err()).isZero();
    JsonNode found = JSON.readTree(run.out());
    assertThat(found.get("replacement").asText()).isEqualTo("token:A");
    JsonNode prompt = found.get("prompts").get(0);
    assertThat(prompt.get("objective"))
        .hasToString("{\"kind\":\"log-probability\",\"token\":\"o\",\"other\":null}");
    assertThat(prompt.get("scores"))
        .extracting(scores -> scores.get("method").asText())
        .containsExactly(
            "occlusion drop", "occlusion total-variation", "occlusion kl", "occlusion l1-logits");
    JsonNode drop = prompt.get("scores").get(0).get("values");
    assertThat(drop).hasSize(10);
    assertThat(drop.get(0).asDouble()).isCloseTo(0, within(1e-4)); // it is an A
    JsonNode removals = prompt.get("removals");
    assertThat(removals.get(0).get("values").get(0).asDouble())
        .isCloseTo(prompt.get("value").asDouble(), within(1e-4));
  }

  private static List<String> rows(Path warehouse, String statement) {
    return CommandLineRun.rows(warehouse, statement);
  }

  @Test
  void withAWarehouseTheSameIsFoundAndIsInTablesToo() throws IOException {
    Path warehouse = SharedRun.copyTo(folder.resolve("given"));
    String[] prompts = {"And only l", "She said", "--json", "--method", "occlusion"};
    JsonNode plain = JSON.readTree(attribute(prompts).out());
    CommandLineRun kept =
        attribute(
            Stream.concat(Stream.of(prompts), Stream.of("--warehouse", warehouse.toString()))
                .toArray(String[]::new));

    assertThat(kept.status()).as(kept.err()).isZero();
    JsonNode found = JSON.readTree(kept.out());
    assertThat(found.get("prompts")).isEqualTo(plain.get("prompts"));
    assertThat(found.get("weights").asText()).isEqualTo("uniform");
    assertThat(
            rows(
                warehouse,
                "select sum(score) from kindred.current.attributions where question = '"
                    + found.get("question").asText()
                    + "' and prompt_id = 1 and variant = 'drop'"))
        .singleElement()
        .satisfies(
            sum ->
                assertThat(Double.parseDouble(sum))
                    .isCloseTo(sum(plain.at("/prompts/1/scores/0/values")), within(1e-9)));
  }

  private static double sum(JsonNode values) {
    double sum = 0;
    for (JsonNode value : values) {
      sum += value.asDouble();
    }

    return sum;
  }

  @Test
  void thePromptsOfARunAreAttributedAndItsCorpusWeighsTokens() throws IOException {
    Path warehouse = SharedRun.copyTo(folder.resolve("run"));
    String[] ofRun = {"--run-id", SharedRun.runId(), "--warehouse", warehouse.toString()};
    CommandLineRun run =
        attribute(
            Stream.concat(Stream.of(ofRun), Stream.of("--method", "gradient"))
                .toArray(String[]::new));

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out())
        .startsWith(SharedRun.PROMPTS + " prompts, mean ± standard deviation; in SQL: question = '")
        .contains("gradient signed, gradient l2 ");
    assertThat(
            rows(
                warehouse,
                "select count(distinct prompt_id), count(*) from kindred.current.attributions a"
                    + " join kindred.current.prompts p using (prompt_set, prompt_id)"
                    + " where a.token_id = p.token_ids[a.position]"))
        .containsExactly(SharedRun.PROMPTS + "," + SharedRun.PROMPTS * 10 * 6);
    CommandLineRun given =
        attribute(
            Stream.concat(Stream.of(ofRun), Stream.of("And only l", "--method", "occlusion"))
                .toArray(String[]::new));
    assertThat(given.out())
        .contains("taken away: each token in turn, as frequent as in the corpus c-");

    Path page = folder.resolve("report.html");
    CommandLineRun report =
        CommandLineRun.of(
            Stream.concat(Stream.of("report", "--report", page.toString()), Stream.of(ofRun))
                .toArray(String[]::new));
    assertThat(report.status()).as(report.err()).isZero();
    assertThat(Files.readString(page))
        .containsOnlyOnce("How far methods agree which tokens") // of the run's prompts alone
        .contains("gradient signed, gradient l2", SharedRun.PROMPTS + " prompts, mean");
  }

  @Test
  void aTriangleHasEachPositionsPredictionAsTheTextUpToThereHasIt() throws IOException {
    String text = "And on";
    String[] options = {"--method", "gradient", "--json"};
    JsonNode positions =
        JSON.readTree(
                attribute(
                        Stream.concat(Stream.of(text, "--triangle"), Stream.of(options))
                            .toArray(String[]::new))
                    .out())
            .at("/prompts/0/positions");
    JsonNode prefixes =
        JSON.readTree(
                attribute(
                        Stream.concat(
                                IntStream.rangeClosed(1, text.length())
                                    .mapToObj(end -> text.substring(0, end)),
                                Stream.of(options))
                            .toArray(String[]::new))
                    .out())
            .get("prompts");

    assertThat(positions).hasSize(text.length());
    for (int i = 0; i < text.length(); i++) {
      assertThat(positions.get(i).get("scores")).isEqualTo(prefixes.get(i).get("scores"));
      assertThat(positions.get(i).get("predicted")).isEqualTo(prefixes.get(i).get("predicted"));
    }

    CommandLineRun shown = attribute(text, "--triangle", "--method", "gradient");
    assertThat(shown.out())
        .startsWith("And·on\n\neach row: the prediction after its position")
        .containsSubsequence("gradient signed of ", "gradient l2 of ")
        .doesNotContain("without the first");
    assertThat(shown.out().lines().dropWhile(line -> !line.startsWith("gradient l2 of ")).skip(1))
        .extracting(line -> line.split("-?\\d\\.\\d+(e-?\\d+)?|-?\\d+e-\\d+", -1).length - 1)
        .startsWith(1, 2, 3, 4, 5, 6);
  }

  @Test
  void thePageShadesTokensAndEscapesThem() throws IOException {
    Path page = folder.resolve("attribution.html");
    CommandLineRun run =
        attribute(
            "A & B",
            "--html",
            page.toString(),
            "--model",
            Path.of(System.getProperty("kindred.home"), "models/tinyshakespeare").toString());

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).isEmpty();
    assertThat(Files.readString(page))
        .contains("<th scope=\"row\">gradient signed</th>", "--share: 50%", "&amp;")
        .doesNotContain("& B");
  }

  @Test
  void badInputIsOneLine() {
    assertInvalid(attribute(), "no prompt: give prompts such as \"And only l\", or a file");
    assertInvalid(
        attribute("--run-id", "newest", "--warehouse", "."), "--run-id newest: not a run's id");
    assertInvalid(
        attribute("a", "--warehouse", folder.toString(), "--method", "x"), "--method x: expected");
    assertInvalid(
        attribute("a", "--method", "saliency"), "--method saliency: expected one of [gradient,");
    assertInvalid(
        attribute("a", "--replacement", "token:"),
        "--replacement token:: expected marginal, uniform, mean, zero, delete, or token:TEXT");
    assertInvalid(attribute("a", "--replacement", "token:ab"), "the text is 2 tokens of the model");
    assertInvalid(
        attribute("a", "--objective", "log-probability-of:\u00e9"),
        "--objective log-probability-of:\u00e9: the model has no token for");
    assertInvalid(
        attribute("a", "--objective", "entropy"), "--objective entropy: expected log-probability,");
    assertInvalid(
        attribute("a", "--triangle", "--warehouse", "none"), "--triangle: fills no tables");
    assertInvalid(
        attribute("ab", "--triangle", "--replacement", "delete"),
        "--replacement delete: nothing is left before the first");
    assertInvalid(
        attribute("ab", "a", "--replacement", "delete"),
        "--replacement delete: prompt 2 has one token; give longer prompts");
  }

  private static void assertInvalid(CommandLineRun run, String message) {
    assertThat(run.messages()).as(run.err()).hasSize(1).first().asString().contains(message);
    assertThat(run.status()).isEqualTo(2);
  }
}
