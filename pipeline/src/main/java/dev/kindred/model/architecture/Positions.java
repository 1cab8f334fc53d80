/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

import java.util.List;
import java.util.stream.IntStream;

/** How a model tells positions apart. They are counted from 0. */
public sealed interface Positions {
  Positions NONE = new None();

  List<Tensor> tensors();

  /** Not at all, but for what each position sees. */
  record None() implements Positions {
    @Override
    public List<Tensor> tensors() {
      return List.of();
    }
  }

  /**
   * A learned vector a position, which is added: to the embedding of its token, or to what queries
   * and keys are made of.
   *
   * @param table name of the tensor
   * @param rows of the table
   * @param width of the table
   * @param offset the row of position 0
   */
  record Learned(String table, int rows, int width, int offset) implements Positions {
    @Override
    public List<Tensor> tensors() {
      return List.of(new Tensor(table, Tensor.Start.NORMAL, rows, width));
    }
  }

  /**
   * Queries and keys of a head are turned in planes, by an angle that is the position times the
   * plane's frequency (Su et al. 2021): their products then depend on the distance of positions.
   *
   * @param frequencies of the planes, in radians a position; the coordinates beyond the first
   *     {@code 2 * frequencies.size()} stay as they are
   * @param pairing which coordinates span a plane
   * @param factor of the turned coordinates; 1 but for scaled contexts
   */
  record Rotary(List<Double> frequencies, Pairing pairing, double factor) implements Positions {

    /** Which two of the coordinates that are turned, W of them, span a plane. */
    public enum Pairing {
      /** The coordinates i and i + W / 2 span a plane. */
      HALVES,
      /** The coordinates 2 i and 2 i + 1 span a plane. */
      NEIGHBOURS
    }

    /**
     * Frequencies {@code base^(-2 i / width)}.
     *
     * @param width coordinates that are turned, an even number
     */
    public static Rotary of(int width, double base, Pairing pairing) {
      return new Rotary(
          IntStream.range(0, width / 2).mapToObj(i -> Math.pow(base, -2. * i / width)).toList(),
          pairing,
          1);
    }

    /** Coordinates that are turned. */
    public int width() {
      return 2 * frequencies.size();
    }

    @Override
    public List<Tensor> tensors() {
      return List.of();
    }
  }
}
