/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import java.util.ArrayList;
import java.util.List;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * A head with the triangles of its factors: a product of circuits has the norm and the singular
 * values that it has with a factor at its end replaced by its triangle.
 *
 * @param query [E, E]
 * @param key [E, E]
 * @param value [E, E]
 * @param output of the transpose, [E, E]
 * @param queryKey singular values of QK
 * @param valueOutput singular values of OV
 */
record HeadTriangles(
    HeadWeights head,
    DMatrixRMaj query,
    DMatrixRMaj key,
    DMatrixRMaj value,
    DMatrixRMaj output,
    Spectrum queryKey,
    Spectrum valueOutput) {

  /** Those of a block's heads; what neighbours share is computed once. */
  static List<HeadTriangles> of(List<HeadWeights> heads) {
    List<HeadTriangles> all = new ArrayList<>();
    for (HeadWeights head : heads) {
      HeadTriangles before = all.isEmpty() ? null : all.get(all.size() - 1);
      DMatrixRMaj query = Spectrum.triangle(head.query());
      DMatrixRMaj key =
          before != null && before.head.key() == head.key()
              ? before.key
              : Spectrum.triangle(head.key());
      DMatrixRMaj value =
          before != null && before.head.value() == head.value()
              ? before.value
              : Spectrum.triangle(head.value());
      DMatrixRMaj output = Spectrum.triangle(CommonOps_DDRM.transpose(head.output(), null));
      all.add(
          new HeadTriangles(
              head,
              query,
              key,
              value,
              output,
              Spectrum.of(Products.timesTransposed(query, key)),
              Spectrum.of(Products.timesTransposed(value, output))));
    }

    return List.copyOf(all);
  }
}
