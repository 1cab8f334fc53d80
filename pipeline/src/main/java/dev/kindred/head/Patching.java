/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import dev.kindred.model.Changes;
import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.Input;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.ResidualStream.Pass;
import java.util.Arrays;

/**
 * Activation patching: what was at a place of one prompt is put into the run of another, and what
 * that changes is the difference of two tokens' logits at the end.
 *
 * @param answer token whose logit counts
 * @param other token whose logit is taken away
 * @param clean difference of the prompt that is copied from
 * @param corrupted difference of the prompt that is copied into
 * @param patched difference with each place copied: [blocks][positions], or [blocks][heads]; empty
 *     in blocks without such a place
 */
public record Patching(int answer, int other, double clean, double corrupted, double[][] patched) {
  /** Numbers of one place that are held at once. */
  private static final long NUMBERS = 1 << 24;

  /** What is copied at once. */
  public enum Unit {
    /** All that is at one position. */
    POSITION,
    /** All that is of one head, at all positions. */
    HEAD
  }

  /** Returns how far a patched difference is from the corrupted to the clean one: 0 to 1. */
  public double share(double difference) {
    return (difference - corrupted) / (clean - corrupted);
  }

  /**
   * Copies each place by itself.
   *
   * @param clean tokens that are copied from
   * @param corrupted as many tokens that are copied into
   * @param point which place of each block
   * @param answer null for the most probable token after the clean prompt
   * @param other null for the most probable token after the corrupted prompt
   */
  public static Patching of(
      ResidualStream model,
      int[] clean,
      int[] corrupted,
      HookPoint point,
      Unit unit,
      Integer answer,
      Integer other) {
    if (clean.length != corrupted.length) {
      throw new IllegalArgumentException(
          "Invalid prompts: " + clean.length + " and " + corrupted.length + " tokens");
    }

    try (Pass from = model.run(new int[][] {clean});
        Pass into = model.run(new int[][] {corrupted})) {
      float[] cleanLogits = from.logits();
      float[] corruptedLogits = into.logits();
      int a = answer == null ? greatest(cleanLogits) : answer;
      int b = other == null ? greatest(corruptedLogits) : other;
      double[][] patched = new double[model.shape().blocks()][];
      for (int block = 0; block < patched.length; block++) {
        Hook hook = Hook.of(point, block);
        patched[block] =
            model.hooks().contains(hook)
                ? patched(model, from, into, hook, unit, clean.length, a, b)
                : new double[0];
      }

      return new Patching(
          a, b, cleanLogits[a] - cleanLogits[b], corruptedLogits[a] - corruptedLogits[b], patched);
    }
  }

  private static int greatest(float[] logits) {
    int greatest = 0;
    for (int token = 1; token < logits.length; token++) {
      greatest = logits[token] > logits[greatest] ? token : greatest;
    }

    return greatest;
  }

  private static double[] patched(
      ResidualStream model,
      Pass from,
      Pass into,
      Hook hook,
      Unit unit,
      int length,
      int answer,
      int other) {
    float[] clean = from.all(hook);
    float[] before = into.all(hook.block(), HookPoint.RESID_PRE);
    Places places = Places.of(from.shape(hook), hook.point(), unit);
    int vocabulary = model.shape().vocabularySize();
    long ofOne = Math.max((long) length * length * 16, Math.max(clean.length, before.length));
    int atOnce = (int) Math.max(1, Math.min(places.count, NUMBERS / Math.max(ofOne, vocabulary)));
    double[] differences = new double[places.count];
    for (int first = 0; first < places.count; first += atOnce) {
      int start = first;
      int count = Math.min(atOnce, places.count - first);
      float[] copies = new float[count * before.length];
      for (int copy = 0; copy < count; copy++) {
        System.arraycopy(before, 0, copies, copy * before.length, before.length);
      }

      Changes changes =
          Changes.NONE.edit(
              hook,
              x -> {
                float[] changed = x.clone();
                for (int copy = 0; copy < count; copy++) {
                  places.copy(clean, changed, copy * clean.length, start + copy);
                }

                return changed;
              });
      try (Pass pass = model.run(Input.before(hook.block(), copies, length), changes)) {
        float[] logits = pass.logits();
        for (int copy = 0; copy < count; copy++) {
          differences[first + copy] =
              (double) logits[copy * vocabulary + answer] - logits[copy * vocabulary + other];
        }
      }
    }

    return differences;
  }

  /**
   * Where the numbers of positions or heads are among those of one sequence: {@code groups} times,
   * {@code count} runs of {@code run} numbers.
   */
  private record Places(int groups, int count, int run) {
    private static Places of(long[] shape, HookPoint point, Unit unit) {
      int all = (int) Arrays.stream(shape).skip(1).reduce(1, (a, b) -> a * b);
      if (unit == Unit.POSITION) {
        int length = (int) shape[1];
        return new Places(1, length, all / length);
      }

      int heads = (int) shape[point.isOfPairs() ? 1 : 2];
      int groups = point.isOfPairs() ? 1 : (int) shape[1];
      return new Places(groups, heads, all / groups / heads);
    }

    private void copy(float[] from, float[] into, int offset, int which) {
      for (int group = 0; group < groups; group++) {
        int at = (group * count + which) * run;
        System.arraycopy(from, at, into, offset + at, run);
      }
    }
  }
}
