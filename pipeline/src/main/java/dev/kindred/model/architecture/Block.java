/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

import java.util.List;
import java.util.stream.Stream;

/**
 * A block: how its parts stand in the residual stream x. Each branch is normed before and after, by
 * norms that may be {@link Norm#NONE}.
 *
 * @param mixerNorm n1
 * @param mixer A
 * @param mixerOutputNorm n2
 * @param feedForwardNorm n3
 * @param feedForward M
 * @param feedForwardOutputNorm n4
 */
public record Block(
    Norm mixerNorm,
    Mixer mixer,
    Norm mixerOutputNorm,
    Norm feedForwardNorm,
    FeedForward feedForward,
    Norm feedForwardOutputNorm,
    Residual residual) {

  /** How branches are added to the stream. */
  public enum Residual {
    /** The two parts come one after the other: x += n2(A(n1(x))), then x += n4(M(n3(x))). */
    SEQUENTIAL,
    /**
     * The two parts work at once: x += n2(A(n1(x))) + n4(M(n3(x))). There is no stream between
     * them.
     */
    PARALLEL,
    /**
     * The parts come one after the other, with norms of the sums: x = n2(x + A(n1(x))), then x =
     * n4(x + M(n3(x))).
     */
    NORMED_SUM
  }

  /** x += A(n1(x)), then x += M(n3(x)). */
  public static Block preNorm(
      Norm mixerNorm, Mixer mixer, Norm feedForwardNorm, FeedForward feedForward) {
    return new Block(
        mixerNorm, mixer, Norm.NONE, feedForwardNorm, feedForward, Norm.NONE, Residual.SEQUENTIAL);
  }

  /** Returns the block's tensors in the order in which the forward pass needs them. */
  List<Tensor> tensors() {
    return Stream.of(
            mixerNorm.tensors(),
            mixer.tensors(),
            mixerOutputNorm.tensors(),
            feedForwardNorm.tensors(),
            feedForward.tensors(),
            feedForwardOutputNorm.tensors())
        .flatMap(List::stream)
        .toList();
  }
}
