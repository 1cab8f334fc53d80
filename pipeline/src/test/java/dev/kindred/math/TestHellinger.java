/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.math;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestHellinger {
  @Test
  void agreesWithTheStudysExample() {
    assertThat(Hellinger.distance(new double[] {.49, .51}, new double[] {.51, .49}))
        .isCloseTo(.0141, within(.00005));
  }

  @Test
  void ofACertainAndAnEvenDistribution() {
    // ((1 - sqrt .5)^2 + .5) / 2 = 1 - sqrt .5
    assertThat(Hellinger.distance(new double[] {1, 0}, new double[] {.5, .5}))
        .isCloseTo(Math.sqrt(1 - Math.sqrt(.5)), within(1e-15));
  }

  @Test
  void ofEqualDistributionsIsZero() {
    double[] p = random(new Random(1), 65);

    assertThat(Hellinger.distance(p, p.clone())).isZero();
  }

  @Test
  void ofDisjointDistributionsIsOne() {
    assertThat(Hellinger.distance(new double[] {.3, .7, 0, 0}, new double[] {0, 0, .6, .4}))
        .isCloseTo(1, within(1e-15));
  }

  @Test
  void isNeverAboveOneWhereProbabilitiesSumToMoreByRounding() {
    assertThat(Hellinger.distance(new double[] {1.0000001, 0}, new double[] {0, 1.0000001}))
        .isEqualTo(1);
  }

  @Test
  void isSymmetric() {
    Random random = new Random(2);
    for (int round = 0; round < 100; round++) {
      double[] p = random(random, 10);
      double[] q = random(random, 10);

      assertThat(Hellinger.distance(p, q)).isEqualTo(Hellinger.distance(q, p));
    }
  }

  @Test
  void obeysTheTriangleInequality() {
    Random random = new Random(3);
    for (int round = 0; round < 1000; round++) {
      double[] p = random(random, 4);
      double[] q = random(random, 4);
      double[] r = random(random, 4);

      assertThat(Hellinger.distance(p, r))
          .as("from %s by %s to %s", Arrays.toString(p), Arrays.toString(q), Arrays.toString(r))
          .isLessThanOrEqualTo(Hellinger.distance(p, q) + Hellinger.distance(q, r) + 1e-15);
    }
  }

  @Test
  void equalsTheRootOfOneMinusTheBhattacharyyaCoefficient() {
    Random random = new Random(4);
    for (int round = 0; round < 100; round++) {
      double[] p = random(random, 65);
      double[] q = random(random, 65);
      double coefficient = 0;
      for (int token = 0; token < p.length; token++) {
        coefficient += Math.sqrt(p[token] * q[token]);
      }

      assertThat(Hellinger.distance(p, q)).isCloseTo(Math.sqrt(1 - coefficient), within(1e-12));
    }
  }

  @Test
  void rejectsDistributionsOverDifferentTokens() {
    assertThatThrownBy(() -> Hellinger.distance(new double[] {1}, new double[] {.5, .5}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid distributions: lengths differ, 1 != 2");
  }

  @Test
  void isTheSameForDistributionsGivenByTheirTokens() {
    Random random = new Random(5);
    for (int round = 0; round < 100; round++) {
      double[] p = random(random, 12);
      double[] q = random(random, 12);
      int[] pTokens = tokens(p);
      int[] qTokens = tokens(q);

      assertThat(Hellinger.distance(pTokens, at(p, pTokens), qTokens, at(q, qTokens)))
          .isEqualTo(Hellinger.distance(p, q));
    }
  }

  private static int[] tokens(double[] p) {
    return IntStream.range(0, p.length).filter(token -> p[token] > 0).toArray();
  }

  private static double[] at(double[] p, int[] tokens) {
    return Arrays.stream(tokens).mapToDouble(token -> p[token]).toArray();
  }

  /** Uneven, with some tokens of probability zero. */
  private static double[] random(Random random, int tokens) {
    double[] shares = new double[tokens];
    for (int token = 0; token < tokens; token++) {
      shares[token] = random.nextInt(4) == 0 ? 0 : Math.pow(random.nextDouble(), 3);
    }

    shares[random.nextInt(tokens)] += .1;
    double total = Arrays.stream(shares).sum();
    return Arrays.stream(shares).map(share -> share / total).toArray();
  }
}
