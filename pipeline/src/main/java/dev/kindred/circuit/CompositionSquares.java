/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import dev.kindred.circuit.Composition.Kind;
import dev.kindred.kernel.MatrixProducts;
import dev.kindred.kernel.MatrixProducts.Operand;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.ejml.data.DMatrixRMaj;

/**
 * The squared norms of the products of circuits, of all pairs of heads at once. With F F' for the
 * square of a circuit's factor, D x D, the squared norm of a product is the sum of the products of
 * the numbers of two such squares. Each of them is made once a head, some rows at a time, where a
 * product would have to be made once a pair.
 *
 * <p>What is added up is as exact as the largest numbers are; where a norm is far smaller, {@link
 * Composition#score} finds it by the product itself.
 */
final class CompositionSquares {
  /** Into which the rows are dealt, whatever the cores are. */
  static final int PARTS = 8;

  private static final int NUMBERS = 1 << 23; // of heads that write, at once
  private static final int MOST_ROWS = 64;

  private final List<List<Square>> writers = new ArrayList<>(); // of each block
  private final List<List<Square>> readers = new ArrayList<>();
  private final int dimension;

  /**
   * Of heads.
   *
   * @param writing of each block
   * @param reading of each block and each of its distances
   */
  CompositionSquares(List<List<HeadTriangles>> writing, List<List<List<HeadTriangles>>> reading) {
    this.dimension = writing.get(0).get(0).head().output().numCols;
    for (List<HeadTriangles> heads : writing) {
      writers.add(
          heads.stream().map(its -> Square.ofRows(its.head().output(), its.value())).toList());
    }

    for (List<List<HeadTriangles>> distances : reading) {
      readers.add(
          Stream.concat(
                  distances.stream()
                      .flatMap(
                          heads ->
                              Stream.of(Kind.QUERY, Kind.KEY)
                                  .flatMap(kind -> squares(heads, kind))),
                  squares(distances.get(0), Kind.VALUE)) // which do not know distances
              .toList());
    }
  }

  private static Stream<Square> squares(List<HeadTriangles> heads, Kind kind) {
    return heads.stream()
        .map(its -> Square.ofColumns(Composition.reads(its, kind), Composition.left(its, kind)));
  }

  /**
   * Where a later head stands among what a block reads by.
   *
   * @param distance its place among the block's distances
   */
  static int reader(Kind kind, int distance, int distances, int head, int heads) {
    return (kind == Kind.VALUE ? 2 * distances : 2 * distance + kind.ordinal()) * heads + head;
  }

  /**
   * The square F middle F' of a factor F.
   *
   * @param factor F or its transpose
   * @param row from one row of F to the next
   * @param column from one column of F to the next
   * @param middle [E, E]
   */
  private record Square(DMatrixRMaj factor, int row, int column, DMatrixRMaj middle) {
    /** That of a factor [D, E], with a triangle that comes after its transpose. */
    static Square ofColumns(DMatrixRMaj factor, DMatrixRMaj triangle) {
      return new Square(factor, factor.numCols, 1, Products.transposedTimes(triangle, triangle));
    }

    /** That of the transpose of a factor [E, D], with a triangle that comes before it. */
    static Square ofRows(DMatrixRMaj factor, DMatrixRMaj triangle) {
      return new Square(factor, 1, factor.numCols, Products.transposedTimes(triangle, triangle));
    }

    /** Adds some rows, without the columns that come before the first of these, to numbers. */
    void addRows(int from, int rows, int dimension, double[] numbers, int at) {
      int width = middle.numRows;
      double[] left = new double[rows * width];
      int first = from * row;
      MatrixProducts.add(
          new Operand(factor.data, first, row, column),
          Operand.rows(middle.data, width),
          rows,
          width,
          width,
          left);
      MatrixProducts.add(
          Operand.rows(left, width),
          new Operand(factor.data, first, column, row),
          rows,
          width,
          dimension - from,
          new Operand(numbers, at, dimension - from, 1));
    }
  }

  /**
   * Returns what some of the rows add up to.
   *
   * @param part of {@link #PARTS}, from 0
   * @return of each block: of each head of the blocks before it, what each that reads adds up to
   */
  double[][] part(int part) {
    double[][] sums = new double[readers.size()][];
    int written = 0;
    for (int block = 0; block < sums.length; block++) {
      sums[block] = new double[written * readers.get(block).size()];
      written += writers.get(block).size();
    }

    int most = Math.max(1, Math.min(MOST_ROWS, NUMBERS / dimension / written));
    int deals = (dimension + PARTS * most - 1) / (PARTS * most);
    int rows = (dimension + PARTS * deals - 1) / (PARTS * deals); // parts have equally many
    double[] left = new double[written * rows * dimension];
    for (int from = part * rows; from < dimension; from += PARTS * rows) {
      add(from, Math.min(rows, dimension - from), left, sums);
    }

    return sums;
  }

  private void add(int from, int rows, double[] left, double[][] sums) {
    int length = rows * (dimension - from);
    int written = 0;
    for (int block = 0; block < sums.length; block++) {
      List<Square> its = readers.get(block);
      if (written > 0) {
        double[] right = new double[its.size() * length];
        for (int reader = 0; reader < its.size(); reader++) {
          its.get(reader).addRows(from, rows, dimension, right, reader * length);
        }

        MatrixProducts.add(
            Operand.rows(left, length),
            Operand.transposed(right, length),
            written,
            length,
            its.size(),
            sums[block]);
      }

      for (Square writer : writers.get(block)) {
        int at = written * length;
        Arrays.fill(left, at, at + length, 0);
        writer.addRows(from, rows, dimension, left, at);
        doubleColumns(left, at, length, dimension - from, rows);
        written++;
      }
    }
  }

  /** What stands beyond these rows' own columns stands below them once more. */
  private static void doubleColumns(double[] numbers, int at, int length, int width, int rows) {
    for (int row = at; row < at + length; row += width) {
      for (int column = rows; column < width; column++) {
        numbers[row + column] *= 2;
      }
    }
  }

  /** The sums of all parts. */
  static double[][] sum(List<double[][]> parts) {
    double[][] sums = new double[parts.get(0).length][];
    for (int block = 0; block < sums.length; block++) {
      sums[block] = new double[parts.get(0)[block].length];
      for (double[][] part : parts) {
        for (int i = 0; i < sums[block].length; i++) {
          sums[block][i] += part[block][i];
        }
      }
    }

    return sums;
  }
}
