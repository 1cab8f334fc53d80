/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/** Lets JMH report the most memory that a benchmark's process had. */
public final class PeakMemoryProfiler implements InternalProfiler {
  /** Name of the result, in MiB. */
  static final String RESULT = "peak-memory";

  @Override
  public String getDescription() {
    return "the process's peak resident memory";
  }

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {}

  @Override
  public Collection<? extends Result<?>> afterIteration(
      BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
    double peak = ProcessMemory.peakMib(ProcessHandle.current().pid()).orElseThrow();
    return List.of(new ScalarResult(RESULT, peak, "MiB", AggregationPolicy.MAX));
  }
}
