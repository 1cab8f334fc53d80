/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import dev.kindred.model.BlockVector;
import dev.kindred.model.Changes.Part;
import dev.kindred.model.HookPoint;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Block.Residual;
import dev.kindred.model.architecture.Mixer;

/** A block: how its parts stand in the residual stream. Letters are those of {@link TorchMixer}. */
final class TorchBlock {
  final TorchNorm mixerNorm;
  final TorchMixer mixer;
  private final TorchNorm mixerOutputNorm;
  private final TorchNorm feedForwardNorm;
  private final TorchFeedForward network; // null for none
  private final TorchNorm feedForwardOutputNorm;
  private final Residual residual;

  TorchBlock(Block block, TorchWeights weights) {
    this.mixerNorm = TorchNorm.of(block.mixerNorm(), weights);
    this.mixer = mixer(block.mixer(), weights);
    this.mixerOutputNorm = TorchNorm.of(block.mixerOutputNorm(), weights);
    this.feedForwardNorm = TorchNorm.of(block.feedForwardNorm(), weights);
    this.network = TorchFeedForward.of(block.feedForward(), weights);
    this.feedForwardOutputNorm = TorchNorm.of(block.feedForwardOutputNorm(), weights);
    this.residual = block.residual();
  }

  private static TorchMixer mixer(Mixer mixer, TorchWeights weights) {
    return mixer instanceof Mixer.Attention attention
        ? new TorchAttention(attention, weights)
        : new TorchMasked((Mixer.Masked) mixer, weights);
  }

  /**
   * The whole block, at all positions.
   *
   * @param x the residual stream, [B, T, D]
   * @return the residual stream after the block, [B, T, D]
   */
  NDArray apply(NDArray x, Dropout dropout, Tap tap) {
    NDArray before = tap.at(HookPoint.RESID_PRE, x);
    if (tap.leavesOut(Part.ATTENTION)) {
      return rest(before, null, dropout, tap);
    }

    NDArray normed =
        tap.leavesOut(Part.LN1) ? before : mixerNorm.apply(before, HookPoint.LN1_SCALE, tap);
    return rest(before, mixer.apply(normed, normed, dropout, tap), dropout, tap);
  }

  /**
   * The whole block, for the last position alone.
   *
   * @param x the residual stream, [B, T, D]
   * @return the residual stream after the block, [B, 1, D]
   */
  NDArray applyForLast(NDArray x, Tap tap) {
    NDArray normed = mixerNorm.apply(x);
    NDArray mixed = mixer.apply(Rows.lastPosition(normed), normed, Dropout.NONE, Tap.NONE);
    return rest(Rows.lastPosition(x), mixed, Dropout.NONE, tap);
  }

  /**
   * The block at the last position.
   *
   * @param x the residual stream there, [B, 1, D]
   * @param earlier what the block's mixer keeps of the positions before; null if there are none,
   *     and then each vector sees itself alone
   * @return the residual stream after the block, [B, 1, D]
   */
  NDArray applyLast(NDArray x, TorchMixer.Kept earlier) {
    NDArray normed = mixerNorm.apply(x);
    return applyLast(x, normed, earlier == null ? null : mixer.then(earlier, normed));
  }

  /**
   * The same.
   *
   * @param normed what the mixer reads of the last position
   * @param all what it and the positions before it keep; null where it sees itself alone
   */
  NDArray applyLast(NDArray x, NDArray normed, TorchMixer.Kept all) {
    NDArray mixed = all == null ? mixer.applyAlone(normed) : mixer.applyLast(normed, all);
    return rest(x, mixed, Dropout.NONE, Tap.NONE);
  }

  /**
   * What comes after mixing.
   *
   * @param x the residual stream before the block
   * @param mixed what the mixer made of it; null for nothing
   */
  private NDArray rest(NDArray x, NDArray mixed, Dropout dropout, Tap tap) {
    boolean isSumNormed = residual == Residual.NORMED_SUM;
    NDArray branch = mixed == null ? x.zerosLike() : mixed;
    if (mixed != null && !isSumNormed) {
      branch = mixerOutputNorm.apply(mixed, HookPoint.LN1_POST_SCALE, tap);
    }

    NDArray between = sum(x, tap.at(HookPoint.ATTN_OUT, dropout.apply(branch)), tap, true);
    if (isSumNormed) {
      between = mixerOutputNorm.apply(between, HookPoint.LN1_POST_SCALE, tap);
    }

    if (network == null) {
      return tap.at(HookPoint.RESID_POST, between);
    }

    boolean isParallel = residual == Residual.PARALLEL;
    between = isParallel ? between : tap.at(HookPoint.RESID_MID, between);
    NDArray ffnOut = dropout.apply(feedForward(isParallel ? x : between, tap));
    NDArray after = sum(between, tap.at(HookPoint.MLP_OUT, ffnOut), tap, false);
    return tap.at(
        HookPoint.RESID_POST,
        isSumNormed ? feedForwardOutputNorm.apply(after, HookPoint.LN2_POST_SCALE, tap) : after);
  }

  private static NDArray sum(NDArray x, NDArray branch, Tap tap, boolean ofMixer) {
    return tap.leavesOut(ofMixer ? Part.ATTENTION_RESIDUAL : Part.MLP_RESIDUAL)
        ? branch
        : x.add(branch);
  }

  /**
   * What the feed-forward network adds.
   *
   * @param x the residual stream that it reads
   */
  NDArray feedForward(NDArray x, Tap tap) {
    if (network == null || tap.leavesOut(Part.MLP)) {
      return x.zerosLike();
    }

    NDArray normed =
        tap.leavesOut(Part.LN2) ? x : feedForwardNorm.apply(x, HookPoint.LN2_SCALE, tap);
    NDArray ffnOut = network.apply(normed, tap);
    return residual == Residual.NORMED_SUM
        ? ffnOut
        : feedForwardOutputNorm.apply(ffnOut, HookPoint.LN2_POST_SCALE, tap);
  }

  /** Whether the feed-forward network stands beside attention, and reads what that reads. */
  boolean isParallel() {
    return network != null && residual == Residual.PARALLEL;
  }

  /**
   * Everything after mixing, row by row and in place.
   *
   * @param x the residual stream, [rows, D]; receives what the block makes of it
   * @param mixed [rows, W]
   * @param beside what the feed-forward network adds, [rows, D], where it is known already; else
   *     null
   * @param wanted which vectors
   * @return these, [rows, D]; the residual stream is {@code x} itself
   */
  NDArray advance(BlockVector wanted, NDArray x, NDArray mixed, NDArray beside) {
    NDArray mixerOut = mixer.output(mixed);
    if (residual == Residual.NORMED_SUM) {
      set(x, mixerOutputNorm.apply(x.add(mixerOut)));
      NDArray ffnOut = feedForward(x, Tap.NONE);
      if (network != null) {
        set(x, feedForwardOutputNorm.apply(x.add(ffnOut)));
      }

      return chosen(wanted, ffnOut, mixerOut, x);
    }

    boolean isParallel = residual == Residual.PARALLEL;
    NDArray ofStream = isParallel && beside == null ? feedForward(x, Tap.NONE) : beside;
    NDArray attnOut = mixerOutputNorm.apply(mixerOut);
    x.addi(attnOut);
    NDArray ffnOut = isParallel ? ofStream : feedForward(x, Tap.NONE);
    if (network != null) {
      x.addi(ffnOut);
    }

    return chosen(wanted, ffnOut, attnOut, x);
  }

  private static NDArray chosen(
      BlockVector wanted, NDArray ffnOut, NDArray attnOut, NDArray residPost) {
    return switch (wanted) {
      case FFN_OUT -> ffnOut;
      case ATTN_OUT -> attnOut;
      case RESID_POST -> residPost;
    };
  }

  private static void set(NDArray x, NDArray values) {
    x.set(new NDIndex().addSliceDim(0, x.getShape().get(0)), values);
  }
}
