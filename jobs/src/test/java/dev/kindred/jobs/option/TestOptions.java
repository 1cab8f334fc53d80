/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import dev.kindred.InvalidInput;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.Blocks;
import dev.kindred.model.Models;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.model.files.OwnRule;
import dev.kindred.prediction.Mixture;
import dev.kindred.prediction.Rings;
import dev.kindred.prediction.Rule;
import dev.kindred.prediction.WeightedCounts;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

class TestOptions {
  private static final Blocks SIX_BLOCKS = Blocks.all(6);

  @TempDir private Path folder;

  /** A command with all settings of runs. */
  @Command
  static final class All extends KindredCommand {
    @Mixin private ExperimentOptions experiment;
    @Mixin private AlternatesOptions alternates;
    @Mixin private TuningOptions tuning;
    @Mixin private WriterOptions warehouse;
    @Mixin private ReportOptions report;

    @Option(names = "--keep")
    private String keep;

    @Override
    public void run(Workspace workspace) {
      throw new IllegalStateException("only parsed");
    }
  }

  @Test
  void everySettingOfTheFileIsAnOptionAndTheOtherWayRound() {
    TreeSet<String> keys =
        new TreeSet<>(
            ConfigFactory.parseFile(home().resolve("conf/kindred.conf").toFile())
                .getConfig("kindred")
                .root()
                .keySet());
    keys.removeAll(List.of("home", "train"));
    assertThat(new CommandLine(new All()).getCommandSpec().optionsMap().keySet())
        .filteredOn(
            option -> !List.of("--conf", "-q", "--quiet", "-v", "--verbose").contains(option))
        .map(option -> option.substring(2))
        .containsExactlyInAnyOrderElementsOf(keys);
  }

  @Test
  void onAClusterThatRunsTheDriverTheDefaultsAreThereUntilOneIsUsed() {
    System.setProperty("spark.submit.deployMode", "cluster");
    try {
      All settings = parsed(null);

      assertThat(settings.experiment.model().uri())
          .endsWith("models/dickens-small")
          .doesNotContain("file:");
      assertThatThrownBy(() -> ModelDirectory.read("models/mine", new Configuration()))
          .isInstanceOf(InvalidInput.class)
          .hasMessageStartingWith("--model models/mine: is below the working folder");
    } finally {
      System.clearProperty("spark.submit.deployMode");
    }
  }

  @Test
  void defaultsAreTheStudysForABundledModel() {
    All settings = parsed(null);
    assertThat(settings.experiment.windows().length()).isEqualTo(10);
    assertThat(settings.experiment.prompts().count()).hasValue(20_000);
    assertThat(settings.experiment.prompts().seed()).isEqualTo(1337);
    assertThat(settings.experiment.rule().rule(Models.directory(Models.DICKENS_SMALL)))
        .hasValue(
            new WeightedCounts(
                new double[] {.95, .94, .85, .76, .81, .89},
                Mixture.ofCounts(.01, .01, .1, 1.5, 6, .01)));
  }

  @Test
  void theCommandLineWinsOverTheFileAndTheFileOverTheDefaults() throws IOException {
    Path file =
        Files.writeString(folder.resolve("my.conf"), "kindred { prompts = 7, window-length = 12 }");
    All settings = parsed(file.toFile(), "--prompts=9");
    assertThat(settings.experiment.prompts().count()).hasValue(9);
    assertThat(settings.experiment.windows().length()).isEqualTo(12);
    assertThat(settings.experiment.keepSimilar().count()).isEqualTo(100);
  }

  @Test
  void aSettingIsGivenByTheCommandLineOrTheFile() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("my.conf"),
            "kindred { weights = [1, 2], corpus = a, warehouse = ${kindred.corpus}/tables }");
    All settings = parsed(file.toFile(), "--model=m");
    assertThat(settings.settings().asText().keySet())
        .filteredOn(settings.settings()::isGiven)
        .containsExactlyInAnyOrder("weights", "corpus", "warehouse", "model");
    assertThat(settings.experiment.model().isGiven(settings.settings())).isTrue();
    assertThat(settings.warehouse.uri()).isEqualTo("a/tables");
  }

  @Test
  void aReferenceToNothingIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("my.conf"), "kindred.model = ${models}/mine");
    assertThatThrownBy(() -> parsed(file.toFile()))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("--conf " + file + ": ")
        .hasMessageContaining("${models}");
  }

  @Test
  void allSettingsAreRecordedAsTheyAreInForce() {
    Map<String, String> recorded = parsed(null, "--keep-similar=all").settings().asText();
    assertThat(recorded)
        .containsEntry("keep-similar", "all")
        .containsEntry("thresholds", "auto")
        .containsEntry("window-length", "10")
        .containsKey("keep");
  }

  @Test
  void aMisspeltSettingInAFileIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("my.conf"), "kindred.promts = 7");
    assertInvalid(
        () -> parsed(file.toFile()), "--conf " + file + ": kindred.promts is not a setting");
  }

  @Test
  void aFileWithoutSettingsIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("my.conf"), "prompts = 7");
    assertInvalid(
        () -> parsed(file.toFile()),
        "--conf " + file + ": no settings in it; write them as kindred.prompts = 500");
  }

  /** The rule that was given, in place of a run's. */
  private static WeightedCounts given(All settings) {
    return (WeightedCounts)
        settings
            .experiment
            .rule()
            .rule(
                SIX_BLOCKS, new WeightedCounts(new double[6], Mixture.ofCounts(1, 1, 1, 1, 1, 1)));
  }

  private static final String SIX_RINGS =
      ".8/20/.05/0,.9/5/.1/.2;.8/9/1/0;.8/9/1/0;.8/9/1/0;.8/9/1/0;.7/9/-.1/0";

  @Test
  void ringsStandForThresholdsAndWeights() {
    ModelDirectory model = Models.directory(Models.DICKENS_SMALL);
    Rule rule = parsed(null, "--rings", SIX_RINGS).experiment.rule().rule(model).orElseThrow();
    assertThat(rule.thresholds()).containsExactly(.8, .8, .8, .8, .8, .7);
    assertThat(rule).isEqualTo(Rings.parse(SIX_RINGS));
    assertThat(Rings.parse(rule.toString())).isEqualTo(rule);
  }

  @Test
  void ringsAreFittedThoughTheFolderHasARuleWhereThatIsAskedFor() {
    ModelDirectory model = Models.directory(Models.DICKENS_SMALL);
    assertThat(parsed(null, "--rings", "fit").experiment.rule().rule(model)).isEmpty();
    assertThat(parsed(null, "--rings", "none").experiment.rule().rule(model)).isPresent();
  }

  @Test
  void ringsOfARunAreNotLeftWithoutWhatStandsInTheirPlace() {
    Blocks blocks = Models.directory(Models.DICKENS_SMALL).blocks();
    Rings ofRun = Rings.parse(SIX_RINGS);

    assertInvalid(
        () -> parsed(null, "--rings", "none").experiment.rule().rule(blocks, ofRun),
        "--rings none --thresholds auto --weights auto: the run's rule has rings; give thresholds and"
            + " weights in their place, both of them");
    assertInvalid(
        () -> parsed(null, "--rings", "fit").experiment.rule().rule(blocks, ofRun),
        "--rings fit: nothing is fitted here; kindred tune or a run with --rings fit does it, or give"
            + " the rings themselves");
  }

  @Test
  void ringsThatDoNotFitAreRefused() {
    ModelDirectory model = Models.directory(Models.DICKENS_SMALL);
    assertInvalid(
        () -> parsed(null, "--rings", ".8/20/.05/0").experiment.rule().rule(model),
        "--rings 0.8/20.0/0.05/0.0: rings of 1 blocks for 6 blocks; put a semicolon between blocks");
    assertInvalid(
        () -> parsed(null, "--rings", "fit", "--saturation", "3").experiment.rule().rule(model),
        "--rings fit: rings have thresholds and exponents of their own; leave out --thresholds,"
            + " --weights and --saturation, or --rings");
    assertThatThrownBy(() -> parsed(null, "--rings", ".9/20/.05/0,.8/1/1/0"))
        .hasMessageContaining("thresholds of a block that do not ascend");
    assertThatThrownBy(() -> parsed(null, "--rings", ".9/0/.05/0"))
        .hasMessageContaining("tokens are from 0.001 to");
  }

  @Test
  void thresholdsAndWeightsAreGivenTogetherWhereTheModelHasNone() {
    ModelDirectory model = withRule(null);
    assertThat(parsed(null).experiment.rule().rule(model)).isEmpty();
    assertInvalid(
        () -> with("--thresholds", ".9,.9,.9,.9,.9,.9").experiment.rule().rule(model),
        "--thresholds .9,.9,.9,.9,.9,.9 --weights auto: for this model give both of them, or neither"
            + " and no --saturation, to have them chosen");
  }

  @Test
  void theRuleOfAFolderIsHeldToTheSameRangesAsOneThatIsGiven() {
    double[] ones = {1, 1, 1, 1, 1, 1};
    assertRefused(
        new OwnRule("a study", new double[] {.9, .9, .9, 95, .9, .9}, ones, null, null),
        "rule.json: thresholds 0.9,0.9,0.9,95.0,0.9,0.9: 95.0 for block 3 is outside [-1, 1]");
    assertRefused(
        new OwnRule("a study", ones, new double[] {1, 1, -1, 1, 1, 1}, null, null),
        "rule.json: weights 1.0,1.0,-1.0,1.0,1.0,1.0: -1.0 for block 2 is not a weight");
    assertRefused(
        new OwnRule("a study", ones, new double[6], null, null),
        "at least one weight must be above 0");
    assertRefused(
        new OwnRule("a study", ones, ones, 0., null),
        "rule.json: saturation 0.0: expected a number from 1.0E-9 to 1.0E15, or null");
  }

  @Test
  void theFolderOfAModelMayHaveRings() {
    ModelDirectory model = withRule(new OwnRule("tune", null, null, null, SIX_RINGS));
    assertThat(parsed(null).experiment.rule().rule(model)).hasValue(Rings.parse(SIX_RINGS));
    assertThat(parsed(null, "--rings", "none").experiment.rule().rule(model)).isEmpty();
    assertRefused(
        new OwnRule("tune", null, null, null, ".8/1/1/0"),
        "rule.json: rings: of 1 blocks, the model has 6");
    assertRefused(
        new OwnRule("tune", null, null, null, ".8/1"), "rule.json: rings: '.8/1' is no ring");
  }

  private static void assertRefused(OwnRule rule, String message) {
    assertThatThrownBy(() -> parsed(null).experiment.rule().rule(withRule(rule)))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining(message);
  }

  private static ModelDirectory withRule(OwnRule rule) {
    ModelDirectory model = Models.directory(Models.DICKENS_SMALL);
    return new ModelDirectory(
        model.id(),
        model.uri(),
        model.configJson(),
        model.weights(),
        model.tokenizerJson(),
        model.selfcheckJson(),
        model.firstToken(),
        model.blocks(),
        model.vectors(),
        model.precision(),
        rule,
        model.sha256());
  }

  @Test
  void aThresholdThatNoCosineCanReachIsRefused() {
    assertInvalid(
        () -> given(with("--thresholds", ".9,.9,.9,1.2,.9,.9")).thresholds(),
        "--thresholds .9,.9,.9,1.2,.9,.9: 1.2 for block 3 is outside [-1, 1], the range of a cosine");
  }

  @Test
  void notANumberIsNoThreshold() {
    assertInvalid(
        () -> given(with("--thresholds", ".9,.9,.9,NaN,.9,.9")).thresholds(),
        "--thresholds .9,.9,.9,NaN,.9,.9: NaN for block 3 is outside [-1, 1], the range of a cosine");
    assertInvalid(
        () -> given(with("--thresholds", ".9,x")).thresholds(),
        "--thresholds .9,x: \"x\" is not a number");
  }

  @Test
  void aWrongNumberOfThresholdsNamesBothOptions() {
    assertInvalid(
        () -> given(with("--thresholds", ".9,.8")).thresholds(),
        "--thresholds .9,.8: 2 values for 6 blocks; give --thresholds and --weights with"
            + " 6 values each, or auto");
  }

  @Test
  void aNegativeWeightIsRefused() {
    assertInvalid(
        () -> given(with("--weights", "1,1,-1,1,1,1")).mixture(),
        "--weights 1,1,-1,1,1,1: -1.0 for block 2 is not a weight: 0, or a number from 1.0E-9 to"
            + " 1.0E9");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e-320", "1e308", "NaN", "Infinity", "-0.5"})
  void aFactorThatWouldBeLostIsRefused(String number) {
    assertThatThrownBy(() -> with("--saturation", number))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "--saturation " + number + ": expected auto, a number from 1.0E-9 to 1.0E15, or none");
    assertThatThrownBy(() -> given(with("--weights", "1,1,1," + number + ",1,1")).mixture())
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("for block 3 is not a weight: 0, or a number from 1.0E-9 to 1.0E9");
  }

  @Test
  void factorsOfTheLeastAndGreatestSizeAreTaken() {
    double least = given(with("--saturation", "1e-9")).mixture().factor(0, 1e19);
    assertThat(least).isPositive();
    assertThat(given(with("--saturation", "1e15")).mixture().factor(0, 1)).isPositive();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e-9", "1e-999999999", "1e999999999", "0.00000000000000000000001"})
  void aGridOfTooManyBinsIsRefused(String step) {
    assertThatThrownBy(() -> with("--bin-step", step).tuning.bins())
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("--bin-step " + step);
    assertThatThrownBy(() -> with("--bin-floor", "1e-999999999").tuning.bins())
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("--bin-floor 1e-999999999");
  }

  @Test
  void weightsThatAreAllZeroAreRefused() {
    assertInvalid(
        () -> given(with("--weights", "0,0,0,0,0,0")).mixture(),
        "--weights 0,0,0,0,0,0: at least one weight must be above 0");
  }

  @Test
  void numbersOutOfRangeAreRefused() {
    assertInvalid(
        () -> with("--window-length", "0").experiment.windows().length(),
        "--window-length 0: expected a whole number from 1 to 2147483647");
    assertInvalid(
        () -> with("--prompts", "-3").experiment.prompts().count(),
        "--prompts -3: expected a whole number from 1 to 2147483647");
    assertInvalid(
        () -> with("--keep-similar", "-1").experiment.keepSimilar().count(),
        "--keep-similar -1: expected a whole number of 0 or more, or all");
  }

  @Test
  void aWaitThatIsNoNumberOfSecondsIsRefused() {
    assertInvalid(
        () -> with("--lock-wait", "5m"),
        "--lock-wait 5m: expected a whole number of seconds, 0 or more");
  }

  @Test
  void aPasswordInAUriIsRefusedAndNotRepeated() {
    assertInvalid(
        () -> with("--warehouse", "s3a://key:secret@bucket/warehouse"),
        "--warehouse: has a password in it; give credentials to Spark's Hadoop settings instead");
  }

  @Test
  void aUserInAUriIsNotAPassword() {
    assertThat(
            with("--warehouse", "abfss://container@account.example.org/warehouse").warehouse.uri())
        .startsWith("abfss:");
  }

  @Test
  void unknownChoicesListTheKnownOnes() {
    assertInvalid(
        () -> with("--corpus-format", "csv").experiment.corpus().format(),
        "--corpus-format csv: expected one of [auto, text, parquet, jsonl]");
    assertInvalid(
        () -> with("--kernel", "gpu").experiment.join().kernel(),
        "--kernel gpu: expected one of [auto, simd, scalar]");
  }

  @Test
  void anOptionThatIsNoSettingKeepsItsOwnDefault() {
    Prompted command = Parsed.of(new Prompted(), null, "And only l");
    assertThat(command.given).hasNoNullFieldsOrPropertiesExcept("file");
  }

  /** A command whose option --prompts is not the setting prompts. */
  @Command
  static final class Prompted extends KindredCommand {
    @Mixin private GivenPrompts given;

    @Override
    public void run(Workspace workspace) {
      throw new IllegalStateException("only parsed");
    }
  }

  private static All parsed(File file, String... options) {
    return Parsed.of(new All(), file, options);
  }

  private static All with(String option, String value) {
    return parsed(null, option + "=" + value);
  }

  private static void assertInvalid(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(InvalidInput.class).hasMessage(message);
  }

  private static Path home() {
    return Path.of(System.getProperty("kindred.home"));
  }
}
