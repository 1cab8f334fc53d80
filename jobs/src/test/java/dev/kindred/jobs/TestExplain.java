/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kindred.table.Tables;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kindred explain} against the tables of a run, as a user meets it. */
class TestExplain {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PROMPTS = SharedRun.PROMPTS;
  private static final double ROUNDING = 1e-12;
  private static final Map<List<String>, CommandLineRun> ONCE = new HashMap<>();
  private static final String NOT_IN_CORPUS = "zz zz zz z";
  private static final String MODEL = "models/dickens-small"; // which a run takes by itself

  @TempDir private static Path folder;
  private static String warehouse;
  private static String runId;
  private static List<String> texts;
  private static JsonNode explained;

  @BeforeAll
  static void runAndExplain() throws IOException {
    warehouse = SharedRun.warehouse().toString();
    runId = SharedRun.runId();
    texts =
        query(
            tables ->
                tables.get("prompts").sort("prompt_id").select("text").collectAsList().stream()
                    .map(row -> row.getString(0))
                    .toList());
    explained = json(explain("--prompts", file(texts), "--json"));
  }

  private static <T> T query(java.util.function.Function<Map<String, Dataset<Row>>, T> question) {
    return RunRows.with(
        Path.of(warehouse),
        found -> {
          Map<String, Dataset<Row>> tables = new TreeMap<>();
          Tables.ALL.forEach(table -> tables.put(table.name(), found.read(table)));
          tables.put("prompts", found.part(Tables.PROMPTS, RunRows.promptSet(found)).read());
          return question.apply(tables);
        });
  }

  private static String file(List<String> prompts) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String prompt : prompts) {
      lines.add(JSON.writeValueAsString(prompt));
    }

    return Files.write(Files.createTempFile(folder, "prompts", ".jsonl"), lines).toString();
  }

  private static CommandLineRun explain(String... arguments) {
    return CommandLineRun.of(
        Stream.concat(Stream.of("explain", "--warehouse", warehouse), Stream.of(arguments))
            .toArray(String[]::new));
  }

  /** What an explanation prints that several tests look at. */
  private static CommandLineRun once(String... arguments) {
    return ONCE.computeIfAbsent(List.of(arguments), key -> explain(arguments));
  }

  private static JsonNode json(CommandLineRun run) throws IOException {
    assertThat(run.status()).as(run.err()).isZero();
    return JSON.readTree(run.out());
  }

  @Test
  void promptsOfARunHaveItsDistancesAndRanks() {
    List<Row> distances =
        query(tables -> tables.get("distances").sort("prompt_id").collectAsList());

    assertThat(explained.get("prompts")).hasSize(PROMPTS);
    for (Row distance : distances) {
      JsonNode prompt = explained.get("prompts").get(distance.<Integer>getAs("prompt_id"));
      for (String protocol : List.of("compatible", "leave_one_out")) {
        String column = protocol.equals("compatible") ? "hellinger" : "hellinger_leave_one_out";
        double hellinger = distance.getAs(column);
        double closer =
            (double)
                    distances.stream()
                        .filter(other -> other.<Double>getAs(column) < hellinger)
                        .count()
                / PROMPTS;
        assertThat(prompt.get(protocol).get("hellinger").asDouble()).isEqualTo(hellinger);
        assertThat(prompt.get(protocol).get("closer").asDouble()).isEqualTo(closer);
      }
    }
  }

  private static final String RINGS =
      String.join(";", Collections.nCopies(6, ".3/50/.05/.01,.7/20/.1/.02,.9/5/.1/.05"));

  @Test
  void thisProcessFindsWhatSparkFinds() throws IOException {
    String[][] asked = {
      {"--prompts", file(texts), "--json"}, // many
      {texts.get(0), NOT_IN_CORPUS, texts.get(1), "--strings", "40", "--json"},
      {texts.get(2), "--strings", "1", "--thresholds", "0.3,0.2,0.1,0,-0.2,-1", "--json"},
      {texts.get(3), "--saturation", "10", "--kernel", "scalar", "--shading", "--json"},
      {"--prompts", file(texts), "--rings", RINGS, "--json"}
    };
    for (String[] arguments : asked) {
      String[] bySpark =
          Stream.concat(Stream.of(arguments), Stream.of("--by-spark")).toArray(String[]::new);

      assertThat(withoutTime(explain(arguments)))
          .as(List.of(arguments).toString())
          .isEqualTo(withoutTime(explain(bySpark)));
    }
  }

  private static JsonNode withoutTime(CommandLineRun run) throws IOException {
    JsonNode found = json(run);
    ((ObjectNode) found.get("read")).remove("seconds");
    return found;
  }

  @Test
  void whatFollowsAPromptIsWhatFollowsItInTheText() throws IOException {
    String text = Files.readString(SharedRun.corpus());
    for (int prompt = 0; prompt < PROMPTS; prompt++) {
      Map<String, Long> expected = new TreeMap<>();
      String sought = texts.get(prompt);
      for (int at = text.indexOf(sought); at >= 0; at = text.indexOf(sought, at + 1)) {
        int next = at + sought.length();
        if (next < text.length()) {
          expected.merge(text.substring(next, next + 1), 1L, Long::sum);
        }
      }

      Map<String, Long> found = new TreeMap<>();
      explained
          .get("prompts")
          .get(prompt)
          .get("following")
          .path("tokens")
          .forEach(token -> found.put(token.get("text").asText(), token.get("count").asLong()));
      assertThat(found).as(sought).isEqualTo(expected);
    }
  }

  @Test
  void aStringStandsWhereASearchFindsIt() throws IOException {
    String text = Files.readString(SharedRun.corpus());
    String document = SharedRun.corpus().getFileName().toString();
    int several = 0;
    for (JsonNode prompt : explained.get("prompts")) {
      // One block of each: what is shown does not depend on it.
      for (JsonNode string : prompt.get("blocks").get(3).get("strings")) {
        String sought = string.get("text").asText();
        List<String> expected = new ArrayList<>();
        for (int at = text.indexOf(sought);
            at >= 0 && expected.size() < 5;
            at = text.indexOf(sought, at + 1)) {
          int end = at + sought.length();
          expected.add(
              document
                  + ":"
                  + at
                  + text.substring(Math.max(0, at - 40), at)
                  + "|"
                  + text.substring(end, Math.min(text.length(), end + 40)));
        }

        List<String> found = new ArrayList<>();
        for (JsonNode place : string.get("places")) {
          found.add(
              place.get("document").asText()
                  + ":"
                  + place.get("position")
                  + place.get("before").asText()
                  + "|"
                  + place.get("after").asText());
        }

        assertThat(found).as(sought).isEqualTo(expected);
        several += found.size() > 1 ? 1 : 0;
      }
    }

    assertThat(several).as("strings that stand in several places").isPositive();
  }

  @Test
  void aTokenizerThatDidNotCutTheCorpusIsRefused() throws IOException {
    Path model = folder.resolve("other tokenizer");
    SharedRun.copy(Path.of(System.getProperty("kindred.home"), "models/dickens-small"), model);
    Path tokenizer = model.resolve("tokenizer.json");
    Files.writeString(tokenizer, Files.readString(tokenizer) + "\n");
    Path selfCheck = model.resolve("selfcheck.json"); // as version 0.2 wrote it
    ObjectNode fields = (ObjectNode) JSON.readTree(Files.readString(selfCheck));
    fields.remove("sha256");
    Files.writeString(selfCheck, JSON.writeValueAsString(fields));

    CommandLineRun run = explain("--model", model.toString(), texts.get(0));

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.messages())
        .last()
        .asString()
        .contains("--model", "its tokenizer.json is not the one that corpus c-");
  }

  @Test
  void promptsOfARunHaveItsCountsAndSharesThatAddUp() {
    List<Row> distributions =
        query(
            tables ->
                tables
                    .get("block_distributions")
                    .withColumn(
                        "total",
                        functions.expr("aggregate(map_values(counts), 0L, (a, b) -> a + b)"))
                    .withColumn("most", functions.expr("array_max(map_values(counts))"))
                    .collectAsList());

    assertThat(distributions).hasSize(6 * PROMPTS);
    Map<Integer, Double> shares = new TreeMap<>();
    for (Row row : distributions) {
      int promptId = row.getAs("prompt_id");
      JsonNode block =
          explained.get("prompts").get(promptId).get("blocks").get(row.<Integer>getAs("block"));
      assertThat(block.get("similar_count").asLong()).isEqualTo(row.<Long>getAs("similar_count"));
      shares.merge(promptId, block.get("share").asDouble(), Double::sum);
      if (row.<Long>getAs("total") > 0) {
        JsonNode first = block.get("next_tokens").get(0);
        assertThat(first.get("count").asLong()).isEqualTo(row.<Long>getAs("most"));
        assertThat(first.get("share").asDouble())
            .isCloseTo(
                (double) row.<Long>getAs("most") / row.<Long>getAs("total"), within(ROUNDING));
      }
    }

    assertThat(shares.values()).allSatisfy(sum -> assertThat(sum).isCloseTo(1, within(ROUNDING)));
  }

  @Test
  void promptsOfARunHaveItsMostSimilarStrings() {
    List<String> expected =
        query(
            tables ->
                tables
                    .get("similar_strings")
                    .join(tables.get("windows"), "window_id")
                    .selectExpr(
                        "prompt_id",
                        "block",
                        "window_id",
                        "text",
                        "float(similarity) as similarity",
                        "row_number() over (partition by prompt_id, block"
                            + " order by similarity desc, window_id) as place")
                    .where("place <= 5")
                    .sort("prompt_id", "block", "place")
                    .collectAsList()
                    .stream()
                    .map(
                        row ->
                            row.getInt(0)
                                + " "
                                + row.getInt(1)
                                + " "
                                + row.getLong(2)
                                + " "
                                + row.getString(3)
                                + " "
                                + row.getFloat(4))
                    .toList());

    List<String> found = new ArrayList<>();
    for (JsonNode prompt : explained.get("prompts")) {
      for (JsonNode block : prompt.get("blocks")) {
        for (JsonNode string : block.get("strings")) {
          found.add(
              prompt.get("prompt_id").asInt()
                  + " "
                  + block.get("block").asInt()
                  + " "
                  + string.get("window_id").asLong()
                  + " "
                  + string.get("text").asText()
                  + " "
                  + (float) string.get("similarity").asDouble());
        }
      }
    }

    assertThat(found).isEqualTo(expected);
  }

  @Test
  void promptsOfARunHaveItsProbabilities() {
    Map<String, Map<Integer, Double>> approximations = new TreeMap<>();
    Map<Integer, String> tokens = new TreeMap<>();
    query(
        tables -> {
          tables
              .get("tokens")
              .collectAsList()
              .forEach(row -> tokens.put(row.getAs("token_id"), row.getAs("text")));
          tables
              .get("approximations")
              .join(tables.get("prompts"), "prompt_id")
              .collectAsList()
              .forEach(
                  row ->
                      approximations.put(
                          row.getAs("text"), row.getJavaMap(row.fieldIndex("probabilities"))));
          return null;
        });

    for (JsonNode prompt : explained.get("prompts")) {
      Map<String, Double> expected = new TreeMap<>();
      approximations
          .get(prompt.get("text").asText())
          .forEach((token, probability) -> expected.put(tokens.get(token), probability));
      for (JsonNode token : prompt.get("next_tokens")) {
        assertThat(token.get("approximation").asDouble())
            .isEqualTo(expected.getOrDefault(token.get("text").asText(), 0.));
      }
    }
  }

  @Test
  void theOrderOfPromptsChangesNothingButTheirOrder() throws IOException {
    JsonNode two =
        json(explain(escaped(texts.get(7)), escaped(texts.get(3)), "--json")).get("prompts");

    assertThat(two.get(0).get("blocks")).isEqualTo(explained.get("prompts").get(7).get("blocks"));
    assertThat(two.get(1).get("blocks")).isEqualTo(explained.get("prompts").get(3).get("blocks"));
  }

  private static String escaped(String prompt) {
    return prompt.replace("\\", "\\\\").replace("\n", "\\n");
  }

  @Test
  void aPromptThatIsNotInTheCorpusHasNoLeaveOneOut() throws IOException {
    JsonNode prompt = json(once(NOT_IN_CORPUS, "--json")).get("prompts").get(0);

    assertThat(prompt.get("occurrences").asInt()).isZero();
    assertThat(prompt.get("leave_one_out").isNull()).isTrue();
    assertThat(prompt.get("compatible").get("hellinger").asDouble()).isBetween(0., 1.);
    assertThat(prompt.get("compatible").get("closer").asDouble()).isBetween(0., 1.);
  }

  @Test
  void theTerminalShowsThePromptItsTokensAndStringsAndWhatWasRead() {
    CommandLineRun run = explain("--strings", "2", escaped(texts.get(0)), NOT_IN_CORPUS);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out())
        .containsSubsequence(
            "in the corpus: ",
            "next token",
            "Hellinger distance 0.",
            "of the run's 70 prompts are closer",
            "block 0",
            "|",
            "block 5",
            "zz·zz·zz·z\nnot in the corpus\n",
            "as in run " + runId,
            "windows in 6 blocks, ");
    assertThat(run.out().lines()).allMatch(line -> line.length() <= 80);
    assertThat(run.out()).doesNotContain("\u001b");
  }

  @Test
  void tokensAreShadedByWhatThePredictionLosesWithoutThem() throws IOException {
    Path page = folder.resolve("shaded.html");
    JsonNode shading =
        json(explain(NOT_IN_CORPUS, "--shading", "--json", "--html", page.toString()))
            .at("/shadings/0");
    JsonNode occlusion =
        json(CommandLineRun.of(
                "attribute",
                NOT_IN_CORPUS,
                "--method",
                "occlusion",
                "--replacement",
                "uniform",
                "--json"))
            .at("/prompts/0");

    assertThat(shading.get("tokens")).isEqualTo(occlusion.get("tokens"));
    assertThat(shading.get("prediction")).hasSize(10);
    for (int i = 0; i < 10; i++) {
      assertThat(shading.get("prediction").get(i).asDouble())
          .isCloseTo(occlusion.at("/scores/0/values").get(i).asDouble(), within(1e-4));
    }

    assertThat(shading.get("blocks")).hasSize(SharedRun.BLOCKS);
    assertThat(Files.readString(page)).contains(">Shading<", "<th scope=\"row\">prediction</th>");
    assertThat(explain(NOT_IN_CORPUS, "--shading").out())
        .containsSubsequence("hangs on ", "prediction ", "block 0 ", "block 5 ", "block 0   ");
    assertThat(once(NOT_IN_CORPUS, "--json").out()).contains("\"shadings\" : null");
  }

  @Test
  void thePageHasEveryPrompt() throws IOException {
    Path page = folder.resolve("page.html");
    CommandLineRun run = explain("--html", page.toString(), escaped(texts.get(0)), NOT_IN_CORPUS);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).isEmpty();
    assertThat(Files.readString(page, StandardCharsets.UTF_8))
        .containsSubsequence("as in run", "Prompt 1<", "Block 5", "Prompt 2<", "zz");
  }

  @Test
  void otherThresholdsThanTheRunsHaveNoRanks() throws IOException {
    JsonNode other = json(once(NOT_IN_CORPUS, "--thresholds", "0,0,0,0,0,0", "--json"));
    JsonNode prompt = other.get("prompts").get(0);

    assertThat(other.get("unranked").asText()).isEqualTo("the rule is not the run's");
    assertThat(prompt.get("compatible").get("closer").isNull()).isTrue();
    assertThat(prompt.get("blocks").get(0).get("similar_count").asLong()).isGreaterThan(100);
  }

  @Test
  void aLongerPromptIsExplainedByItsEndWhichIsSaid() throws IOException {
    CommandLineRun run = explain("and so on: " + NOT_IN_CORPUS, "--json");

    assertThat(json(run).get("prompts"))
        .isEqualTo(json(once(NOT_IN_CORPUS, "--json")).get("prompts"));
    assertThat(run.messages())
        .contains(
            "kindred: prompt 1 has 21 characters; explained by its last 10, \""
                + NOT_IN_CORPUS
                + "\"");
    assertThat(explain("and so on: " + NOT_IN_CORPUS, "--json", "--quiet").err()).isEmpty();
  }

  @Test
  void withoutAModelTheRunsIsTakenWhichIsSaid() throws IOException {
    CommandLineRun run = once(NOT_IN_CORPUS, "--json");

    assertThat(run.messages())
        .singleElement()
        .asString()
        .startsWith("kindred: the model is ")
        .endsWith(", as in run " + runId);
    assertThat(json(run).get("prompts"))
        .isEqualTo(
            json(explain(
                    NOT_IN_CORPUS,
                    "--json",
                    "--model",
                    Path.of(System.getProperty("kindred.home"), MODEL).toString()))
                .get("prompts"));
  }

  @Test
  void aFilesThresholdsCountAsThoseOfTheCommandLineDo() throws IOException {
    Path file =
        Files.writeString(folder.resolve("my.conf"), "kindred.thresholds = [0, 0, 0, 0, 0, 0]");
    JsonNode ofFile = json(explain(NOT_IN_CORPUS, "--conf", file.toString(), "--json"));
    JsonNode ofOption = json(once(NOT_IN_CORPUS, "--thresholds", "0,0,0,0,0,0", "--json"));

    assertThat(ofFile.get("prompts")).isEqualTo(ofOption.get("prompts"));
  }

  @Test
  void withoutAPublishedRunTheSettingsCount() throws IOException {
    Path corpus = Files.writeString(folder.resolve("other.txt"), "to be or not to be or not to be");
    String unpublished = folder.resolve("unpublished").toString();
    for (String command : List.of("windows", "activations")) {
      assertThat(
              CommandLineRun.of(command, "--corpus", corpus.toString(), "--warehouse", unpublished)
                  .status())
          .isZero();
    }

    JsonNode found =
        json(CommandLineRun.of("explain", "--warehouse", unpublished, "to be or n", "--json"));
    assertThat(found.get("unranked").asText()).contains("no published run");
    assertThat(found.get("prompts").get(0).get("blocks").get(4).get("threshold").asDouble())
        .isEqualTo(.81);
  }

  @Test
  void badInputIsOneLine() throws IOException {
    assertInvalid(
        explain("too short"),
        "prompt 1: \"too short\" has 9 characters, the strings that it is compared with have 10; add 1");
    assertInvalid(
        explain("ten 123456", "caf\u00e9 cafe f"), "prompt 2: the model has no token for");
    assertInvalid(explain("a\\q"), "prompt 1: a\\q: a backslash begins an escape such as \\n");
    assertInvalid(explain(), "no prompt: give prompts such as");
    assertInvalid(explain(NOT_IN_CORPUS, "--prompts", "x.txt"), "--prompts x.txt and a prompt");
    assertInvalid(explain(NOT_IN_CORPUS, "--strings", "none"), "--strings none: expected a whole");
    assertInvalid(
        explain(NOT_IN_CORPUS, "--blocks", "1,4"),
        "--blocks 1,4: run "
            + SharedRun.runId()
            + " looks at blocks all; leave out --blocks, or give another --run-id");
    assertInvalid(explain(NOT_IN_CORPUS, "--run-id", "r-1"), "--run-id r-1: no such run in ");
    assertInvalid(
        CommandLineRun.of("explain", NOT_IN_CORPUS, "--warehouse", folder.resolve("x").toString()),
        "no such folder");
  }

  private static void assertInvalid(CommandLineRun run, String message) {
    assertThat(run.messages()).as(run.err()).hasSize(1).first().asString().contains(message);
    assertThat(run.status()).isEqualTo(2);
  }

  @Test
  void nothingIsWrittenIntoTheWarehouse() throws IOException {
    List<String> before = files();
    assertThat(explain(NOT_IN_CORPUS).status()).isZero();

    assertThat(files()).isEqualTo(before);
  }

  private static List<String> files() throws IOException {
    try (Stream<Path> paths = Files.walk(Path.of(warehouse))) {
      return paths.map(Path::toString).sorted().toList();
    }
  }
}
