/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.alignment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.model.Models;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.subspace.Stage;
import dev.kindred.subspace.Subspace;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestDirections {
  private static final int TOKENS = 13;
  private static final int DIMENSION = 8;

  private final Random random = new Random(3);

  private float[] vector() {
    float[] vector = new float[DIMENSION];
    for (int i = 0; i < DIMENSION; i++) {
      vector[i] = (float) random.nextGaussian();
    }

    return vector;
  }

  private List<Subspace> subspaces(int ranks) {
    return IntStream.range(0, TOKENS)
        .mapToObj(
            token ->
                Subspace.of(
                    IntStream.range(0, 20).mapToObj(i -> vector()).toArray(float[][]::new), ranks))
        .toList();
  }

  private static Directions directions(List<Subspace> subspaces, int ranks) {
    return Directions.ofSubspaces(Stage.FINAL, "fast_n100_s42", subspaces, ranks);
  }

  private static Directions ofVectors(float[]... directions) {
    return directions(
        IntStream.range(0, directions.length)
            .mapToObj(
                i ->
                    new Subspace(new double[] {1}, new float[][] {directions[i]}, new double[] {1}))
            .toList(),
        1);
  }

  /** The cosine between a vector and its projection on the span of a subspace. */
  static double cosine(float[] v, Subspace subspace) {
    double[] projection = new double[v.length];
    for (float[] direction : subspace.directions()) {
      for (int i = 0; i < v.length; i++) {
        projection[i] += dot(v, direction) * direction[i];
      }
    }

    double shared = 0;
    double squares = 0;
    for (int i = 0; i < v.length; i++) {
      shared += v[i] * projection[i];
      squares += projection[i] * projection[i];
    }

    return shared / Math.sqrt(dot(v, v) * squares);
  }

  private static double dot(float[] a, float[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> (double) a[i] * b[i]).sum();
  }

  @Test
  void theWorstRankIsThatOfAPlainSort() {
    List<Subspace> one = subspaces(1);
    List<Subspace> three = subspaces(3);

    assertRanks(directions(one, 1), (v, token) -> cosine(v, one.get(token)));
    assertRanks(directions(three, 3), (v, token) -> cosine(v, three.get(token)));
    assertRanks(
        directions(one, 1).signed(),
        (v, token) -> dot(v, one.get(token).directions()[0]) / Math.sqrt(dot(v, v)));
  }

  private void assertRanks(
      Directions directions, ToDoubleBiFunction<float[], Integer> expectedCosine) {
    for (int example = 0; example < 50; example++) {
      float[] v = vector();
      List<Integer> sorted =
          IntStream.range(0, TOKENS)
              .boxed()
              .sorted(Comparator.comparing(token -> -expectedCosine.applyAsDouble(v, token)))
              .toList();
      int[] tokens = random.ints(0, TOKENS).distinct().limit(1 + random.nextInt(5)).toArray();
      int last = IntStream.of(tokens).map(sorted::indexOf).max().orElseThrow();

      assertThat(directions.worstRank(v, tokens)).isEqualTo(last + 1);
    }
  }

  @Test
  void ofEqualCosinesTheLowestTokenComesFirst() {
    float[] one = {1, 0};
    float[] other = {0, 1};
    Directions directions = ofVectors(other, one, one, one);

    assertThat(directions.worstRank(one, new int[] {2})).isEqualTo(2);
    assertThat(directions.worstRank(one, new int[] {3, 1})).isEqualTo(3);
    assertThat(directions.worstRank(one, new int[] {0})).isEqualTo(4);
  }

  @Test
  void aVectorOfZerosIsAsFarFromAllTokens() {
    Directions directions = ofVectors(new float[] {1, 0}, new float[] {0, 1});

    assertThat(directions.worstRank(new float[2], new int[] {1})).isEqualTo(2);
  }

  @Test
  void pointingAwayIsPointingAtUnlessTheSignCounts() {
    Directions directions = ofVectors(new float[] {0, 1}, new float[] {-1, 0});
    float[] v = {1, .1f};

    assertThat(directions.worstRank(v, new int[] {1})).isEqualTo(1);
    assertThat(directions.signed().worstRank(v, new int[] {1})).isEqualTo(2);
    assertThat(directions.signed().key()).isEqualTo("final_fast_n100_s42_k1_signed");
  }

  @Test
  void aSubspaceHasNoSign() {
    assertThatThrownBy(() -> directions(subspaces(2), 2).signed())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("No sign in a subspace: final_fast_n100_s42_k2");
  }

  @Test
  void aStagesDirectionsAreForTheBlockBefore() {
    Directions afterBlock1 = Directions.ofSubspaces(new Stage(2), "r", subspaces(1), 1);

    assertThat(IntStream.range(0, 4).filter(afterBlock1::isFor)).containsExactly(1);
    assertThat(IntStream.range(0, 4).filter(afterBlock1.signed()::isFor)).containsExactly(1);
    assertThat(IntStream.range(0, 4).filter(directions(subspaces(1), 1)::isFor)).hasSize(4);
    assertThat(afterBlock1.key()).isEqualTo("block-2_r_k1");
  }

  @Test
  void randomDirectionsAreOfTheirSeed() {
    float[] v = vector();
    Directions directions = Directions.random(TOKENS, DIMENSION, 42);

    assertThat(directions.key()).isEqualTo("random_42");
    assertThat(directions.lying(v, 5))
        .isEqualTo(Directions.random(TOKENS, DIMENSION, 42).lying(v, 5))
        .isNotEqualTo(Directions.random(TOKENS, DIMENSION, 43).lying(v, 5));
    double squares = 0;
    for (int i = 0; i < DIMENSION; i++) {
      float[] axis = new float[DIMENSION];
      axis[i] = 1;
      squares += directions.lying(axis, 5);
    }

    assertThat(squares).as("length").isCloseTo(1, within(1e-6));
  }

  @Test
  void theUnembeddingsDirectionsAreThoseInWhichLogitsGrow() {
    ResidualStream model = LoadedModels.stream(Models.directory(Models.DICKENS_SMALL));
    int dimension = model.shape().modelDimension();
    Directions directions = Directions.unembedding(model).signed();
    float[] v = new float[dimension];
    float[] opposite = new float[dimension];
    for (int i = 0; i < dimension; i++) {
      v[i] = (float) random.nextGaussian() + .5f; // with a mean, which the norm takes away
      opposite[i] = -v[i];
    }

    float[] logits = model.logitsAlone(model.shape().blocks(), v);
    float[] ofOpposite = model.logitsAlone(model.shape().blocks(), opposite);
    for (int token = 0; token < logits.length; token++) {
      assertThat(Math.signum(directions.lying(v, token)))
          .as("token %d", token)
          .isEqualTo(Math.signum(logits[token] - ofOpposite[token]));
    }
  }
}
