/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.attribution;

import dev.kindred.model.Changes;
import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.Input;
import dev.kindred.model.ResidualStream;
import java.util.Arrays;

/**
 * A prediction that is attributed to the tokens before it.
 *
 * <p>A token's row is what the model adds for it to the residual stream: its row of the embedding,
 * scaled or projected if the model does so. What the model adds for a position is not in it, and
 * stays where a row is changed.
 *
 * @param tokenIds T, with all that the model reads
 * @param rows of the tokens, T x D
 * @param logits at the last position, V
 */
public record AttributedPrediction(
    ResidualStream model, int[] tokenIds, float[] rows, float[] logits, Objective objective) {
  private static final Hook EMBED = Hook.of(HookPoint.EMBED);
  private static final Hook LOGITS = Hook.of(HookPoint.LOGITS);

  /** Tokens, and logits, of one pass at most: what bounds its memory. */
  private static final int NODES = 4096;

  private static final int NUMBERS = 1 << 23;

  /**
   * Evaluates the model on a prompt.
   *
   * @param tokenIds T, with all that the model reads
   */
  public static AttributedPrediction of(
      ResidualStream model, int[] tokenIds, Objective.Choice objective) {
    try (ResidualStream.Pass pass = model.run(new int[][] {tokenIds})) {
      float[] logits = pass.logits();
      return new AttributedPrediction(
          model, tokenIds, pass.all(EMBED), logits, objective.apply(logits));
    }
  }

  /** The same prediction with another objective. */
  public AttributedPrediction with(Objective other) {
    return new AttributedPrediction(model, tokenIds, rows, logits, other);
  }

  /** T. */
  public int length() {
    return tokenIds.length;
  }

  /** D. */
  int dimension() {
    return model.shape().modelDimension();
  }

  /** The objective of the prompt as it is. */
  public double value() {
    return objective.of(logits);
  }

  /** The objective's derivative by each number of the tokens' rows, T x D. */
  public float[] gradient() {
    return gradients(new float[][] {rows})[0];
  }

  /**
   * The objective's derivatives where the tokens' rows are others.
   *
   * @param otherRows B x (T x D)
   * @return B x (T x D)
   */
  float[][] gradients(float[][] otherRows) {
    float[][] found = new float[otherRows.length][];
    int size = length() * dimension();
    int batch = Math.max(1, NUMBERS / (length() * model.shape().vocabularySize()));
    for (int from = 0; from < otherRows.length; from += batch) {
      int count = Math.min(batch, otherRows.length - from);
      float[] gradients =
          model.gradient(
              copies(count),
              Changes.NONE.replace(EMBED, joined(otherRows, from, count)),
              EMBED,
              LOGITS,
              this::derivative);
      for (int i = 0; i < count; i++) {
        found[from + i] = Arrays.copyOfRange(gradients, i * size, (i + 1) * size);
      }
    }

    return found;
  }

  /**
   * The derivative by logits at all positions, B x T x V, of which the objective reads the last.
   */
  private float[] derivative(float[] all) {
    int tokens = model.shape().vocabularySize();
    float[] derivative = new float[all.length];
    for (int end = length() * tokens; end <= all.length; end += length() * tokens) {
      double[] last = objective.derivative(Arrays.copyOfRange(all, end - tokens, end));
      for (int i = 0; i < tokens; i++) {
        derivative[end - tokens + i] = (float) last[i];
      }
    }

    return derivative;
  }

  private Input copies(int count) {
    int[][] copies = new int[count][];
    Arrays.fill(copies, tokenIds);
    return Input.tokens(copies);
  }

  private static float[] joined(float[][] rows, int from, int count) {
    int size = rows[0].length;
    float[] joined = new float[count * size];
    for (int i = 0; i < count; i++) {
      System.arraycopy(rows[from + i], 0, joined, i * size, size);
    }

    return joined;
  }

  /**
   * The logits where the tokens' rows are others.
   *
   * @param otherRows B x (T x D)
   * @return B x V
   */
  float[][] logitsOfRows(float[][] otherRows) {
    float[][] found = new float[otherRows.length][];
    int batch = batch(length());
    for (int from = 0; from < otherRows.length; from += batch) {
      int count = Math.min(batch, otherRows.length - from);
      run(copies(count), Changes.NONE.replace(EMBED, joined(otherRows, from, count)), found, from);
    }

    return found;
  }

  /**
   * The logits of other tokens, from position 0 on.
   *
   * @param sequences B, all of one length
   * @return B x V
   */
  float[][] logitsOfTokens(int[][] sequences) {
    float[][] found = new float[sequences.length][];
    int batch = batch(sequences[0].length);
    for (int from = 0; from < sequences.length; from += batch) {
      int to = Math.min(sequences.length, from + batch);
      run(Input.tokens(Arrays.copyOfRange(sequences, from, to)), Changes.NONE, found, from);
    }

    return found;
  }

  private int batch(int tokens) {
    return Math.max(1, Math.min(NODES / tokens, NUMBERS / model.shape().vocabularySize()));
  }

  private void run(Input input, Changes changes, float[][] found, int from) {
    int tokens = model.shape().vocabularySize();
    try (ResidualStream.Pass pass = model.run(input, changes)) {
      float[] all = pass.logits();
      for (int i = 0; i < all.length / tokens; i++) {
        found[from + i] = Arrays.copyOfRange(all, i * tokens, (i + 1) * tokens);
      }
    }
  }
}
