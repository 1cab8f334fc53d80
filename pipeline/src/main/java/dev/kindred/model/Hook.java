/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import dev.kindred.InvalidInput;
import java.io.Serializable;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A place where the forward pass of a model can be looked into.
 *
 * @param block from 0, or {@link #MODEL}
 */
public record Hook(int block, HookPoint point) implements Serializable {
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

  /**
   * Finds places by their names.
   *
   * @param option that gives the names, for messages
   * @param names as {@link #toString} has them; {@code blocks.*.} is that place in every block
   * @param ofModel the places that the model has
   * @return each once, in the order of the names
   * @throws InvalidInput if the model does not have one
   */
  public static List<Hook> named(String option, List<String> names, List<Hook> ofModel) {
    Set<Hook> found = new LinkedHashSet<>();
    for (String name : names) {
      List<Hook> ofName =
          ofModel.stream()
              .filter(
                  hook ->
                      name.equals(hook.toString())
                          || hook.point().isOfBlock()
                              && name.equals("blocks.*." + hook.point().hookName()))
              .toList();
      if (ofName.isEmpty()) {
        throw new InvalidInput(
            "%s %s: the model has no such place; it has %s", option, name, listed(ofModel));
      }

      found.addAll(ofName);
    }

    return List.copyOf(found);
  }

  /** Names all places, those that are in every block once. */
  private static String listed(List<Hook> ofModel) {
    int last = ofModel.stream().mapToInt(Hook::block).max().orElse(0);
    return ofModel.stream()
        .map(
            hook ->
                isInEveryBlock(hook, ofModel, last)
                    ? "blocks.B." + hook.point().hookName()
                    : hook.toString())
        .distinct()
        .collect(Collectors.joining(", ", "", " (B is a block, 0 to " + last + ", or *)"));
  }

  private static boolean isInEveryBlock(Hook hook, List<Hook> ofModel, int last) {
    return hook.block() != MODEL
        && ofModel.stream().filter(other -> other.point() == hook.point()).count() == last + 1;
  }

  /** The name that TransformerLens has for it: {@code blocks.2.attn.hook_z}. */
  @Override
  public String toString() {
    return block == MODEL ? point.hookName() : "blocks." + block + "." + point.hookName();
  }
}
