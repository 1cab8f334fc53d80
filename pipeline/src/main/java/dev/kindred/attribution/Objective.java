/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.attribution;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.kindred.math.Softmax;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Function;

/**
 * A number that is made of the logits at a prompt's end, which is attributed to the prompt's
 * tokens.
 *
 * <p>A logarithm of a probability and a difference of logits do not change if one vector is added
 * to every row of the unembedding, which changes no probability. The sum of logits does: it is here
 * because it was published.
 *
 * @param kind what it is made of
 * @param token the token that it is about; not used by the sum
 * @param other the token that the difference takes away; not used by others
 */
public record Objective(Kind kind, int token, int other) {

  /** What an objective is made of. */
  public enum Kind {
    /** ln p of the token. */
    LOG_PROBABILITY,
    /** The token's logit less the other's. */
    LOGIT_DIFFERENCE,
    /** All logits, added. */
    LOGIT_SUM;

    /** The name: {@code log-probability}. */
    @JsonValue
    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Kind of(String text) {
      return valueOf(text.toUpperCase(Locale.ROOT).replace('-', '_'));
    }
  }

  /** How an objective follows from a prompt's own logits, V. */
  public interface Choice extends Function<float[], Objective>, Serializable {}

  /** The log-probability of the token that is predicted. */
  public static Objective predicted(float[] logits) {
    return logProbability(greatest(logits, -1));
  }

  /** The log-probability of a token. */
  public static Objective logProbability(int token) {
    return new Objective(Kind.LOG_PROBABILITY, token, token);
  }

  /** The logit of the token that is predicted less that of the next most probable one. */
  public static Objective logitDifference(float[] logits) {
    int first = greatest(logits, -1);
    return new Objective(Kind.LOGIT_DIFFERENCE, first, greatest(logits, first));
  }

  /** The sum of all logits. */
  public static Objective logitSum(float[] logits) {
    int first = greatest(logits, -1);
    return new Objective(Kind.LOGIT_SUM, first, first);
  }

  /** The token of the greatest logit, of equal ones the lowest, among all but one. */
  private static int greatest(float[] logits, int but) {
    int greatest = but == 0 ? 1 : 0;
    for (int token = greatest + 1; token < logits.length; token++) {
      if (token != but && logits[token] > logits[greatest]) {
        greatest = token;
      }
    }

    return greatest;
  }

  /**
   * Returns its value.
   *
   * @param logits V
   */
  public double of(float[] logits) {
    return switch (kind) {
      case LOG_PROBABILITY -> logits[token] - logNormalizer(logits);
      case LOGIT_DIFFERENCE -> (double) logits[token] - logits[other];
      case LOGIT_SUM -> sum(logits);
    };
  }

  /** ln of the sum of exp(logit). */
  static double logNormalizer(float[] logits) {
    double greatest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      greatest = Math.max(greatest, logit);
    }

    double total = 0;
    for (float logit : logits) {
      total += Math.exp(logit - greatest);
    }

    return greatest + Math.log(total);
  }

  private static double sum(float[] logits) {
    double sum = 0;
    for (float logit : logits) {
      sum += logit;
    }

    return sum;
  }

  /**
   * Returns its derivative by each logit, V.
   *
   * @param logits V
   */
  public double[] derivative(float[] logits) {
    double[] derivative = new double[logits.length];
    switch (kind) {
      case LOG_PROBABILITY -> {
        double[] probabilities = Softmax.row(logits, 0, logits.length);
        double others = 0; // 1 - p, exact also where p is almost 1
        for (int i = 0; i < derivative.length; i++) {
          derivative[i] = -probabilities[i];
          others += i == token ? 0 : probabilities[i];
        }

        derivative[token] = others;
      }
      case LOGIT_DIFFERENCE -> {
        derivative[token] = 1;
        derivative[other] = -1;
      }
      case LOGIT_SUM -> Arrays.fill(derivative, 1);
    }

    return derivative;
  }
}
