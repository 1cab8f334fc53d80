/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.activation.MappedVectors;
import dev.kindred.kernel.TileKernel;
import dev.kindred.math.Cosine;
import java.util.List;

/**
 * Joins windows with a few prompts: each window's products with all prompts and with itself are
 * taken at once, in single precision, while it is in cache. Only windows that could be similar are
 * looked at again, as in every join, by {@link PairCheck}.
 */
final class FewPromptsJoin {
  private static final int AT_ONCE = 256;

  /** Norms for which squares in single precision neither overflow nor lose their error bound. */
  private static final double LEAST_NORM = 1e-12;

  private static final double GREATEST_NORM = 1e12;

  private final TileKernel kernel;
  private final PromptVectors prompts;
  private final NextTokens nextTokens;
  private final EvidenceTable evidence;
  private final PairCheck check;
  private final WindowBatch batch;
  private final double surelyBelow;
  private final int[] starts; // of prompts in their vectors
  private final float[] products;
  private final float[] rows;
  private final float[] vector;
  private final long[] open = new long[WindowBatch.CAPACITY]; // of the batch: bits of prompts
  private final boolean[] isAlwaysOpen; // by prompt

  /**
   * @param prompts up to 64, a bit each
   */
  FewPromptsJoin(
      TileKernel kernel, PromptVectors prompts, NextTokens nextTokens, JoinSettings settings) {
    int dimension = prompts.dimension();
    this.kernel = kernel;
    this.prompts = prompts;
    this.nextTokens = nextTokens;
    this.evidence =
        new EvidenceTable(
            prompts, settings.vocabularySize(), settings.bins().count(), settings.keep());
    this.check = new PairCheck(kernel, prompts, evidence, new SettledPairs(), settings.bins());
    this.batch = new WindowBatch(dimension, kernel);
    // The window's norm is off, too: by half of its square's error.
    this.surelyBelow = settings.bins().floor() - 2 * Cosine.kernelError(dimension);
    this.starts = new int[prompts.count()];
    this.products = new float[prompts.count()];
    this.rows = new float[AT_ONCE * dimension];
    this.vector = new float[dimension];
    this.isAlwaysOpen = new boolean[prompts.count()];
    for (int i = 0; i < starts.length; i++) {
      starts[i] = i * dimension;
      isAlwaysOpen[i] = isExtreme(prompts.norm(i));
    }
  }

  private static boolean isExtreme(double norm) {
    return !(norm > LEAST_NORM && norm < GREATEST_NORM);
  }

  /** Joins some windows that follow each other. */
  void join(MappedVectors windows, int first, int count) {
    int dimension = prompts.dimension();
    for (int from = 0; from < count; from += AT_ONCE) {
      int some = Math.min(AT_ONCE, count - from);
      windows.copy(first + from, some, rows);
      for (int i = 0; i < some; i++) {
        long similar = couldBeSimilar(i * dimension);
        if (similar != 0) {
          System.arraycopy(rows, i * dimension, vector, 0, dimension);
          open[batch.size()] = similar;
          batch.add(windows.id(first + from + i), vector, nextTokens);
          if (batch.isFull()) {
            decide();
          }
        }
      }
    }
  }

  /** Bits of the prompts that a window is not surely below the floor for. */
  private long couldBeSimilar(int offset) {
    int dimension = prompts.dimension();
    double norm = Math.sqrt(kernel.dot(rows, offset, rows, offset, dimension));
    if (isExtreme(norm)) {
      return -1L >>> Long.SIZE - prompts.count();
    }

    kernel.dots(rows, offset, prompts.vectors(), starts, 0, prompts.count(), products, dimension);
    long similar = 0;
    for (int i = 0; i < prompts.count(); i++) {
      if (isAlwaysOpen[i] || !(products[i] <= surelyBelow * (norm * prompts.norm(i)))) {
        similar |= 1L << i;
      }
    }

    return similar;
  }

  private void decide() {
    for (int window = 0; window < batch.size(); window++) {
      for (long left = open[window]; left != 0; left &= left - 1) {
        int prompt = Long.numberOfTrailingZeros(left);
        check.decide(batch, window, prompt, check.similarity(batch, window, prompt));
      }
    }

    batch.clear();
  }

  /** What was found, of prompts that anything was found for. */
  List<Evidence> evidence() {
    decide();
    return evidence.drain();
  }
}
