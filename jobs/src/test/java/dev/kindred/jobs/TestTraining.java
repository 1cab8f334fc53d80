/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.corpus.Tokenizer;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.training.Checkpoint;
import dev.kindred.training.TrainingFolder;
import dev.kindred.training.TrainingRecord;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command train, on a few pages. */
class TestTraining {
  private static final int CHARACTERS = 20_000;
  private static final long SECONDS = 300; // for a training, on a busy machine

  @TempDir private static Path base;
  private static Path corpus;
  private static Path model;
  private static CommandLineRun trained;

  @BeforeAll
  static void train() throws IOException {
    try (InputStream in = TestTraining.class.getResourceAsStream("/dickens.txt")) {
      in.skipNBytes(3); // the byte order mark
      corpus =
          Files.writeString(
              base.resolve("corpus.txt"),
              new String(in.readNBytes(CHARACTERS), StandardCharsets.UTF_8));
    }

    model = base.resolve("model");
    trained = training(model);
  }

  private static CommandLineRun training(Path out, String... options) {
    return CommandLineRun.of(command(out, options).toArray(String[]::new));
  }

  /** The command line, with options that replace or follow those of all trainings here. */
  private static List<String> command(Path out, String... options) {
    Map<String, String> all =
        new LinkedHashMap<>(
            Map.of(
                "--corpus", corpus.toString(),
                "--out", out.toString(),
                "--d-model", "24",
                "--context", "32",
                "--steps", "40",
                "--batch-tokens", "2048",
                "--evaluate-every", "10",
                "--evaluation-contexts", "16"));
    for (int i = 0; i < options.length; i += 2) {
      all.put(options[i], options[i + 1]);
    }

    List<String> command = new ArrayList<>(List.of("train"));
    all.forEach((option, value) -> command.addAll(List.of(option, value)));
    return command;
  }

  @Test
  void theLastLineIsForScripts() {
    assertThat(trained.status()).as(trained.err()).isZero();
    assertThat(trained.lastLine())
        .matches(
            "kindred: model=.*/model steps=40 train_loss=\\d\\.\\d{4}"
                + " validation_loss=\\d\\.\\d{4}");
  }

  @Test
  void lossesArePrintedAndFall() {
    List<Double> losses =
        trained
            .err()
            .lines()
            .filter(line -> line.contains("validation loss "))
            .map(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
            .toList();

    assertThat(losses).hasSize(4);
    assertThat(losses.get(3)).isLessThan(losses.get(0));
    assertThat(trained.err()).containsPattern("step 40 of 40, loss [\\d.]+, [\\d,]+ tokens/s");
  }

  @Test
  void theModelDirectoryIsComplete() throws IOException {
    try (Stream<Path> files = Files.list(model)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "README.md",
              "config.json",
              "model.safetensors",
              "selfcheck.json",
              "tokenizer.json",
              "training.json");
    }
  }

  @Test
  void theCardHasASample() throws IOException {
    String card = Files.readString(model.resolve("README.md"));
    String sample = card.substring(card.indexOf("200 tokens of it, after 10 of the validation"));
    assertThat(sample).contains("(`kindred generate`):\n\n    ");
    assertThat(sample.lines().skip(2)).allMatch(line -> line.startsWith("    "));
    assertThat(sample.lines().skip(2).mapToInt(line -> line.length() - 4 + 1).sum())
        .as("10 + 200 characters, and the end of the last line")
        .isBetween(210, 211);
  }

  @Test
  void theModelPassesItsSelfCheck() {
    ModelDirectory directory = ModelDirectory.read(model.toString(), new Configuration(false));

    assertThat(LoadedModels.get(directory).shape().modelDimension()).isEqualTo(24);
    assertThat(directory.shape().vocabularySize())
        .isEqualTo(Tokenizer.of(directory.tokenizerJson()).vocabularySize());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mixer | --mixing parallel --branch-activation gelu",
        "gpt | --mlp none --norm none --positions qk --layers 1",
        "llama | --key-value-heads 2 --heads 4",
        "gpt_neox | --d-model 32 --heads 4"
      })
  void aModelOfAnyArchitecturePassesItsSelfCheck(String architecture, String options)
      throws IOException {
    Path out = base.resolve(architecture);
    List<String> all = new ArrayList<>(List.of(options.split(" ")));
    all.addAll(List.of("--architecture", architecture, "--steps", "4"));

    CommandLineRun run = training(out, all.toArray(String[]::new));

    assertThat(run.status()).as(run.err()).isZero();
    ModelDirectory directory = ModelDirectory.read(out.toString(), new Configuration(false));
    assertThat(LoadedModels.get(directory).shape().contextLength()).isEqualTo(32);
    assertThat(out.resolve("README.md")).content().contains("A `" + architecture + "` of ");
    assertThat(Files.exists(out.resolve("tokenizer_config.json")))
        .as("for transformers")
        .isEqualTo(!architecture.matches("mixer|gpt"));
    assertThat(training(out, all.toArray(String[]::new)).messages())
        .containsExactly("kindred: nothing to do: " + out + " is this training's model");
  }

  @Test
  void modelsOfStepsAreKeptAndChangeNothing() throws IOException {
    Path out = base.resolve("kept");
    CommandLineRun run = training(out, "--keep-checkpoints", "0,3,40");

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(out.resolve("model.safetensors"))
        .hasSameBinaryContentAs(model.resolve("model.safetensors"))
        .hasSameBinaryContentAs(out.resolve("steps/step-40/model.safetensors"));
    for (int step : new int[] {0, 3, 40}) {
      Path kept = out.resolve("steps/step-" + step);
      assertThat(LoadedModels.get(ModelDirectory.read(kept.toString(), new Configuration(false))))
          .isNotNull();
      TrainingRecord record =
          TrainingRecord.parse("training.json", Files.readString(kept.resolve("training.json")));
      assertThat(record.losses().get(record.losses().size() - 1).step()).isEqualTo(step);
    }

    assertThat(
            TrainingRecord.parse("training.json", Files.readString(out.resolve("training.json")))
                .losses())
        .map(TrainingRecord.Evaluation::step)
        .containsExactly(0, 3, 10, 20, 30, 40);
    CommandLineRun again = training(out, "--keep-checkpoints", "0,3,40");
    assertThat(again.messages())
        .containsExactly("kindred: nothing to do: " + out + " is this training's model");
    assertRefused(
        training(out, "--keep-checkpoints", "5"),
        "--keep-checkpoints 5: this training, in --out " + out + ", is past that step already;");
  }

  @Test
  void anAnalysisTakesTheCheckpointsAsASeries() {
    Path out = base.resolve("series");
    assertThat(training(out, "--keep-checkpoints", "0,20").status()).isZero();
    String warehouse = base.resolve("of-series").toString();
    CommandLineRun run =
        CommandLineRun.of(
            "expand",
            "He said that it was",
            "--checkpoints",
            "--model",
            out.toString(),
            "--warehouse",
            warehouse);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out())
        .containsSubsequence(
            "After 0 of 40 steps, validation loss ",
            "After 20 of 40 steps, validation loss ",
            "After 40 of 40 steps, validation loss ");
    assertThat(
            CommandLineRun.rows(
                Path.of(warehouse),
                "select step, validation_loss < lag(validation_loss) over (order by step),"
                    + " model_loss < lag(model_loss) over (order by step)"
                    + " from kindred.training_steps join kindred.term_losses using (model_id)"
                    + " where path_order = 0 order by step"))
        .containsExactly("0,,", "20,true,true", "40,true,true");
  }

  @Test
  void drawnWeightsAndSeveralModelsAreNoSeries() {
    String other = "--checkpoints: is about what a training has kept;";
    String[] asked = {"--checkpoints", "--model", model.toString()};
    assertRefused(with(asked, "circuits", "--untrained", "1"), other);
    assertRefused(with(asked, "invert", "x", "--untrained", "0-1"), other);
    assertRefused(with(asked, "invert", "x", "--untrained-embedding", "1"), other);
    assertRefused(
        CommandLineRun.of("invert", "x", "--models", model.toString(), "--checkpoints"),
        "--models: names all models; --checkpoints is about one");
  }

  private static CommandLineRun with(String[] more, String... command) {
    return CommandLineRun.of(
        Stream.concat(Stream.of(command), Stream.of(more)).toArray(String[]::new));
  }

  @Test
  void aModelWithoutCheckpointsIsNoSeries() {
    assertRefused(
        CommandLineRun.of(
            "expand",
            "He said",
            "--checkpoints",
            "--model",
            model.toString(),
            "--warehouse",
            base.resolve("none").toString()),
        "--checkpoints: "
            + model
            + " has none; submit-scripts/kindred.sh train --keep-checkpoints");
  }

  /** The stop came after the step was kept, and before the next checkpoint. */
  @Test
  void aStepThatWasKeptBeforeAStopIsInTheRecordAfterIt() throws IOException {
    Path once = base.resolve("once");
    begin(once, record().versions());
    assertThat(training(once, "--keep-checkpoints", "12").status()).isZero();
    Path stopped = base.resolve("stopped");
    begin(stopped, record().versions());
    Path kept = Files.createDirectories(stopped.resolve("steps/step-12"));
    try (Stream<Path> files = Files.list(once.resolve("steps/step-12"))) {
      for (Path file : files.toList()) {
        Files.copy(file, kept.resolve(file.getFileName()));
      }
    }

    assertRefused(
        training(stopped, "--keep-checkpoints", "12", "--dtype", "f32"),
        "--dtype f32: --out "
            + stopped
            + " has this training's model in f16; give --dtype f16, or");
    assertThat(training(stopped, "--keep-checkpoints", "12").status()).isZero();
    assertThat(losses(stopped)).containsPattern("(?m)^12 ").isEqualTo(losses(once));
  }

  private static String losses(Path model) throws IOException {
    return TrainingRecord.parse("training.json", Files.readString(model.resolve("training.json")))
        .losses()
        .stream()
        .map(one -> one.step() + " " + one.trainLoss() + " " + one.validationLoss())
        .collect(Collectors.joining("\n"));
  }

  @Test
  void stepsThatWereNotKeptBeforeAStopAreKeptAfterIt() throws IOException {
    Path out = base.resolve("kept-after");
    begin(out, record().versions());

    CommandLineRun run = training(out, "--keep-checkpoints", "0,2");

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(out.resolve("steps/step-0/training.json")).exists();
    assertThat(out.resolve("steps/step-2/training.json")).exists();
    assertThat(out.resolve("model.safetensors"))
        .hasSameBinaryContentAs(model.resolve("model.safetensors"));
  }

  @Test
  void aStepBeyondTheLastIsRefused() {
    assertRefused(
        training(base.resolve("beyond"), "--keep-checkpoints", "1,41"),
        "--keep-checkpoints 41: the training ends with step 40; give steps from 0 to that");
  }

  @Test
  void theSameCommandFindsNothingToDo() {
    CommandLineRun again = training(model);

    assertThat(again.status()).isZero();
    assertThat(again.messages())
        .containsExactly("kindred: nothing to do: " + model + " is this training's model");
  }

  @Test
  void anotherTrainingDoesNotOverwriteIt() {
    CommandLineRun other = training(model, "--seed", "2");

    assertRefused(other, "--out " + model + ": has a training with other settings");
  }

  @Test
  void aFolderWithSomethingElseIsLeftAlone() throws IOException {
    Path folder = Files.createDirectory(base.resolve("mine"));
    Files.writeString(folder.resolve("letter.txt"), "keep");

    assertRefused(training(folder), "--out " + folder + ": not empty, there is letter.txt in it");
    assertThat(folder.resolve("letter.txt")).hasContent("keep");
  }

  @Test
  void aFolderOfSomebodysOwnCheckpointsIsLeftAlone() throws IOException {
    Path folder = Files.createDirectories(base.resolve("own/checkpoints")).getParent();
    Files.writeString(folder.resolve("checkpoints/letter.txt"), "keep");

    assertRefused(
        training(folder),
        "--out " + folder + ": not empty, there is checkpoints/letter.txt in it; move it away");
    assertThat(folder.resolve("checkpoints/letter.txt")).hasContent("keep");
  }

  @Test
  void aModelOfAContextShorterThanSelfChecksUsuallyAreIsFinished() {
    CommandLineRun run = training(base.resolve("short"), "--context", "8", "--steps", "1");

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(base.resolve("short/selfcheck.json")).exists();
  }

  @Test
  void aFolderThatCannotBeWrittenIsNamedBeforeTheCorpusIsRead() throws IOException {
    Path file = Files.writeString(base.resolve("file"), "keep");

    assertRefused(
        training(file.resolve("model"), "--corpus", "/no/such/corpus"),
        "--out " + file.resolve("model") + ": cannot be written: ");
  }

  @Test
  void theModelInAnotherDtypeIsNotWhatIsAskedFor() {
    assertRefused(
        training(model, "--dtype", "f32"),
        "--dtype f32: --out " + model + " has this training's model in f16; give --dtype f16, or");
  }

  @Test
  @Tag("faults")
  void aTrainingThatWasKilledEndsInTheSameModel() throws IOException, InterruptedException {
    Path out = base.resolve("killed");
    List<String> command =
        new ArrayList<>(List.of(System.getProperty("kindred.home") + "/submit-scripts/kindred.sh"));
    command.addAll(command(out, "--checkpoint-seconds", "1"));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(base.resolve("killed.log").toFile());
    builder.environment().put("KINDRED_MEMORY", "1g");
    Process process = builder.start();
    Path checkpoints = out.resolve("checkpoints");
    while (names(checkpoints).isEmpty()) {
      assertThat(process.waitFor(10, TimeUnit.MILLISECONDS))
          .as(Files.readString(base.resolve("killed.log")))
          .isFalse();
    }

    Files.writeString(out.resolve("letter.txt"), "keep");
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(out.resolve("model.safetensors")).doesNotExist();

    CommandLineRun resumed = training(out);

    assertThat(resumed.status()).as(resumed.err()).isZero();
    assertThat(resumed.err()).containsPattern("train +goes on from step \\d+ of 40");
    for (String file : List.of("model.safetensors", "selfcheck.json", "config.json")) {
      assertThat(out.resolve(file)).hasSameBinaryContentAs(model.resolve(file));
    }

    assertThat(checkpoints).doesNotExist();
    assertThat(out.resolve("letter.txt")).as("what is not the training's").hasContent("keep");
  }

  @Test
  void aDamagedCheckpointIsSaidAndTheOneBeforeItGoneOnFrom() throws IOException {
    Path out = base.resolve("damaged");
    begin(out, record().versions());
    Files.writeString(out.resolve("checkpoints/step-0000009.safetensors"), "cut short");

    CommandLineRun resumed = training(out);

    assertThat(resumed.status()).as(resumed.err()).isZero();
    assertThat(resumed.err())
        .containsPattern("warning: goes on from an older checkpoint: .*/step-0000009.safetensors:")
        .doesNotContain("the checkpoint is of");
    assertThat(out.resolve("model.safetensors"))
        .hasSameBinaryContentAs(model.resolve("model.safetensors"));
  }

  @Test
  void aCheckpointOfAnotherVersionIsSaid() throws IOException {
    Path out = base.resolve("older");
    Map<String, String> versions = new HashMap<>(record().versions());
    versions.put("pytorch", "1.0");
    begin(out, versions);

    CommandLineRun resumed = training(out);

    assertThat(resumed.status()).as(resumed.err()).isZero();
    assertThat(resumed.err().lines().filter(line -> line.contains("warning")))
        .singleElement()
        .asString()
        .contains("the checkpoint is of pytorch 1.0, this is ");
  }

  /** What the training of the model left. */
  private static TrainingRecord record() throws IOException {
    return TrainingRecord.parse("training.json", Files.readString(model.resolve("training.json")));
  }

  /** A checkpoint before the first step of the same training. */
  private static void begin(Path out, Map<String, String> versions) throws IOException {
    TrainingRecord ended = record();
    TrainingRecord begun =
        new TrainingRecord(
            ended.corpus(),
            ended.corpusSha256(),
            ended.tokenizerSha256(),
            ended.trainTokens(),
            ended.validationTokens(),
            ended.model(),
            ended.recipe(),
            versions,
            List.of());
    Map<String, float[]> weights = ended.blueprint().initialWeights(ended.recipe().seed());
    Map<String, float[]> zeros = new HashMap<>();
    weights.forEach((name, values) -> zeros.put(name, new float[values.length]));
    new TrainingFolder(out.toString(), new Configuration(false))
        .write(new Checkpoint(0, weights, zeros, zeros), begun);
  }

  private static List<String> names(Path folder) {
    String[] names = folder.toFile().list((parent, name) -> name.startsWith("step-"));
    return names == null ? List.of() : List.of(names);
  }

  /** Decayed weights grow a millionfold in a step; from the third step the loss is no number. */
  private static CommandLineRun diverging(Path out, String... options) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "--learning-rate",
                "1000",
                "--final-learning-rate",
                "1000",
                "--weight-decay",
                "1000",
                "--warm-up-steps",
                "0"));
    all.addAll(List.of(options));
    return training(out, all.toArray(String[]::new));
  }

  @Test
  void aLossThatIsNoNumberStopsIt() {
    Path out = base.resolve("diverged");

    CommandLineRun run = diverging(out);

    assertRefused(run, "--learning-rate: loss NaN with gradients of length NaN at step 3;");
    assertThat(run.messages().get(0))
        .contains("train again with a lower one in a new folder;")
        .endsWith("; there is no checkpoint yet");
  }

  @Test
  void aLossThatIsNoNumberAfterTheLastStepStopsItToo() {
    Path out = base.resolve("diverged-at-the-end");

    CommandLineRun run = diverging(out, "--steps", "2");

    assertRefused(run, "--learning-rate: train loss NaN and validation loss NaN after step 2;");
    assertThat(run.messages().get(0)).endsWith("; there is no checkpoint yet");
    assertThat(out.resolve("checkpoints")).doesNotExist();
    assertThat(out.resolve("model.safetensors")).doesNotExist();
  }

  @Test
  void weightsThatGiveNoNumbersAreNeverACheckpoint() {
    Path out = base.resolve("diverged-at-a-checkpoint");

    CommandLineRun run =
        diverging(
            out,
            "--batch-tokens",
            "131072", // a step takes more than a second
            "--checkpoint-seconds",
            "1");

    assertRefused(run, "--learning-rate: loss NaN with gradients of length NaN at step 3;");
    assertThat(run.messages().get(0))
        .endsWith(
            "; the last good checkpoint is " + out.resolve("checkpoints/step-0000001.safetensors"));
  }

  @Test
  void badSettingsAreNamedBeforeAnyWork() {
    assertRefused(training(base.resolve("x"), "--preset", "huge"), "--preset huge: not a preset");
    assertRefused(
        training(base.resolve("x"), "--heads", "5"), "--d-model 24: not a multiple of --heads 5");
    assertRefused(
        training(base.resolve("x"), "--dropout", "1.5"), "--dropout 1.5: expected a number from");
    assertRefused(
        training(base.resolve("x"), "--decay", "linear"),
        "--decay linear: expected one of [cosine, drop]");
    assertRefused(
        training(base.resolve("x"), "--context-weights", "1,2"),
        "--context-weights 1,2: expected four numbers");
    assertRefused(
        training(base.resolve("x"), "--epochs", "3"),
        "--steps and --epochs: only one of them can be given");
    assertRefused(
        training(base.resolve("x"), "--context", "4000"),
        "--context 4000: longer than the corpus's validation split, which has 2000 of its 20000");
    assertRefused(training(base.resolve("x"), "--out", "seed:1"), "--out seed:1: not a path");
    assertRefused(training(base.resolve("x"), "--corpus", ""), "--corpus: empty; name a file");
    assertRefused(
        training(base.resolve("x"), "--tokenizer", "/no/such.json"),
        "--tokenizer /no/such.json: cannot be read");
    assertThat(base.resolve("x")).doesNotExist();
  }

  @Test
  void aFolderIsNeeded() {
    assertRefused(
        CommandLineRun.of("train", "--corpus", corpus.toString()), "--out: missing; name the");
  }

  private static void assertRefused(CommandLineRun run, String message) {
    assertThat(run.status()).as(run.err()).isEqualTo(2);
    assertThat(run.messages()).hasSize(1);
    assertThat(run.messages().get(0)).startsWith("kindred: " + message);
  }
}
