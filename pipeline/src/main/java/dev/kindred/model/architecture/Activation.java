/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

/** The function between the linear maps of a feed-forward network. */
public enum Activation {
  /** max(0, x). */
  RELU,
  /** x Phi(x), exactly: x / 2 (1 + erf(x / sqrt 2)). */
  GELU,
  /** x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), which is near GELU. */
  GELU_TANH,
  /** x sigmoid(x). */
  SILU,
  /** x sigmoid(1.702 x). */
  QUICK_GELU
}
