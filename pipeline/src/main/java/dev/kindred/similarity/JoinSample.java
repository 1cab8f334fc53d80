/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.kernel.TileKernel;
import dev.kindred.kernel.TileKernels;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;

/**
 * What joining some windows and prompts takes on this core: what a whole join is estimated from.
 */
public final class JoinSample {
  /** Windows and prompts in a sample, at most. */
  public static final int WINDOWS = WindowBatch.CAPACITY;

  /**
   * A measured join.
   *
   * @param secondsPerPair of one core, by the time that it spent on it
   * @param operationsPerPair floating-point operations in matrix products
   * @param axes of the prefix, 0 for brute force
   * @param found share of pairs that are similar, in [0, 1]
   */
  public record Timing(double secondsPerPair, double operationsPerPair, int axes, double found)
      implements Serializable {}

  /** Counted for a round that the clock does not see. */
  private static final double LEAST_SECONDS = 1e-5;

  private JoinSample() {}

  /**
   * Plans a block's join with the sample, and joins it over and over: first to warm up, for half of
   * the time, and then to measure.
   *
   * @param prompts FFN outputs of at least one prompt
   * @param windows FFN outputs of 1 to {@value #WINDOWS} windows
   * @param seconds to spend
   */
  public static Timing time(
      List<float[]> prompts, List<float[]> windows, JoinSettings settings, double seconds) {
    TileKernel kernel = TileKernels.get(settings.kernel());
    PromptVectors vectors = vectors(prompts);
    JoinPlan plan = JoinPlanner.plan(vectors, windows, settings);
    EvidenceTable evidence =
        new EvidenceTable(
            vectors, settings.vocabularySize(), settings.bins().count(), settings.keep());
    SettledPairs settled = new SettledPairs();
    PairCheck check = new PairCheck(kernel, vectors, evidence, settled, settings.bins());
    PairJoin join = plan.open(kernel, vectors, check, settled, settings.bins().floor());
    WindowBatch batch = new WindowBatch(vectors.dimension(), kernel);
    NextTokens nextTokens = NextTokens.ofSingle(new int[windows.size()]);
    for (int window : plan.order(kernel, windows)) {
      batch.add(window, windows.get(window), nextTokens);
    }

    double pairs = (double) windows.size() * prompts.size();
    join.join(batch);
    double found = evidence.drain().stream().mapToLong(Evidence::similarCount).sum() / pairs;
    rounds(join, batch, evidence, settings, seconds / 2);
    double perRound = rounds(join, batch, evidence, settings, seconds / 2);
    return new Timing(
        perRound / pairs,
        plan.isBruteForce()
            ? 2. * vectors.dimension()
            : 2 * (plan.shortAxes() + 1 + plan.survivors() * vectors.dimension()),
        plan.shortAxes(),
        found);
  }

  private static PromptVectors vectors(List<float[]> rows) {
    int dimension = rows.get(0).length;
    int[] ids = new int[rows.size()];
    long[] own = new long[rows.size()];
    Arrays.fill(own, PromptVectors.NO_WINDOW);
    float[] all = new float[rows.size() * dimension];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = i;
      System.arraycopy(rows.get(i), 0, all, i * dimension, dimension);
    }

    return new PromptVectors(dimension, ids, own, all);
  }

  /**
   * Returns the CPU time of this thread, in nanoseconds: what else the machine does meanwhile does
   * not count.
   */
  private static long cpuTime() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  /** Seconds of the fastest round: others are slowed by compilation, and by neighbours. */
  private static double rounds(
      PairJoin join,
      WindowBatch batch,
      EvidenceTable evidence,
      JoinSettings settings,
      double seconds) {
    double fastest = Double.POSITIVE_INFINITY;
    for (double elapsed = 0; elapsed < seconds; ) {
      long started = cpuTime();
      join.join(batch);
      double taken = (cpuTime() - started) / 1e9;
      fastest = Math.min(fastest, taken);
      elapsed += Math.max(taken, LEAST_SECONDS);
      if (settings.keep() == MostSimilar.ALL) {
        evidence.drain();
      }
    }

    return fastest;
  }
}
