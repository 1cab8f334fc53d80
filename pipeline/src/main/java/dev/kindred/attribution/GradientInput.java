/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.attribution;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/**
 * Gradient times input: what the objective g would lose, were it linear, if a token's row e were
 * zero. There is one number a token; published ones differ in where they take absolute values.
 */
public enum GradientInput {
  /** Sum of g e: the change to first order. */
  SIGNED,
  /** Its absolute value. */
  ABS_OF_SUM,
  /** Sum of |g e|, as the published code has it. */
  SUM_OF_ABS,
  /** Sum of |g| e, as the published text has it. */
  ABS_GRADIENT_TIMES_INPUT,
  /** Length of g e, number by number. */
  L2,
  /** Length of g alone. */
  GRADIENT_L2;

  /** The name: {@code sum-of-abs}. */
  @JsonValue
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * Returns one number a token.
   *
   * @param gradient T x D
   * @param rows T x D
   * @param dimension D
   */
  public double[] scores(float[] gradient, float[] rows, int dimension) {
    double[] scores = new double[rows.length / dimension];
    for (int i = 0; i < rows.length; i++) {
      double g = gradient[i];
      double e = rows[i];
      scores[i / dimension] +=
          switch (this) {
            case SIGNED, ABS_OF_SUM -> g * e;
            case SUM_OF_ABS -> Math.abs(g * e);
            case ABS_GRADIENT_TIMES_INPUT -> Math.abs(g) * e;
            case L2 -> g * e * g * e;
            case GRADIENT_L2 -> g * g;
          };
    }

    for (int t = 0; t < scores.length; t++) {
      scores[t] =
          switch (this) {
            case ABS_OF_SUM -> Math.abs(scores[t]);
            case L2, GRADIENT_L2 -> Math.sqrt(scores[t]);
            default -> scores[t];
          };
    }

    return scores;
  }
}
