/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.model.ResidualStream;

/** The outputs that targets say. */
final class InvertedOutputs {
  private InvertedOutputs() {}

  /**
   * What a target says, of sequences of so many tokens.
   *
   * @param model whose blocks make it; of a control, the width of its vectors is taken alone
   */
  static InvertedOutput of(ResidualStream model, Target target, int length) {
    return target.part().isControl()
        ? FullyConnected.random(target.part(), length, model.shape().modelDimension())
        : new TargetOutput(model, target, length);
  }
}
