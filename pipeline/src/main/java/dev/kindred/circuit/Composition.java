/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
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
      return name().substring(0, 1).toLowerCase(java.util.Locale.ROOT);
    }
  }

  /**
   * A head as one that writes: the triangle of its values, times its output.
   *
   * @param written [E, D]
   */
  private record Writer(DMatrixRMaj written, double norm) {}

  /** A head as one that reads: triangles of what comes after it has read, and norms. */
  private record Reader(
      HeadWeights head,
      DMatrixRMaj keyTriangle,
      DMatrixRMaj queryTriangle,
      DMatrixRMaj outputTriangle,
      double queryKeyNorm,
      double valueOutputNorm) {}

  private Composition() {}

  /**
   * Returns the scores of all pairs of a head of an earlier block and one of a later.
   *
   * @return by kind, earlier head and later head; NaN where one of the circuits is 0
   */
  public static double[][][] scores(List<HeadWeights> earlier, List<HeadWeights> later) {
    List<Reader> readers = later.stream().map(Composition::reader).toList();
    double[][][] scores = new double[Kind.values().length][earlier.size()][later.size()];
    for (int first = 0; first < earlier.size(); first++) {
      Writer writer = writer(earlier.get(first));
      Map<DMatrixRMaj, DMatrixRMaj> read = new IdentityHashMap<>(); // which heads share
      for (int second = 0; second < later.size(); second++) {
        Reader reader = readers.get(second);
        HeadWeights head = reader.head;
        List<Double> found = new ArrayList<>();
        found.add(score(writer, head.query(), reader.keyTriangle, reader.queryKeyNorm, read));
        found.add(score(writer, head.key(), reader.queryTriangle, reader.queryKeyNorm, read));
        found.add(score(writer, head.value(), reader.outputTriangle, reader.valueOutputNorm, read));
        for (Kind kind : Kind.values()) {
          scores[kind.ordinal()][first][second] = found.get(kind.ordinal());
        }
      }
    }

    return scores;
  }

  private static double score(
      Writer writer,
      DMatrixRMaj reads,
      DMatrixRMaj triangle,
      double norm,
      Map<DMatrixRMaj, DMatrixRMaj> read) {
    DMatrixRMaj between =
        read.computeIfAbsent(
            reads,
            factor -> {
              DMatrixRMaj product = new DMatrixRMaj(writer.written.numRows, factor.numCols);
              CommonOps_DDRM.mult(writer.written, factor, product);
              return product;
            });
    DMatrixRMaj whole = new DMatrixRMaj(between.numRows, triangle.numRows);
    CommonOps_DDRM.multTransB(between, triangle, whole);
    double product = writer.norm * norm;
    return product == 0 ? Double.NaN : Math.min(1, NormOps_DDRM.normF(whole) / product);
  }

  private static Writer writer(HeadWeights head) {
    DMatrixRMaj triangle = Spectrum.triangle(head.value());
    DMatrixRMaj written = new DMatrixRMaj(triangle.numRows, head.output().numCols);
    CommonOps_DDRM.mult(triangle, head.output(), written);
    return new Writer(written, NormOps_DDRM.normF(written));
  }

  private static Reader reader(HeadWeights head) {
    DMatrixRMaj key = Spectrum.triangle(head.key());
    DMatrixRMaj query = Spectrum.triangle(head.query());
    DMatrixRMaj output = Spectrum.triangle(CommonOps_DDRM.transpose(head.output(), null));
    return new Reader(head, key, query, output, norm(query, key), writer(head).norm);
  }

  private static double norm(DMatrixRMaj a, DMatrixRMaj b) {
    DMatrixRMaj product = new DMatrixRMaj(a.numRows, b.numRows);
    CommonOps_DDRM.multTransB(a, b, product);
    return NormOps_DDRM.normF(product);
  }
}
