/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import java.util.Locale;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.NormOps_DDRM;

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

  /** Of what squares are by chance: of so much, many digits are no rounding. */
  private static final double SURE = .01;

  private Composition() {}

  /**
   * Returns the score of a head of an earlier block and one of a later.
   *
   * @param square the squared norm of the product of their circuits, but for what is rounded
   * @param dimension of the space in which both lie
   * @return NaN where one of the circuits is 0
   */
  static double score(
      double square, HeadTriangles earlier, HeadTriangles later, Kind kind, int dimension) {
    Spectrum circuit = kind == Kind.VALUE ? later.valueOutput() : later.queryKey();
    double product = earlier.valueOutput().norm() * circuit.norm();
    if (product == 0) {
      return Double.NaN;
    }

    double norm =
        square > SURE / dimension * product * product
            ? Math.sqrt(square)
            : norm(earlier, later, kind);
    return Math.min(1, norm / product);
  }

  private static double norm(HeadTriangles earlier, HeadTriangles later, Kind kind) {
    DMatrixRMaj written = Products.times(earlier.value(), earlier.head().output());
    return NormOps_DDRM.normF(
        Products.timesTransposed(Products.times(written, reads(later, kind)), left(later, kind)));
  }

  /** The factor that reads what was written. */
  static DMatrixRMaj reads(HeadTriangles reader, Kind kind) {
    return switch (kind) {
      case QUERY -> reader.head().query();
      case KEY -> reader.head().key();
      case VALUE -> reader.head().value();
    };
  }

  /** The triangle of the factor that comes after it. */
  static DMatrixRMaj left(HeadTriangles reader, Kind kind) {
    return switch (kind) {
      case QUERY -> reader.key();
      case KEY -> reader.query();
      case VALUE -> reader.output();
    };
  }
}
