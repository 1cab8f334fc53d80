/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.expansion;

import dev.kindred.InvalidInput;
import dev.kindred.math.Softmax;
import dev.kindred.model.Changes;
import dev.kindred.model.Changes.Part;
import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.Input;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.ResidualStream.Pass;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.Mixer.Attention;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * What a sequence's predictions lose without paths through more than so many heads. Patterns of
 * attention, what norms divide by, and what feed-forward networks add are those of the model's own
 * pass; with these kept, the stream is a sum over paths, each through one head of some blocks. What
 * a head gives to the patterns of later ones is so not seen.
 *
 * @param losses of the sum of all paths through at most 0, 1, .., N heads, in nats a prediction;
 *     the last is the model's own but for rounding
 * @param modelLoss the model's
 */
public record PathExpansion(double[] losses, double modelLoss) {
  /** What is kept from the model's own pass, so that what is left is linear. */
  private static final Set<HookPoint> KEPT =
      Set.of(
          HookPoint.PATTERN,
          HookPoint.LN1_SCALE,
          HookPoint.LN1_POST_SCALE,
          HookPoint.MLP_OUT,
          HookPoint.FINAL_SCALE);

  /**
   * Checks that every block mixes positions by heads.
   *
   * @param source the model, for the message
   * @param hooks that it has
   * @param blocks N
   * @throws InvalidInput if one does not
   */
  public static void check(String source, List<Hook> hooks, int blocks) {
    for (int block = 0; block < blocks; block++) {
      if (!hooks.contains(Hook.of(HookPoint.PATTERN, block))) {
        throw new InvalidInput(
            "%s: block %d mixes positions without heads, so that there are no paths through heads;"
                + " give a model of attention",
            source, block);
      }
    }
  }

  /**
   * Returns how much of the heap an expansion fills: patterns of all blocks are kept, and read once
   * more by each pass.
   *
   * @param length T
   */
  public static long heapBytes(Blueprint blueprint, int length) {
    long heads = 0;
    long most = 0;
    for (Block block : blueprint.blocks()) {
      int its = block.mixer() instanceof Attention attention ? attention.heads() : 0;
      heads += its;
      most = Math.max(most, its);
    }

    long logits = (long) length * blueprint.shape().vocabularySize();
    return ((heads + most) * length * length + logits) * Float.BYTES;
  }

  /**
   * Expands the predictions of a sequence, in N + 2 passes.
   *
   * @param tokenIds T of them, 2 at least
   */
  public static PathExpansion of(ResidualStream model, int[] tokenIds, ValueBiases biases) {
    Input input = Input.tokens(new int[][] {tokenIds});
    int blocks = model.shape().blocks();
    Changes kept;
    double modelLoss;
    try (Pass pass = model.run(input, Changes.NONE)) {
      // Where norms are of sums, the second one comes after the network, and divides paths, too.
      List<Hook> hooks =
          model.hooks().stream()
              .filter(
                  hook ->
                      KEPT.contains(hook.point())
                          || hook.point() == HookPoint.LN2_POST_SCALE && isAfterSum(model, hook))
              .toList();
      kept = Changes.NONE.freeze(hooks, pass::all);
      modelLoss = loss(pass, tokenIds);
    }

    for (Hook hook : model.hooks()) {
      if (hook.point() == HookPoint.MLP_OUT) { // what it would add is not needed
        kept = kept.leaveOut(hook.block(), Part.MLP);
      }
    }

    float[][] added = constants(model, input, kept, biases); // by attention of each block
    double[] losses = new double[blocks + 1];
    for (int order = 0; order <= blocks; order++) {
      float[][] next = new float[blocks][];
      Changes changes = kept;
      for (int block = 0; block < blocks; block++) {
        int number = block;
        float[] shorter = added[block];
        changes =
            changes.edit(
                Hook.of(HookPoint.ATTN_OUT, block),
                longer -> {
                  next[number] = longer;
                  return shorter;
                });
      }

      try (Pass pass = model.run(input, changes)) {
        losses[order] = loss(pass, tokenIds);
      }

      added = next;
    }

    return new PathExpansion(losses, modelLoss);
  }

  /** Whether a norm comes after what the network adds, as there is no other norm of sums. */
  private static boolean isAfterSum(ResidualStream model, Hook hook) {
    List<Hook> hooks = model.hooks();
    return hooks.indexOf(hook) > hooks.indexOf(Hook.of(HookPoint.MLP_OUT, hook.block()));
  }

  /** What attention of each block adds if no path comes to it, T x D. */
  private static float[][] constants(
      ResidualStream model, Input input, Changes kept, ValueBiases biases) {
    int blocks = model.shape().blocks();
    Changes changes = kept;
    for (int block = 0; block < blocks; block++) {
      Hook empty =
          biases == ValueBiases.FOLDED
              ? Hook.of(HookPoint.RESID_PRE, block)
              : Hook.of(HookPoint.V, block);
      changes = changes.edit(empty, x -> new float[x.length]);
    }

    float[][] constants = new float[blocks][];
    try (Pass pass = model.run(input, changes)) {
      Arrays.setAll(constants, block -> pass.all(block, HookPoint.ATTN_OUT));
    }

    return constants;
  }

  private static double loss(Pass pass, int[] tokenIds) {
    float[] logits = pass.all(Hook.of(HookPoint.LOGITS));
    int vocabulary = logits.length / tokenIds.length;
    double sum = 0;
    for (int t = 0; t + 1 < tokenIds.length; t++) {
      sum -= Math.log(Softmax.row(logits, t, vocabulary)[tokenIds[t + 1]]);
    }

    return sum / (tokenIds.length - 1);
  }
}
