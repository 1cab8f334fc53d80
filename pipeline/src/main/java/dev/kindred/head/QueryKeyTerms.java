/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import dev.kindred.math.Vectors;
import dev.kindred.model.Changes;
import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.Input;
import dev.kindred.model.ResidualStream.Pass;

/**
 * Induction scores of the patterns that each term of the products of queries and keys makes alone.
 * The stream that a block reads is what it began with, the embedding with positions (direct), and
 * what earlier blocks wrote; queries and keys are linear in it as long as the norm before divides
 * by the same. Biases are in the queries and keys of both.
 */
final class QueryKeyTerms {
  private QueryKeyTerms() {}

  /**
   * Takes a block's products apart.
   *
   * @param block after the first
   * @return induction score of each term and head, [4][H]; null where norms stand behind sums, so
   *     that the stream is none
   */
  static double[][] of(HeadModel model, PatternMeasures asked, Pass pass, int block, int[] tokens) {
    if (model.hasNormedSums()) {
      return null;
    }

    float[] whole = pass.all(block, HookPoint.RESID_PRE);
    float[] direct = pass.all(0, HookPoint.RESID_PRE);
    float[][] streams = {direct, Vectors.difference(whole, direct)};
    Hook scale = Hook.of(HookPoint.LN1_SCALE, block);
    Changes frozen =
        model.stream().hooks().contains(scale)
            ? Changes.NONE.replace(scale, pass.all(scale))
            : Changes.NONE;
    Hook query = Hook.of(HookPoint.Q, block);
    Hook key = Hook.of(HookPoint.K, block);
    float[][] queries = new float[2][];
    float[][] keys = new float[2][];
    for (int i = 0; i < 2; i++) {
      Input input = Input.before(block, streams[i], tokens.length);
      queries[i] = model.stream().at(input, frozen, query);
      keys[i] = model.stream().at(input, frozen, key);
    }

    int heads = model.attention(block).heads();
    double[][] scores = new double[Measure.INDUCTION_TERMS.size()][heads];
    for (int term = 0; term < scores.length; term++) {
      float[] patterns =
          model.stream()
              .at(
                  Input.before(block, whole, tokens.length),
                  Changes.NONE.replace(query, queries[term / 2]).replace(key, keys[term % 2]),
                  Hook.of(HookPoint.PATTERN, block));
      for (int head = 0; head < heads; head++) {
        scores[term][head] =
            asked.induction(patterns, head * tokens.length * tokens.length, tokens.length);
      }
    }

    return scores;
  }
}
