/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.cpu;

import dev.kindred.kernel.TileKernel;
import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Block.Residual;
import dev.kindred.model.architecture.FeedForward.Gated;
import dev.kindred.model.architecture.FeedForward.Mlp;
import dev.kindred.model.architecture.Linear;
import dev.kindred.model.architecture.Mixer.Attention;
import dev.kindred.model.architecture.Mixer.Masked;
import dev.kindred.model.architecture.Positions.Rotary;
import dev.kindred.model.architecture.Tensors;
import java.util.Arrays;

/**
 * The packed weights of a block. Letters in shapes: D = {@code d_model}, H = heads, G = heads of
 * keys and values, E = width of a head, M = hidden width.
 */
final class CpuBlock {
  final CpuNorm mixerNorm;
  final CpuMasked masked; // null where there is attention
  final Attention attention; // null, as what follows, where there is masked mixing
  final PackedLinear query; // D to H E
  final PackedLinear keyValue; // D to G E of keys, then G E of values
  final PackedLinear output; // H E to D; of masked mixing, too, if it has one
  final CpuNorm queryNorm; // of E, or of H E
  final CpuNorm keyNorm; // of E, or of G E
  private final Rotary rotary; // null where positions are not turned
  final CpuNorm mixerOutputNorm;
  final CpuNorm feedForwardNorm;
  final PackedLinear gate; // D to M; null without one
  final PackedLinear up; // D to M
  final PackedLinear down; // M to D
  final CpuNorm feedForwardOutputNorm;
  final int hidden; // M
  final Activation activation;
  final Residual residual;

  CpuBlock(Block block, int d, TileKernel kernel, Tensors tensors) {
    this.mixerNorm = new CpuNorm(block.mixerNorm(), d, kernel, tensors);
    if (block.mixer() instanceof Attention of) {
      this.attention = of;
      this.masked = null;
      this.query = PackedLinear.of(of.query(), kernel, tensors);
      this.keyValue = linear(of.key(), of.value(), kernel, tensors);
      this.output = PackedLinear.of(of.output(), kernel, tensors);
      this.queryNorm = new CpuNorm(of.queryNorm(), of.headWidth(), kernel, tensors);
      this.keyNorm = new CpuNorm(of.keyNorm(), of.headWidth(), kernel, tensors);
      this.rotary = of.positions() instanceof Rotary positions ? positions : null;
    } else {
      this.attention = null;
      this.masked = new CpuMasked((Masked) block.mixer(), kernel, tensors);
      this.query = null;
      this.keyValue = null;
      this.output = masked.output;
      this.queryNorm = null;
      this.keyNorm = null;
      this.rotary = null;
    }

    this.mixerOutputNorm = new CpuNorm(block.mixerOutputNorm(), d, kernel, tensors);
    this.feedForwardNorm = new CpuNorm(block.feedForwardNorm(), d, kernel, tensors);
    if (block.feedForward() instanceof Gated gated) {
      this.gate = PackedLinear.of(gated.gate(), kernel, tensors);
      this.up = PackedLinear.of(gated.up(), kernel, tensors);
      this.down = PackedLinear.of(gated.down(), kernel, tensors);
      this.activation = gated.activation();
    } else {
      Mlp mlp = (Mlp) block.feedForward();
      this.gate = null;
      this.up = PackedLinear.of(mlp.up(), kernel, tensors);
      this.down = PackedLinear.of(mlp.down(), kernel, tensors);
      this.activation = mlp.activation();
    }

    this.hidden = block.feedForward().width();
    this.feedForwardOutputNorm = new CpuNorm(block.feedForwardOutputNorm(), d, kernel, tensors);
    this.residual = block.residual();
  }

  /** Returns the floats of a node's queries; 0 where nothing is compared. */
  int queryWidth() {
    return query == null ? 0 : query.width();
  }

  /** Returns the floats of a node that later ones see. */
  int keptWidth() {
    return masked == null ? keyValue.width() : masked.keptWidth();
  }

  /** Returns the numbers of a node that are made of what those before it keep; 0 for none. */
  int spreadWidth() {
    return masked == null ? 0 : masked.spreadWidth();
  }

  /** Returns the numbers of a node that mixing gives. */
  int mixedWidth() {
    return masked == null ? output.inputs() : masked.width;
  }

  /** Returns the floats between nodes of what mixing adds to the stream. */
  int outputWidth() {
    return output == null ? down.width() : output.width();
  }

  /**
   * Two maps of the same inputs as one, whose outputs are those of the first, then the second's.
   */
  private static PackedLinear linear(
      Linear first, Linear second, TileKernel kernel, Tensors tensors) {
    float[] bias = joined(first.bias(tensors), second.bias(tensors), first, second);
    return new PackedLinear(
        kernel, joined(first.weight(tensors), second.weight(tensors)), bias, first.inputs());
  }

  private static float[] joined(float[] first, float[] second, Linear ofFirst, Linear ofSecond) {
    return first == null && second == null
        ? null
        : joined(
            first == null ? new float[ofFirst.outputs()] : first,
            second == null ? new float[ofSecond.outputs()] : second);
  }

  private static float[] joined(float[] first, float[] second) {
    float[] joined = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, joined, first.length, second.length);
    return joined;
  }

  /** What turns queries and keys of the first positions; null where they are not turned. */
  CpuRotary rotary(int length) {
    return rotary == null ? null : new CpuRotary(rotary, length);
  }

  /** Whether keys and queries are the maps' outputs, wherever they stand. */
  boolean hasPlainKeys() {
    return rotary == null
        && queryNorm.isNone()
        && keyNorm.isNone()
        && Double.isInfinite(attention.limits().clip());
  }

  /**
   * Makes queries of the map's outputs: clipped, normed, turned, in that order.
   *
   * @param turn by positions; null where they are not turned
   */
  void finishQuery(float[] x, int from, CpuRotary turn, int position) {
    finish(x, from, attention.heads(), queryNorm, turn, position);
  }

  /** Makes keys and values of the map's outputs. */
  void finishKeyValue(float[] x, int from, CpuRotary turn, int position) {
    int width = attention.keyValueHeads() * attention.headWidth();
    finish(x, from, attention.keyValueHeads(), keyNorm, turn, position);
    clip(x, from + width, width);
  }

  private void finish(float[] x, int from, int heads, CpuNorm norm, CpuRotary turn, int position) {
    int width = heads * attention.headWidth();
    clip(x, from, width);
    if (!norm.isNone()) {
      norm.applyInPlace(x, from, width / norm.size(), norm.size());
    }

    for (int head = 0; turn != null && head < heads; head++) {
      turn.apply(x, from + head * attention.headWidth(), position);
    }
  }

  private void clip(float[] x, int from, int length) {
    float clip = (float) attention.limits().clip();
    for (int i = from; clip < Float.POSITIVE_INFINITY && i < from + length; i++) {
      x[i] = Math.max(-clip, Math.min(clip, x[i]));
    }
  }
}
