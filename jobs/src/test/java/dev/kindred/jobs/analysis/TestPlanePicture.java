/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.geometry.TipToTail;
import dev.kindred.geometry.TipToTail.Arrow;
import dev.kindred.geometry.TipToTail.Part;
import dev.kindred.geometry.TipToTail.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TestPlanePicture {

  /** The embedding, and attention and feed-forward outputs of some blocks, in any direction. */
  private static TipToTail random(int blocks, long seed) {
    Random random = new Random(seed);
    List<Arrow> arrows = new ArrayList<>();
    Point tail = Point.ORIGIN;
    for (int i = 0; i <= 2 * blocks; i++) {
      Part part = i == 0 ? Part.EMBEDDING : i % 2 == 1 ? Part.ATTENTION : Part.FEED_FORWARD;
      Point tip =
          new Point(tail.x() + 3 * random.nextGaussian(), tail.y() + 3 * random.nextGaussian());
      arrows.add(new Arrow(part, i == 0 ? 0 : (i - 1) / 2, tail, tip));
      tail = tip;
    }

    return new TipToTail(arrows);
  }

  private static double length(PlanePicture.Shaft shaft) {
    return Math.hypot(shaft.x2() - shaft.x1(), shaft.y2() - shaft.y1());
  }

  @Test
  void bothPicturesHaveOneScale() {
    TipToTail whole = random(6, 1);
    TipToTail other = random(2, 2);
    List<PlanePicture> pictures = PlanePicture.of(whole, other);

    assertThat(length(pictures.get(0).sum()) / whole.tip().norm())
        .isCloseTo(length(pictures.get(1).sum()) / other.tip().norm(), within(1e-9));
  }

  @Test
  void whatGoesUpInThePlaneGoesUpInThePicture() {
    TipToTail up =
        new TipToTail(List.of(new Arrow(Part.EMBEDDING, 0, Point.ORIGIN, new Point(0, 1))));

    PlanePicture.Shaft shaft = PlanePicture.of(up, up).get(0).shafts().get(0);
    assertThat(shaft.y2()).isLessThan(shaft.y1());
    assertThat(shaft.x2()).isEqualTo(shaft.x1());
  }

  @Test
  void shaftsAndLabelsAreInsideThePicture() {
    for (long seed = 0; seed < 50; seed++) {
      PlanePicture picture = PlanePicture.of(random(6, seed), random(6, -seed)).get(0);
      assertThat(picture.shafts())
          .allMatch(shaft -> shaft.x2() >= 0 && shaft.x2() <= picture.width())
          .allMatch(shaft -> shaft.y2() >= 0 && shaft.y2() <= picture.height());
      assertThat(picture.labels())
          .allMatch(label -> label.x() > 20 && label.x() < picture.width() - 20)
          .allMatch(label -> label.y() > 0 && label.y() < picture.height());
    }
  }

  @Test
  void everyVectorHasALabelOfItsOwn() {
    PlanePicture picture = PlanePicture.of(random(2, 1), random(2, 2)).get(0);

    assertThat(picture.labels())
        .extracting(PlanePicture.Label::text)
        .containsExactly("embedding", "attn 0", "ffn 0", "attn 1", "ffn 1");
  }

  @Test
  void labelsDoNotHideEachOther() {
    for (long seed = 0; seed < 50; seed++) {
      List<PlanePicture.Label> labels =
          PlanePicture.of(random(6, seed), random(6, -seed)).get(0).labels();
      for (int i = 0; i < labels.size(); i++) {
        for (PlanePicture.Label other : labels.subList(i + 1, labels.size())) {
          boolean isHidden =
              Math.abs(labels.get(i).x() - other.x()) < 20
                  && Math.abs(labels.get(i).y() - other.y()) < 10;
          assertThat(isHidden).as("%s and %s of seed %d", labels.get(i), other, seed).isFalse();
        }
      }
    }
  }
}
