/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kindred.evaluation.Summaries;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole program on the beginning of the embedded corpus, with the bundled model: against a
 * checked-in outcome, and against itself with other partitions, cores and plans: Spark changes them
 * while it runs where users have it, and not in other tests of commands.
 */
class TestGoldenRun {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PROMPTS = SharedRun.PROMPTS;

  /** Float noise between processors moves a pair across a threshold now and then. */
  private static final double SIMILAR_STRINGS_TOLERANCE = 2;

  private static final double DISTANCE_TOLERANCE = 2e-3;
  private static final Path GOLDEN =
      Path.of(System.getProperty("kindred.home"), "jobs/src/test/resources/golden/run.json");

  @TempDir private static Path folder;
  private static CommandLineRun run;
  private static CommandLineRun otherRun;

  @BeforeAll
  static void runTwice() {
    run = SharedRun.run();
    Map<String, String> others =
        Map.of(
            "spark.master", "local[1]",
            "spark.sql.shuffle.partitions", "7",
            "spark.sql.adaptive.enabled", "true");
    Map<String, String> before = new HashMap<>();
    others.forEach((name, value) -> before.put(name, System.setProperty(name, value)));
    try {
      otherRun = runWithSmallTasks();
    } finally {
      before.forEach(System::setProperty);
    }
  }

  private static CommandLineRun runWithSmallTasks() {
    return CommandLineRun.of(
        "run",
        "--corpus",
        SharedRun.corpus().toString(),
        "--prompts",
        Integer.toString(PROMPTS),
        "--warehouse",
        folder.resolve("other").toString(),
        "--windows-per-task",
        "900");
  }

  @Test
  void succeedsAndEndsWithTheLineForScripts() {
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.lastLine())
        .matches(
            "kindred: run_id=r-\\S+ prompts=70 mean_hellinger=0\\.\\d{4} top1=[01]\\.\\d{4}"
                + " report=/.+\\.html");
  }

  @Test
  void allItsStepsAreCounted() {
    assertThat(run.steps())
        .isEqualTo(IntStream.rangeClosed(1, 10).mapToObj(step -> step + "/10").toList());
  }

  @Test
  void writesTheReport() throws IOException {
    Path report = Path.of(run.lastLine().replaceAll(".*report=", ""));
    assertThat(Files.readString(report))
        .startsWithIgnoringCase("<!doctype html>")
        .contains(runId(run));
  }

  @Test
  void equalsTheGoldenRun() throws IOException {
    ObjectNode found = withTables(TestGoldenRun::outcome);
    if ("write".equals(System.getProperty("kindred.golden"))) {
      Files.writeString(
          GOLDEN, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(found) + "\n");
    }

    JsonNode golden = JSON.readTree(Files.readString(GOLDEN));
    // As text: a number that was read and one that was counted differ in their types.
    assertThat(found.get("windows")).hasToString(golden.get("windows").toString());
    assertThat(found.get("prompts")).hasSameSizeAs(golden.get("prompts"));
    for (int i = 0; i < PROMPTS; i++) {
      assertClose(found.get("prompts").get(i), golden.get("prompts").get(i));
    }
  }

  private static void assertClose(JsonNode found, JsonNode golden) {
    String prompt = golden.get("text").asText();
    assertThat(found.get("text").asText()).isEqualTo(prompt);
    for (String distance : List.of("hellinger", "hellinger_leave_one_out")) {
      assertThat(found.get(distance).asDouble())
          .as("%s of %s", distance, prompt)
          .isCloseTo(golden.get(distance).asDouble(), within(DISTANCE_TOLERANCE));
    }

    for (int block = 0; block < 6; block++) {
      assertThat(found.get("similar_counts").get(block).asDouble())
          .as("similar strings of %s in block %d", prompt, block)
          .isCloseTo(
              golden.get("similar_counts").get(block).asDouble(),
              within(SIMILAR_STRINGS_TOLERANCE));
    }
  }

  private static ObjectNode outcome(Warehouse warehouse) {
    ObjectNode outcome = JSON.createObjectNode();
    Row windows =
        warehouse
            .read(Tables.WINDOWS)
            .agg(functions.count("window_id"), functions.sum("occurrences"))
            .first();
    outcome
        .putObject("windows")
        .put("distinct", windows.getLong(0))
        .put("occurrences", windows.getLong(1));
    Dataset<Row> counts =
        warehouse
            .read(Tables.BLOCK_DISTRIBUTIONS)
            .groupBy("prompt_id")
            .agg(
                functions
                    .array_sort(functions.collect_list(functions.struct("block", "similar_count")))
                    .as("counts"));
    for (Row row :
        warehouse
            .part(Tables.PROMPTS, RunRows.promptSet(warehouse))
            .read()
            .join(warehouse.read(Tables.DISTANCES), "prompt_id")
            .join(counts, "prompt_id")
            .sort("prompt_id")
            .select("text", "hellinger", "hellinger_leave_one_out", "counts.similar_count")
            .collectAsList()) {
      ObjectNode prompt = outcome.withArray("prompts").addObject();
      prompt.put("text", row.getString(0));
      prompt.put("hellinger", Math.round(row.getDouble(1) * 1e6) / 1e6);
      prompt.put("hellinger_leave_one_out", Math.round(row.getDouble(2) * 1e6) / 1e6);
      row.<Long>getList(3).forEach(prompt.withArray("similar_counts")::add);
    }

    return outcome;
  }

  @Test
  void tablesDoNotDependOnPartitionsOrCores() {
    Map<String, List<String>> one = RunRows.of(SharedRun.warehouse(), runId(run));
    Map<String, List<String>> other = RunRows.of(folder.resolve("other"), runId(otherRun));
    assertThat(one).containsOnlyKeys(other.keySet());
    RunRows.assertEqual(other, one);
  }

  @Test
  void summariesSayHowEachJoinSettledItsPairs() {
    Figures figures = withTables(warehouse -> Figures.of(warehouse.read(Tables.SUMMARIES)));
    for (int block = 0; block < 6; block++) {
      Measure join = Summaries.JOIN.block(block);
      double all = 0;
      for (String step : List.of("by_prefix", "by_float", "by_double")) {
        assertThat(figures.get(join, step)).as(step).isBetween(0.0, 1.0);
        all += figures.get(join, step);
      }

      assertThat(all).as("block " + block).isCloseTo(1, within(1e-9));
      assertThat(figures.get(join, "axes")).isBetween(0.0, 64.0);
    }
  }

  @Test
  void theRunIsRecordedWithItsSettings() {
    Row recorded = withTables(warehouse -> warehouse.read(Tables.RUNS).first());
    assertThat(recorded.<String>getAs("run_id")).isEqualTo(runId(run));
    assertThat(recorded.<String>getAs("status")).isEqualTo("published");
    assertThat(recorded.<String, String>getJavaMap(recorded.fieldIndex("settings")))
        .containsEntry("prompts", Integer.toString(PROMPTS))
        .containsEntry("thresholds", "0.95,0.94,0.85,0.76,0.81,0.89")
        .containsEntry("rule", "of the model's folder")
        .containsEntry("model-check", "selfcheck.json")
        .containsEntry("blocks", "all")
        .hasSize(35);
  }

  @Test
  void stagesAsCommandsGiveTheSameRun() {
    String[] corpus = {
      "--corpus", SharedRun.corpus().toString(), "--warehouse", folder.resolve("stages").toString()
    };
    for (String stage : List.of("windows", "activations")) {
      assertThat(stage(stage, corpus).status()).as(stage).isZero();
    }

    String[] withPrompts = Arrays.copyOf(corpus, corpus.length + 2);
    withPrompts[corpus.length] = "--prompts";
    withPrompts[corpus.length + 1] = Integer.toString(PROMPTS);
    for (String stage : List.of("prompts", "compare-models")) {
      assertThat(stage(stage, withPrompts).status()).as(stage).isZero();
    }

    String runId = runId(stage("similar", withPrompts));
    String[] ofRun = {"--run-id", runId, "--warehouse", folder.resolve("stages").toString()};
    assertThat(stage("evaluate", ofRun).status()).isZero();
    assertThat(stage("report", ofRun).lastLine().replaceAll("(run_id|report)=\\S+", ""))
        .isEqualTo(run.lastLine().replaceAll("(run_id|report)=\\S+", ""));
    assertThat(stage("evaluate", ofRun).messages())
        .containsExactly(
            "kindred: --run-id " + runId + ": published already; see it with the command report");
  }

  private static CommandLineRun stage(String command, String... options) {
    String[] arguments = new String[options.length + 1];
    arguments[0] = command;
    System.arraycopy(options, 0, arguments, 1, options.length);
    return CommandLineRun.of(arguments);
  }

  private static String runId(CommandLineRun run) {
    Matcher line = Pattern.compile("run_id=(\\S+)").matcher(run.out());
    assertThat(line.find()).as(run.out() + run.err()).isTrue();
    return line.group(1);
  }

  private static <T> T withTables(Function<Warehouse, T> query) {
    return RunRows.with(SharedRun.warehouse(), query);
  }
}
