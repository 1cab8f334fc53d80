/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import java.io.Serializable;
import java.util.Locale;

/**
 * What is inverted, and how.
 *
 * @param loss how outputs are compared
 * @param startMean mean of the normal noise that the search begins with
 * @param startDeviation its standard deviation: of vectors where the search is indirect, of the
 *     mixture's V numbers where it is direct
 * @param positions what stands beside token vectors; a direct search has no positions
 * @param shift standard deviation of the noise on true vectors whose output a result must beat to
 *     be accepted
 */
public record Experiment(
    Method method,
    Target target,
    InversionLoss loss,
    Descent descent,
    double startMean,
    double startDeviation,
    Positions positions,
    double shift)
    implements Serializable {

  /** What is searched for. */
  public enum Method {
    /** Vectors in the residual stream before block 0. */
    INDIRECT,
    /** Mixtures of the vocabulary's vectors: V numbers a position, of which a token's are 10. */
    DIRECT;

    /** The name: {@code direct}. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What is added to token vectors, and taken away before they are read. */
  public enum Positions {
    /** What the model adds to each. */
    OWN,
    /** What it adds to the first, to all of them, as published. */
    ZERO,
    /** Nothing. */
    NONE
  }

  /** What a token is multiplied by in the mixture to be found. */
  static final double DIRECT_SCALE = 10;

  /** The factor of token vectors in what is to be met. */
  double scale() {
    return method == Method.DIRECT ? DIRECT_SCALE : 1;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s %s loss=%s %s start=%s:%s positions=%s shift=%s",
        method.text(),
        target,
        loss,
        descent,
        startMean,
        startDeviation,
        positions,
        shift);
  }
}
