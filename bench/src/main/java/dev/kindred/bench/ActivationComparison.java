/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import ai.djl.Device;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.PrefixTree;
import dev.kindred.model.files.LoadedModels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/**
 * FFN outputs by prefix tree and by plain batches in the engine, and by prefix tree as a run on
 * CPUs computes them, with Kindred's own kernels; all of the same windows. They take turns, one
 * thread a core.
 */
final class ActivationComparison {
  private static final int PLAIN_BATCH = 256; // a plain batch of this size stays in cache
  private static final int BATCHES_PER_CORE = 4;
  private static final int QUICK_BATCHES_PER_CORE = 1;
  private static final int ROUNDS = 2;

  private final Figures figures;
  private final boolean quick;

  ActivationComparison(Figures figures, boolean quick) {
    this.figures = figures;
    this.quick = quick;
  }

  void add(RunTables tables) {
    System.err.println("bench: activations");
    figures.group("3. Activations: FFN outputs of all blocks, all cores");
    LanguageModel own = LoadedModels.get(tables.model());
    LanguageModel engine = tables.model().loadInEngine(Device.cpu());
    int batchesPerCore = quick ? QUICK_BATCHES_PER_CORE : BATCHES_PER_CORE;
    List<int[][]> batches = tables.batches(Machine.cores() * batchesPerCore);
    ProcessMemory.resetOwnPeak();
    List<Function<int[][], float[][]>> ways =
        List.of(
            batch -> own.ffnOutputs(PrefixTree.of(batch)),
            batch -> engine.ffnOutputs(PrefixTree.of(batch)),
            engine::ffnOutputs,
            batch -> inPieces(engine, batch));
    double difference = 0;
    for (Function<int[][], float[][]> way : ways) { // warms up, too
      difference =
          Math.max(
              difference, difference(ways.get(0).apply(batches.get(0)), way.apply(batches.get(0))));
    }

    int rounds = quick ? 1 : ROUNDS;
    double[][] seconds = new double[ways.size()][rounds];
    for (int round = 0; round < rounds; round++) {
      for (int way = 0; way < ways.size(); way++) {
        seconds[way][round] = evaluate(ways.get(way), batches);
      }
    }

    long windows = batches.stream().mapToLong(batch -> batch.length).sum();
    double kernels = windows / Median.of(seconds[0]);
    double tree = windows / Median.of(seconds[1]);
    double plain = windows / Median.of(seconds[2]);
    double pieces = windows / Median.of(seconds[3]);
    double better = Math.max(plain, pieces);
    figures.number(
        "activations_kernels_windows_per_second", kernels, "1/s", "prefix tree, own kernels");
    figures.number("activations_tree_windows_per_second", tree, "1/s", "prefix tree in the engine");
    figures.number(
        "activations_batch_windows_per_second", plain, "1/s", "plain batches in the engine");
    figures.number(
        "activations_small_batch_windows_per_second",
        pieces,
        "1/s",
        "plain batches of " + PLAIN_BATCH);
    figures.number(
        "activations_tree_over_batch",
        tree / better,
        "x",
        "tree over the better batch, in the engine");
    figures.number(
        "activations_kernels_over_batch", kernels / better, "x", "tree with own kernels over it");
    figures.number(
        "activations_positions_over_nodes", positionsOverNodes(batches), "x", "work that it saves");
    figures.number(
        "activations_greatest_difference", difference, "", "greatest difference, relative");
    engine.close();
    figures.number("activations_peak_memory_mib", ProcessMemory.ownPeakMib(), "MiB", "peak memory");
  }

  private static float[][] inPieces(LanguageModel model, int[][] batch) {
    int width = model.shape().modelDimension();
    float[][] outputs = new float[model.shape().blocks()][batch.length * width];
    for (int from = 0; from < batch.length; from += PLAIN_BATCH) {
      int to = Math.min(batch.length, from + PLAIN_BATCH);
      float[][] piece = model.ffnOutputs(Arrays.copyOfRange(batch, from, to));
      for (int block = 0; block < outputs.length; block++) {
        System.arraycopy(piece[block], 0, outputs[block], from * width, (to - from) * width);
      }
    }

    return outputs;
  }

  /** Seconds for all batches, which the cores share. */
  private static double evaluate(Function<int[][], float[][]> way, List<int[][]> batches) {
    ExecutorService executor = Executors.newFixedThreadPool(Machine.cores());
    try {
      long started = System.nanoTime();
      List<Callable<float[][]>> work = new ArrayList<>();
      batches.forEach(batch -> work.add(() -> way.apply(batch)));
      for (Future<float[][]> done : executor.invokeAll(work)) {
        done.get();
      }

      return (System.nanoTime() - started) / 1e9;
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException("activations: " + e.getMessage(), e);
    } finally {
      executor.shutdownNow();
    }
  }

  /** The greatest difference of two results over the greatest number in them. */
  private static double difference(float[][] one, float[][] other) {
    double greatest = 0;
    double scale = 0;
    for (int block = 0; block < one.length; block++) {
      for (int i = 0; i < one[block].length; i++) {
        greatest = Math.max(greatest, Math.abs(one[block][i] - other[block][i]));
        scale = Math.max(scale, Math.abs(one[block][i]));
      }
    }

    return greatest / scale;
  }

  private static double positionsOverNodes(List<int[][]> batches) {
    double positions = 0;
    double nodes = 0;
    for (int[][] batch : batches) {
      positions += (double) batch.length * batch[0].length;
      nodes += PrefixTree.of(batch).nodes();
    }

    return positions / nodes;
  }
}
