/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.ejml.data.DMatrixRMaj;

/**
 * How much a head reads of what an earlier one writes: the Frobenius norm of the product of their
 * circuits over the product of their norms, in [0, 1]. D x D matrices are never made: a factor
 * counts only by its triangle.
 */
public final class Composition {

  /** By what a head reads. */
  public enum Kind {
    /** OV QK: queries are made of what the earlier head wrote. */
    QUERY,
    /** OV QK': keys are. */
    KEY,
    /** OV OV: values are. */
    VALUE;

    /** The name in tables. */
    public String text() {
      return name().substring(0, 1).toLowerCase(Locale.ROOT);
    }
  }

  private Composition() {}

  /**
   * Returns the scores of all pairs of a head of an earlier block and one of a later.
   *
   * @return by kind, earlier head and later head; NaN where one of the circuits is 0
   */
  static double[][][] scores(List<HeadTriangles> earlier, List<HeadTriangles> later) {
    DMatrixRMaj written = written(earlier);
    Map<DMatrixRMaj, DMatrixRMaj> read = new IdentityHashMap<>(); // which heads share
    double[][][] scores = new double[Kind.values().length][earlier.size()][later.size()];
    for (Kind kind : Kind.values()) {
      for (int second = 0; second < later.size(); second++) {
        HeadTriangles reader = later.get(second);
        DMatrixRMaj between =
            read.computeIfAbsent(reads(reader, kind), factor -> Products.times(written, factor));
        DMatrixRMaj whole = Products.timesTransposed(between, left(reader, kind));
        Spectrum circuit = kind == Kind.VALUE ? reader.valueOutput() : reader.queryKey();
        for (int first = 0; first < earlier.size(); first++) {
          HeadTriangles writer = earlier.get(first);
          int size = writer.value().numRows * whole.numCols;
          double product = writer.valueOutput().norm() * circuit.norm();
          scores[kind.ordinal()][first][second] =
              product == 0 ? Double.NaN : Math.min(1, norm(whole, first * size, size) / product);
        }
      }
    }

    return scores;
  }

  /** The factor that reads what was written. */
  private static DMatrixRMaj reads(HeadTriangles reader, Kind kind) {
    return switch (kind) {
      case QUERY -> reader.head().query();
      case KEY -> reader.head().key();
      case VALUE -> reader.head().value();
    };
  }

  /** The triangle of the factor that comes after it. */
  private static DMatrixRMaj left(HeadTriangles reader, Kind kind) {
    return switch (kind) {
      case QUERY -> reader.key();
      case KEY -> reader.query();
      case VALUE -> reader.output();
    };
  }

  /** What heads write, head below head: triangles of values times outputs, [heads E, D]. */
  private static DMatrixRMaj written(List<HeadTriangles> heads) {
    int width = heads.get(0).value().numRows;
    int dimension = heads.get(0).head().output().numCols;
    DMatrixRMaj all = new DMatrixRMaj(heads.size() * width, dimension);
    for (int head = 0; head < heads.size(); head++) {
      DMatrixRMaj its = Products.times(heads.get(head).value(), heads.get(head).head().output());
      System.arraycopy(its.data, 0, all.data, head * width * dimension, width * dimension);
    }

    return all;
  }

  private static double norm(DMatrixRMaj matrix, int from, int count) {
    double squares = 0;
    for (int i = from; i < from + count; i++) {
      squares += matrix.data[i] * matrix.data[i];
    }

    return Math.sqrt(squares);
  }
}
