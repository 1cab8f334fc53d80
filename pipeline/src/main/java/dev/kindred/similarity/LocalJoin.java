/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.activation.MappedVectors;
import dev.kindred.activation.WindowVector;
import dev.kindred.kernel.TileKernels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;

/**
 * The exact join of one block within this process, without Spark: it finds what {@link
 * SimilarStrings} finds, bit for bit.
 */
public final class LocalJoin {
  /**
   * Up to so many prompts are compared one by one, more in tiles, whose windows are first packed
   * and given their next tokens.
   */
  public static final int FEW_PROMPTS = 64;

  /** Windows that a thread takes at once. */
  private static final int RANGE = 16 << 10;

  private LocalJoin() {}

  /**
   * Joins a block.
   *
   * @param windows all of the block
   * @param nextTokens of at least these windows
   * @param prompts in ascending order of their ids
   * @param threads that compute, of which so many are used
   * @param compared takes numbers of windows that have been compared with all prompts, from any
   *     thread
   * @return one a prompt, in the order of their ids, also of prompts without evidence
   */
  public static List<Evidence> join(
      MappedVectors windows,
      NextTokens nextTokens,
      List<PromptVector> prompts,
      JoinSettings settings,
      ExecutorService threads,
      int count,
      LongConsumer compared) {
    PromptVectors vectors = PromptVector.matrix(prompts);
    JoinPlan plan = plan(vectors, windows, settings);
    AtomicInteger next = new AtomicInteger();
    List<Callable<List<Evidence>>> tasks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      tasks.add(
          vectors.count() <= FEW_PROMPTS && settings.keep() != MostSimilar.ALL
              ? () -> fewPrompts(windows, nextTokens, vectors, settings, next, compared)
              : () -> inTiles(windows, nextTokens, vectors, plan, settings, next, compared));
    }

    Map<Integer, List<Evidence>> parts = new TreeMap<>();
    for (int i = 0; i < vectors.count(); i++) {
      parts.put(vectors.promptId(i), new ArrayList<>());
    }

    all(threads, tasks).forEach(part -> parts.get(part.getPromptId()).add(part));
    List<Evidence> merged = new ArrayList<>();
    parts.forEach(
        (promptId, found) ->
            merged.add(Evidence.merge(promptId, found.iterator(), settings.keep())));
    return merged;
  }

  private static JoinPlan plan(
      PromptVectors prompts, MappedVectors windows, JoinSettings settings) {
    if (settings.prefixAxes() == 0 || prompts.count() <= FEW_PROMPTS) {
      return JoinPlan.bruteForce();
    }

    List<float[]> sample = new ArrayList<>();
    int step = Math.max(1, windows.rows() / JoinPlanner.SAMPLE_WINDOWS);
    for (int row = 0;
        row < windows.rows() && sample.size() < JoinPlanner.SAMPLE_WINDOWS;
        row += step) {
      float[] vector = new float[windows.dimension()];
      windows.copy(row, 1, vector);
      sample.add(vector);
    }

    return JoinPlanner.plan(prompts, sample, settings);
  }

  private static List<Evidence> fewPrompts(
      MappedVectors windows,
      NextTokens nextTokens,
      PromptVectors prompts,
      JoinSettings settings,
      AtomicInteger next,
      LongConsumer compared) {
    FewPromptsJoin join =
        new FewPromptsJoin(TileKernels.get(settings.kernel()), prompts, nextTokens, settings);
    for (int first = next.getAndAdd(RANGE); first < windows.rows(); first = next.getAndAdd(RANGE)) {
      int some = Math.min(RANGE, windows.rows() - first);
      join.join(windows, first, some);
      compared.accept(some);
    }

    return join.evidence();
  }

  private static List<Evidence> inTiles(
      MappedVectors windows,
      NextTokens nextTokens,
      PromptVectors prompts,
      JoinPlan plan,
      JoinSettings settings,
      AtomicInteger next,
      LongConsumer compared) {
    ChunkJoin join = new ChunkJoin(prompts, nextTokens, plan, settings, JoinCounters.ofNoTask());
    List<Evidence> found = new ArrayList<>();
    for (int first = next.getAndAdd(RANGE); first < windows.rows(); first = next.getAndAdd(RANGE)) {
      int some = Math.min(RANGE, windows.rows() - first);
      join.take(chunk(windows, first, some));
      while (join.hasMore()) {
        join.joinSome();
        if (join.isFull(JoinMemory.EVIDENCE_BYTES)) {
          found.addAll(join.drain());
        }
      }

      compared.accept(some);
    }

    found.addAll(join.drain());
    return found;
  }

  private static List<WindowVector> chunk(MappedVectors windows, int first, int count) {
    float[] rows = new float[count * windows.dimension()];
    windows.copy(first, count, rows);
    List<WindowVector> chunk = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int from = i * windows.dimension();
      chunk.add(
          new WindowVector(
              windows.id(first + i), Arrays.copyOfRange(rows, from, from + windows.dimension())));
    }

    return chunk;
  }

  /** What all tasks return. Whatever one of them throws is thrown here. */
  private static List<Evidence> all(ExecutorService threads, List<Callable<List<Evidence>>> tasks) {
    List<Evidence> all = new ArrayList<>();
    try {
      for (Future<List<Evidence>> done : threads.invokeAll(tasks)) {
        all.addAll(done.get());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }

      throw new IllegalStateException(e.getCause());
    }

    return all;
  }
}
