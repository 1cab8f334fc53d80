/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.ndarray.NDArray;
import dev.kindred.model.architecture.Activation;

/** Functions of each number by itself. */
final class TorchActivation {
  private TorchActivation() {}

  static NDArray apply(Activation activation, NDArray x) {
    return switch (activation) {
      case RELU -> x.getNDArrayInternal().relu();
      case GELU -> x.getNDArrayInternal().gelu();
      case GELU_TANH -> {
        NDArray cube = x.mul(x).mul(x);
        NDArray inner = times(x.add(times(cube, .044715)), Math.sqrt(2 / Math.PI));
        yield times(x, .5).mul(inner.tanh().add(1));
      }
      case SILU -> x.mul(x.getNDArrayInternal().sigmoid());
      case QUICK_GELU -> x.mul(times(x, 1.702).getNDArrayInternal().sigmoid());
    };
  }

  /** cap tanh(x / cap); {@code x} itself if the cap is infinite. */
  static NDArray capped(NDArray x, double cap) {
    return Double.isInfinite(cap) ? x : times(times(x, 1 / cap).tanh(), cap);
  }

  /** As an array: the engine frees a number's memory at once, though its gradient needs it. */
  static NDArray times(NDArray x, double factor) {
    return x.mul(x.getManager().create((float) factor));
  }
}
