/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.tuning;

import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.map_entries;
import static org.apache.spark.sql.functions.struct;

import dev.kindred.prediction.BlockCounts;
import dev.kindred.prediction.ModelPredictions;
import dev.kindred.prediction.NextTokenDistribution;
import dev.kindred.prediction.Rule;
import dev.kindred.prediction.TokenFrequencies;
import dev.kindred.similarity.SimilarityBins;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedList;
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
 * <p>Letters: T = tokens that follow any string of any bin, U = those that follow one of a block, E
 * = bins.
 */
public final class PromptBins implements Serializable {
  private static final long serialVersionUID = 1L;

  private final int promptId;
  private final int[] tokens; // [T], ascending
  private final double[] modelRoots; // [T], square roots of the model's probabilities
  private final BlockBins[] blocks;
  private final Map<Integer, Long> own; // next tokens of the prompt's own window
  private final float[] ownOfTokens; // [T]

  private PromptBins(
      int promptId, int[] tokens, double[] modelRoots, BlockBins[] blocks, Map<Integer, Long> own) {
    this.promptId = promptId;
    this.tokens = tokens;
    this.modelRoots = modelRoots;
    this.blocks = blocks;
    this.own = own;
    this.ownOfTokens = new float[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      ownOfTokens[i] = own.getOrDefault(tokens[i], 0L);
    }
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
    BlockBins.Builder[] builders = new BlockBins.Builder[numberOfBlocks];
    Arrays.setAll(builders, block -> new BlockBins.Builder(bins));
    for (int i = 0; i < evidence.size(); i++) {
      Row bin = evidence.get(i);
      BlockBins.Builder block = builders[numbers.indexOf(bin.getInt(0))];
      counts
          .get(i)
          .forEach(
              (token, count) ->
                  block.add(bin.getInt(1), Arrays.binarySearch(support, token), count));
      block.addStrings(bin.getInt(1), bin.getLong(2), bin.getBoolean(3));
    }

    double[] modelRoots = new double[support.length];
    for (int i = 0; i < support.length; i++) {
      modelRoots[i] = Math.sqrt(model.probability(support[i]));
    }

    return new PromptBins(
        row.getInt(0),
        support,
        modelRoots,
        Arrays.stream(builders).map(BlockBins.Builder::build).toArray(BlockBins[]::new),
        own);
  }

  private static Map<Integer, Long> counts(List<Row> entries) {
    Map<Integer, Long> counts = new TreeMap<>();
    entries.forEach(entry -> counts.put(entry.getInt(0), entry.getLong(1)));
    return counts;
  }

  public int promptId() {
    return promptId;
  }

  /** Returns the number of blocks. */
  int blocks() {
    return blocks.length;
  }

  /** Returns T, the number of tokens that follow any string of any bin. */
  int tokens() {
    return modelRoots.length;
  }

  /** Windows above a bin's lower edge. */
  long strings(int block, int bin) {
    return blocks[block].strings(bin);
  }

  /** Returns which of T a block's tokens are, [U], ascending. */
  int[] places(int block) {
    return blocks[block].places();
  }

  /**
   * Next-token counts of the strings above a bin's lower edge, of the block's tokens.
   *
   * @param withOwn whether the prompt's own window is evidence
   * @param counts [U] and more, of which the first U are overwritten
   * @return their sum
   */
  double countsOfBlock(int block, int bin, boolean withOwn, double[] counts) {
    blocks[block].counts(bin, counts);
    int[] places = blocks[block].places();
    boolean isOwnAmongThem = !withOwn && blocks[block].ownBin() >= bin;
    double total = 0;
    for (int i = 0; i < places.length; i++) {
      counts[i] = isOwnAmongThem ? (float) counts[i] - ownOfTokens[places[i]] : counts[i];
      total += counts[i];
    }

    return total;
  }

  /**
   * The same of all tokens.
   *
   * @param counts [T], is overwritten
   * @return their sum
   */
  double counts(int block, int bin, boolean withOwn, double[] counts) {
    double total = countsOfBlock(block, bin, withOwn, counts);
    int[] places = blocks[block].places();
    int end = counts.length;
    for (int i = places.length - 1; i >= 0; i--) { // downwards, as none lies before its place
      double count = counts[i];
      Arrays.fill(counts, places[i], end, 0);
      counts[places[i]] = count;
      end = places[i];
    }

    Arrays.fill(counts, 0, end, 0);
    return total;
  }

  /**
   * What follows the strings in each ring.
   *
   * @param bins [B][R], those whose lower edges are the rings' thresholds, ascending
   * @param withOwn whether the prompt's own window is evidence
   */
  RingCounts rings(int[][] bins, TokenFrequencies frequencies, boolean withOwn) {
    boolean[] isThere = new boolean[tokens.length];
    List<RingCounts.OfBlock> ofBlocks = new ArrayList<>();
    for (int block = 0; block < bins.length; block++) {
      int[] places = places(block);
      double[] counted = new double[places.length];
      float[][] counts = new float[bins[block].length][places.length];
      double[] totals = new double[counts.length];
      for (int ring = 0; ring < counts.length; ring++) {
        totals[ring] = countsOfBlock(block, bins[block][ring], withOwn, counted);
        for (int i = 0; i < places.length; i++) {
          counts[ring][i] = (float) counted[i];
          isThere[places[i]] |= counted[i] > 0;
        }
      }

      ofBlocks.add(new RingCounts.OfBlock(places, counts, totals));
    }

    TokenFrequencies others = withOwn ? frequencies : frequencies.without(own);
    double[] base = Arrays.stream(tokens).mapToDouble(others::probability).toArray();
    return new RingCounts(modelRoots, base, isThere, ofBlocks);
  }

  /**
   * Hellinger distance of a rule from the model.
   *
   * @param rule whose thresholds are edges of the bins
   * @param bins by which the evidence is kept
   * @param withOwn whether the prompt's own window is evidence
   * @return in [0, 1]; 1 without evidence
   */
  public double distance(
      Rule rule, SimilarityBins bins, TokenFrequencies frequencies, boolean withOwn) {
    List<BlockCounts> counts = new ArrayList<>();
    for (int block = 0; block < blocks.length; block++) {
      counts.add(counts(block, rule.bins(block), bins, withOwn));
    }

    double[] shares = new double[tokens.length];
    rule.mix(counts, withOwn ? frequencies : frequencies.without(own))
        .forEach((token, share) -> shares[Arrays.binarySearch(tokens, token)] = share);
    return distance(shares);
  }

  private BlockCounts counts(
      int block, SimilarityBins edges, SimilarityBins bins, boolean withOwn) {
    int[] places = places(block);
    double[] above = new double[places.length];
    double[] tighter = new double[places.length];
    LinkedList<Map<Integer, Long>> rings = new LinkedList<>();
    for (int ring = edges.count() - 1; ring >= 0; ring--) {
      countsOfBlock(block, bins.binAbove(edges.edge(ring)), withOwn, above);
      Map<Integer, Long> counts = new HashMap<>();
      for (int i = 0; i < places.length; i++) {
        if (above[i] > tighter[i]) {
          counts.put(tokens[places[i]], (long) (above[i] - tighter[i]));
        }
      }

      rings.addFirst(counts);
      System.arraycopy(above, 0, tighter, 0, above.length);
    }

    return new BlockCounts(rings, -1);
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

    return distance(total, common);
  }

  /**
   * The same of a block's tokens alone.
   *
   * @param shares [U] and more
   */
  double distanceOfBlock(int block, double[] shares) {
    return new Rest(0, 0).distance(this, block, shares);
  }

  private static double distance(double total, double common) {
    return total == 0 ? 1 : Math.sqrt(Math.max(0, 1 - common / Math.sqrt(total)));
  }

  /**
   * What tokens add to a distance that do not follow strings of a block.
   *
   * @param total sum of their shares
   * @param common sum of the roots of shares times those of the model's probabilities
   */
  record Rest(double total, double common) {
    /** Of shares, [T]. */
    static Rest of(PromptBins prompt, int block, double[] shares) {
      int[] places = prompt.places(block);
      double total = 0;
      double common = 0;
      int next = 0;
      for (int i = 0; i < shares.length; i++) {
        if (next < places.length && places[next] == i) {
          next++;
        } else {
          total += shares[i];
          common += prompt.modelRoots[i] * Math.sqrt(shares[i]);
        }
      }

      return new Rest(total, common);
    }

    /**
     * The distance of these and of the block's tokens.
     *
     * @param shares of the latter, [U] and more
     */
    double distance(PromptBins prompt, int block, double[] shares) {
      int[] places = prompt.places(block);
      double sum = total;
      double inCommon = common;
      for (int i = 0; i < places.length; i++) {
        sum += shares[i];
        inCommon += prompt.modelRoots[places[i]] * Math.sqrt(shares[i]);
      }

      return PromptBins.distance(sum, inCommon);
    }
  }
}
