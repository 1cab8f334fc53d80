/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.math.Hellinger;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Figures;
import dev.kindred.table.FormerNames;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The noise floor: by itself, and as part of a run. */
class TestCompareModels {
  private static final Path MODEL =
      Path.of(System.getProperty("kindred.home"), "models/dickens-small");
  private static final int PROMPTS = 30;

  @TempDir private static Path base;
  private static Path corpus;
  private static Path[] alternates;
  private static CommandLineRun compared;

  @BeforeAll
  static void trainTwoAndCompare() throws IOException {
    try (InputStream in = TestCompareModels.class.getResourceAsStream("/dickens.txt")) {
      in.skipNBytes(3); // the byte order mark
      corpus =
          Files.writeString(
              base.resolve("corpus.txt"), new String(in.readNBytes(1_500), StandardCharsets.UTF_8));
    }

    alternates = new Path[] {trained("1"), trained("2")};
    compared = compare("--alternates", alternates[0] + "," + alternates[1]);
  }

  private static Path trained(String seed) {
    Path out = base.resolve("models").resolve(seed);
    CommandLineRun run =
        CommandLineRun.of(
            "train",
            "--corpus",
            corpus.toString(),
            "--out",
            out.toString(),
            "--tokenizer",
            MODEL.resolve("tokenizer.json").toString(),
            "--d-model",
            "12",
            "--context",
            "16",
            "--steps",
            "3",
            "--batch-tokens",
            "512",
            "--seed",
            seed);
    assertThat(run.status()).as(run.err()).isZero();
    return out;
  }

  private static CommandLineRun compare(String... options) {
    return command("compare-models", options);
  }

  private static CommandLineRun command(String command, String... options) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                command,
                "--corpus",
                corpus.toString(),
                "--prompts",
                Integer.toString(PROMPTS),
                "--warehouse",
                base.resolve("warehouse").toString()));
    arguments.addAll(Arrays.asList(options));
    if (!arguments.contains("--model")) {
      arguments.addAll(List.of("--model", MODEL.toString()));
    }

    return CommandLineRun.of(arguments.toArray(String[]::new));
  }

  @Test
  void theTableHasALineForEachAlternateAndOneForAll() {
    assertThat(compared.status()).as(compared.err()).isZero();
    String numbers = "( +\\d\\.\\d{4}){4}";
    assertThat(compared.out())
        .containsPattern("Hellinger distance, 30 prompts +mean +std +min +max")
        .containsPattern("models/1" + numbers)
        .containsPattern("models/2" + numbers)
        .containsPattern("\\n  all +" + numbers);
    assertThat(compared.lastLine())
        .matches(
            "kindred: model=.*/models/dickens-small prompts=30 alternates=2"
                + " noise_floor=\\d\\.\\d{4}");
  }

  @Test
  void theMeanIsThatOfFreshPredictions() {
    double sum = 0;
    List<int[]> prompts = prompts();
    float[][] ofModel = predictions(MODEL, prompts);
    for (Path alternate : alternates) {
      float[][] ofAlternate = predictions(alternate, prompts);
      for (int i = 0; i < PROMPTS; i++) {
        sum += Hellinger.distance(doubles(ofModel[i]), doubles(ofAlternate[i]));
      }
    }

    assertThat(compared.lastLine())
        .endsWith(String.format(Locale.ROOT, " noise_floor=%.4f", sum / (2 * PROMPTS)));
  }

  private static List<int[]> prompts() {
    return RunRows.with(
        base.resolve("warehouse"),
        warehouse ->
            warehouse
                .part(Tables.PROMPTS)
                .read()
                .where("prompt_set in (" + ofRuns(warehouse) + ")")
                .sort("prompt_id")
                .collectAsList()
                .stream()
                .map(row -> row.<Integer>getList(row.fieldIndex("token_ids")))
                .map(ids -> ids.stream().mapToInt(Integer::intValue).toArray())
                .toList());
  }

  /** Beside them there are the windows that n-grams are fitted to. */
  private static String ofRuns(Warehouse warehouse) {
    return warehouse.keys(Tables.PROMPTS).stream()
        .filter(set -> warehouse.part(Tables.PROMPTS, set).rows() == PROMPTS)
        .map(set -> "'" + set + "'")
        .reduce((first, second) -> first + ", " + second)
        .orElseThrow();
  }

  private static float[][] predictions(Path model, List<int[]> prompts) {
    ModelDirectory directory = ModelDirectory.read(model.toString(), new Configuration(false));
    return prompts.stream()
        .map(prompt -> LoadedModels.get(directory).predict(new int[][] {prompt}).probabilities())
        .toArray(float[][]::new);
  }

  private static double[] doubles(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  @Test
  void aRunHasItInItsSummariesAndItsReport() throws IOException {
    CommandLineRun run =
        command(
            "run",
            "--alternates",
            alternates[0] + "," + alternates[1],
            "--report",
            base.resolve("report.html").toString());

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.err()).contains("noise floor      reused");
    Matcher floor = Pattern.compile("noise_floor=(\\d\\.\\d{4})").matcher(compared.lastLine());
    assertThat(floor.find()).isTrue();
    assertThat(run.out()).containsPattern("\\n  noise floor +" + floor.group(1));
    assertThat(Files.readString(base.resolve("report.html")))
        .contains(">noise floor " + floor.group(1));
    Matcher runId = Pattern.compile("run_id=(\\S+)").matcher(run.lastLine());
    assertThat(runId.find()).isTrue();
    assertThat(summaries(runId.group(1)))
        .containsKeys("noise_floor.hellinger.std", "noise_floor.1.hellinger.max")
        .hasEntrySatisfying(
            "noise_floor.hellinger.mean",
            value ->
                assertThat(String.format(Locale.ROOT, "%.4f", value)).isEqualTo(floor.group(1)));
  }

  private static Map<String, Double> summaries(String runId) {
    return RunRows.with(
        base.resolve("warehouse"),
        warehouse -> FormerNames.of(Figures.of(warehouse.part(Tables.SUMMARIES, runId).read())));
  }

  @Test
  void alternatesBesideTheModelAreFoundAndThresholdsForItsBlocksAreNotAskedFor() {
    CommandLineRun run = compare("--model", SmallModel.URI);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.lastLine()).contains(" alternates=1 ");
  }

  @Test
  void aModelWithoutAlternatesIsExplained() {
    assertRefused(compare("--alternates", "none"), "--alternates none: no model to compare with");
    assertRefused(compare("--alternates", "nowhere"), "--alternates file:");
    assertRefused(compare("--alternates", "s3a://b/x"), "--alternates s3a://b/x: reading s3a://");
  }

  @Test
  void theModelItselfIsNoAlternate() {
    assertRefused(
        compare("--alternates", MODEL.toString()),
        "--alternates file:" + MODEL + ": the same model as --model");
  }

  @Test
  void anAlternateHasTheSameTokens() {
    Path other = MODEL.resolveSibling("tinyshakespeare");

    assertRefused(
        compare("--alternates", other.toString()), "--alternates file:" + other + ": its tokens");
  }

  private static void assertRefused(CommandLineRun run, String message) {
    assertThat(run.status()).as(run.err()).isEqualTo(2);
    assertThat(run.messages()).hasSize(1);
    assertThat(run.messages().get(0)).startsWith("kindred: " + message);
  }
}
