/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A language model whose forward pass can be looked into at {@linkplain HookPoint named places},
 * changed there, run on from any block with other vectors in its residual stream, and
 * differentiated.
 *
 * <p>Letters in shapes: those of {@link HookPoint}, N = {@code n_layers}, R = vectors. A block
 * number in [0, N] names the residual stream before that block; N is the stream before the final
 * norm. Arrays are row-major. Several threads may use one.
 */
public interface ResidualStream extends AutoCloseable {

  ModelShape shape();

  /** The places that this model has, in the order of the pass. */
  List<Hook> hooks();

  /**
   * Runs sequences through all blocks.
   *
   * @param tokenIds B x T token ids, each in [0, V)
   */
  default Pass run(int[][] tokenIds) {
    return run(Input.tokens(tokenIds), Changes.NONE);
  }

  /**
   * Runs through all blocks that come after the input, with changes on the way.
   *
   * @throws IllegalArgumentException if a change is at a place that the model does not have
   */
  Pass run(Input input, Changes changes);

  /**
   * What the model adds to the residual stream for tokens, without their positions: what is at
   * {@link HookPoint#EMBED}.
   *
   * @param tokenIds R, each in [0, V)
   * @return R x D
   */
  float[] embed(int[] tokenIds);

  /**
   * Runs vectors, each a sequence of its own, through the blocks from one on.
   *
   * @param block in [0, N]
   * @param x R x D
   * @return R x V logits
   */
  float[] logitsAlone(int block, float[] x);

  /**
   * What a block's feed-forward network adds to the residual stream.
   *
   * @param x the stream that it reads: at {@link HookPoint#RESID_MID}, or at {@link
   *     HookPoint#RESID_PRE} where a block has none; R x D
   * @return R x D
   */
  float[] feedForward(int block, float[] x);

  /** Vectors after the final norm, R x D. */
  float[] finalNorm(float[] x);

  /** How logits are read from the stream. */
  Readout readout();

  /**
   * How badly lone vectors predict given tokens, and how that changes with them.
   *
   * @param nats -ln p of each vector's token, R
   * @param gradient of each vector's nats by the vector, R x D
   */
  record Loss(float[] nats, float[] gradient) {}

  /**
   * The loss of vectors, each a sequence of its own.
   *
   * @param block in [0, N], from which on they are run
   * @param x R x D
   * @param targets R token ids
   */
  Loss loss(int block, float[] x, int[] targets);

  /**
   * What is at a place at all positions, of a pass that goes no further than it must.
   *
   * @return in the shape that {@link HookPoint} says
   */
  float[] at(Input input, Changes changes, Hook hook);

  /**
   * The gradient of a number, which is made of what is at one place of a pass, by what is at
   * another.
   *
   * @param by the place whose values are varied; it comes before the other
   * @param of the place that the number is made of
   * @param derivative of the number by each value at {@code of}, given these values
   * @return the derivative by each value at {@code by}
   */
  float[] gradient(
      Input input, Changes changes, Hook by, Hook of, UnaryOperator<float[]> derivative);

  @Override
  void close();

  /** A forward pass of some sequences, whose arrays stay in the engine until it is closed. */
  interface Pass extends AutoCloseable {

    /**
     * What is at a place at all positions. What blocks add and the stream between are kept from the
     * pass; of other places, the block is run again with the same changes.
     *
     * @return in the shape that {@link HookPoint} says
     */
    float[] all(Hook hook);

    /** The same of a place in a block. */
    default float[] all(int block, HookPoint point) {
      return all(Hook.of(point, block));
    }

    /** What is at a place at the last position, B x D for vectors of the stream. */
    float[] last(Hook hook);

    /** The same of a place in a block. */
    default float[] last(int block, HookPoint point) {
      return last(Hook.of(point, block));
    }

    /** The lengths of {@link #all}'s dimensions. */
    long[] shape(Hook hook);

    /**
     * The logits if the residual stream at the last position were another before some block. At the
     * positions before it, which do not see the last, everything stays as it is. Changes of the
     * pass in the blocks from there on are not made again.
     *
     * @param block in [0, N]
     * @param x B x D
     * @return B x V
     */
    float[] logits(int block, float[] x);

    /** The model's own logits at the last position, B x V. */
    float[] logits();

    @Override
    void close();
  }
}
