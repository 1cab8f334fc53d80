/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.geometry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import dev.kindred.geometry.TipToTail.Added;
import dev.kindred.geometry.TipToTail.Arrow;
import dev.kindred.geometry.TipToTail.Attention;
import dev.kindred.geometry.TipToTail.Part;
import dev.kindred.geometry.TipToTail.Point;
import dev.kindred.geometry.TipToTail.Side;
import dev.kindred.model.HookPoint;
import dev.kindred.model.Models;
import dev.kindred.model.ResidualStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestTipToTail {
  private static final int[] PROMPT = {1, 2, 3, 4, 5};
  private static final Offset<Double> ROUNDING = within(1e-5); // of sums in float

  /** Vectors that have something in common, so that cosines are not all near 0. */
  private static List<Added> random(long seed) {
    Random random = new Random(seed);
    int dimension = 2 + random.nextInt(30);
    List<Added> added = new ArrayList<>();
    for (int i = 0; i < 3 + random.nextInt(10); i++) {
      float[] vector = new float[dimension];
      for (int k = 0; k < dimension; k++) {
        vector[k] = (float) (random.nextGaussian() * (i + 1) + random.nextInt(3) - 1);
      }

      added.add(new Added(Part.FEED_FORWARD, i, vector, Side.values()[random.nextInt(2)]));
    }

    return added;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void everyVectorHasItsNorm(long seed) {
    List<Added> added = random(seed);
    List<Arrow> arrows = TipToTail.of(added, .3).arrows();

    for (int i = 0; i < added.size(); i++) {
      assertThat(planar(arrows.get(i)).norm()).isCloseTo(norm(added.get(i).vector()), ROUNDING);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void everyVectorHasItsCosineToTheSumBeforeIt(long seed) {
    List<Added> added = random(seed);
    List<Arrow> arrows = TipToTail.of(added, .3).arrows();

    double[] sum = new double[added.get(0).vector().length];
    for (int i = 0; i < added.size(); i++) {
      float[] vector = added.get(i).vector();
      if (i > 0) {
        Point before = arrows.get(i).tail();
        Point next = planar(arrows.get(i));
        assertThat((before.x() * next.x() + before.y() * next.y()) / before.norm() / next.norm())
            .isCloseTo(cosine(sum, vector), ROUNDING);
      }

      add(sum, vector);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void itEndsAsFarFromTheOriginAsTheWholeSum(long seed) {
    List<Added> added = random(seed);
    double[] sum = new double[added.get(0).vector().length];
    added.forEach(next -> add(sum, next.vector()));

    assertThat(TipToTail.of(added, .3).tip().norm()).isCloseTo(norm(sum), within(1e-4));
  }

  @Test
  void vectorsOfOneDirectionLieOnALine() {
    List<Added> added =
        List.of(
            new Added(Part.EMBEDDING, 0, new float[] {1, 1}, Side.LEFT),
            new Added(Part.ATTENTION, 0, new float[] {3, 3}, Side.LEFT),
            new Added(Part.FEED_FORWARD, 0, new float[] {-1, -1}, Side.RIGHT));

    Point tip = TipToTail.of(added, 0).tip();
    assertThat(tip.x()).isCloseTo(3 * Math.sqrt(2), ROUNDING);
    assertThat(tip.y()).isCloseTo(0, ROUNDING);
  }

  @Test
  void aSideMirrorsTheVector() {
    assertThat(turned(Side.LEFT).y()).isCloseTo(2, ROUNDING);
    assertThat(turned(Side.RIGHT).y()).isCloseTo(-2, ROUNDING);
  }

  private static Point turned(Side side) {
    return TipToTail.of(
            List.of(
                new Added(Part.EMBEDDING, 0, new float[] {1, 0}, Side.LEFT),
                new Added(Part.FEED_FORWARD, 0, new float[] {0, 2}, side)),
            0)
        .tip();
  }

  @Test
  void aPromptsPictureEndsAsFarAwayAsItsResidualStream() {
    try (ResidualStream model = Models.directory(Models.TINYSHAKESPEARE).loadStream(Device.cpu());
        ResidualStream.Pass pass = model.run(new int[][] {PROMPT})) {
      TipToTail picture = TipToTail.of(model, PROMPT, Attention.DRAWN, 1);

      assertThat(picture.arrows()).hasSize(13);
      assertThat(picture.tip().norm())
          .isCloseTo(norm(pass.last(5, HookPoint.RESID_POST)), within(1e-3));
    }
  }

  @Test
  void withoutAttentionThereAreTheEmbeddingAndFeedForwardOutputs() {
    try (ResidualStream model = Models.directory(Models.TINYSHAKESPEARE).loadStream(Device.cpu())) {
      TipToTail whole = TipToTail.of(model, PROMPT, Attention.DRAWN, 1);
      TipToTail picture = TipToTail.of(model, PROMPT, Attention.LEFT_OUT, 1);

      assertThat(picture.arrows().get(0)).isEqualTo(whole.arrows().get(0));
      assertThat(picture.arrows().subList(1, 7))
          .extracting(Arrow::part)
          .containsOnly(Part.FEED_FORWARD);
    }
  }

  @Test
  void aPartTurnsToTheSameSideWhetherAttentionIsDrawnOrNot() {
    try (ResidualStream model = Models.directory(Models.TINYSHAKESPEARE).loadStream(Device.cpu())) {
      for (long seed = 0; seed < 5; seed++) {
        assertThat(feedForwardSides(TipToTail.of(model, PROMPT, Attention.LEFT_OUT, seed)))
            .hasSize(6)
            .isEqualTo(feedForwardSides(TipToTail.of(model, PROMPT, Attention.DRAWN, seed)));
      }
    }
  }

  private static List<Side> feedForwardSides(TipToTail picture) {
    return picture.arrows().stream()
        .filter(arrow -> arrow.part() == Part.FEED_FORWARD)
        .map(
            arrow -> {
              Point next = planar(arrow);
              double turned = arrow.tail().x() * next.y() - arrow.tail().y() * next.x();
              return turned > 0 ? Side.LEFT : Side.RIGHT;
            })
        .toList();
  }

  private static Point planar(Arrow arrow) {
    return new Point(arrow.tip().x() - arrow.tail().x(), arrow.tip().y() - arrow.tail().y());
  }

  private static void add(double[] sum, float[] vector) {
    for (int k = 0; k < sum.length; k++) {
      sum[k] += vector[k];
    }
  }

  private static double cosine(double[] a, float[] b) {
    double dot = 0;
    for (int k = 0; k < a.length; k++) {
      dot += a[k] * b[k];
    }

    return dot / norm(a) / norm(b);
  }

  private static double norm(float[] vector) {
    double[] sum = new double[vector.length];
    add(sum, vector);
    return norm(sum);
  }

  private static double norm(double[] vector) {
    double squares = 0;
    for (double component : vector) {
      squares += component * component;
    }

    return Math.sqrt(squares);
  }
}
