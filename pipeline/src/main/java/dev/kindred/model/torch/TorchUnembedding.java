/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.kindred.model.HookPoint;
import dev.kindred.model.Readout;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Unembedding;
import java.util.Arrays;

/** What makes logits of the residual stream; see {@link Unembedding}. */
final class TorchUnembedding {
  private final Unembedding unembedding;
  private final TorchNorm norm;
  private final TorchLinear projection; // null for none
  private final TorchLinear head;

  TorchUnembedding(Unembedding unembedding, TorchWeights weights) {
    this.unembedding = unembedding;
    this.norm = TorchNorm.of(unembedding.norm(), weights);
    this.projection =
        unembedding.projection() == null ? null : weights.linear(unembedding.projection());
    this.head = weights.linear(unembedding.head());
  }

  NDArray norm(NDArray x) {
    return norm.apply(x);
  }

  /** Takes [.., D] to what the last map reads, [.., H]. */
  NDArray finalVectors(NDArray x) {
    NDArray normed = norm.apply(x);
    return projection == null ? normed : projection.apply(normed);
  }

  /** Takes [.., D] to [.., V]. */
  NDArray logits(NDArray x) {
    return logits(x, Tap.NONE);
  }

  NDArray logits(NDArray x, Tap tap) {
    NDArray normed = norm.apply(x, HookPoint.FINAL_SCALE, tap);
    NDArray read = projection == null ? normed : projection.apply(normed);
    return tap.at(HookPoint.LOGITS, TorchActivation.capped(head.apply(read), unembedding.cap()));
  }

  /**
   * How logits are read.
   *
   * @param batch takes copies of weights
   */
  Readout readout(NDManager batch) {
    int inputs = unembedding.head().inputs();
    float[] columns = copy(batch, head.transposed()); // inputs x V
    float[] before = projection == null ? null : copy(batch, projection.transposed());
    int tokens = unembedding.head().outputs();
    int dimension = projection == null ? inputs : unembedding.projection().inputs();
    float[] rows = new float[tokens * dimension];
    for (int token = 0; token < tokens; token++) {
      for (int i = 0; i < dimension; i++) {
        rows[token * dimension + i] =
            before == null
                ? columns[i * tokens + token]
                : projected(before, i, columns, token, inputs, tokens);
      }
    }

    float[] factors = new float[dimension];
    Arrays.fill(factors, 1);
    Norm described = unembedding.norm();
    float[] ofNorm =
        norm.factors() == null
            ? factors
            : batch.ones(new Shape(1)).mul(norm.factors()).toFloatArray();
    return new Readout(dimension, rows, row -> described.direction(row, ofNorm));
  }

  /** Weights take no arrays by which they could be read. */
  private static float[] copy(NDManager batch, NDArray weight) {
    int rows = (int) weight.getShape().get(0);
    return Rows.copies(weight, batch.arange(rows)).toFloatArray();
  }

  /** A row of one matrix, inputs wide, times a column of another, tokens wide. */
  private static float projected(
      float[] rows, int row, float[] columns, int column, int inputs, int tokens) {
    double sum = 0;
    for (int k = 0; k < inputs; k++) {
      sum += (double) rows[row * inputs + k] * columns[k * tokens + column];
    }

    return (float) sum;
  }
}
