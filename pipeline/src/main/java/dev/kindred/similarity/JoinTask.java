/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import ai.djl.Device;
import dev.kindred.activation.WindowVector;
import dev.kindred.kernel.TileKernel;
import dev.kindred.kernel.TileKernels;
import dev.kindred.model.TaskDevice;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.TaskCompletionListener;

/** Joins a partition's windows with a slice of the prompts: from windows to evidence. */
final class JoinTask implements FlatMapFunction<Iterator<WindowVector>, Evidence> {
  private static final long serialVersionUID = 1L;

  private final Broadcast<PromptVectors> prompts;
  private final Broadcast<NextTokens> nextTokens;
  private final JoinPlan plan;
  private final JoinSettings settings;
  private final Counters counters;

  JoinTask(
      Broadcast<PromptVectors> prompts,
      Broadcast<NextTokens> nextTokens,
      JoinPlan plan,
      JoinSettings settings,
      Counters counters) {
    this.prompts = prompts;
    this.nextTokens = nextTokens;
    this.plan = plan;
    this.settings = settings;
    this.counters = counters;
  }

  @Override
  public Iterator<Evidence> call(Iterator<WindowVector> windows) {
    PromptVectors vectors = prompts.value();
    EvidenceTable table =
        new EvidenceTable(
            vectors, settings.vocabularySize(), settings.bins().count(), settings.keep());
    TileKernel kernel = TileKernels.get(settings.kernel());
    SettledPairs settled = new SettledPairs();
    PairJoin join = open(kernel, vectors, table, settled);
    WindowBatch batch = new WindowBatch(vectors.dimension(), kernel);
    return new Iterator<>() {
      private Iterator<Evidence> drained = Collections.emptyIterator();
      private List<WindowVector> chunk = List.of();
      private int[] order = {};
      private int next; // in order

      @Override
      public boolean hasNext() {
        while (!drained.hasNext() && (next < order.length || windows.hasNext())) {
          fill();
          join.join(batch);
          counters.compared.add((long) batch.size() * vectors.count());
          boolean last = next == order.length && !windows.hasNext();
          if (last || table.pairsKept() > limit() || table.bytes() > JoinMemory.EVIDENCE_BYTES) {
            drained = table.drain().iterator();
          }

          if (last) {
            counters.add(settled);
          }
        }

        return drained.hasNext();
      }

      @Override
      public Evidence next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }

        return drained.next();
      }

      private void fill() {
        if (next == order.length) {
          chunk = chunk();
          order = plan.order(kernel, chunk.stream().map(WindowVector::ffnOut).toList());
          next = 0;
        }

        batch.clear();
        while (!batch.isFull() && next < order.length) {
          WindowVector window = chunk.get(order[next++]);
          batch.add(window.id(), window.ffnOut(), nextTokens.value());
        }
      }

      private List<WindowVector> chunk() {
        int size = Math.max(1, JoinMemory.CHUNK_BYTES / Float.BYTES / vectors.dimension());
        List<WindowVector> read = new ArrayList<>(size);
        while (read.size() < size && windows.hasNext()) {
          read.add(windows.next());
        }

        return read;
      }

      /** Only where all pairs are kept can there be too many to hold. */
      private long limit() {
        return settings.keep() == MostSimilar.ALL ? JoinMemory.PAIRS_HELD : Long.MAX_VALUE;
      }
    };
  }

  /** On the GPU that Spark assigned to the task all pairs are computed, else it goes by plan. */
  private PairJoin open(
      TileKernel kernel, PromptVectors vectors, EvidenceTable table, SettledPairs settled) {
    PairCheck check = new PairCheck(kernel, vectors, table, settled, settings.bins());
    Device device = TaskDevice.assigned();
    if (!device.isGpu()) {
      return plan.open(kernel, vectors, check, settled, settings.bins().floor());
    }

    TorchJoin join = new TorchJoin(device, vectors, check, settled);
    TaskContext.get().addTaskCompletionListener((TaskCompletionListener) task -> join.close());
    return join;
  }

  /**
   * All tasks' {@link SettledPairs}. A task that runs twice counts twice, so these are for shares
   * only.
   */
  record Counters(
      LongAccumulator compared,
      LongAccumulator byPrefix,
      LongAccumulator byFloat,
      LongAccumulator byDouble)
      implements Serializable {

    static Counters register(JavaSparkContext context) {
      return new Counters(
          context.sc().longAccumulator("kindred: pairs compared"),
          context.sc().longAccumulator(),
          context.sc().longAccumulator(),
          context.sc().longAccumulator());
    }

    private void add(SettledPairs settled) {
      byPrefix.add(settled.byPrefix);
      byFloat.add(settled.byFloat);
      byDouble.add(settled.byDouble);
    }

    Map<String, Double> shares() {
      double all = Math.max(1, byPrefix.sum() + byFloat.sum() + byDouble.sum());
      return Map.of(
          "by_prefix", byPrefix.sum() / all,
          "by_float", byFloat.sum() / all,
          "by_double", byDouble.sum() / all);
    }
  }
}
