/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What a model learns from and is evaluated on: sequences drawn from the first 90 % of a token
 * stream, and from the rest. A draw depends on seed and step alone.
 */
final class Batches {
  /** Tokens that one thread works on at once: what they need of one layer stays near its cache. */
  static final int TOKENS = 1024;

  private static final double TRAINING_SHARE = .9;
  private static final long EVALUATION_SEED = 0x65766131L; // the same for all models of a corpus

  private final int[] training;
  private final int[] validation;
  private final Recipe recipe;
  private final int[] lengths;

  /**
   * Splits the tokens.
   *
   * @param context the model's, at most as long as either split has tokens after its first
   */
  Batches(int[] tokens, Recipe recipe, int context) {
    int end = (int) trainingTokens(tokens.length);
    this.training = Arrays.copyOf(tokens, end);
    this.validation = Arrays.copyOfRange(tokens, end, tokens.length);
    this.recipe = recipe;
    this.lengths = recipe.contextLengths(context);
  }

  /** Tokens of a stream that a model is trained on; the others are for validation. */
  static long trainingTokens(long tokens) {
    return (long) (TRAINING_SHARE * tokens);
  }

  /**
   * A part of a step's batch.
   *
   * @param sequences B x (T + 1) token ids, of which the last T are to be predicted
   * @param dropoutSeed of this part
   */
  record Batch(int[][] sequences, long dropoutSeed) {
    int predictions() {
      return sequences.length * (sequences[0].length - 1);
    }
  }

  /** What a step learns from, in parts of equal length. */
  List<Batch> ofStep(int step) {
    SplittableRandom random = random(step);
    List<Batch> batches = new ArrayList<>();
    int left = recipe.batchTokens();
    while (left > 0) {
      int length = length(random);
      int[][] sequences = new int[Math.max(1, Math.min(left, TOKENS) / length)][];
      for (int i = 0; i < sequences.length; i++) {
        sequences[i] = draw(training, length, random);
      }

      batches.add(new Batch(sequences, random.nextLong()));
      left -= sequences.length * length;
    }

    return batches;
  }

  /** A step's own. Seeds that are near each other would give the same draws, a few places on. */
  private SplittableRandom random(int step) {
    long ofSeed = new SplittableRandom(recipe.seed()).nextLong();
    return new SplittableRandom(new SplittableRandom(ofSeed + step).nextLong());
  }

  private int length(SplittableRandom random) {
    double sum = recipe.contextWeights().stream().mapToDouble(Double::doubleValue).sum();
    double draw = random.nextDouble() * sum;
    int chosen = 0;
    for (int i = 0; i < lengths.length; i++) {
      double weight = recipe.contextWeights().get(i);
      if (weight > 0) {
        chosen = i;
        if (draw < weight) {
          break;
        }
      }

      draw -= weight;
    }

    return lengths[chosen];
  }

  /** The training split's sequences of evaluation. */
  List<int[][]> trainingSample() {
    return sample(training);
  }

  /** The validation split's sequences of evaluation. */
  List<int[][]> validationSample() {
    return sample(validation);
  }

  private List<int[][]> sample(int[] split) {
    SplittableRandom random = new SplittableRandom(EVALUATION_SEED);
    int length = lengths[lengths.length - 1];
    int together = Math.max(1, TOKENS / length);
    List<int[][]> batches = new ArrayList<>();
    for (int left = recipe.evaluationContexts(); left > 0; left -= together) {
      int[][] sequences = new int[Math.min(left, together)][];
      for (int i = 0; i < sequences.length; i++) {
        sequences[i] = draw(split, length, random);
      }

      batches.add(sequences);
    }

    return batches;
  }

  private static int[] draw(int[] split, int length, SplittableRandom random) {
    int start = random.nextInt(split.length - length);
    return Arrays.copyOfRange(split, start, start + length + 1);
  }
}
