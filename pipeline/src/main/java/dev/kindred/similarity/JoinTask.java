/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.activation.WindowVector;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;

/** Joins a partition's windows with a slice of the prompts: from windows to evidence. */
final class JoinTask implements FlatMapFunction<Iterator<WindowVector>, Evidence> {
  private static final long serialVersionUID = 1L;

  private final Broadcast<PromptVectors> prompts;
  private final Broadcast<NextTokens> nextTokens;
  private final JoinPlan plan;
  private final JoinSettings settings;
  private final JoinCounters counters;

  JoinTask(
      Broadcast<PromptVectors> prompts,
      Broadcast<NextTokens> nextTokens,
      JoinPlan plan,
      JoinSettings settings,
      JoinCounters counters) {
    this.prompts = prompts;
    this.nextTokens = nextTokens;
    this.plan = plan;
    this.settings = settings;
    this.counters = counters;
  }

  @Override
  public Iterator<Evidence> call(Iterator<WindowVector> windows) {
    PromptVectors vectors = prompts.value();
    ChunkJoin join = new ChunkJoin(vectors, nextTokens.value(), plan, settings, counters);
    int size = Math.max(1, JoinMemory.CHUNK_BYTES / Float.BYTES / vectors.dimension());
    return new Iterator<>() {
      private Iterator<Evidence> drained = Collections.emptyIterator();

      @Override
      public boolean hasNext() {
        while (!drained.hasNext() && (join.hasMore() || windows.hasNext())) {
          if (!join.hasMore()) {
            join.take(chunk());
          }

          join.joinSome();
          boolean last = !join.hasMore() && !windows.hasNext();
          if (last || join.isFull(JoinMemory.EVIDENCE_BYTES)) {
            drained = join.drain().iterator();
          }

          if (last) {
            join.end();
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

      private List<WindowVector> chunk() {
        List<WindowVector> read = new ArrayList<>(size);
        while (read.size() < size && windows.hasNext()) {
          read.add(windows.next());
        }

        return read;
      }
    };
  }
}
