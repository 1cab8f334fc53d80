/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import dev.kindred.model.Readout;
import dev.kindred.model.ResidualStream;

/**
 * In which directions of the stream before the final norm tokens have their logits, as long as what
 * the norm divides by is the same: columns of the folded unembedding.
 */
final class TokenDirections {
  private final Readout readout;
  private final double[] mean; // over all tokens

  private TokenDirections(Readout readout, double[] mean) {
    this.readout = readout;
    this.mean = mean;
  }

  static TokenDirections of(ResidualStream model) {
    Readout readout = model.readout();
    int vocabulary = model.shape().vocabularySize();
    double[] mean = new double[model.shape().modelDimension()];
    for (int token = 0; token < vocabulary; token++) {
      double[] direction = readout.direction(token);
      for (int i = 0; i < mean.length; i++) {
        mean[i] += direction[i] / vocabulary;
      }
    }

    return new TokenDirections(readout, mean);
  }

  /** Returns a token's direction, D. */
  double[] of(int token) {
    return readout.direction(token);
  }

  /** Returns the mean of all tokens' directions, D. */
  double[] mean() {
    return mean;
  }

  /** Returns a token's direction less the mean of all. */
  double[] aboveMean(int token) {
    double[] direction = of(token);
    for (int i = 0; i < direction.length; i++) {
      direction[i] -= mean[i];
    }

    return direction;
  }
}
