/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.kernel;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * A program that prints how many bytes a call of each method of the SIMD kernel allocates once it
 * is compiled. In a process of its own, since C2 compiles by what it has seen: the tile comes last,
 * after everything that could spoil the type profiles of the methods that it shares with others.
 */
final class KernelAllocations {
  private static final int DIMENSION = 384;
  private static final int CALLS = 2000;
  private static final int ROUNDS = 12;

  private KernelAllocations() {}

  public static void main(String[] arguments) {
    TileKernel kernel = TileKernels.get(TileKernels.Choice.SIMD);
    float[] windows = new float[TileKernel.WINDOWS * DIMENSION];
    float[] prompts = new float[kernel.promptsPerPanel() * DIMENSION];
    float[] products = new float[TileKernel.WINDOWS * kernel.promptsPerPanel()];
    int[] rowsAbove = new int[kernel.promptsPerPanel()];
    double[] wide = new double[2 * DIMENSION];
    Arrays.fill(windows, 0.5f);
    Arrays.fill(prompts, 0.25f);
    Arrays.fill(wide, 0.125);
    float[] one = new float[DIMENSION];
    float[] sums = new float[DIMENSION]; // products may be fewer, where vectors are short
    double[] sink = new double[1];
    Map<String, Runnable> methods = new TreeMap<>(); // in this order
    methods.put("1 dot", () -> sink[0] += kernel.dot(windows, 0, prompts, 0, DIMENSION));
    methods.put(
        "2 exactDot", () -> sink[0] += kernel.exactDot(wide, 0, wide, DIMENSION, DIMENSION));
    methods.put("3 above", () -> sink[0] += kernel.above(products, 0, 0.5f, rowsAbove));
    int[] starts = {0, DIMENSION};
    methods.put(
        "4 weightedSum",
        () -> kernel.weightedSum(prompts, starts, 0, 2, windows, 0, products, 0, products.length));
    int[] several = {0, DIMENSION, 0, DIMENSION, 0};
    methods.put(
        "5 dots",
        () -> kernel.dots(windows, 0, prompts, several, 0, several.length, sums, DIMENSION));
    methods.put("6 softmax", () -> kernel.softmax(sums, 0, DIMENSION));
    methods.put("7 add", () -> kernel.add(windows, 0, sums, 0, DIMENSION));
    methods.put("8 normalize", () -> kernel.normalize(windows, 0, 1, 2, one, one, sums, 0));
    methods.put("9 multiply", () -> kernel.multiply(windows, 0, prompts, 0, DIMENSION, products));
    methods.forEach((name, method) -> bytesPerCall(method));
    methods.forEach(
        (name, method) -> System.out.println(name.substring(2) + " " + bytesPerCall(method)));
    if (!Double.isFinite(sink[0])) {
      throw new IllegalStateException("Not a number: " + sink[0]);
    }
  }

  /** Of the last of several rounds: the first ones compile. */
  private static long bytesPerCall(Runnable method) {
    long bytes = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long before = allocated();
      for (int call = 0; call < CALLS; call++) {
        method.run();
      }

      bytes = allocated() - before;
    }

    return bytes / CALLS;
  }

  private static long allocated() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return threads.getThreadAllocatedBytes(Thread.currentThread().getId());
  }
}
