/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;

/** What the machine's arithmetic can do: {@link FmaPeak}. */
@BenchmarkMode(Mode.Throughput)
public class PeakBenchmark {
  private static final int ROUNDS = 1 << 16;

  /** Floating-point operations of an invocation. */
  static double operations() {
    return ROUNDS * FmaPeak.operationsPerRound();
  }

  @Benchmark
  public float fma() {
    return FmaPeak.run(ROUNDS);
  }
}
