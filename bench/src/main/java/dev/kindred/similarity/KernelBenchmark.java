/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.kindred.DjlEngine;
import dev.kindred.kernel.TileKernel;
import dev.kindred.kernel.TileKernels;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Similarities of one batch of windows with {@value #PROMPTS} prompts in {@value #DIMENSION}
 * dimensions, and the list of those above a threshold, by kernel and by DJL. All of them see the
 * same vectors. An invocation is {@link #OPERATIONS} floating-point operations.
 */
@BenchmarkMode(Mode.Throughput)
public class KernelBenchmark {
  private static final int DIMENSION = 384;
  private static final int PROMPTS = 2016; // whole panels of every kernel

  /** Floating-point operations of an invocation: a multiplication and an addition a component. */
  public static final double OPERATIONS = 2.0 * DIMENSION * PROMPTS * WindowBatch.CAPACITY;

  private static final float ABOVE_ALL = 2;

  /** Vectors that all threads share. */
  @State(Scope.Benchmark)
  public static class Prompts {
    /** Share of pairs that the threshold lets through. */
    @Param({"0.02", "0"})
    public double hits;

    private final ClusteredVectors clusters = new ClusteredVectors(DIMENSION);
    private final float[] vectors = clusters.draw(PROMPTS, 2);

    private float threshold() {
      return hits == 0 ? ABOVE_ALL : ClusteredVectors.THRESHOLD;
    }
  }

  /** A thread's windows, and everything packed for a kernel. */
  @State(Scope.Thread)
  public abstract static class Packed {
    private TileKernel kernel;
    private Candidates candidates;
    private float[] windows;
    private float[] panels;
    private float threshold;

    private void prepare(Prompts prompts, TileKernels.Choice choice) {
      kernel = TileKernels.get(choice);
      candidates = new Candidates(kernel);
      float[] vectors = prompts.clusters.draw(WindowBatch.CAPACITY, Thread.currentThread().getId());
      windows = prompts.clusters.pack(vectors, TileKernel.WINDOWS);
      panels = prompts.clusters.pack(prompts.vectors, kernel.promptsPerPanel());
      threshold = prompts.threshold();
    }

    private int gatherAll() {
      int found = 0;
      for (int first = 0; first < PROMPTS; first += kernel.promptsPerPanel()) {
        candidates.gather(windows, WindowBatch.CAPACITY, panels, first, DIMENSION, threshold);
        for (int column = 0; column < kernel.promptsPerPanel(); column++) {
          found += candidates.size(column);
        }
      }

      return found;
    }
  }

  /** For the kernel without SIMD. */
  public static class PackedForScalar extends Packed {
    @Setup
    public void prepare(Prompts prompts) {
      super.prepare(prompts, TileKernels.Choice.SCALAR);
    }
  }

  /** For the kernel with SIMD; there is no fall-back. */
  public static class PackedForSimd extends Packed {
    @Setup
    public void prepare(Prompts prompts) {
      super.prepare(prompts, TileKernels.Choice.SIMD);
    }
  }

  /** A thread's windows and the prompts as DJL's matrices, of unit rows. */
  @State(Scope.Thread)
  public static class Matrices {
    private NDManager manager;
    private NDArray windows; // [WindowBatch.CAPACITY, DIMENSION]
    private NDArray prompts; // [PROMPTS, DIMENSION]
    private float threshold;

    @Setup
    public void prepare(Prompts shared) {
      DjlEngine.load();
      manager = NDManager.newBaseManager();
      float[] vectors = shared.clusters.draw(WindowBatch.CAPACITY, Thread.currentThread().getId());
      windows =
          manager.create(
              shared.clusters.pack(vectors, 1), new Shape(WindowBatch.CAPACITY, DIMENSION));
      prompts =
          manager.create(shared.clusters.pack(shared.vectors, 1), new Shape(PROMPTS, DIMENSION));
      threshold = shared.threshold();
    }

    @TearDown
    public void close() {
      manager.close();
    }
  }

  @Benchmark
  public int scalar(PackedForScalar packed) {
    return ((Packed) packed).gatherAll();
  }

  @Benchmark
  public int simd(PackedForSimd packed) {
    return ((Packed) packed).gatherAll();
  }

  /** As {@link TorchJoin} does it. */
  @Benchmark
  public long djl(Matrices matrices) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray products = matrices.windows.matMul(matrices.prompts.transpose()).flatten();
      NDArray cells = products.gt(matrices.threshold).nonzero().flatten();
      return cells.size() == 0
          ? 0
          : cells.toLongArray().length + products.take(cells).toFloatArray().length;
    }
  }
}
