/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.InvalidInput;
import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.ModelShape;
import dev.kindred.model.ResidualStream;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Which output of a model is to be met, and what of it counts.
 *
 * <p>Letters in shapes: T = tokens, D = {@code d_model}, O = outputs, F = features of each that
 * count.
 *
 * @param blocks how many are used, from the first; 0 for the input itself
 * @param outputs which of their outputs count
 * @param part of each block
 * @param causal whether a position sees itself and those before it, as usual, or all
 * @param tokens positions that count
 * @param features those that count, ascending; null for all D
 */
public record Target(
    int blocks, Outputs outputs, BlockPart part, boolean causal, TokenRange tokens, int[] features)
    implements Serializable {

  /** Which outputs count. */
  public enum Outputs {
    /** That of the last block. */
    LAST,
    /** That of each. */
    EACH,
    /** Those of block 0, applied to what it made, again and again, as published. */
    FIRST_AGAIN;

    /** The name: {@code first-again}. */
    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** The whole output of some blocks. */
  public static Target of(int blocks) {
    return new Target(blocks, Outputs.LAST, BlockPart.BLOCK, true, TokenRange.ALL, null);
  }

  /** The same of other positions. */
  public Target with(TokenRange range) {
    return new Target(blocks, outputs, part, causal, range, features);
  }

  /** Whether another is made by the same passes: another part of the same outputs counts. */
  boolean isMadeAs(Target other) {
    return whole().equals(other.whole());
  }

  private Target whole() {
    return new Target(blocks, outputs, part, causal, TokenRange.ALL, null);
  }

  /**
   * Checks that this can be asked about a prompt.
   *
   * @param number of the prompt, from 1
   * @throws InvalidInput if a control of it is too large
   */
  public void checkPrompt(int number, int length, int dimension) {
    if (part.isControl()) {
      FullyConnected.check(part, number, length, dimension);
    }
  }

  /**
   * Checks that a model has this.
   *
   * @throws InvalidInput naming what it lacks
   */
  public void check(ModelShape shape, ResidualStream model) {
    if (blocks > shape.blocks()) {
      throw new InvalidInput(
          "--blocks %d: the model has %d blocks; give 0 to %d",
          blocks, shape.blocks(), shape.blocks());
    }

    if (features != null && features[features.length - 1] >= shape.modelDimension()) {
      throw new InvalidInput(
          "--features: %d is none of the model's %d features; give ones below %d",
          features[features.length - 1], shape.modelDimension(), shape.modelDimension());
    }

    if (part.isControl()
        && !equals(new Target(1, Outputs.LAST, part, true, TokenRange.ALL, null))) {
      throw new InvalidInput(
          "--part %s: random layers stand in the place of blocks, and all of their output counts; leave"
              + " --blocks, --outputs, --mask, --tokens and --features out",
          part.text());
    }

    if (part.isOfSerialBlocks()) {
      for (int block = 0; block < blocks; block++) {
        if (!model.hooks().contains(Hook.of(HookPoint.RESID_MID, block))) {
          throw new InvalidInput(
              "--part %s: block %d has one residual around both of its parts; give block,"
                  + " attention-only, attention-block, no-ln1, no-ln2, no-ln or mlp-only",
              part.text(), block);
        }
      }
    }
  }

  /** Whether a model has this. */
  public boolean isOf(ModelShape shape, ResidualStream model) {
    try {
      check(shape, model);
      return true;
    } catch (InvalidInput e) {
      return false;
    }
  }

  /** Whether what counts depends on a position. */
  boolean sees(int position, int length) {
    boolean mixes = blocks > 0 && part != BlockPart.MLP_ONLY;
    int end = tokens.end(length);
    return end > tokens.first(length)
        && (mixes ? !causal || position < end : tokens.contains(position, length));
  }

  /** How many features count, F. */
  int width(int dimension) {
    return features == null ? dimension : features.length;
  }

  int feature(int index) {
    return features == null ? index : features[index];
  }

  /** How many outputs count, O. */
  int count() {
    return outputs == Outputs.LAST ? 1 : blocks;
  }

  /** Numbers that count, of one sequence: O times its tokens in the range times F. */
  int size(int length, int dimension) {
    int outputs = part == BlockPart.CONTROL ? FullyConnected.EXPANSION : count();
    return outputs * tokens.size(length) * width(dimension);
  }

  /** The features that there are of a model with so many. */
  public int[] features(int dimension) {
    return features == null ? IntStream.range(0, dimension).toArray() : features;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Target that && toString().equals(that.toString());
  }

  @Override
  public int hashCode() {
    return toString().hashCode();
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "blocks=%d outputs=%s part=%s causal=%s tokens=%s features=%s",
        blocks,
        outputs.text(),
        part.text(),
        causal,
        tokens,
        features == null ? "all" : Arrays.toString(features));
  }
}
