/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.kindred.InvalidInput;
import dev.kindred.model.ModelDirectory;
import dev.kindred.model.ModelShape;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TestSettings {
  private static final ModelShape SIX_BLOCKS = new ModelShape(65, 384, 6, 256);

  @TempDir private Path folder;

  @Test
  void everySettingOfTheFileIsAnOptionAndTheOtherWayRound() {
    TreeSet<String> keys =
        new TreeSet<>(
            ConfigFactory.parseFile(home().resolve("conf/kindred.conf").toFile())
                .getConfig("kindred")
                .root()
                .keySet());
    keys.removeAll(List.of("home", "train"));
    assertThat(Arrays.stream(Setting.values()).map(Setting::key))
        .containsExactlyInAnyOrderElementsOf(keys);
  }

  @Test
  void onAClusterThatRunsTheDriverTheDefaultsAreThereUntilOneIsUsed() {
    System.setProperty("spark.submit.deployMode", "cluster");
    try {
      Settings settings = Settings.resolve(null, Map.of());

      assertThat(settings.model()).endsWith("models/dickens-small").doesNotContain("file:");
      assertThatThrownBy(() -> ModelDirectory.read("models/mine", new Configuration()))
          .isInstanceOf(InvalidInput.class)
          .hasMessageStartingWith("--model models/mine: is below the working folder");
    } finally {
      System.clearProperty("spark.submit.deployMode");
    }
  }

  @Test
  void everySettingOfATrainingIsInTheFileOrInEachPreset() {
    Config train =
        ConfigFactory.parseFile(home().resolve("conf/kindred.conf").toFile())
            .getConfig("kindred.train");
    for (String preset : train.getObject("presets").keySet()) {
      TreeSet<String> keys = new TreeSet<>(train.root().keySet());
      keys.remove("presets");
      keys.addAll(train.getConfig("presets." + preset).root().keySet());
      keys.add("epochs"); // instead of steps
      assertThat(Arrays.stream(TrainingSetting.values()).map(TrainingSetting::key))
          .as(preset)
          .containsExactlyInAnyOrderElementsOf(keys);
    }
  }

  @Test
  void aTrainingTakesTheCommandLineThenTheFileThenThePreset() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("train.conf"),
            "kindred.train { preset = post, d-model = 24, presets.mine { layers = 9 } }");
    TrainingSettings settings =
        TrainingSettings.resolve(file.toFile(), Map.of("--heads", "3", "--epochs", "2"));
    assertThat(settings.model(5).nHeads()).as("command line").isEqualTo(3);
    assertThat(settings.model(5).dModel()).as("file").isEqualTo(24);
    assertThat(settings.recipe(16_384).learningRate()).as("preset").isEqualTo(3e-4);
    assertThat(settings.recipe(16_384).seed()).as("default").isEqualTo(1337);
    assertThat(settings.recipe(16_384).steps()).as("epochs for the preset's steps").isEqualTo(2);
  }

  @Test
  void stepsOfTheCommandLineWinOverEpochsOfTheFile() throws IOException {
    File file = write("kindred.train.epochs = 2");
    TrainingSettings settings = TrainingSettings.resolve(file, Map.of("--steps", "7"));
    assertThat(settings.recipe(1_000_000).steps()).isEqualTo(7);
  }

  @Test
  void epochsOfTheCommandLineWinOverStepsOfTheFile() throws IOException {
    File file = write("kindred.train { steps = 7, preset = post }");
    TrainingSettings settings = TrainingSettings.resolve(file, Map.of("--epochs", "2"));
    assertThat(settings.recipe(16_384).steps()).isEqualTo(2);
  }

  @Test
  void stepsOfTheFileWinOverEpochsOfThePreset() throws IOException {
    File file = write("kindred.train { steps = 7, preset = post, presets.post { epochs = 2 } }");
    assertThat(TrainingSettings.resolve(file, Map.of()).recipe(16_384).steps()).isEqualTo(7);
  }

  @Test
  void epochsOfAPresetInTheFileWinOverTheStepsThatItHas() throws IOException {
    File file = write("kindred.train { preset = post, presets.post { epochs = 2 } }");
    assertThat(TrainingSettings.resolve(file, Map.of()).recipe(16_384).steps()).isEqualTo(2);
  }

  @Test
  void whatAPresetLacksIsNamed() throws IOException {
    File file = write("kindred.train { preset = mine, presets.mine { layers = 2 } }");
    assertInvalid(
        () -> TrainingSettings.resolve(file, Map.of()).model(5),
        "--d-model: missing; give it, or another preset, which has it");
  }

  @Test
  void stepsAndEpochsInOneFileAreRefused() throws IOException {
    File file = write("kindred.train { steps = 7, epochs = 2 }");
    assertInvalid(
        () -> TrainingSettings.resolve(file, Map.of()),
        "--conf " + file + ": --steps and --epochs: only one of them can be given");
  }

  @Test
  void aTrainingsFileMayReferToOthers() throws IOException {
    File file = write("kindred { corpus = a, train.out = ${kindred.corpus}/model }");
    assertThat(TrainingSettings.resolve(file, Map.of()).out()).isEqualTo("a/model");
  }

  @Test
  void aTrainingsReferenceToNothingIsRefused() throws IOException {
    File file = write("kindred.train.out = ${models}/mine");
    assertThatThrownBy(() -> TrainingSettings.resolve(file, Map.of()))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("--conf " + file + ": ")
        .hasMessageContaining("${models}");
  }

  @ParameterizedTest
  @CsvSource({
    "kindred.train.steps = {n = 5}, --steps: expected N",
    "'kindred.train.d-model = [1, 2]', --d-model: expected N",
    "kindred.train.seed = null, --seed: missing",
    "kindred.train.preset = {n = 5}, --conf ",
    "kindred.train = 5, --conf "
  })
  void aTrainingsSettingOfAnotherTypeIsRefused(String text, String message) throws IOException {
    File file = write(text);
    assertThatThrownBy(() -> TrainingSettings.resolve(file, Map.of("--out", "m")).check())
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void aTrainingsNumberOutOfRangeNamesTheRange() {
    assertInvalid(
        () -> TrainingSettings.resolve(null, Map.of("--dropout", "0.995")).recipe(1),
        "--dropout 0.995: expected a number from 0.0 to 0.99");
    assertInvalid(
        () -> TrainingSettings.resolve(null, Map.of("--beta2", "1")).recipe(1),
        "--beta2 1: expected a number from 0.0 to 0.999999");
  }

  private File write(String text) throws IOException {
    return Files.writeString(folder.resolve("my.conf"), text).toFile();
  }

  @Test
  void thePostsPresetIsItsModelAndRecipe() {
    TrainingSettings settings = TrainingSettings.resolve(null, Map.of("--preset", "post"));
    assertThat(settings.model(65).tensors().values().stream().mapToLong(TestSettings::size).sum())
        .isEqualTo(10_788_929);
    assertThat(settings.recipe(1_003_854).batchTokens()).isEqualTo(64 * 256);
    assertThat(settings.recipe(1_003_854).learningRate()).isEqualTo(3e-4);
    assertThat(settings.recipe(1_003_854).finalLearningRate()).isEqualTo(3e-5);
  }

  private static long size(long[] shape) {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  @Test
  void defaultsAreTheStudys() {
    Settings settings = Settings.resolve(null, Map.of());
    assertThat(settings.windowLength()).isEqualTo(10);
    assertThat(settings.promptCount()).hasValue(20_000);
    assertThat(settings.promptSeed()).isEqualTo(1337);
    assertThat(settings.thresholds(SIX_BLOCKS)).containsExactly(.95, .94, .85, .76, .81, .89);
    assertThat(settings.mixture(SIX_BLOCKS).weights()).containsExactly(.01, .01, .1, 1.5, 6, .01);
  }

  @Test
  void theCommandLineWinsOverTheFileAndTheFileOverTheDefaults() throws IOException {
    Path file =
        Files.writeString(folder.resolve("my.conf"), "kindred { prompts = 7, window-length = 12 }");
    Settings settings = Settings.resolve(file.toFile(), Map.of(Setting.PROMPTS, "9"));
    assertThat(settings.promptCount()).hasValue(9);
    assertThat(settings.windowLength()).isEqualTo(12);
    assertThat(settings.keepSimilar()).isEqualTo(100);
  }

  @Test
  void aSettingIsGivenByTheCommandLineOrTheFile() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("my.conf"),
            "kindred { weights = [1, 2], corpus = a, warehouse = ${kindred.corpus}/tables }");
    Settings settings = Settings.resolve(file.toFile(), Map.of(Setting.MODEL, "m"));
    assertThat(Arrays.stream(Setting.values()).filter(settings::isGiven))
        .containsExactlyInAnyOrder(
            Setting.WEIGHTS, Setting.CORPUS, Setting.WAREHOUSE, Setting.MODEL);
    assertThat(settings.warehouse()).isEqualTo("a/tables");
  }

  @Test
  void aReferenceToNothingIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("my.conf"), "kindred.model = ${models}/mine");
    assertThatThrownBy(() -> Settings.resolve(file.toFile(), Map.of()))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("--conf " + file + ": ")
        .hasMessageContaining("${models}");
  }

  @Test
  void settingsSurviveBeingRecorded() {
    Settings settings = Settings.resolve(null, Map.of(Setting.KEEP_SIMILAR, "all"));
    assertThat(Settings.of(settings.asText()).asText()).isEqualTo(settings.asText());
  }

  @Test
  void aMisspeltSettingInAFileIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("my.conf"), "kindred.promts = 7");
    assertInvalid(
        () -> Settings.resolve(file.toFile(), Map.of()),
        "--conf " + file + ": kindred.promts is not a setting");
  }

  @Test
  void aFileWithoutSettingsIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("my.conf"), "prompts = 7");
    assertInvalid(
        () -> Settings.resolve(file.toFile(), Map.of()),
        "--conf " + file + ": no settings in it; write them as kindred.prompts = 500");
  }

  @Test
  void aThresholdThatNoCosineCanReachIsRefused() {
    assertInvalid(
        () -> with(Setting.THRESHOLDS, ".9,.9,.9,1.2,.9,.9").thresholds(SIX_BLOCKS),
        "--thresholds .9,.9,.9,1.2,.9,.9: 1.2 for block 3 is outside [-1, 1], the range of a cosine");
  }

  @Test
  void notANumberIsNoThreshold() {
    assertInvalid(
        () -> with(Setting.THRESHOLDS, ".9,.9,.9,NaN,.9,.9").thresholds(SIX_BLOCKS),
        "--thresholds .9,.9,.9,NaN,.9,.9: NaN for block 3 is outside [-1, 1], the range of a cosine");
    assertInvalid(
        () -> with(Setting.THRESHOLDS, ".9,x").thresholds(SIX_BLOCKS),
        "--thresholds .9,x: \"x\" is not a number");
  }

  @Test
  void aWrongNumberOfThresholdsNamesBothOptions() {
    assertInvalid(
        () -> with(Setting.THRESHOLDS, ".9,.8").thresholds(SIX_BLOCKS),
        "--thresholds .9,.8: 2 values for a model of 6 blocks; give --thresholds and --weights with"
            + " 6 values each");
  }

  @Test
  void aNegativeWeightIsRefused() {
    assertInvalid(
        () -> with(Setting.WEIGHTS, "1,1,-1,1,1,1").mixture(SIX_BLOCKS),
        "--weights 1,1,-1,1,1,1: -1.0 for block 2 is not a weight: 0, or a number from 1.0E-9 to"
            + " 1.0E9");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e-320", "1e308", "NaN", "Infinity", "-0.5"})
  void aFactorThatWouldBeLostIsRefused(String number) {
    assertThatThrownBy(() -> with(Setting.SATURATION, number).check())
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "--saturation " + number + ": expected a number from 1.0E-9 to 1.0E15, or none");
    assertThatThrownBy(() -> with(Setting.WEIGHTS, "1,1,1," + number + ",1,1").mixture(SIX_BLOCKS))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("for block 3 is not a weight: 0, or a number from 1.0E-9 to 1.0E9");
    for (String setting : List.of("learning-rate", "final-learning-rate", "clip", "weight-decay")) {
      assertThatThrownBy(
              () -> TrainingSettings.resolve(null, Map.of("--" + setting, number)).recipe(1))
          .isInstanceOf(InvalidInput.class)
          .hasMessageStartingWith(
              "--" + setting + " " + number + ": expected 0, or a number from 1.0E-12 to");
    }
  }

  @Test
  void factorsOfTheLeastAndGreatestSizeAreTaken() {
    double least = with(Setting.SATURATION, "1e-9").mixture(SIX_BLOCKS).factor(0, 1e19);
    assertThat(least).isPositive();
    assertThat(with(Setting.SATURATION, "1e15").mixture(SIX_BLOCKS).factor(0, 1)).isPositive();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e-9", "1e-999999999", "1e999999999", "0.00000000000000000000001"})
  void aGridOfTooManyBinsIsRefused(String step) {
    assertThatThrownBy(() -> with(Setting.BIN_STEP, step).check())
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("--bin-step " + step);
    assertThatThrownBy(() -> with(Setting.BIN_FLOOR, "1e-999999999").check())
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("--bin-floor 1e-999999999");
  }

  @ParameterizedTest
  @CsvSource({
    "layers, 2147483647, expected a whole number from 1 to 1000",
    "d-model, 2147483646, million numbers",
    "context, 2147483647, million numbers",
    "context, 800000, attention over it takes",
    "batch-tokens, 2147483647, expected a whole number from 1 to 16777216",
    "evaluation-contexts, 2147483647, expected a whole number from 1 to 1000000",
    "threads, 2147483647, expected a whole number from 1 to 4096"
  })
  void aTrainingThatIsTooLargeIsRefused(String setting, String value, String message) {
    TrainingSettings settings =
        TrainingSettings.resolve(null, Map.of("--out", "m", "--" + setting, value));
    assertThatThrownBy(settings::check)
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("--" + setting + " " + value)
        .hasMessageContaining(message);
  }

  @Test
  void aVocabularyThatIsTooLargeIsRefused() {
    assertThatThrownBy(() -> TrainingSettings.resolve(null, Map.of()).model(Integer.MAX_VALUE))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("with a vocabulary of 2147483647 that is a model of");
  }

  @ParameterizedTest
  @ValueSource(strings = {"train.stesp = 5", "train.presets.mine.layer = 5"})
  void aTrainingsSettingThatIsNoneIsRefusedByOtherCommandsToo(String text) throws IOException {
    File file = write("kindred." + text);
    String message = "--conf " + file + ": kindred." + text.split(" ")[0] + " is not a setting";
    assertInvalid(() -> Settings.resolve(file, Map.of()), message);
    assertInvalid(() -> TrainingSettings.resolve(file, Map.of()), message);
  }

  @Test
  void weightsThatAreAllZeroAreRefused() {
    assertInvalid(
        () -> with(Setting.WEIGHTS, "0,0,0,0,0,0").mixture(SIX_BLOCKS),
        "--weights 0,0,0,0,0,0: at least one weight must be above 0");
  }

  @Test
  void numbersOutOfRangeAreRefused() {
    assertInvalid(
        () -> with(Setting.WINDOW_LENGTH, "0").windowLength(),
        "--window-length 0: expected a whole number from 1 to 2147483647");
    assertInvalid(
        () -> with(Setting.PROMPTS, "-3").promptCount(),
        "--prompts -3: expected a whole number from 1 to 2147483647");
    assertInvalid(
        () -> with(Setting.KEEP_SIMILAR, "-1").keepSimilar(),
        "--keep-similar -1: expected a whole number of 0 or more, or all");
  }

  @Test
  void aWaitThatIsNoNumberOfSecondsIsRefused() {
    assertInvalid(
        () -> with(Setting.LOCK_WAIT, "5m").check(),
        "--lock-wait 5m: expected a whole number of seconds, 0 or more");
  }

  @Test
  void aPasswordInAUriIsRefusedAndNotRepeated() {
    assertInvalid(
        () -> with(Setting.WAREHOUSE, "s3a://key:secret@bucket/warehouse").check(),
        "--warehouse: has a password in it; give credentials to Spark's Hadoop settings instead");
  }

  @Test
  void aUserInAUriIsNotAPassword() {
    with(Setting.WAREHOUSE, "abfss://container@account.example.org/warehouse").check();
  }

  @Test
  void unknownChoicesListTheKnownOnes() {
    assertInvalid(
        () -> with(Setting.CORPUS_FORMAT, "csv").corpusFormat(),
        "--corpus-format csv: expected one of [auto, text, parquet, jsonl]");
    assertInvalid(
        () -> with(Setting.KERNEL, "gpu").kernel(),
        "--kernel gpu: expected one of [auto, simd, scalar]");
  }

  private static Settings with(Setting setting, String value) {
    return Settings.resolve(null, Map.of(setting, value));
  }

  private static void assertInvalid(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(InvalidInput.class).hasMessage(message);
  }

  private static Path home() {
    return Path.of(System.getProperty("kindred.home"));
  }
}
