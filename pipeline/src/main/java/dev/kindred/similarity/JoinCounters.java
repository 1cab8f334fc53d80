/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import java.io.Serializable;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.LongAccumulator;

/**
 * All tasks' {@link SettledPairs}. A task that runs twice counts twice, so these are for shares
 * only.
 */
record JoinCounters(
    LongAccumulator compared,
    LongAccumulator byPrefix,
    LongAccumulator byFloat,
    LongAccumulator byDouble)
    implements Serializable {

  static JoinCounters register(JavaSparkContext context) {
    return new JoinCounters(
        context.sc().longAccumulator("kindred: pairs compared"),
        context.sc().longAccumulator(),
        context.sc().longAccumulator(),
        context.sc().longAccumulator());
  }

  /** Counters that nobody reads, for a join outside of Spark's tasks. */
  static JoinCounters ofNoTask() {
    return new JoinCounters(
        new LongAccumulator(), new LongAccumulator(), new LongAccumulator(), new LongAccumulator());
  }

  void add(SettledPairs settled) {
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
