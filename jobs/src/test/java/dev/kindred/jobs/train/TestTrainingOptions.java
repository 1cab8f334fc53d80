/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.kindred.InvalidInput;
import dev.kindred.jobs.option.Defaults;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.Parsed;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.family.Architectures;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Mixin;

class TestTrainingOptions {
  @TempDir private Path folder;

  /** A command with the options of a training. */
  @Command
  static final class Training extends KindredCommand {
    @Mixin private TrainingOptions options;

    @Override
    protected IDefaultValueProvider defaults(File file, Map<String, String> commandLine) {
      return TrainingDefaults.of(file, commandLine);
    }

    @Override
    public void run(Workspace workspace) {
      throw new IllegalStateException("only parsed");
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
      assertThat(new CommandLine(new TrainingOptions()).getCommandSpec().optionsMap().keySet())
          .as(preset)
          .map(option -> option.substring(2))
          .containsExactlyInAnyOrderElementsOf(keys);
    }
  }

  @Test
  void aTrainingTakesTheCommandLineThenTheFileThenThePreset() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("train.conf"),
            "kindred.train { preset = post, d-model = 24, presets.mine { layers = 9 } }");
    TrainingOptions settings = parsed(file.toFile(), "--heads", "3", "--epochs", "2");
    assertThat(settings.model(5).fields()).as("command line").containsEntry("n_heads", 3);
    assertThat(settings.model(5).fields()).as("file").containsEntry("d_model", 24);
    assertThat(settings.recipe(16_384).learningRate()).as("preset").isEqualTo(3e-4);
    assertThat(settings.recipe(16_384).seed()).as("default").isEqualTo(1337);
    assertThat(settings.recipe(16_384).steps()).as("epochs for the preset's steps").isEqualTo(2);
  }

  @Test
  void stepsOfTheCommandLineWinOverEpochsOfTheFile() throws IOException {
    File file = write("kindred.train.epochs = 2");
    TrainingOptions settings = parsed(file, "--steps", "7");
    assertThat(settings.recipe(1_000_000).steps()).isEqualTo(7);
  }

  @Test
  void epochsOfTheCommandLineWinOverStepsOfTheFile() throws IOException {
    File file = write("kindred.train { steps = 7, preset = post }");
    TrainingOptions settings = parsed(file, "--epochs", "2");
    assertThat(settings.recipe(16_384).steps()).isEqualTo(2);
  }

  @Test
  void stepsOfTheFileWinOverEpochsOfThePreset() throws IOException {
    File file = write("kindred.train { steps = 7, preset = post, presets.post { epochs = 2 } }");
    assertThat(parsed(file).recipe(16_384).steps()).isEqualTo(7);
  }

  @Test
  void epochsOfAPresetInTheFileWinOverTheStepsThatItHas() throws IOException {
    File file = write("kindred.train { preset = post, presets.post { epochs = 2 } }");
    assertThat(parsed(file).recipe(16_384).steps()).isEqualTo(2);
  }

  @Test
  void whatAPresetLacksIsNamed() throws IOException {
    File file = write("kindred.train { preset = mine, presets.mine { layers = 2 } }");
    assertInvalid(
        () -> parsed(file).model(5),
        "--d-model: missing; give it, or another preset, which has it");
  }

  @Test
  void stepsAndEpochsInOneFileAreRefused() throws IOException {
    File file = write("kindred.train { steps = 7, epochs = 2 }");
    assertInvalid(
        () -> parsed(file),
        "--conf " + file + ": --steps and --epochs: only one of them can be given");
  }

  @Test
  void aTrainingsFileMayReferToOthers() throws IOException {
    File file = write("kindred { corpus = a, train.out = ${kindred.corpus}/model }");
    assertThat(parsed(file).out()).isEqualTo("a/model");
  }

  @Test
  void aTrainingsReferenceToNothingIsRefused() throws IOException {
    File file = write("kindred.train.out = ${models}/mine");
    assertThatThrownBy(() -> parsed(file))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("--conf " + file + ": ")
        .hasMessageContaining("${models}");
  }

  @ParameterizedTest
  @CsvSource({
    "kindred.train.steps = {n = 5}, --steps: expected one value",
    "'kindred.train.d-model = [1, 2]', --d-model: expected one value",
    "kindred.train.seed = null, --seed: missing",
    "kindred.train.preset = {n = 5}, --conf ",
    "kindred.train = 5, --conf "
  })
  void aTrainingsSettingOfAnotherTypeIsRefused(String text, String message) throws IOException {
    File file = write(text);
    assertThatThrownBy(() -> parsed(file, "--out", "m").check())
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void aTrainingsNumberOutOfRangeNamesTheRange() {
    assertInvalid(
        () -> parsed(null, "--dropout", "0.995").recipe(1),
        "--dropout 0.995: expected a number from 0.0 to 0.99");
    assertInvalid(
        () -> parsed(null, "--beta2", "1").recipe(1),
        "--beta2 1: expected a number from 0.0 to 0.999999");
  }

  private File write(String text) throws IOException {
    return Files.writeString(folder.resolve("my.conf"), text).toFile();
  }

  @Test
  void thePostsPresetIsItsModelAndRecipe() {
    TrainingOptions settings = parsed(null, "--preset", "post");
    assertThat(
            Architectures.read(settings.model(65)).tensors().values().stream()
                .mapToLong(TestTrainingOptions::size)
                .sum())
        .isEqualTo(10_788_929);
    assertThat(settings.recipe(1_003_854).batchTokens()).isEqualTo(64 * 256);
    assertThat(settings.recipe(1_003_854).learningRate()).isEqualTo(3e-4);
    assertThat(settings.recipe(1_003_854).finalLearningRate()).isEqualTo(3e-5);
  }

  private static long size(long[] shape) {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
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
    assertThatThrownBy(() -> parsed(null, "--out", "m", "--" + setting, value).check())
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("--" + setting + " " + value)
        .hasMessageContaining(message);
  }

  @Test
  void aVocabularyThatIsTooLargeIsRefused() {
    assertThatThrownBy(() -> parsed(null).model(Integer.MAX_VALUE))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("with 2147483647 tokens or more that is a model of");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--architecture mixer --mixing heads --heads 4 | mixing | heads",
        "--architecture mixer --mixing expanded --expansion 3 | expansion | 3",
        "--architecture mixer --mixing parallel --branches 4 | branches | 4",
        "--architecture mixer --mlp none | mlp | false",
        "--architecture mixer --norm rms | norm | rms",
        "--architecture gpt --norm none --mlp none | d_mlp | 0",
        "--architecture gpt --positions qk | positions | qk",
        "--architecture gpt --d-mlp 100 --activation gelu | d_mlp | 100",
        "--architecture gpt | norm | ",
        "--architecture llama --key-value-heads 3 | num_key_value_heads | 3",
        "--architecture llama | intermediate_size | 512",
        "--architecture gpt_neox --heads 4 --unembedding tied | tie_word_embeddings | true"
      })
  void whatIsChosenOfAModelIsInItsConfiguration(String options, String field, String value) {
    assertThat(String.valueOf(parsed(null, options.split(" ")).model(60).fields().get(field)))
        .isEqualTo(String.valueOf(value));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--architecture bert | --architecture bert: expected one of [gpt, mixer, gpt_neox, llama]",
        "--norm batch | --norm batch: expected one of [auto, none, layer, rms]",
        "--d-mlp 0 | --d-mlp 0: expected a whole number from 1 to 2147483647",
        "--mixing flat | --mixing flat: this model, a gpt, has no such part; leave it out, or choose"
            + " other parts",
        "--mlp none --d-mlp 64 | --d-mlp 64: this model, a gpt, has no such part; leave it out, or"
            + " choose other parts",
        "--architecture mixer --heads 4 | --heads 4: this model, a mixer, has no such part; leave it"
            + " out, or choose other parts",
        "--architecture mixer --branches 3 | --branches 3: this model, a mixer, has no such part;"
            + " leave it out, or choose other parts",
        "--architecture mixer --mixing parallel --branches 100000 | --branches 100000: expected at most"
            + " 1024",
        "--architecture mixer --mixing expanded --expansion 1025 | --expansion 1025: expected at most"
            + " 1024",
        "--steps 5 --keep-checkpoints 6 | --keep-checkpoints 6: the training ends with step 5; give"
            + " steps from 0 to that",
        "--architecture mixer --positions rotary | --positions rotary: mixer has none",
        "--architecture llama --norm layer | --norm layer: llama has rms",
        "--architecture llama --mlp none | --mlp none: llama has mlp",
        "--architecture llama --key-value-heads 4 | --key-value-heads 4: does not divide --heads 6",
        "--architecture llama --d-model 18 | --heads 6: llama turns pairs of a head's coordinates, and"
            + " heads of a model of width 18 have 3; give another number",
        "--architecture gpt_neox --d-model 36 | --heads 6: gpt_neox turns pairs of coordinates in a"
            + " quarter of each head, whose width must be a multiple of 8; in a model of width 36 it is"
            + " 6",
        "--positions rotary --d-model 18 | --positions rotary: heads have the odd width 3; give another"
            + " --heads or --d-model"
      })
  void partsThatDoNotFitAreRefused(String options, String message) {
    assertInvalid(() -> parsed(null, (options + " --out m").split(" ")).check(), message);
  }

  @Test
  void onlyWhatAModelHasCounts() {
    parsed(
            null,
            "--out m --architecture mixer --mlp none --d-model 4096 --layers 4 --context 16"
                .split(" "))
        .check();
    assertThatThrownBy(() -> parsed(null, "--out", "m", "--tokenizer", "BPE:1000000").check())
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("with 1000000 tokens or more that is a model of 384 million");
  }

  @Test
  void stepsThatAreKeptAreAListInTheFileAndOnTheCommandLine() throws IOException {
    File file = write("kindred.train.keep-checkpoints = [100, 0]");
    assertThat(parsed(file).keptSteps(Integer.MAX_VALUE)).containsExactly(0, 100);
    assertThat(parsed(file, "--keep-checkpoints", "7,1").keptSteps(Integer.MAX_VALUE))
        .containsExactly(1, 7);
    assertThat(parsed(file, "--keep-checkpoints", "none").keptSteps(Integer.MAX_VALUE)).isEmpty();
    assertInvalid(
        () -> parsed(null, "--keep-checkpoints", "1,,2"),
        "--keep-checkpoints 1,,2: expected none, or whole numbers with commas between them, such as"
            + " 0,100,1000");
  }

  @ParameterizedTest
  @ValueSource(strings = {"flat", "expanded", "parallel", "heads"})
  void aMixerThatIsTooLargeIsRefused(String mixing) {
    assertThatThrownBy(
            () ->
                parsed(null, "--architecture", "mixer", "--mixing", mixing, "--context", "60000")
                    .model(60))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith(
            "--layers 6 --d-model 192 --context 60000 --mixing " + mixing + ": ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"train.stesp = 5", "train.presets.mine.layer = 5"})
  void aTrainingsSettingThatIsNoneIsRefusedByOtherCommandsToo(String text) throws IOException {
    File file = write("kindred." + text);
    String message = "--conf " + file + ": kindred." + text.split(" ")[0] + " is not a setting";
    assertInvalid(() -> Defaults.of(file, Map.of()), message);
    assertInvalid(() -> parsed(file), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e-320", "1e308", "NaN", "Infinity", "-0.5"})
  void aFactorThatWouldBeLostIsRefused(String number) {
    for (String setting : List.of("learning-rate", "final-learning-rate", "clip", "weight-decay")) {
      assertThatThrownBy(() -> parsed(null, "--" + setting, number))
          .isInstanceOf(InvalidInput.class)
          .hasMessageStartingWith(
              "--" + setting + " " + number + ": expected 0, or a number from 1.0E-12 to");
    }
  }

  private static TrainingOptions parsed(File file, String... options) {
    return Parsed.of(new Training(), file, options).options;
  }

  private static void assertInvalid(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(InvalidInput.class).hasMessage(message);
  }

  private static Path home() {
    return Path.of(System.getProperty("kindred.home"));
  }
}
