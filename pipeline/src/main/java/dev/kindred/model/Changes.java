/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * What is to be other than usual in a pass through a model. Values do not change once they are
 * here: each method returns changes with one more.
 */
public final class Changes {
  public static final Changes NONE = new Changes(Map.of(), Set.of(), Map.of());

  private final Map<Hook, UnaryOperator<float[]>> edits;
  private final Set<LeftOut> leftOut;
  private final Map<Integer, boolean[][]> masks;

  private record LeftOut(int block, Part part) {}

  private Changes(
      Map<Hook, UnaryOperator<float[]>> edits,
      Set<LeftOut> leftOut,
      Map<Integer, boolean[][]> masks) {
    this.edits = edits;
    this.leftOut = leftOut;
    this.masks = masks;
  }

  /** Parts of a block that can be left out. */
  public enum Part {
    /** The norm before attention, which then reads the stream as it is. */
    LN1,
    /** Attention, or another mixer, with all that it adds. */
    ATTENTION,
    /** The way around attention: its output alone goes on. */
    ATTENTION_RESIDUAL,
    /** The norm before the feed-forward network. */
    LN2,
    /** The feed-forward network with all that it adds. */
    MLP,
    /** The way around the feed-forward network. */
    MLP_RESIDUAL
  }

  /**
   * What is at a place goes through a function. No gradient passes it.
   *
   * @param edit takes and returns values in the shape that {@link HookPoint} says; it may be called
   *     several times
   */
  public Changes edit(Hook hook, UnaryOperator<float[]> edit) {
    Map<Hook, UnaryOperator<float[]>> more = new HashMap<>(edits);
    more.merge(hook, edit, (first, second) -> x -> second.apply(first.apply(x)));
    return new Changes(Map.copyOf(more), leftOut, masks);
  }

  /** Given values are put at a place. */
  public Changes replace(Hook hook, float[] values) {
    return edit(hook, x -> values);
  }

  /**
   * What was at some places in another pass is put there.
   *
   * @param found what was at each: {@code pass::all}
   */
  public Changes freeze(Collection<Hook> hooks, Function<Hook, float[]> found) {
    Changes frozen = this;
    for (Hook hook : hooks) {
      frozen = frozen.replace(hook, found.apply(hook));
    }

    return frozen;
  }

  /** A part of a block is left out. */
  public Changes leaveOut(int block, Part part) {
    Set<LeftOut> more = new HashSet<>(leftOut);
    more.add(new LeftOut(block, part));
    return new Changes(edits, Set.copyOf(more), masks);
  }

  /**
   * Attention of a block sees other positions than those up to itself; masked mixing, which has no
   * weights for later positions, sees those of them that are not later.
   *
   * @param sees T x T: whether a position, first, sees another; each sees at least one
   */
  public Changes mask(int block, boolean[][] sees) {
    Map<Integer, boolean[][]> more = new HashMap<>(masks);
    more.put(block, sees);
    return new Changes(edits, leftOut, Map.copyOf(more));
  }

  /** Returns the same changes without what is edited at a place. */
  public Changes without(Hook hook) {
    Map<Hook, UnaryOperator<float[]>> fewer = new HashMap<>(edits);
    fewer.remove(hook);
    return new Changes(Map.copyOf(fewer), leftOut, masks);
  }

  /** The places where something is edited. */
  public Set<Hook> edited() {
    return edits.keySet();
  }

  /** The function of a place; null if nothing is edited there. */
  public UnaryOperator<float[]> edit(Hook hook) {
    return edits.get(hook);
  }

  public boolean leavesOut(int block, Part part) {
    return leftOut.contains(new LeftOut(block, part));
  }

  /** Returns the mask that a block is given; null if it keeps its own. */
  public boolean[][] mask(int block) {
    return masks.get(block);
  }
}
