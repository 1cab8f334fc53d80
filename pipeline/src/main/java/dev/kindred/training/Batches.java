/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
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
  private final BitSet leftOut;

  /**
   * Splits the tokens.
   *
   * @param context the model's, at most as long as either split has tokens after its first
   * @param leftOut places of tokens in the stream that nothing is learnt from when they are the
   *     next ones; they are read as before
   */
  Batches(int[] tokens, Recipe recipe, int context, BitSet leftOut) {
    int end = (int) trainingTokens(tokens.length);
    this.training = Arrays.copyOf(tokens, end);
    this.validation = Arrays.copyOfRange(tokens, end, tokens.length);
    this.recipe = recipe;
    this.lengths = recipe.contextLengths(context);
    this.leftOut = leftOut;
  }

  /** Tokens of a stream that a model is trained on; the others are for validation. */
  static long trainingTokens(long tokens) {
    return (long) (TRAINING_SHARE * tokens);
  }

  /**
   * A part of a step's batch.
   *
   * @param sequences B x (T + 1) token ids, of which the last T are to be predicted
   * @param counted B x T, whether each of these counts; null if all do
   * @param dropoutSeed of this part
   */
  record Batch(int[][] sequences, boolean[][] counted, long dropoutSeed) {
    int predictions() {
      if (counted == null) {
        return sequences.length * (sequences[0].length - 1);
      }

      int predictions = 0;
      for (boolean[] ofSequence : counted) {
        for (boolean isCounted : ofSequence) {
          predictions += isCounted ? 1 : 0;
        }
      }

      return predictions;
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
      boolean[][] counted = leftOut.isEmpty() ? null : new boolean[sequences.length][];
      for (int i = 0; i < sequences.length; i++) {
        int start = start(training, length, random);
        sequences[i] = Arrays.copyOfRange(training, start, start + length + 1);
        if (counted != null) {
          counted[i] = counted(start, length);
        }
      }

      batches.add(new Batch(sequences, counted, random.nextLong()));
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
        int start = start(split, length, random);
        sequences[i] = Arrays.copyOfRange(split, start, start + length + 1);
      }

      batches.add(sequences);
    }

    return batches;
  }

  private static int start(int[] split, int length, SplittableRandom random) {
    return random.nextInt(split.length - length);
  }

  private boolean[] counted(int start, int length) {
    boolean[] counted = new boolean[length];
    for (int t = 0; t < length; t++) {
      counted[t] = !leftOut.get(start + t + 1);
    }

    return counted;
  }
}
