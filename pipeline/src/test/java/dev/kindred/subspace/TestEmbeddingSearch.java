/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.subspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.math.Vectors;
import dev.kindred.model.RandomGpt;
import dev.kindred.model.ResidualStream;
import dev.kindred.subspace.EmbeddingRecipe.Unit;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TestEmbeddingSearch {
  private static final int TOKENS = 11;
  private static final int DIMENSION = 256;
  private static final int NORM = 2; // number of blocks, before the final norm
  private static final int TOKEN = 4;
  private static final Unit UNIT = new Unit(TOKEN, 0, 6);

  private static ResidualStream model;

  @BeforeAll
  static void load() {
    model = RandomGpt.stream(TOKENS, DIMENSION, 1);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static EmbeddingRecipe recipe(Optimizer optimizer, int maxSteps) {
    return EmbeddingRecipe.of(optimizer, UNIT.count(), 42, maxSteps, TOKEN);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, NORM})
  void theStudysOptimizerIsAdamW(int block) {
    int steps = 150;
    float[] found =
        EmbeddingSearch.search(model, block, recipe(Optimizer.STUDY, steps), UNIT).vectors();
    for (int row = 0; row < UNIT.count(); row++) {
      double[] expected = adamW(block, steps, row);
      for (int i = 0; i < DIMENSION; i++) {
        assertThat((double) found[row * DIMENSION + i]).isCloseTo(expected[i], within(2e-4));
      }
    }
  }

  /** A vector by itself, as the paper's algorithm 2 has it, in double precision. */
  private static double[] adamW(int block, int steps, int row) {
    double rate = 3e-4;
    float[] starts = EmbeddingSearch.starts(42, UNIT, DIMENSION);
    double[] x = doubles(Vectors.row(starts, row, DIMENSION));
    double[] first = new double[DIMENSION];
    double[] second = new double[DIMENSION];
    for (int t = 1; t <= steps; t++) {
      float[] gradient = model.loss(block, floats(x), new int[] {TOKEN}).gradient();
      for (int i = 0; i < DIMENSION; i++) {
        double slope = gradient[i] / UNIT.count(); // of the group's mean
        first[i] = .9 * first[i] + .1 * slope;
        second[i] = .999 * second[i] + .001 * slope * slope;
        double unbiasedFirst = first[i] / (1 - Math.pow(.9, t));
        double unbiasedSecond = second[i] / (1 - Math.pow(.999, t));
        x[i] -= rate * .01 * x[i];
        x[i] -= rate * unbiasedFirst / (Math.sqrt(unbiasedSecond) + 1e-8);
      }
    }

    return x;
  }

  private static double[] doubles(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }

    return floats;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, NORM})
  void learnedVectorsMakeTheModelPredictTheToken(int block) {
    EmbeddingSearch.Found found =
        EmbeddingSearch.search(model, block, recipe(Optimizer.FAST, 1_667), UNIT);
    assertThat(found.converged()).isTrue();
    float[] logits = model.logitsAlone(block, found.vectors());
    double sum = 0;
    for (int row = 0; row < UNIT.count(); row++) {
      sum += probability(Vectors.row(logits, row, TOKENS));
    }

    assertThat(sum / UNIT.count()).isGreaterThan(.9999 - 1e-6);
  }

  private static double probability(float[] logits) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - logits[TOKEN]);
    }

    return 1 / sum;
  }

  @Test
  void theFastOptimizerEndsWhereTheStudysDoes() {
    EmbeddingSearch.Found fast =
        EmbeddingSearch.search(model, NORM, recipe(Optimizer.FAST, 1_667), UNIT);
    EmbeddingSearch.Found study =
        EmbeddingSearch.search(model, NORM, recipe(Optimizer.STUDY, 50_000), UNIT);
    assertThat(study.converged()).isTrue();
    assertThat((double) study.steps() / fast.steps()).isCloseTo(30, within(1.5));
    for (int row = 0; row < UNIT.count(); row++) {
      double[] ofFast = doubles(Vectors.row(fast.vectors(), row, DIMENSION));
      double[] ofStudy = doubles(Vectors.row(study.vectors(), row, DIMENSION));
      assertThat(dot(ofFast, ofStudy) / Math.sqrt(dot(ofFast, ofFast) * dot(ofStudy, ofStudy)))
          .isGreaterThan(.9995);
    }
  }

  private static double dot(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
  }

  @ParameterizedTest
  @EnumSource(Optimizer.class)
  void aTokenThatDoesNotConvergeIsReported(Optimizer optimizer) {
    EmbeddingSearch.Found found = EmbeddingSearch.search(model, NORM, recipe(optimizer, 3), UNIT);
    assertThat(found.converged()).isFalse();
    assertThat(found.steps()).isEqualTo(3);
  }

  @Test
  void lossesAreThoseOfTheVectorsAtTheEnd() {
    EmbeddingSearch.Found found =
        EmbeddingSearch.search(model, NORM, recipe(Optimizer.FAST, 5), UNIT);
    int[] targets = new int[UNIT.count()];
    Arrays.fill(targets, TOKEN);
    assertThat(found.nats()).isEqualTo(model.loss(NORM, found.vectors(), targets).nats());
  }

  @Test
  void aStartDependsOnSeedTokenAndRestartAlone() {
    float[] together = EmbeddingSearch.starts(42, new Unit(7, 0, 5), DIMENSION);
    assertThat(EmbeddingSearch.starts(42, new Unit(7, 3, 1), DIMENSION))
        .isEqualTo(Vectors.row(together, 3, DIMENSION));
  }

  @Test
  void startsOfOtherSeedsTokensAndRestartsDiffer() {
    assertThat(
            IntStream.range(0, 2)
                .boxed()
                .flatMap(
                    seed ->
                        IntStream.range(0, 3)
                            .mapToObj(
                                token ->
                                    EmbeddingSearch.starts(seed, new Unit(token, 0, 4), DIMENSION)))
                .flatMap(
                    starts ->
                        IntStream.range(0, 4).mapToObj(row -> Vectors.row(starts, row, DIMENSION)))
                .map(Arrays::toString))
        .doesNotHaveDuplicates();
  }

  @Test
  void startsAreNormallyDistributed() {
    float[] starts = EmbeddingSearch.starts(42, new Unit(0, 0, 100), 384);
    double[] values = doubles(starts);
    assertThat(Arrays.stream(values).average().getAsDouble()).isCloseTo(0, within(.02));
    assertThat(dot(values, values) / values.length).isCloseTo(1, within(.03));
    assertThat(Arrays.stream(values).filter(value -> Math.abs(value) < 1).count())
        .isBetween((long) (.67 * values.length), (long) (.695 * values.length));
  }
}
