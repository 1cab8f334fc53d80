/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.attribution;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;

/** A number that each token of a prompt gets. Scores differ in their units. */
public enum Score {
  GRADIENT_SIGNED(Method.GRADIENT, "signed", true),
  GRADIENT_ABS_OF_SUM(Method.GRADIENT, "abs-of-sum", false),
  GRADIENT_SUM_OF_ABS(Method.GRADIENT, "sum-of-abs", false),
  GRADIENT_ABS_GRADIENT_TIMES_INPUT(Method.GRADIENT, "abs-gradient-times-input", false),
  GRADIENT_L2(Method.GRADIENT, "l2", true),
  GRADIENT_GRADIENT_L2(Method.GRADIENT, "gradient-l2", false),
  OCCLUSION_DROP(Method.OCCLUSION, "drop", true),
  OCCLUSION_TOTAL_VARIATION(Method.OCCLUSION, "total-variation", true),
  OCCLUSION_KL(Method.OCCLUSION, "kl", false),
  OCCLUSION_L1_LOGITS(Method.OCCLUSION, "l1-logits", false),
  INTEGRATED(Method.INTEGRATED, null, true),
  COMBINED_SOUND(Method.COMBINED, "sound", false),
  COMBINED_AS_PUBLISHED(Method.COMBINED, "as-published", false);

  /** Ways to attribute. */
  public enum Method {
    GRADIENT,
    OCCLUSION,
    INTEGRATED,
    COMBINED;

    /** The name: {@code gradient}. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Method method;
  private final String variant;
  private final boolean isCompared;

  Score(Method method, String variant, boolean isCompared) {
    this.method = method;
    this.variant = variant;
    this.isCompared = isCompared;
  }

  public Method method() {
    return method;
  }

  /** Which of the method's scores it is: {@code abs-of-sum}; null if the method has one only. */
  public String variant() {
    return variant;
  }

  /** Whether it is compared with others: of scores of one kind, one is. */
  public boolean isCompared() {
    return isCompared;
  }

  /** The name: {@code gradient abs-of-sum}. */
  @JsonValue
  public String text() {
    return variant == null ? method.text() : method.text() + " " + variant;
  }

  /**
   * The score of a name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Score of(String text) {
    return Arrays.stream(values())
        .filter(score -> score.text().equals(text))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("Invalid score: " + text));
  }

  static Score of(GradientInput variant) {
    return valueOf("GRADIENT_" + variant.name());
  }
}
