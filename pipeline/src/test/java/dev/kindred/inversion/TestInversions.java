/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import ai.djl.Device;
import dev.kindred.InvalidInput;
import dev.kindred.LocalSpark;
import dev.kindred.inversion.Experiment.Method;
import dev.kindred.inversion.Experiment.Positions;
import dev.kindred.inversion.InversionLoss.Kind;
import dev.kindred.inversion.Inversions.Question;
import dev.kindred.model.Models;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.ModelDirectory;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Searches by themselves, and spread by Spark. */
class TestInversions {
  private static final int[] SHORT = {31, 70, 1, 73};
  private static final int[] LONG = {42, 58, 55, 1, 69, 61};

  private static ModelDirectory directory;
  private static ResidualStream model;
  private static TokenVectors tokens;

  @BeforeAll
  static void load() {
    directory = Models.directory("models/dickens-small");
    model = directory.loadStream(Device.cpu());
    tokens = TokenVectors.of(model);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static Experiment experiment(Method method, Target target, Kind loss, int steps) {
    boolean isDirect = method == Method.DIRECT;
    return new Experiment(
        method,
        target,
        InversionLoss.of(loss, 1),
        new Descent(
            Descent.Optimizer.GD,
            steps,
            isDirect ? .01 : loss == Kind.COSINE ? 2 : .002,
            isDirect ? .001 : loss == Kind.COSINE ? .2 : .0002),
        0,
        isDirect ? 1 : .0428,
        isDirect ? Positions.NONE : Positions.OWN,
        .015);
  }

  private static InversionGrid grid(List<Experiment> experiments, int restarts) {
    return new InversionGrid(experiments, List.of(LONG, SHORT, LONG), restarts, 7, List.of());
  }

  private static List<Inversion.Found> found(Experiment experiment) {
    InversionGrid grid = new InversionGrid(List.of(experiment), List.of(LONG), 1, 7, List.of());
    return new Inversion(model, tokens, new Decoder(tokens), grid).find(grid.units().get(0));
  }

  private static double right(Inversion.Found found, String decoding, TokenRange among) {
    return found.readings().stream()
        .filter(reading -> reading.decoding().equals(decoding))
        .filter(reading -> among.contains(reading.position(), LONG.length))
        .mapToDouble(reading -> reading.decoded().rank() == 1 ? 1 : 0)
        .average()
        .orElseThrow();
  }

  @Test
  void theInputItselfIsFoundToWithinTheLastStep() {
    Inversion.Found found = found(experiment(Method.INDIRECT, Target.of(0), Kind.L1, 500)).get(0);
    double bound = .002 * Math.sqrt(tokens.dimension());
    assertThat(Arrays.stream(found.missed()).max().orElseThrow()).isLessThan(bound);
    assertThat(right(found, Decoding.NEAREST.text(), TokenRange.ALL)).isEqualTo(1);
  }

  @Test
  void positionsThatACausalOutputDoesNotSeeStayWhereTheyBegan() {
    TokenRange first = TokenRange.parse("--tokens", "[:2]");
    Inversion.Found found =
        found(experiment(Method.INDIRECT, Target.of(2).with(first), Kind.L1, 20)).get(0);
    for (int position = 0; position < LONG.length; position++) {
      if (first.contains(position, LONG.length)) {
        assertThat(found.moved()[position]).isPositive();
      } else {
        assertThat(found.moved()[position]).isZero();
      }
    }
  }

  @Test
  void aDirectSearchFindsTokensWhereTheyAreFewerThanDimensions() {
    Inversion.Found found = found(experiment(Method.DIRECT, Target.of(1), Kind.L1, 500)).get(0);
    assertThat(right(found, Inversion.RAW, TokenRange.ALL)).isEqualTo(1);
  }

  @Test
  void theControlIsInvertedNarrowOrWide() {
    for (BlockPart part : List.of(BlockPart.CONTROL, BlockPart.CONTROL_NARROW)) {
      int steps = part == BlockPart.CONTROL ? 120 : 400;
      Target target = new Target(1, Target.Outputs.LAST, part, true, TokenRange.ALL, null);
      assertThat(InvertedOutputs.of(model, target, 2).size(0))
          .isEqualTo(target.size(2, tokens.dimension()));
      InversionGrid grid =
          new InversionGrid(
              List.of(experiment(Method.INDIRECT, target, Kind.L1, steps)),
              List.of(new int[] {31, 70}),
              1,
              7,
              List.of());
      Inversion.Found found =
          new Inversion(model, tokens, new Decoder(tokens), grid).find(grid.units().get(0)).get(0);
      assertThat(found.readings())
          .filteredOn(reading -> reading.decoding().equals("nearest"))
          .hasSize(2)
          .allSatisfy(reading -> assertThat(reading.decoded().rank()).isEqualTo(1));
    }
  }

  @Test
  void noStepLeavesNothingAccepted() {
    Inversion.Found found = found(experiment(Method.INDIRECT, Target.of(1), Kind.L1, 0)).get(0);
    assertThat(found.accepted()).isFalse();
    assertThat(found.firstLoss()).isEqualTo(found.lastLoss());
  }

  @Test
  void aSearchThatRunsAwayIsRefusedAndNotRanked() {
    Experiment sound = experiment(Method.INDIRECT, Target.of(1), Kind.L2_SQUARED, 40);
    Experiment steep =
        new Experiment(
            sound.method(),
            sound.target(),
            sound.loss(),
            new Descent(Descent.Optimizer.GD, 40, 1e30, 1e30),
            sound.startMean(),
            sound.startDeviation(),
            sound.positions(),
            sound.shift());
    assertThatThrownBy(() -> found(steep))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("--learning-rate 1.0E30:1.0E30: a search left the finite numbers");
  }

  @Test
  void aReadingAmongOwnTokensTakesNoOtherAndFindsNoFewer() {
    InversionGrid grid =
        new InversionGrid(
            List.of(experiment(Method.INDIRECT, Target.of(6), Kind.L1, 40)),
            List.of(LONG),
            1,
            7,
            List.of(AllowedTokens.ownAnd(0), AllowedTokens.ownAnd(9)));
    Inversion.Found found =
        new Inversion(model, tokens, new Decoder(tokens), grid).find(grid.units().get(0)).get(0);
    double all = right(found, "pinv", TokenRange.ALL);
    double withNine = right(found, "own+9:pinv", TokenRange.ALL);
    double own = right(found, "own:pinv", TokenRange.ALL);
    assertThat(all).isLessThan(1).isLessThanOrEqualTo(withNine);
    assertThat(withNine).isLessThanOrEqualTo(own);
    assertThat(found.readings())
        .filteredOn(reading -> reading.decoding().equals("own:pinv"))
        .allSatisfy(
            reading -> assertThat(Arrays.stream(LONG).boxed()).contains(reading.decoded().token()));
  }

  @Test
  void othersBesideOwnTokensAreAsManyAsAskedForAndHoldFewerOnes() {
    int[] few = AllowedTokens.ownAnd(3).of(SHORT, 77);
    int[] more = AllowedTokens.ownAnd(30).of(SHORT, 77);
    assertThat(few).hasSize(SHORT.length + 3).isSorted().contains(SHORT);
    assertThat(more).hasSize(SHORT.length + 30).contains(few);
    assertThat(AllowedTokens.ownAnd(1000).of(SHORT, 77)).hasSize(77);
    assertThat(AllowedTokens.ownAnd(77 - SHORT.length).isMoreThan(77, SHORT)).isFalse();
    assertThat(AllowedTokens.ownAnd(78 - SHORT.length).isMoreThan(77, SHORT)).isTrue();
  }

  @Test
  void unitsHoldSequencesOfOneLengthEachOnce() {
    Experiment one = experiment(Method.INDIRECT, Target.of(1), Kind.L1, 3);
    InversionGrid grid = grid(List.of(one, one), 300);
    List<InversionGrid.Unit> units = grid.units();
    assertThat(
            units.stream()
                .flatMap(
                    unit ->
                        IntStream.range(0, unit.size())
                            .mapToObj(
                                i ->
                                    unit.cells()[i]
                                        + "/"
                                        + unit.prompts()[i]
                                        + "/"
                                        + unit.restarts()[i])))
        .doesNotHaveDuplicates()
        .hasSize(2 * 3 * 300);
    for (InversionGrid.Unit unit : units) {
      assertThat(
              Arrays.stream(unit.prompts())
                  .map(prompt -> grid.prompts().get(prompt).length)
                  .distinct())
          .hasSize(1);
    }
  }

  @Test
  void experimentsThatShareASearchFindWhatEachFindsAlone() {
    Target last = Target.of(2).with(TokenRange.parse("--tokens", "[-1]"));
    Target features =
        new Target(2, Target.Outputs.LAST, BlockPart.BLOCK, true, TokenRange.ALL, new int[] {3, 9});
    List<Experiment> experiments =
        List.of(
            experiment(Method.INDIRECT, Target.of(2), Kind.L1, 12),
            experiment(Method.INDIRECT, Target.of(1), Kind.L1, 12),
            experiment(Method.INDIRECT, last, Kind.COSINE, 12),
            withAdam(experiment(Method.INDIRECT, features, Kind.L2, 12)),
            experiment(Method.DIRECT, Target.of(2), Kind.L1, 12),
            experiment(Method.DIRECT, last, Kind.L1, 12),
            withLoss(experiment(Method.INDIRECT, last, Kind.L1, 12), InversionLoss.balanced()),
            withPositions(experiment(Method.INDIRECT, last, Kind.L1, 12), Positions.ZERO));
    InversionGrid grid = new InversionGrid(experiments, List.of(SHORT), 1, 7, List.of());
    assertThat(grid.units())
        .extracting(unit -> Arrays.toString(unit.cells()))
        .containsExactly("[0, 2, 3, 6, 7]", "[1]", "[4, 5]");

    Inversion together = new Inversion(model, tokens, new Decoder(tokens), grid);
    grid.units().stream()
        .flatMap(unit -> together.find(unit).stream())
        .forEach(
            found -> {
              InversionGrid own =
                  new InversionGrid(
                      List.of(experiments.get(found.cell())), List.of(SHORT), 1, 7, List.of());
              Inversion.Found alone =
                  new Inversion(model, tokens, new Decoder(tokens), own)
                      .find(own.units().get(0))
                      .get(0);
              assertThat(found.moved()).containsExactly(alone.moved(), within(1e-4));
              assertThat(found.missed()).containsExactly(alone.missed(), within(1e-4));
              assertThat(found.lastLoss()).isCloseTo(alone.lastLoss(), withinPercentage(.1));
              assertThat(found.cosine()).isCloseTo(alone.cosine(), within(1e-4));
              assertThat(found.readings())
                  .extracting(Inversion.Reading::position, Inversion.Reading::decoding)
                  .isEqualTo(
                      alone.readings().stream()
                          .map(reading -> tuple(reading.position(), reading.decoding()))
                          .toList());
            });
  }

  private static Experiment withAdam(Experiment of) {
    Descent descent = new Descent(Descent.Optimizer.ADAM, of.descent().steps(), .01, .001);
    return with(of, of.loss(), descent, of.positions());
  }

  private static Experiment withLoss(Experiment of, InversionLoss loss) {
    return with(of, loss, of.descent(), of.positions());
  }

  private static Experiment withPositions(Experiment of, Positions positions) {
    return with(of, of.loss(), of.descent(), positions);
  }

  private static Experiment with(
      Experiment of, InversionLoss loss, Descent descent, Positions positions) {
    return new Experiment(
        of.method(),
        of.target(),
        loss,
        descent,
        of.startMean(),
        of.startDeviation(),
        positions,
        of.shift());
  }

  @Test
  void rowsDoNotDependOnHowManyTasksThereAre() {
    SparkSession spark = LocalSpark.session();
    InversionGrid grid =
        grid(
            List.of(
                experiment(Method.INDIRECT, Target.of(1), Kind.L1, 4),
                experiment(Method.DIRECT, Target.of(2), Kind.COSINE, 4)),
            60);
    var onExecutors = directory.onExecutors(spark);
    List<String> one = sorted(Inversions.search(spark, onExecutors, grid, grid.units(), 1));
    assertThat(one)
        .hasSize((int) (60 * (2 * LONG.length + SHORT.length) * grid.readings()))
        .hasSizeGreaterThan(1000);
    assertThat(sorted(Inversions.search(spark, onExecutors, grid, grid.units(), 7))).isEqualTo(one);

    List<Question> questions =
        IntStream.range(0, 3).mapToObj(prompt -> new Question(0, prompt)).toList();
    assertThat(sorted(Inversions.ask(spark, onExecutors, grid, questions, 1)))
        .hasSize(2 * LONG.length + SHORT.length)
        .isEqualTo(sorted(Inversions.ask(spark, onExecutors, grid, questions, 7)));
    assertThat(sorted(Inversions.differentiate(spark, onExecutors, grid, questions, 1)))
        .hasSize(2 * LONG.length + SHORT.length)
        .isEqualTo(sorted(Inversions.differentiate(spark, onExecutors, grid, questions, 7)));
  }

  private static List<String> sorted(org.apache.spark.sql.Dataset<Row> rows) {
    return rows.collectAsList().stream().map(Row::toString).sorted().toList();
  }
}
