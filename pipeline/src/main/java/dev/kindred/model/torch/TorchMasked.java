/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.ndarray.NDArray;
import dev.kindred.model.architecture.Mixer;
import java.util.Arrays;
import java.util.List;

/**
 * Mixing by weights that know positions alone: see {@link Mixer.Masked}. S = numbers of a position
 * that its branches read, W or a multiple of it.
 */
final class TorchMasked extends TorchMixer {
  private final Mixer.Masked mixer;
  private final TorchLinear input; // null for none
  private final TorchTriangle spread; // null for none
  private final List<TorchTriangle> branches;
  private final TorchLinear output; // null for none

  TorchMasked(Mixer.Masked mixer, TorchWeights weights) {
    this.mixer = mixer;
    this.input = mixer.input() == null ? null : weights.linear(mixer.input());
    this.spread = mixer.spread() == null ? null : new TorchTriangle(mixer.spread(), weights);
    this.branches =
        mixer.branches().stream().map(branch -> new TorchTriangle(branch, weights)).toList();
    this.output = mixer.output() == null ? null : weights.linear(mixer.output());
  }

  @Override
  NDArray apply(NDArray asking, NDArray seen, Dropout dropout, Tap tap) {
    int length = (int) seen.getShape().get(1);
    int queries = (int) asking.getShape().get(1);
    boolean[][] sees = tap.mask() == null ? all(length) : tap.mask();
    return mixed(spread(mapped(seen), sees), Arrays.copyOfRange(sees, length - queries, length));
  }

  private static boolean[][] all(int length) {
    return causal(length, length, Integer.MAX_VALUE);
  }

  private NDArray mapped(NDArray x) {
    return input == null ? x : input.apply(x);
  }

  /** What branches read, [B, L, S]. */
  private NDArray spread(NDArray mapped, boolean[][] sees) {
    return spread == null ? mapped : spread.apply(mapped, sees);
  }

  /**
   * Mixes for the last Q positions.
   *
   * @param x [B, L, S]
   * @param sees Q x L
   * @return [B, Q, D]
   */
  private NDArray mixed(NDArray x, boolean[][] sees) {
    NDArray sum = branches.get(0).apply(x, sees);
    for (TorchTriangle branch : branches.subList(1, branches.size())) {
      sum = sum.add(branch.apply(x, sees));
    }

    return output(sum);
  }

  /** Returns as keys what the spread vectors of a later position are made of. */
  @Override
  Kept kept(NDArray seen) {
    NDArray mapped = mapped(seen);
    return spread == null
        ? new Kept(null, mapped)
        : new Kept(mapped, spread(mapped, all((int) seen.getShape().get(1))));
  }

  @Override
  Kept then(Kept earlier, NDArray last) {
    NDArray mapped = mapped(last);
    if (spread == null) {
      return earlier.then(new Kept(null, mapped));
    }

    NDArray keys = earlier.keys().concat(mapped, 1);
    NDArray own = spread.apply(keys, causal(1, (int) keys.getShape().get(1), Integer.MAX_VALUE));
    return new Kept(keys, earlier.values().concat(own, 1));
  }

  @Override
  NDArray applyLast(NDArray last, Kept all) {
    int length = (int) all.values().getShape().get(1);
    return mixed(all.values(), causal(1, length, Integer.MAX_VALUE));
  }

  @Override
  NDArray applyAlone(NDArray x) {
    return apply(x, x, Dropout.NONE, Tap.NONE);
  }

  @Override
  Kept kept(NDArray normed, int[] positions) {
    return new Kept(null, mapped(normed));
  }

  @Override
  NDArray queries(NDArray normed, int[] positions) {
    return null;
  }

  @Override
  int width() {
    return mixer.width();
  }

  @Override
  int spreadWidth() {
    return spread == null ? 0 : mixer.readWidth();
  }

  @Override
  NDArray spread(NDArray paths, int[] positions, Kept kept) {
    return spread.ofPaths(Rows.copies(kept.values(), paths), positions);
  }

  @Override
  NDArray mixed(NDArray paths, int[] positions, NDArray queries, Kept kept) {
    NDArray x = Rows.copies(kept.values(), paths); // [Q, L, S]
    NDArray sum = branches.get(0).ofPaths(x, positions);
    for (TorchTriangle branch : branches.subList(1, branches.size())) {
      sum.addi(branch.ofPaths(x, positions));
    }

    return sum;
  }

  @Override
  NDArray output(NDArray mixed) {
    return output == null ? mixed : output.apply(mixed);
  }
}
