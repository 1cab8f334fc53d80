/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.cpu;

/** The error function in single precision. */
final class ErrorFunction {
  private ErrorFunction() {}

  /**
   * erf(x) as a quotient of polynomials: x P(x^2) / Q(x^2) on [-4, 4], beyond which a float cannot
   * tell it from 1. Off by at most 4e-7. Without branches, so that loops over it become SIMD.
   *
   * <p>Coefficients: {@code generic_fast_erf_float} of Eigen.
   */
  static float erf(float x) {
    float t = Math.max(-4, Math.min(4, x));
    float s = t * t;
    float p = -2.72614225801306e-10f;
    p = p * s + 2.77068142495902e-08f;
    p = p * s - 2.10102402082508e-06f;
    p = p * s - 5.69250639462346e-05f;
    p = p * s - 7.34990630326855e-04f;
    p = p * s - 2.95459980854025e-03f;
    p = p * s - 1.60960333262415e-02f;
    float q = -1.45660718464996e-05f;
    q = q * s - 2.13374055278905e-04f;
    q = q * s - 1.68282697438203e-03f;
    q = q * s - 7.37332916720468e-03f;
    q = q * s - 1.42647390514189e-02f;
    return t * p / q;
  }
}
