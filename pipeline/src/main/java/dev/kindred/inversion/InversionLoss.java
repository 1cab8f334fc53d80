/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.InvalidInput;
import java.io.Serializable;
import java.util.Locale;

/**
 * How far an output o is from the one that is to be met, t. Everything is summed over, never
 * averaged: what counts of one sequence is one vector of n numbers.
 *
 * @param kind the formula
 * @param factor c, of all but {@link Kind#MIXED}
 * @param cosineFactor alpha, of {@link Kind#MIXED} alone
 * @param l1Factor beta, of {@link Kind#MIXED} alone
 */
public record InversionLoss(Kind kind, double factor, double cosineFactor, double l1Factor)
    implements Serializable {

  /** The published factor of l1, whose steps are as much longer. */
  public static final InversionLoss AS_PUBLISHED = of(Kind.L1, .1);

  /** A formula. */
  public enum Kind {
    /** c sum |o - t|; the derivative of |0| is 0. */
    L1,
    /** c sqrt(sum (o - t)^2). */
    L2,
    /** c sum (o - t)^2. */
    L2_SQUARED,
    /** c (1 - cos(o, t)). */
    COSINE,
    /** c (1 - |cos(o, t)|), as published: it takes the opposite direction for the same. */
    COSINE_ABS,
    /** alpha (1 - cos(o, t)) + beta sum |o - t|. */
    MIXED;

    /** The name: {@code l2-squared}. */
    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether lengths make no difference. */
    public boolean isOfDirection() {
      return this == COSINE || this == COSINE_ABS;
    }
  }

  /** A formula with a factor. */
  public static InversionLoss of(Kind kind, double factor) {
    return new InversionLoss(kind, factor, 1, 1);
  }

  /** The last formula, with an alpha for each search: gradients of both parts begin alike. */
  public static InversionLoss balanced() {
    return mixed(Double.NaN, 1);
  }

  /** Whether alpha depends on where a search begins. */
  boolean isBalanced() {
    return Double.isNaN(cosineFactor);
  }

  /** The last formula. */
  public static InversionLoss mixed(double cosineFactor, double l1Factor) {
    return new InversionLoss(Kind.MIXED, 1, cosineFactor, l1Factor);
  }

  /**
   * Returns the loss.
   *
   * @param o n numbers
   * @param t n numbers
   * @param derivative gets the derivative by each of o
   */
  public double of(float[] o, float[] t, double[] derivative) {
    return switch (kind) {
      case L1 -> l1(o, t, factor, derivative);
      case L2 -> l2(o, t, derivative);
      case L2_SQUARED -> l2Squared(o, t, derivative);
      case COSINE -> cosine(o, t, factor, false, derivative);
      case COSINE_ABS -> cosine(o, t, factor, true, derivative);
      case MIXED -> {
        double[] ofL1 = new double[o.length];
        double loss = cosine(o, t, cosineFactor, false, derivative) + l1(o, t, l1Factor, ofL1);
        for (int i = 0; i < derivative.length; i++) {
          derivative[i] += ofL1[i];
        }

        yield loss;
      }
    };
  }

  private static double l1(float[] o, float[] t, double factor, double[] derivative) {
    double sum = 0;
    for (int i = 0; i < o.length; i++) {
      double difference = (double) o[i] - t[i];
      sum += Math.abs(difference);
      derivative[i] = factor * Math.signum(difference);
    }

    return factor * sum;
  }

  private double l2(float[] o, float[] t, double[] derivative) {
    double norm = Math.sqrt(squares(o, t, derivative));
    for (int i = 0; i < o.length; i++) {
      derivative[i] = norm == 0 ? 0 : factor * derivative[i] / norm;
    }

    return factor * norm;
  }

  private double l2Squared(float[] o, float[] t, double[] derivative) {
    double squares = squares(o, t, derivative);
    for (int i = 0; i < o.length; i++) {
      derivative[i] *= 2 * factor;
    }

    return factor * squares;
  }

  private static double squares(float[] o, float[] t, double[] differences) {
    double sum = 0;
    for (int i = 0; i < o.length; i++) {
      differences[i] = (double) o[i] - t[i];
      sum += differences[i] * differences[i];
    }

    return sum;
  }

  /** d cos / d o = t / (|o| |t|) - cos o / |o|^2; all is 0 where a length is. */
  private static double cosine(
      float[] o, float[] t, double factor, boolean absolute, double[] derivative) {
    double dot = 0;
    double squareO = 0;
    double squareT = 0;
    for (int i = 0; i < o.length; i++) {
      dot += (double) o[i] * t[i];
      squareO += (double) o[i] * o[i];
      squareT += (double) t[i] * t[i];
    }

    double lengths = Math.sqrt(squareO * squareT);
    double cosine = lengths == 0 ? 0 : dot / lengths;
    double slope = absolute ? -factor * Math.signum(cosine) : -factor;
    for (int i = 0; i < o.length; i++) {
      derivative[i] = lengths == 0 ? 0 : slope * (t[i] / lengths - cosine * o[i] / squareO);
    }

    return factor * (1 - (absolute ? Math.abs(cosine) : cosine));
  }

  /**
   * What {@link #toString} gave: {@code l1}, {@code l1:0.1}, {@code mixed:200:1}.
   *
   * @throws InvalidInput if it is no loss
   */
  public static InversionLoss parse(String option, String text) {
    String[] words = text.toLowerCase(Locale.ROOT).split(":", -1);
    for (Kind kind : Kind.values()) {
      if (kind.text().equals(words[0]) && words.length <= (kind == Kind.MIXED ? 3 : 2)) {
        if (kind == Kind.MIXED && words.length == 1) {
          return balanced();
        }

        double first = words.length > 1 ? factor(option, text, words[1]) : 1;
        return kind == Kind.MIXED
            ? mixed(first, words.length > 2 ? factor(option, text, words[2]) : 1)
            : of(kind, first);
      }
    }

    throw unknown(option, text);
  }

  private static double factor(String option, String text, String number) {
    try {
      double factor = Double.parseDouble(number);
      if (factor > 0 && Double.isFinite(factor)) {
        return factor;
      }
    } catch (NumberFormatException e) {
      throw unknown(option, text);
    }

    throw unknown(option, text);
  }

  private static InvalidInput unknown(String option, String text) {
    return new InvalidInput(
        "%s %s: expected l1, l2, l2-squared, cosine or cosine-abs, with or without a factor such as"
            + " l1:0.1, mixed, or mixed:200:1",
        option, text);
  }

  @Override
  public String toString() {
    if (isBalanced()) {
      return kind.text();
    }

    return kind == Kind.MIXED
        ? String.format(Locale.ROOT, "mixed:%s:%s", cosineFactor, l1Factor)
        : kind.text() + (factor == 1 ? "" : ":" + factor);
  }
}
