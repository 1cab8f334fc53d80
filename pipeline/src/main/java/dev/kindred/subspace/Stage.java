/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.subspace;

import dev.kindred.InvalidInput;
import java.io.Serializable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place in the residual stream from which the rest of the model can be run: {@code final}, before
 * the final norm, or {@code block-B}, before block B.
 *
 * @param before the block that it is before, from 0, or {@link #NORM}
 */
public record Stage(int before) implements Serializable {
  /** Stands for the final norm in the place of a block's number. */
  private static final int NORM = -1;

  public static final Stage FINAL = new Stage(NORM);

  private static final Pattern BLOCK = Pattern.compile("block-(\\d{1,4})");

  /**
   * What {@link #toString} gave.
   *
   * @param blocks of the model
   * @throws InvalidInput if the model has no such stage
   */
  public static Stage parse(String text, int blocks) {
    if (text.equals(FINAL.toString())) {
      return FINAL;
    }

    Matcher block = BLOCK.matcher(text);
    if (!block.matches() || Integer.parseInt(block.group(1)) >= blocks) {
      throw new InvalidInput(
          "--stage %s: expected final, before the final norm, or block-0 to block-%d, before that"
              + " block; the model has %d blocks",
          text, blocks - 1, blocks);
    }

    return new Stage(Integer.parseInt(block.group(1)));
  }

  /** The block that runs next; one more than the last for the final norm. */
  public int block(int blocks) {
    return before == NORM ? blocks : before;
  }

  @Override
  public String toString() {
    return before == NORM ? "final" : "block-" + before;
  }
}
