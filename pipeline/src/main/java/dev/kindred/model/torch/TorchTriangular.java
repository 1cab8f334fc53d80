/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.kindred.model.architecture.Mixer;

/** Mixing by one weight a pair of positions: see {@link Mixer.Triangular}. W = D. */
final class TorchTriangular extends TorchMixer {
  private final int width;
  private final NDArray weight; // [length, length]
  private final NDArray bias; // [length, 1]

  TorchTriangular(Mixer.Triangular mixer, TorchWeights weights) {
    this.width = mixer.width();
    this.weight = weights.array(mixer.weight());
    this.bias = weights.array(mixer.bias()).reshape(mixer.length(), 1);
  }

  @Override
  NDArray apply(NDArray asking, NDArray seen, Dropout dropout, Tap tap) {
    int queries = (int) asking.getShape().get(1);
    int length = (int) seen.getShape().get(1);
    boolean[][] sees = tap.mask() == null ? causal(queries, length, Integer.MAX_VALUE) : tap.mask();
    NDManager manager = seen.getManager();
    NDArray weights = weights(manager, length - queries, length).mul(matrix(manager, sees, 1, 0));
    return weights.matMul(seen).add(biases(manager, length - queries, length));
  }

  /** Copies of the weights of positions [from, to) for those before {@code to}. */
  private NDArray weights(NDManager manager, int from, int to) {
    return Rows.positions(Rows.copies(weight, manager.arange(from, to)), 0, to);
  }

  private NDArray biases(NDManager manager, int from, int to) {
    return Rows.copies(bias, manager.arange(from, to));
  }

  @Override
  Kept kept(NDArray seen, int from) {
    return new Kept(null, seen);
  }

  @Override
  NDArray applyLast(NDArray last, Kept earlier) {
    NDArray all = earlier.then(new Kept(null, last)).values();
    NDManager manager = last.getManager();
    int length = (int) all.getShape().get(1);
    return weights(manager, length - 1, length)
        .matMul(all)
        .add(biases(manager, length - 1, length));
  }

  @Override
  NDArray applyAlone(NDArray x) {
    return x.mul(weights(x.getManager(), 0, 1)).add(biases(x.getManager(), 0, 1));
  }

  @Override
  Kept kept(NDArray normed, int[] positions) {
    return new Kept(null, normed);
  }

  @Override
  NDArray queries(NDArray normed, int[] positions) {
    return null;
  }

  @Override
  int width() {
    return width;
  }

  @Override
  NDArray mixed(NDArray paths, int[] positions, NDArray queries, Kept kept) {
    int last = positions[positions.length - 1];
    NDManager manager = paths.getManager();
    NDArray ofLast = weights(manager, last, last + 1).reshape(last + 1, 1);
    return Rows.copies(kept.values(), paths)
        .muli(Rows.copies(ofLast, manager.create(positions)).reshape(1, positions.length, 1))
        .sum(new int[] {1})
        .add(biases(manager, last, last + 1));
  }

  @Override
  NDArray output(NDArray mixed) {
    return mixed;
  }
}
