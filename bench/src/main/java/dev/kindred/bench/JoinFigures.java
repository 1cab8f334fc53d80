/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import dev.kindred.similarity.JoinComparison;
import dev.kindred.similarity.JoinComparison.Way;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** {@link JoinComparison} of every block of a run, and of all blocks together. */
final class JoinFigures {
  private static final int WINDOWS = 49_152;
  private static final int QUICK_WINDOWS = 8_192;
  private static final int ROUNDS = 2;

  private final Figures figures;
  private final boolean quick;

  JoinFigures(Figures figures, boolean quick) {
    this.figures = figures;
    this.quick = quick;
  }

  void add(RunTables tables) {
    figures.group("2. Join on real activations, all cores");
    ProcessMemory.resetOwnPeak();
    Map<Way, Double> seconds = new EnumMap<>(Way.class);
    double planSeconds = 0;
    double pairs = 0;
    boolean equal = true;
    for (int block = 0; block < tables.blocks(); block++) {
      System.err.printf(Locale.ROOT, "bench: join of block %d%n", block);
      JoinComparison.Outcome outcome =
          JoinComparison.compare(
              tables.block(block, quick ? QUICK_WINDOWS : WINDOWS),
              Machine.cores(),
              quick ? 1 : ROUNDS);
      addBlock(block, outcome);
      outcome.seconds().forEach((way, time) -> seconds.merge(way, time, Double::sum));
      planSeconds += outcome.planSeconds();
      pairs += outcome.pairs();
      equal &= outcome.equal();
    }

    figures.note("  all blocks");
    for (Way way : new Way[] {Way.BRUTE, Way.PRUNED, Way.DJL}) {
      figures.number(
          "join_" + key(way) + "_seconds_per_1e9_pairs",
          seconds.get(way) / pairs * 1e9,
          "s/1e9",
          "  " + key(way));
    }

    double pruned = seconds.get(Way.PRUNED);
    figures.number("join_plan_seconds", planSeconds, "s", "  planning");
    figures.number(
        "join_pruned_over_brute", seconds.get(Way.BRUTE) / pruned, "x", "  pruned over brute");
    figures.number("join_pruned_over_djl", seconds.get(Way.DJL) / pruned, "x", "  pruned over DJL");
    figures.number(
        "join_brute_over_djl",
        seconds.get(Way.DJL) / seconds.get(Way.BRUTE),
        "x",
        "  brute over DJL");
    figures.number(
        "join_prompts_times_4_costs",
        pruned / seconds.get(Way.PRUNED_QUARTER),
        "x",
        "  four times the prompts cost");
    figures.flag("join_pairs_equal", equal, "  every way found the same");
    figures.number("join_peak_memory_mib", ProcessMemory.ownPeakMib(), "MiB", "  peak memory");
  }

  private void addBlock(int block, JoinComparison.Outcome outcome) {
    Map<Way, Double> seconds = outcome.seconds();
    figures.note("  block " + block + ": " + outcome.plan());
    for (Way way : new Way[] {Way.BRUTE, Way.PRUNED, Way.DJL}) {
      figures.number(
          "join_" + key(way) + "_seconds_per_1e9_pairs_block_" + block,
          seconds.get(way) / outcome.pairs() * 1e9,
          "s/1e9",
          "  " + key(way));
    }

    figures.number(
        "join_pruned_over_brute_block_" + block,
        seconds.get(Way.BRUTE) / seconds.get(Way.PRUNED),
        "x",
        "  pruned over brute");
    share("join_found_block_" + block, outcome.found(), "pairs above the threshold");
    share("join_by_prefix_block_" + block, outcome.pruned().byPrefix(), "settled by prefix");
    share("join_by_float_block_" + block, outcome.pruned().byFloat(), "settled in float");
    share("join_by_double_block_" + block, outcome.pruned().byDouble(), "settled in double");
  }

  private void share(String key, double share, String name) {
    figures.number(key, share, "of 1", "  " + name);
  }

  private static String key(Way way) {
    return switch (way) {
      case BRUTE -> "brute";
      case PRUNED -> "pruned";
      case PRUNED_QUARTER -> "pruned_quarter";
      case DJL -> "djl";
    };
  }
}
