/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.cpu;

import dev.kindred.kernel.TileKernel;
import dev.kindred.model.architecture.Linear;
import dev.kindred.model.architecture.Mixer;
import dev.kindred.model.architecture.Tensors;
import java.util.List;

/** Masked mixing with the weights that it needs: see {@link Mixer.Masked}. */
final class CpuMasked {
  final PackedLinear input; // D to W; null for none
  final CpuTriangle spread; // null for none
  final PackedLinear output; // W to D; null for none
  final int width; // W
  private final List<CpuTriangle> branches;

  CpuMasked(Mixer.Masked mixer, TileKernel kernel, Tensors tensors) {
    this.width = mixer.width();
    this.input = linear(mixer.input(), kernel, tensors);
    this.spread = mixer.spread() == null ? null : new CpuTriangle(mixer.spread(), width, tensors);
    this.branches =
        mixer.branches().stream().map(one -> new CpuTriangle(one, width, tensors)).toList();
    this.output = linear(mixer.output(), kernel, tensors);
  }

  private static PackedLinear linear(Linear map, TileKernel kernel, Tensors tensors) {
    return map == null ? null : PackedLinear.of(map, kernel, tensors);
  }

  /** Returns the floats between nodes of what {@link #input} makes. */
  int keptWidth() {
    return input == null ? width : input.width();
  }

  /** Returns the numbers of a node that are spread; 0 for none. */
  int spreadWidth() {
    return spread == null ? 0 : spread.outputs();
  }

  /** Returns the vectors of a node on a path, at most. */
  int columns() {
    return branches.stream().mapToInt(CpuTriangle::columns).max().orElse(1);
  }

  /**
   * Mixes for the first node of a path.
   *
   * @param kept what branches read
   * @param room W floats at least
   * @param mixed receives W floats from {@code to} on
   */
  void mix(
      TileKernel kernel, float[] kept, CpuTriangle.Path path, float[] room, float[] mixed, int to) {
    for (int branch = 0; branch < branches.size(); branch++) {
      branches.get(branch).apply(kernel, kept, path, room);
      if (branch == 0) {
        System.arraycopy(room, 0, mixed, to, width);
      } else {
        kernel.add(room, 0, mixed, to, width);
      }
    }
  }
}
