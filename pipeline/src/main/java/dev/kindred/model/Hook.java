/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

/**
 * A place where the forward pass of a model can be looked into.
 *
 * @param block from 0, or {@link #MODEL}
 */
public record Hook(int block, HookPoint point) {
  /** Instead of a block, for places of which a model has one. */
  public static final int MODEL = -1;

  public Hook {
    if (point.isOfBlock() != block >= 0) {
      throw new IllegalArgumentException("Invalid hook: " + point + " in block " + block);
    }
  }

  /**
   * A place in a block.
   *
   * @param block from 0
   */
  public static Hook of(HookPoint point, int block) {
    return new Hook(block, point);
  }

  /** A place of which a model has one. */
  public static Hook of(HookPoint point) {
    return new Hook(MODEL, point);
  }

  /** The name that TransformerLens has for it: {@code blocks.2.attn.hook_z}. */
  @Override
  public String toString() {
    return block == MODEL ? point.hookName() : "blocks." + block + "." + point.hookName();
  }
}
