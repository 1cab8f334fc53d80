/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.ndarray.NDArray;

/** Sets some of an array's values to zero, in training; the others are raised to make up for it. */
@FunctionalInterface
interface Dropout {
  Dropout NONE = x -> x;

  NDArray apply(NDArray x);
}
