/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

import java.util.List;

/** The part of a block that works on each position by itself. M = its hidden width. */
public sealed interface FeedForward {
  FeedForward NONE = new None();

  /** Its linear maps, in the order in which they are used. */
  List<Linear> maps();

  /** Returns the hidden width M; 0 without a network. */
  int width();

  /** A block without one. */
  record None() implements FeedForward {
    @Override
    public List<Linear> maps() {
      return List.of();
    }

    @Override
    public int width() {
      return 0;
    }
  }

  /**
   * down(activation(up(x))).
   *
   * @param up D to M
   * @param down M to D
   */
  record Mlp(Linear up, Linear down, Activation activation) implements FeedForward {
    @Override
    public List<Linear> maps() {
      return List.of(up, down);
    }

    @Override
    public int width() {
      return up.outputs();
    }
  }

  /**
   * down(activation(gate(x)) * up(x)), coordinate by coordinate (Shazeer 2020).
   *
   * @param gate D to M
   * @param up D to M
   * @param down M to D
   */
  record Gated(Linear gate, Linear up, Linear down, Activation activation) implements FeedForward {
    @Override
    public List<Linear> maps() {
      return List.of(gate, up, down);
    }

    @Override
    public int width() {
      return up.outputs();
    }
  }

  default List<Tensor> tensors() {
    return maps().stream().flatMap(map -> map.tensors().stream()).toList();
  }

  /** Operations a position. */
  default double operations() {
    return maps().stream().mapToDouble(Linear::operations).sum();
  }
}
