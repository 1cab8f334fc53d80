/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.model.ResidualStream;
import java.util.List;

/** The outputs that targets say. */
final class InvertedOutputs {
  private InvertedOutputs() {}

  /**
   * What a target says, of sequences of so many tokens.
   *
   * @param model whose blocks make it; of a control, the width of its vectors is taken alone
   */
  static InvertedOutput of(ResidualStream model, Target target, int length) {
    return of(model, List.of(target), length);
  }

  /**
   * What targets say, of sequences of so many tokens.
   *
   * @param targets one for all sequences, or one for each: such as {@link Target#isMadeAs} each
   *     other
   */
  static InvertedOutput of(ResidualStream model, List<Target> targets, int length) {
    BlockPart part = targets.get(0).part();
    return part.isControl()
        ? FullyConnected.random(part, length, model.shape().modelDimension())
        : new TargetOutput(model, targets, length);
  }
}
