/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.lens;

import dev.kindred.model.HookPoint;
import java.util.List;

/**
 * What the model would predict if it ended earlier.
 *
 * @param text the prompt
 * @param tokens of the prompt
 * @param layers in the order in which the model gets there; the last is its own prediction
 */
public record Lens(String text, List<String> tokens, List<Layer> layers) {

  /**
   * A place in the residual stream.
   *
   * @param block transformer block, from 0
   * @param hook {@link HookPoint#RESID_PRE}, of block 0 alone, is the embedding
   * @param positions the most probable token after each of the prompt's
   * @param end the most probable tokens after all of the prompt, descending
   */
  public record Layer(int block, HookPoint hook, List<Guess> positions, List<Guess> end) {}

  /**
   * A token that may be next.
   *
   * @param probability in [0, 1]
   */
  public record Guess(int tokenId, String token, double probability) {}
}
