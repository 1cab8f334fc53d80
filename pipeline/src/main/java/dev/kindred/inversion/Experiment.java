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
    DIRECT,
    /**
     * Vectors, one after another, each as a sequence of its own: what others add to the output is
     * not there.
     */
    PER_TOKEN,
    /** Vectors of one position more and more; those before it go on moving. */
    EXPANDING,
    /** Vectors, one after another, with the tokens before it that were read as nearest. */
    SEQUENTIAL;

    /** Whether positions are searched for one after another. */
    public boolean isByPosition() {
      return this != INDIRECT && this != DIRECT;
    }

    /** The name: {@code per-token}. */
    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
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

  /** Whether a search may take steps for this and another at once. */
  boolean sharesSearchWith(Experiment other) {
    return method == other.method
        && !method.isByPosition()
        && !target.part().isControl()
        && target.isMadeAs(other.target)
        && (method == Method.DIRECT // whose steps are made by the rate of all
            ? descent.equals(other.descent)
            : descent.steps() == other.descent.steps());
  }

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
