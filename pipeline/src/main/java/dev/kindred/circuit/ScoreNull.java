/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * The scores of heads that do nothing in particular: normal numbers instead of a head's factors,
 * the model's own tokens between them. Their mean is 0, as the sign of one factor turns every
 * score.
 */
public final class ScoreNull {
  private ScoreNull() {}

  /**
   * Returns the standard deviation of scores about 0.
   *
   * @param between the singular values of what stands between the factors, D numbers: what is
   *     normal stays so in any orthogonal basis
   * @param width E
   * @param draws of heads
   */
  public static double deviation(double[] between, int width, int draws, long seed) {
    double[] squares =
        IntStream.range(0, draws)
            .mapToDouble(
                draw -> {
                  SplittableRandom random = new SplittableRandom(seed + draw);
                  DMatrixRMaj left = normal(width, between.length, random);
                  DMatrixRMaj right = normal(between.length, width, random);
                  for (int i = 0; i < right.data.length; i++) {
                    right.data[i] *= between[i / width];
                  }

                  DMatrixRMaj product = new DMatrixRMaj(width, width);
                  CommonOps_DDRM.mult(left, right, product);
                  Double score = Eigenvalues.of(product).score();
                  return score == null ? 0 : score * score;
                })
            .toArray();
    return Math.sqrt(Arrays.stream(squares).sum() / draws);
  }

  static DMatrixRMaj normal(int rows, int columns, SplittableRandom random) {
    DMatrixRMaj normal = new DMatrixRMaj(rows, columns);
    Arrays.setAll(normal.data, i -> random.nextGaussian());
    return normal;
  }
}
