/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.FeedForward;
import dev.kindred.model.architecture.FeedForward.Mlp;
import dev.kindred.model.architecture.Linear;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Norm.LayerNorm;
import dev.kindred.model.architecture.Norm.RmsNorm;

/** The parts that Kindred's own architectures share, by the names of their files. */
final class OwnParts {
  /** What fields say of a part that is not there. */
  static final String NONE = "none";

  private OwnParts() {}

  /**
   * Returns a norm.
   *
   * @param kind {@link #NONE}, {@code rms}, or another name for one of layers
   */
  static Norm norm(String kind, String name, int size, float epsilon) {
    return switch (kind) {
      case NONE -> Norm.NONE;
      case "rms" -> new RmsNorm(name + ".weight", size, epsilon, 0);
      default -> LayerNorm.named(name, size, epsilon);
    };
  }

  /**
   * Returns a block's network.
   *
   * @param block what the names of its tensors begin with
   * @param hidden its hidden width; 0 for no network
   */
  static FeedForward network(String block, int hidden, int d, Activation activation) {
    return hidden == 0
        ? FeedForward.NONE
        : new Mlp(
            Linear.named(block + "mlp.fc", true, hidden, d),
            Linear.named(block + "mlp.proj", true, d, hidden),
            activation);
  }
}
