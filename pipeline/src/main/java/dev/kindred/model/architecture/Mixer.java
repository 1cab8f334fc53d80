/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

import java.util.ArrayList;
import java.util.List;

/** The part of a block that brings what is at earlier positions to later ones. */
public sealed interface Mixer {

  List<Tensor> tensors();

  /** Numbers of a position that mixing gives. */
  int width();

  /** Numbers of a position that later ones see, beside its vector. */
  int keptWidth();

  /**
   * Floating-point operations of its products.
   *
   * @param query of a position, to make what it asks by
   * @param memory of a position, to make what later ones find there
   * @param pair of a position and one that it sees
   * @param output of a position, for what comes after mixing
   */
  record Work(double query, double memory, double pair, double output) {}

  Work work();

  /** Describes the mixer in a few words, for a model's card. */
  String text();

  /**
   * Multi-head attention (Vaswani et al. 2017). Letters: D = {@code d_model}, H = heads, G = heads
   * of keys and values, E = width of a head. Query head h uses head h G / H of keys and values.
   *
   * @param heads H
   * @param keyValueHeads G, which divides H
   * @param headWidth E; H E need not be D
   * @param query D to H E
   * @param key D to G E
   * @param value D to G E
   * @param output H E to D
   * @param queryNorm of the queries, of size E for each head, or H E for all together
   * @param keyNorm of the keys, of size E or G E
   * @param positions how queries and keys tell positions: not, turned, or by a vector that is added
   *     to what both are made of
   * @param scale factor of the products of queries and keys
   * @param limits what bounds numbers and reach
   */
  record Attention(
      int heads,
      int keyValueHeads,
      int headWidth,
      Linear query,
      Linear key,
      Linear value,
      Linear output,
      Norm queryNorm,
      Norm keyNorm,
      Positions positions,
      double scale,
      Limits limits)
      implements Mixer {

    public Attention {
      if (heads % keyValueHeads != 0) {
        throw new IllegalArgumentException(
            "Invalid heads: " + keyValueHeads + " of keys do not divide " + heads);
      }
    }

    /** Attention whose positions are told elsewhere, scores divided by sqrt(E). */
    public static Attention plain(
        int heads, int headWidth, Linear query, Linear key, Linear value, Linear output) {
      return new Attention(
          heads,
          heads,
          headWidth,
          query,
          key,
          value,
          output,
          Norm.NONE,
          Norm.NONE,
          Positions.NONE,
          1 / Math.sqrt(headWidth),
          Limits.NONE);
    }

    @Override
    public List<Tensor> tensors() {
      List<Tensor> tensors = new ArrayList<>();
      List.of(query, key, value, output).forEach(linear -> tensors.addAll(linear.tensors()));
      tensors.addAll(queryNorm.tensors());
      tensors.addAll(keyNorm.tensors());
      tensors.addAll(positions.tensors());
      return tensors;
    }

    @Override
    public int width() {
      return heads * headWidth;
    }

    @Override
    public int keptWidth() {
      return 2 * keyValueHeads * headWidth;
    }

    @Override
    public Work work() {
      return new Work(
          query.operations(),
          key.operations() + value.operations(),
          4. * heads * headWidth,
          output.operations());
    }

    @Override
    public String text() {
      return keyValueHeads == heads
          ? heads + " heads"
          : heads + " heads, " + keyValueHeads + " of keys and values";
    }
  }

  /**
   * What bounds attention.
   *
   * @param window positions that one sees, with itself; {@link Integer#MAX_VALUE} for all before it
   * @param scoreCap c, where scores s become c tanh(s / c); infinite for none
   * @param clip greatest magnitude of queries, keys and values; infinite for none
   */
  record Limits(int window, double scoreCap, double clip) {
    public static final Limits NONE =
        new Limits(Integer.MAX_VALUE, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);
  }

  /**
   * Masked mixing (Badger 2024): position t gets the sum over s of W[t, s] times the vector at s,
   * for s up to t, plus b[t] in every coordinate. The weights know positions, and nothing of what
   * is there.
   *
   * @param weight name of the tensor W, [length, length], whose upper triangle is not used
   * @param bias name of the tensor b, [length]
   * @param length of the longest sequence
   * @param width D
   */
  record Triangular(String weight, String bias, int length, int width) implements Mixer {
    @Override
    public List<Tensor> tensors() {
      return List.of(
          new Tensor(weight, Tensor.Start.NORMAL, length, length),
          new Tensor(bias, Tensor.Start.ZEROS, length));
    }

    @Override
    public int keptWidth() {
      return 0;
    }

    @Override
    public Work work() {
      return new Work(0, 0, 2. * width, 0);
    }

    @Override
    public String text() {
      return "masked mixing";
    }
  }
}
