/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import ai.djl.Device;
import dev.kindred.activation.WindowVector;
import dev.kindred.kernel.TileKernel;
import dev.kindred.kernel.TileKernels;
import dev.kindred.model.TaskDevice;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.util.TaskCompletionListener;

/** Joins chunks of a block's windows with a slice of the prompts, within a task. */
final class ChunkJoin {
  private final PromptVectors prompts;
  private final NextTokens nextTokens;
  private final JoinPlan plan;
  private final JoinSettings settings;
  private final JoinCounters counters;
  private final TileKernel kernel;
  private final EvidenceTable table;
  private final SettledPairs settled = new SettledPairs();
  private final PairJoin join;
  private final WindowBatch batch;
  private List<WindowVector> chunk = List.of();
  private int[] order = {};
  private int next; // in order

  ChunkJoin(
      PromptVectors prompts,
      NextTokens nextTokens,
      JoinPlan plan,
      JoinSettings settings,
      JoinCounters counters) {
    this.prompts = prompts;
    this.nextTokens = nextTokens;
    this.plan = plan;
    this.settings = settings;
    this.counters = counters;
    this.kernel = TileKernels.get(settings.kernel());
    this.table =
        new EvidenceTable(
            prompts, settings.vocabularySize(), settings.bins().count(), settings.keep());
    this.join = open();
    this.batch = new WindowBatch(prompts.dimension(), kernel);
  }

  /** Begins with a chunk; the one before has been joined. */
  void take(List<WindowVector> windows) {
    chunk = windows;
    order = plan.order(kernel, chunk.stream().map(WindowVector::ffnOut).toList());
    next = 0;
  }

  /** Whether windows of the chunk are left. */
  boolean hasMore() {
    return next < order.length;
  }

  /** Joins the next windows of the chunk. */
  void joinSome() {
    batch.clear();
    while (!batch.isFull() && hasMore()) {
      WindowVector window = chunk.get(order[next++]);
      batch.add(window.id(), window.ffnOut(), nextTokens);
    }

    join.join(batch);
    counters.compared().add((long) batch.size() * prompts.count());
  }

  /**
   * Whether evidence is to be handed on.
   *
   * @param bytes that it may take
   */
  boolean isFull(long bytes) {
    return table.pairsKept() > mostPairs() || table.bytes() > bytes;
  }

  /** Only where all pairs are kept can there be too many to hold. */
  private long mostPairs() {
    return settings.keep() == MostSimilar.ALL ? JoinMemory.PAIRS_HELD : Long.MAX_VALUE;
  }

  /** Hands out what has been found and forgets it. */
  List<Evidence> drain() {
    return table.drain();
  }

  /** Counts how pairs were settled, when there are no more windows. */
  void end() {
    counters.add(settled);
  }

  /** On the GPU that Spark assigned to the task all pairs are computed, else it goes by plan. */
  private PairJoin open() {
    PairCheck check = new PairCheck(kernel, prompts, table, settled, settings.bins());
    Device device = TaskDevice.assigned();
    if (!device.isGpu()) {
      return plan.open(kernel, prompts, check, settled, settings.bins().floor());
    }

    TorchJoin onGpu = new TorchJoin(device, prompts, check, settled);
    TaskContext.get().addTaskCompletionListener((TaskCompletionListener) task -> onGpu.close());
    return onGpu;
  }
}
