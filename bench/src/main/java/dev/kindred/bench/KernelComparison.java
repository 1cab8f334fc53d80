/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import dev.kindred.similarity.KernelBenchmark;
import java.util.Collection;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Kernels on one core and on all, with JMH: several forks, since C2 may compile one in two ways.
 */
final class KernelComparison {
  private static final String FEW_HITS = "0.02";
  private static final String NO_HITS = "0";

  private final Figures figures;
  private final boolean quick;
  private double peakMemory;

  KernelComparison(Figures figures, boolean quick) {
    this.figures = figures;
    this.quick = quick;
  }

  void run() {
    figures.group("1. Kernels: similarities and threshold; GFLOP/s");
    Score peakOne = measure(PeakBenchmark.class, "fma", null, 1);
    Score peakAll = measure(PeakBenchmark.class, "fma", null, Machine.cores());
    gflops("kernel_fma_peak_gflops", peakOne, peakAll, "machine's peak (FMA in registers)");

    Score scalarOne = measure(KernelBenchmark.class, "scalar", FEW_HITS, 1);
    Score scalarAll = measure(KernelBenchmark.class, "scalar", FEW_HITS, Machine.cores());
    gflops("kernel_scalar_gflops", scalarOne, scalarAll, "scalar kernel, 2 % above");

    Score simdOne = measure(KernelBenchmark.class, "simd", FEW_HITS, 1);
    Score simdAll = measure(KernelBenchmark.class, "simd", FEW_HITS, Machine.cores());
    gflops("kernel_simd_gflops", simdOne, simdAll, "SIMD kernel, 2 % above");
    Score freeOne = measure(KernelBenchmark.class, "simd", NO_HITS, 1);
    Score freeAll = measure(KernelBenchmark.class, "simd", NO_HITS, Machine.cores());
    gflops("kernel_simd_no_hits_gflops", freeOne, freeAll, "SIMD kernel, none above");

    Score djlOne = measure(KernelBenchmark.class, "djl", FEW_HITS, 1);
    Score djlAll = measure(KernelBenchmark.class, "djl", FEW_HITS, Machine.cores());
    gflops("kernel_djl_gflops", djlOne, djlAll, "DJL matMul and scan, 2 % above");
    Score djlFreeOne = measure(KernelBenchmark.class, "djl", NO_HITS, 1);
    Score djlFreeAll = measure(KernelBenchmark.class, "djl", NO_HITS, Machine.cores());
    gflops("kernel_djl_no_hits_gflops", djlFreeOne, djlFreeAll, "DJL matMul and scan, none above");

    ratio("kernel_simd_over_djl", simdAll, djlAll, "SIMD over DJL, 2 % above");
    ratio("kernel_simd_over_djl_no_hits", freeAll, djlFreeAll, "SIMD over DJL, none above");
    ratio("kernel_simd_over_scalar", simdAll, scalarAll, "SIMD over scalar, 2 % above");
    ratio("kernel_simd_over_peak", simdAll, peakAll, "SIMD, 2 % above, over peak");
    ratio("kernel_simd_no_hits_over_peak", freeAll, peakAll, "SIMD, none above, over peak");
    figures.number(
        "kernel_simd_slowest_fork_over_fastest",
        Math.min(simdAll.slowest / simdAll.fastest, simdOne.slowest / simdOne.fastest),
        "x",
        "SIMD: slowest fork over fastest");
    figures.number("kernel_peak_memory_mib", peakMemory, "MiB", "peak memory of a fork");
  }

  private void gflops(String key, Score one, Score all, String name) {
    figures.number(key + "_one_core", one.mean, "GFLOP/s", name + ", one core");
    figures.number(key + "_all_cores", all.mean, "GFLOP/s", name + ", all cores");
  }

  private void ratio(String key, Score score, Score other, String name) {
    figures.number(key, score.mean / other.mean, "x", name + ", all cores");
  }

  private Score measure(Class<?> benchmarks, String method, String hits, int threads) {
    System.err.printf(
        Locale.ROOT,
        "bench: kernel %s%s, threads: %d%n",
        method,
        hits == null ? "" : ", share above " + hits,
        threads);
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("^" + benchmarks.getName().replace(".", "\\.") + "\\." + method + "$")
            .threads(threads)
            .forks(quick ? 2 : 3)
            .warmupIterations(quick ? 2 : 3)
            .warmupTime(TimeValue.milliseconds(quick ? 700 : 1000))
            .measurementIterations(quick ? 2 : 3)
            .measurementTime(TimeValue.milliseconds(quick ? 700 : 1000))
            .addProfiler(PeakMemoryProfiler.class)
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT);
    if (hits != null) {
      options.param("hits", hits);
    }

    try {
      RunResult result = new Runner(options.build()).runSingle();
      double operations = hits == null ? PeakBenchmark.operations() : KernelBenchmark.OPERATIONS;
      peakMemory =
          Math.max(
              peakMemory, result.getSecondaryResults().get(PeakMemoryProfiler.RESULT).getScore());
      return Score.of(result, operations / 1e9);
    } catch (RunnerException e) {
      throw new IllegalStateException("JMH: " + e.getMessage(), e);
    }
  }

  /** GFLOP/s of all threads together, over the forks. */
  private record Score(double mean, double slowest, double fastest) {

    private static Score of(RunResult result, double gigaOperations) {
      Collection<BenchmarkResult> forks = result.getBenchmarkResults();
      ToDoubleFunction<BenchmarkResult> gflops =
          fork -> fork.getPrimaryResult().getScore() * gigaOperations;
      return new Score(
          forks.stream().mapToDouble(gflops).average().orElseThrow(),
          forks.stream().mapToDouble(gflops).min().orElseThrow(),
          forks.stream().mapToDouble(gflops).max().orElseThrow());
    }
  }
}
