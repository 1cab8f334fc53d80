/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.map_keys;
import static org.apache.spark.sql.functions.map_values;

import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.spark.api.java.function.MapFunction;
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
    return blockDistributions
        .join(ownNextTokens, new String[] {"prompt_id"}, "left")
        .select(
            col("prompt_id").as("promptId"),
            col("block"),
            map_keys(col("counts")).as("tokens"),
            map_values(col("counts")).as("counts"),
            col("own_window_similar").as("ownWindowSimilar"),
            map_keys(col("next_tokens")).as("ownTokens"),
            map_values(col("next_tokens")).as("ownCounts"))
        .as(Encoders.bean(BlockCounts.class))
        .groupByKey((MapFunction<BlockCounts, Integer>) BlockCounts::getPromptId, Encoders.INT())
        .mapGroups(new MixBlocks(mixture), Encoders.bean(Approximation.class))
        .select(
            col("promptId").as("prompt_id"),
            col("probabilities"),
            col("leaveOneOutProbabilities").as("leave_one_out_probabilities"))
        .sort("prompt_id");
  }

  /**
   * The sum of the blocks' counts times their factors, normalised.
   *
   * @param blocks counts by token id, one a block
   * @return probabilities by token id, ascending, all positive; empty if there is nothing to count
   */
  static SortedMap<Integer, Double> mix(List<Map<Integer, Long>> blocks, Mixture mixture) {
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

  private static final class MixBlocks
      implements MapGroupsFunction<Integer, BlockCounts, Approximation> {
    private static final long serialVersionUID = 1L;

    private final Mixture mixture;

    private MixBlocks(Mixture mixture) {
      this.mixture = mixture;
    }

    @Override
    public Approximation call(Integer promptId, Iterator<BlockCounts> found) {
      List<BlockCounts> blocks = new ArrayList<>();
      found.forEachRemaining(blocks::add);
      blocks.sort(Comparator.comparingInt(BlockCounts::getBlock));
      if (blocks.size() != mixture.blocks()) {
        throw new IllegalStateException(
            String.format(
                Locale.ROOT,
                "Prompt %d has %d block distributions, expected %d",
                promptId,
                blocks.size(),
                mixture.blocks()));
      }

      Approximation approximation = new Approximation();
      approximation.promptId = promptId;
      approximation.probabilities =
          mix(blocks.stream().map(BlockCounts::allCounts).toList(), mixture);
      approximation.leaveOneOutProbabilities =
          mix(blocks.stream().map(BlockCounts::countsWithoutOwnWindow).toList(), mixture);
      return approximation;
    }
  }

  /** A prompt's counts in one block. A bean for Spark's encoder. */
  public static final class BlockCounts implements Serializable {
    private static final long serialVersionUID = 1L;

    private int promptId;
    private int block;
    private int[] tokens;
    private long[] counts;
    private boolean ownWindowSimilar;
    private int[] ownTokens; // null if the prompt is not a window of the corpus
    private long[] ownCounts;

    private Map<Integer, Long> allCounts() {
      Map<Integer, Long> all = new TreeMap<>();
      for (int i = 0; i < tokens.length; i++) {
        all.put(tokens[i], counts[i]);
      }

      return all;
    }

    private Map<Integer, Long> countsWithoutOwnWindow() {
      Map<Integer, Long> others = allCounts();
      if (ownWindowSimilar) {
        for (int i = 0; i < ownTokens.length; i++) {
          others.merge(ownTokens[i], -ownCounts[i], Long::sum);
        }
      }

      return others;
    }

    public int getPromptId() {
      return promptId;
    }

    public void setPromptId(int promptId) {
      this.promptId = promptId;
    }

    public int getBlock() {
      return block;
    }

    public void setBlock(int block) {
      this.block = block;
    }

    public int[] getTokens() {
      return tokens;
    }

    public void setTokens(int[] tokens) {
      this.tokens = tokens;
    }

    public long[] getCounts() {
      return counts;
    }

    public void setCounts(long[] counts) {
      this.counts = counts;
    }

    public boolean isOwnWindowSimilar() {
      return ownWindowSimilar;
    }

    public void setOwnWindowSimilar(boolean ownWindowSimilar) {
      this.ownWindowSimilar = ownWindowSimilar;
    }

    public int[] getOwnTokens() {
      return ownTokens;
    }

    public void setOwnTokens(int[] ownTokens) {
      this.ownTokens = ownTokens;
    }

    public long[] getOwnCounts() {
      return ownCounts;
    }

    public void setOwnCounts(long[] ownCounts) {
      this.ownCounts = ownCounts;
    }
  }

  /** A prompt's approximation. A bean for Spark's encoder. */
  public static final class Approximation implements Serializable {
    private static final long serialVersionUID = 1L;

    private int promptId;
    private Map<Integer, Double> probabilities = Collections.emptyMap();
    private Map<Integer, Double> leaveOneOutProbabilities = Collections.emptyMap();

    public int getPromptId() {
      return promptId;
    }

    public void setPromptId(int promptId) {
      this.promptId = promptId;
    }

    public Map<Integer, Double> getProbabilities() {
      return probabilities;
    }

    public void setProbabilities(Map<Integer, Double> probabilities) {
      this.probabilities = probabilities;
    }

    public Map<Integer, Double> getLeaveOneOutProbabilities() {
      return leaveOneOutProbabilities;
    }

    public void setLeaveOneOutProbabilities(Map<Integer, Double> leaveOneOutProbabilities) {
      this.leaveOneOutProbabilities = leaveOneOutProbabilities;
    }
  }
}
