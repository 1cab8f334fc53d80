/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.tuning;

import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.map_entries;
import static org.apache.spark.sql.functions.struct;

import dev.kindred.prediction.ModelPredictions;
import dev.kindred.prediction.NextTokenDistribution;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;

/**
 * A prompt's evidence by bins of similarity, beside what the model predicts.
 *
 * <p>Only tokens that follow a string of any bin are in it: the others add nothing to how much two
 * distributions have in common.
 *
 * <p>Letters: T = tokens that follow any string of any bin, E = bins.
 */
public final class PromptBins implements Serializable {
  private static final long serialVersionUID = 1L;

  private final int promptId;
  private final double[] modelRoots; // [T], square roots of the model's probabilities
  private final Block[] blocks;
  private final float[] own; // [T], next tokens of the prompt's own window

  /**
   * What a block has.
   *
   * @param counts [E][T], of all strings above a bin's lower edge; null above the highest bin with
   *     strings
   * @param strings [E], windows above a bin's lower edge
   * @param ownBin the bin of the prompt's own window, -1 where it is in none
   */
  private record Block(float[][] counts, long[] strings, int ownBin) implements Serializable {}

  private PromptBins(int promptId, double[] modelRoots, Block[] blocks, float[] own) {
    this.promptId = promptId;
    this.modelRoots = modelRoots;
    this.blocks = blocks;
    this.own = own;
  }

  /**
   * Brings together what is known of each prompt.
   *
   * @param similarityBins rows of {@link Tables#SIMILARITY_BINS} of one model, corpus, prompt set
   *     and kind of bins
   * @param prompts rows of {@link Tables#PROMPTS}
   * @param windows rows of {@link Tables#WINDOWS} of the corpus
   * @param predictions of the model
   * @param blocks that are looked at; they are called by their places here
   * @param bins E
   * @return one a prompt
   */
  public static Dataset<PromptBins> of(
      Dataset<Row> similarityBins,
      Dataset<Row> prompts,
      Dataset<Row> windows,
      ModelPredictions predictions,
      List<Integer> blocks,
      int bins) {
    Dataset<Row> evidence =
        similarityBins
            .groupBy("prompt_id")
            .agg(
                array_sort(
                        collect_list(
                            struct(
                                col("block"),
                                col("bin"),
                                col("similar_count"),
                                col("own_window_similar"),
                                map_entries(col("counts")).as("counts"))))
                    .as("evidence"));
    Dataset<Row> own =
        prompts
            .select("prompt_id", "window_id")
            .join(windows.select("window_id", "next_tokens"), "window_id")
            .select(col("prompt_id"), map_entries(col("next_tokens")).as("own"));
    ModelPredictions.Reader reader = predictions.reader();
    return predictions
        .columns()
        .join(evidence, new String[] {"prompt_id"}, "left")
        .join(own, new String[] {"prompt_id"}, "left")
        .select("prompt_id", ModelPredictions.PREDICTION, "evidence", "own")
        .map(
            (MapFunction<Row, PromptBins>) row -> of(row, reader.read(row, 1), blocks, bins),
            Encoders.javaSerialization(PromptBins.class));
  }

  private static PromptBins of(
      Row row, NextTokenDistribution model, List<Integer> numbers, int bins) {
    int numberOfBlocks = numbers.size();
    List<Row> evidence = row.isNullAt(2) ? List.of() : row.getList(2);
    Map<Integer, Long> own = row.isNullAt(3) ? Map.of() : counts(row.getList(3));
    TreeSet<Integer> tokens = new TreeSet<>();
    List<Map<Integer, Long>> counts = new ArrayList<>();
    for (Row bin : evidence) {
      counts.add(counts(bin.getList(4)));
      tokens.addAll(counts.get(counts.size() - 1).keySet());
    }

    int[] support = tokens.stream().mapToInt(Integer::intValue).toArray();
    long[][][] inBins = new long[numberOfBlocks][bins][];
    long[][] strings = new long[numberOfBlocks][bins];
    int[] ownBins = new int[numberOfBlocks];
    Arrays.fill(ownBins, -1);
    for (int i = 0; i < evidence.size(); i++) {
      Row bin = evidence.get(i);
      int block = numbers.indexOf(bin.getInt(0));
      inBins[block][bin.getInt(1)] = onSupport(counts.get(i), support);
      strings[block][bin.getInt(1)] = bin.getLong(2);
      if (bin.getBoolean(3)) {
        ownBins[block] = bin.getInt(1);
      }
    }

    Block[] blocks = new Block[numberOfBlocks];
    for (int block = 0; block < numberOfBlocks; block++) {
      blocks[block] = block(inBins[block], strings[block], ownBins[block], support.length);
    }

    double[] modelRoots = new double[support.length];
    for (int i = 0; i < support.length; i++) {
      modelRoots[i] = Math.sqrt(model.probability(support[i]));
    }

    return new PromptBins(row.getInt(0), modelRoots, blocks, floats(onSupport(own, support)));
  }

  private static Map<Integer, Long> counts(List<Row> entries) {
    Map<Integer, Long> counts = new TreeMap<>();
    entries.forEach(entry -> counts.put(entry.getInt(0), entry.getLong(1)));
    return counts;
  }

  private static long[] onSupport(Map<Integer, Long> counts, int[] support) {
    long[] values = new long[support.length];
    for (int i = 0; i < support.length; i++) {
      values[i] = counts.getOrDefault(support[i], 0L);
    }

    return values;
  }

  /** Sums bins up, from the highest down. */
  private static Block block(long[][] inBins, long[] inBinStrings, int ownBin, int tokens) {
    float[][] counts = new float[inBins.length][];
    long[] strings = new long[inBins.length];
    long[] sum = new long[tokens];
    long stringsAbove = 0;
    for (int bin = inBins.length - 1; bin >= 0; bin--) {
      if (inBins[bin] != null) {
        for (int i = 0; i < tokens; i++) {
          sum[i] += inBins[bin][i];
        }
      }

      stringsAbove += inBinStrings[bin];
      strings[bin] = stringsAbove;
      counts[bin] = stringsAbove == 0 ? null : floats(sum);
    }

    return new Block(counts, strings, ownBin);
  }

  private static float[] floats(long[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = values[i];
    }

    return floats;
  }

  public int promptId() {
    return promptId;
  }

  /** Returns T, the number of tokens that follow any string of any bin. */
  int tokens() {
    return modelRoots.length;
  }

  /** Windows above a bin's lower edge. */
  long strings(int block, int bin) {
    return blocks[block].strings()[bin];
  }

  /**
   * Next-token counts of the strings above a bin's lower edge.
   *
   * @param withOwn whether the prompt's own window is evidence
   * @param counts [T], is overwritten
   * @return their sum
   */
  double counts(int block, int bin, boolean withOwn, double[] counts) {
    float[] all = blocks[block].counts()[bin];
    if (all == null) {
      Arrays.fill(counts, 0);
      return 0;
    }

    boolean isOwnAmongThem = !withOwn && blocks[block].ownBin() >= bin;
    double total = 0;
    for (int i = 0; i < counts.length; i++) {
      counts[i] = isOwnAmongThem ? all[i] - own[i] : all[i];
      total += counts[i];
    }

    return total;
  }

  /**
   * Hellinger distance from the model.
   *
   * @param shares [T], not negative, of any sum
   * @return in [0, 1]; 1 where all shares are 0
   */
  double distance(double[] shares) {
    double total = 0;
    double common = 0;
    for (int i = 0; i < shares.length; i++) {
      total += shares[i];
      common += modelRoots[i] * Math.sqrt(shares[i]);
    }

    return total == 0 ? 1 : Math.sqrt(Math.max(0, 1 - common / Math.sqrt(total)));
  }
}
