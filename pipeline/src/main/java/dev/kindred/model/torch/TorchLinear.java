/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.ndarray.NDArray;

/**
 * A linear map of rows.
 *
 * @param transposed its weight, [inputs, outputs]
 * @param bias [outputs]; null for none
 */
record TorchLinear(NDArray transposed, NDArray bias) {
  NDArray apply(NDArray x) {
    // The engine's own linear copies the bias to every row before the product, which takes longer.
    NDArray y = x.matMul(transposed);
    return bias == null ? y : y.addi(bias);
  }
}
