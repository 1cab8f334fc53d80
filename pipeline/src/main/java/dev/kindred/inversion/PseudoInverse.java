/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import org.ejml.data.DMatrix;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.decomposition.CholeskyDecomposition_F64;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;
import org.ejml.interfaces.linsol.LinearSolverDense;

/**
 * The pseudo-inverse of the token vectors W, V x D, which is never made itself: W+ = (W'W)^-1 W'
 * where tokens are more than features, else W' (WW')^-1. Where W lacks rank, the inverse is taken
 * of the directions that it has: those whose eigenvalue in the smaller of the two products is above
 * its rounding.
 */
final class PseudoInverse {
  /** The least pivot, by the greatest, below which the product's rank is looked at. */
  private static final double WELL_CONDITIONED = 1e-9;

  private static final double ROUNDING = Math.ulp(1.0);

  private final TokenVectors tokens;
  private final boolean isTall; // V >= D
  private final DMatrixRMaj inverse; // of the smaller product, min(V, D) squared

  PseudoInverse(TokenVectors tokens) {
    this.tokens = tokens;
    this.isTall = tokens.size() >= tokens.dimension();
    this.inverse = inverse(isTall ? tokens.products() : outerProducts(tokens));
  }

  /** WW', V x V. */
  private static DMatrixRMaj outerProducts(TokenVectors tokens) {
    DMatrixRMaj products = new DMatrixRMaj(tokens.size(), tokens.size());
    CommonOps_DDRM.multOuter(tokens.matrix(), products);
    return products;
  }

  private DMatrixRMaj inverse(DMatrixRMaj product) {
    int side = product.numRows;
    LinearSolverDense<DMatrixRMaj> solver = LinearSolverFactory_DDRM.symmPosDef(side);
    DMatrixRMaj inverse = new DMatrixRMaj(side, side);
    if (solver.setA(product.copy()) && leastPivot(solver.getDecomposition()) > WELL_CONDITIONED) {
      solver.invert(inverse);
      return inverse;
    }

    EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(side, true, true);
    if (!eigen.decompose(product.copy())) {
      throw new IllegalStateException("No eigenvalues found of the token vectors' products");
    }

    double largest = 0;
    for (int i = 0; i < side; i++) {
      largest = Math.max(largest, eigen.getEigenvalue(i).getReal());
    }

    double least = largest * ROUNDING * Math.max(tokens.size(), tokens.dimension());
    for (int i = 0; i < side; i++) {
      double value = eigen.getEigenvalue(i).getReal();
      if (value > least) {
        DMatrixRMaj direction = eigen.getEigenVector(i);
        CommonOps_DDRM.multAddTransB(1 / value, direction, direction, inverse);
      }
    }

    return inverse;
  }

  /**
   * The least pivot by the greatest: near 0 if a direction depends on others. The library's own
   * quality is a product over all of them, which of thousands is always near 0.
   */
  private static double leastPivot(CholeskyDecomposition_F64<? extends DMatrix> decomposition) {
    DMatrix factor = decomposition.getT(null);
    double least = Double.POSITIVE_INFINITY;
    double greatest = 0;
    for (int i = 0; i < factor.getNumRows(); i++) {
      double pivot = factor.get(i, i) * factor.get(i, i);
      least = Math.min(least, pivot);
      greatest = Math.max(greatest, pivot);
    }

    return least / greatest;
  }

  /** The scores of all tokens for each of some vectors, x W+: R x D to R x V. */
  double[][] scores(double[][] x) {
    return isTall ? tokens.products(applied(x)) : applied(tokens.products(x));
  }

  private double[][] applied(double[][] x) {
    double[][] applied = new double[x.length][];
    for (int i = 0; i < x.length; i++) {
      DMatrixRMaj out = new DMatrixRMaj(x[i].length, 1);
      CommonOps_DDRM.mult(inverse, DMatrixRMaj.wrap(x[i].length, 1, x[i]), out);
      applied[i] = out.data;
    }

    return applied;
  }
}
