/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import dev.kindred.head.HeadModel.Head;
import dev.kindred.model.Changes;
import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.Input;
import dev.kindred.model.ResidualStream.Pass;
import dev.kindred.model.architecture.Mixer.Attention;
import java.io.Serializable;

/**
 * What becomes of one sequence without each head.
 *
 * @param stimulus number of the stimulus
 * @param sequence number in it
 * @param losses mean loss of all tokens without each head, [heads]
 * @param secondLosses the same of the second copy; NaN where there is none
 * @param induction induction score of each head, second, without each, first: [heads][heads]; empty
 *     where nothing is repeated
 */
public record SequenceAblation(
    int stimulus,
    int sequence,
    Ablation kind,
    double[] losses,
    double[] secondLosses,
    double[][] induction)
    implements Serializable {
  /**
   * Runs a sequence without each head.
   *
   * @param means of what each head mixes, [heads][E], for {@link Ablation#MEAN}
   */
  static SequenceAblation of(
      HeadModel model,
      PatternMeasures asked,
      Stimulus of,
      int stimulus,
      int sequence,
      Ablation kind,
      double[][] means) {
    int[] tokens = of.tokenIds()[sequence];
    int heads = model.heads().size();
    double[] losses = new double[heads];
    double[] secondLosses = new double[heads];
    double[][] induction = new double[of.isTwice() ? heads : 0][];
    int number = 0;
    try (Pass pass = model.stream().run(new int[][] {tokens})) {
      double[] unchanged = of.isTwice() ? induction(model, asked, pass, tokens.length) : null;
      for (int block = 0; block < model.blocks(); block++) {
        if (!model.hasHeads(block)) {
          continue;
        }

        float[] before = pass.all(block, HookPoint.RESID_PRE);
        Attention attention = model.attention(block);
        for (int head = 0; head < attention.heads(); head++) {
          float[] instead = instead(model, new Head(block, head), kind, means[number]);
          double[] scores = unchanged == null ? null : unchanged.clone();
          float[] after =
              model.stream()
                  .at(
                      Input.before(block, before, tokens.length),
                      changes(model, asked, new Head(block, head), instead, tokens.length, scores),
                      Hook.of(HookPoint.RESID_POST, model.blocks() - 1));
          double[] ofTokens = TokenLosses.of(model.stream(), after, tokens);
          losses[number] = Loss.ALL.of(of, ofTokens);
          secondLosses[number] = Loss.SECOND_COPY.of(of, ofTokens);
          if (scores != null) {
            induction[number] = scores;
          }

          number++;
        }
      }
    }

    return new SequenceAblation(stimulus, sequence, kind, losses, secondLosses, induction);
  }

  private static double[] induction(HeadModel model, PatternMeasures asked, Pass pass, int length) {
    double[] scores = new double[model.heads().size()];
    for (int block = 0; block < model.blocks(); block++) {
      if (model.hasHeads(block)) {
        put(model, asked, block, pass.all(block, HookPoint.PATTERN), length, scores);
      }
    }

    return scores;
  }

  /** Puts the induction scores of a block's heads in their places among all. */
  private static void put(
      HeadModel model,
      PatternMeasures asked,
      int block,
      float[] patterns,
      int length,
      double[] scores) {
    int first = model.heads().indexOf(new Head(block, 0));
    for (int head = 0; head < model.attention(block).heads(); head++) {
      scores[first + head] = asked.induction(patterns, head * length * length, length);
    }
  }

  private static float[] instead(HeadModel model, Head head, Ablation kind, double[] mean) {
    float[] instead = new float[model.attention(head.block()).headWidth()];
    double[] values =
        switch (kind) {
          case MEAN -> mean;
          case ZERO -> new double[instead.length];
          case ZERO_FOLDED -> model.writing(head.block()).bias()[head.head()];
        };
    for (int e = 0; e < instead.length; e++) {
      instead[e] = (float) values[e];
    }

    return instead;
  }

  /**
   * The changes of a pass.
   *
   * @param instead of what the head mixes, at all positions, E
   * @param scores receives the induction scores of later blocks' heads; null for none
   */
  private static Changes changes(
      HeadModel model,
      PatternMeasures asked,
      Head head,
      float[] instead,
      int length,
      double[] scores) {
    int heads = model.attention(head.block()).heads();
    Changes changes =
        Changes.NONE.edit(
            Hook.of(HookPoint.Z, head.block()),
            z -> {
              float[] changed = z.clone(); // [T, H, E]
              for (int i = 0; i < length; i++) {
                System.arraycopy(
                    instead,
                    0,
                    changed,
                    (i * heads + head.head()) * instead.length,
                    instead.length);
              }

              return changed;
            });
    for (int block = head.block() + 1; scores != null && block < model.blocks(); block++) {
      if (model.hasHeads(block)) {
        int later = block;
        changes =
            changes.edit(
                Hook.of(HookPoint.PATTERN, block),
                patterns -> {
                  put(model, asked, later, patterns, length, scores);
                  return patterns;
                });
      }
    }

    return changes;
  }
}
