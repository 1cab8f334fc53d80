/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.map_keys;
import static org.apache.spark.sql.functions.map_values;

import dev.kindred.table.StoredVectors;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.spark.api.java.function.MapGroupsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;

/**
 * The next-token distribution that a prompt's similar strings add up to: counts per block, times
 * the block's factor in the {@link Mixture}, summed over blocks and normalised.
 *
 * <p>Twice: with all evidence, and without the prompt's own window (leave-one-out), whose counts
 * are subtracted wherever it is among the similar strings.
 */
public final class Approximations {
  private Approximations() {}

  /**
   * Mixes the blocks.
   *
   * @param blockDistributions rows of {@link Tables#BLOCK_DISTRIBUTIONS} of one run
   * @param prompts rows of {@link Tables#PROMPTS} of its prompt set
   * @param windows rows of {@link Tables#WINDOWS} of its corpus
   * @param mixture of as many blocks as the run has
   * @return rows with the file columns of {@link Tables#APPROXIMATIONS}
   */
  public static Dataset<Row> compute(
      Dataset<Row> blockDistributions,
      Dataset<Row> prompts,
      Dataset<Row> windows,
      Mixture mixture) {
    Dataset<Row> ownNextTokens =
        prompts
            .select("prompt_id", "window_id")
            .join(windows.select("window_id", "next_tokens"), "window_id")
            .select("prompt_id", "next_tokens");
    Dataset<Row> counts =
        blockDistributions
            .join(ownNextTokens, new String[] {"prompt_id"}, "left")
            .select(
                col("prompt_id"),
                col("block"),
                map_keys(col("counts")).as("tokens"),
                map_values(col("counts")).as("counts"),
                col("own_window_similar"),
                map_keys(col("next_tokens")).as("own_tokens"),
                map_values(col("next_tokens")).as("own_counts"));
    return counts
        .groupBy("prompt_id")
        .as(Encoders.INT(), Encoders.row(counts.schema()))
        .mapGroups(new MixBlocks(mixture), Tables.APPROXIMATIONS.encoder())
        .sort("prompt_id");
  }

  /**
   * The sum of the blocks' counts times their factors, normalised.
   *
   * @param blocks counts by token id, one a block
   * @return probabilities by token id, ascending, all positive; empty if there is nothing to count
   */
  public static SortedMap<Integer, Double> mix(
      List<? extends Map<Integer, Long>> blocks, Mixture mixture) {
    SortedMap<Integer, Double> mixed = new TreeMap<>();
    for (int block = 0; block < mixture.blocks(); block++) {
      long evidence = blocks.get(block).values().stream().mapToLong(Long::longValue).sum();
      double factor = mixture.factor(block, evidence);
      for (Map.Entry<Integer, Long> count : blocks.get(block).entrySet()) {
        double share = factor * count.getValue();
        if (share > 0) {
          mixed.merge(count.getKey(), share, Double::sum);
        }
      }
    }

    double total = 0;
    for (double share : mixed.values()) {
      total += share;
    }

    double normalizer = total;
    mixed.replaceAll((token, share) -> share / normalizer);
    return mixed;
  }

  /**
   * A block's counts without those of the prompt's own window.
   *
   * @param all counts by token id, of which the own window's are a part
   * @param tokens that follow the own window
   * @param counts of these tokens
   */
  public static SortedMap<Integer, Long> without(
      Map<Integer, Long> all, int[] tokens, long[] counts) {
    SortedMap<Integer, Long> others = new TreeMap<>(all);
    for (int i = 0; i < tokens.length; i++) {
      others.merge(tokens[i], -counts[i], Long::sum);
    }

    return others;
  }

  private static final class MixBlocks implements MapGroupsFunction<Integer, Row, Row> {
    private static final long serialVersionUID = 1L;

    private final Mixture mixture;

    private MixBlocks(Mixture mixture) {
      this.mixture = mixture;
    }

    @Override
    public Row call(Integer promptId, Iterator<Row> found) {
      List<Row> blocks = new ArrayList<>();
      found.forEachRemaining(blocks::add);
      blocks.sort(Comparator.comparingInt(row -> row.getInt(1)));
      if (blocks.size() != mixture.blocks()) {
        throw new IllegalStateException(
            String.format(
                Locale.ROOT,
                "Prompt %d has %d block distributions, expected %d",
                promptId,
                blocks.size(),
                mixture.blocks()));
      }

      return Tables.APPROXIMATIONS.row(
          promptId,
          mix(blocks.stream().map(MixBlocks::allCounts).toList(), mixture),
          mix(blocks.stream().map(MixBlocks::countsWithoutOwnWindow).toList(), mixture));
    }

    private static Map<Integer, Long> allCounts(Row block) {
      Map<Integer, Long> all = new TreeMap<>();
      int[] tokens = StoredVectors.ints(block, 2);
      long[] counts = StoredVectors.longs(block, 3);
      for (int i = 0; i < tokens.length; i++) {
        all.put(tokens[i], counts[i]);
      }

      return all;
    }

    private static Map<Integer, Long> countsWithoutOwnWindow(Row block) {
      return block.getBoolean(4)
          ? without(allCounts(block), StoredVectors.ints(block, 5), StoredVectors.longs(block, 6))
          : allCounts(block);
    }
  }
}
