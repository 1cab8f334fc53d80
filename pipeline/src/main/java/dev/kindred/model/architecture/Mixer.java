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

  /** Numbers of each position on its way that mixing reads. */
  default int readWidth() {
    return width();
  }

  /**
   * Floating-point operations of its products.
   *
   * @param query of a position, to make what it asks by
   * @param memory of a position, to make what later ones find there
   * @param memoryPair of a position and one that it sees, to make what later ones find there
   * @param pair of a position and one that it sees
   * @param output of a position, for what comes after mixing
   */
  record Work(double query, double memory, double memoryPair, double pair, double output) {}

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
          0,
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
   * Masked mixing (Badger 2024): what a position gets of the others is weighted by where they
   * stand, and by nothing of what is there. The vectors go through {@code input}, then through
   * {@code spread}, then through all branches, whose results are added, then through {@code
   * output}.
   *
   * <p>The weights know positions by their numbers: a sequence of k tokens uses those of the first
   * k positions, and one that stands elsewhere those of where it stands.
   *
   * @param input D to W; null for none, where W = D
   * @param spread makes several vectors of each position, of those up to it; null for none
   * @param branches make one vector of each position, of those up to it
   * @param output W to D; null for none, where W = D
   * @param width W
   */
  record Masked(Linear input, Triangle spread, List<Triangle> branches, Linear output, int width)
      implements Mixer {

    /** Mixing by one matrix. */
    public static Masked flat(Triangle triangle, int dModel) {
      return new Masked(null, null, List.of(triangle), null, dModel);
    }

    @Override
    public List<Tensor> tensors() {
      List<Tensor> tensors = new ArrayList<>();
      addTensors(tensors, input);
      if (spread != null) {
        tensors.addAll(spread.tensors());
      }

      branches.forEach(branch -> tensors.addAll(branch.tensors()));
      addTensors(tensors, output);
      return tensors;
    }

    private static void addTensors(List<Tensor> tensors, Linear map) {
      if (map != null) {
        tensors.addAll(map.tensors());
      }
    }

    @Override
    public int keptWidth() {
      return (input == null ? 0 : width) + (spread == null ? 0 : readWidth());
    }

    @Override
    public int readWidth() {
      return spread == null ? width : spread.rows() * width;
    }

    @Override
    public Work work() {
      return new Work(
          0,
          input == null ? 0 : input.operations(),
          spread == null ? 0 : 2. * readWidth(),
          2. * readWidth() * branches.size(),
          output == null ? 0 : output.operations());
    }

    @Override
    public String text() {
      int heads = branches.get(0).heads();
      String matrices =
          branches.size() > 1
              ? branches.size() + " parallel masked mixings"
              : heads > 0 ? heads + " heads of masked mixing" : "masked mixing";
      return spread == null ? matrices : matrices + ", expanded " + spread.rows() + " times";
    }
  }

  /**
   * Weights between positions. Each position has R rows and C columns of the matrix, beside each
   * other, and row r of position t gets a(sum over the columns c of positions up to t of W[r, c]
   * times the vector of c, plus b[r] in every coordinate). What is stored above these blocks is not
   * used.
   *
   * @param weight name of the tensor W, [R length, C length]; with heads, [heads, R length, C
   *     length], where each has the same share of the coordinates
   * @param bias name of the tensor b, [R length] or [heads, R length]
   * @param length of the longest sequence
   * @param heads 0 for one matrix for all coordinates, stored without that dimension
   * @param rows R, vectors that each position gets
   * @param columns C, vectors that each position has
   * @param activation a; null for none
   */
  record Triangle(
      String weight,
      String bias,
      int length,
      int heads,
      int rows,
      int columns,
      Activation activation) {

    /** One vector of one a position, without an activation. */
    public static Triangle of(String weight, String bias, int length) {
      return new Triangle(weight, bias, length, 0, 1, 1, null);
    }

    List<Tensor> tensors() {
      long all = (long) rows * length;
      long seen = (long) columns * length;
      return heads == 0
          ? List.of(
              new Tensor(weight, Tensor.Start.NORMAL, all, seen),
              new Tensor(bias, Tensor.Start.ZEROS, all))
          : List.of(
              new Tensor(weight, Tensor.Start.NORMAL, heads, all, seen),
              new Tensor(bias, Tensor.Start.ZEROS, heads, all));
    }
  }
}
