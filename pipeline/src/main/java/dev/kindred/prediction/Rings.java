/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

import dev.kindred.similarity.SimilarityBins;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;

/**
 * A rule by which closeness counts. A block's strings lie in rings around the prompt: ring j has
 * all strings above its threshold, so that a tighter ring is within the looser ones. What follows
 * the strings of ring j is counted, and the looser ring's distribution stands behind the counts
 * like a_j further tokens:
 *
 * <pre>p_j = (c_j + a_j p_(j-1)) / (n_j + a_j), n_j = sum of c_j</pre>
 *
 * from p_0 inwards, what follows any string of the corpus. It is the hierarchy of a smoothed n-gram
 * (Jelinek and Mercer, 1980; Witten and Bell, 1991) with <em>more similar</em> in place of
 * <em>longer</em>. All rings of all blocks are then multiplied, each to the power of an exponent of
 * its own, which may grow with the ring's counts (a logarithmic pool):
 *
 * <pre>log q = sum over blocks and rings of w_j log p_j + constant, w_j = u_j + v_j log(1 + n_j)
 * </pre>
 *
 * of the tokens that follow any string of any ring; other tokens have the probability 0.
 *
 * <p>Letters: B = blocks, R = rings of a block, T = tokens that follow any string, U = those of
 * them that follow one of a block.
 *
 * @param rings [B][R], of each block by ascending thresholds, at least one
 */
public record Rings(List<List<Ring>> rings) implements Rule {
  private static final long serialVersionUID = 1L;

  /**
   * A ring.
   *
   * @param above the threshold of the cosine similarity, in [-1, 1]
   * @param prior a_j, above 0, in tokens
   * @param exponent u_j, of any sign
   * @param growth v_j, of any sign
   */
  public record Ring(double above, double prior, double exponent, double growth)
      implements Serializable {
    private static final long serialVersionUID = 1L;

    public Ring {
      if (!(above >= -1 && above <= 1)
          || !(prior >= LEAST_PRIOR && prior <= MOST_PRIOR)
          || !(Math.abs(exponent) <= MOST_EXPONENT)
          || !(Math.abs(growth) <= MOST_EXPONENT)) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "%s/%s/%s/%s: a threshold is in [-1, 1], tokens are from %s to %s, exponents of at"
                    + " most %s",
                above,
                prior,
                exponent,
                growth,
                LEAST_PRIOR,
                MOST_PRIOR,
                MOST_EXPONENT));
      }
    }

    private static Ring parse(String text) {
      String[] numbers = text.trim().split("/", -1);
      if (numbers.length != 4) {
        throw new IllegalArgumentException(
            "'" + text + "' is no ring: threshold/tokens/exponent/growth, as .8/20/.05/.01");
      }

      double[] parsed = Stream.of(numbers).mapToDouble(Double::parseDouble).toArray();
      return new Ring(parsed[0], parsed[1], parsed[2], parsed[3]);
    }

    private double exponent(double total) {
      return exponent + growth * Math.log1p(total);
    }

    @Override
    public String toString() {
      return above + "/" + prior + "/" + exponent + "/" + growth;
    }
  }

  /** The least a_j that may be. */
  public static final double LEAST_PRIOR = 1e-3;

  /** The greatest. */
  public static final double MOST_PRIOR = 1e6;

  private static final double MOST_EXPONENT = 1e3;
  private static final double USUAL = 100; // tokens that follow a ring's strings

  /**
   * What follows the strings of a block.
   *
   * @param places [U], which of T
   * @param counts [R][U], not negative: of all strings in each ring
   */
  private record Counted(int[] places, double[][] counts) {}

  public Rings {
    for (List<Ring> block : rings) {
      if (block.isEmpty()) {
        throw new IllegalArgumentException("a block without a ring");
      }

      for (int j = 1; j < block.size(); j++) {
        if (!(block.get(j).above() > block.get(j - 1).above())) {
          throw new IllegalArgumentException("thresholds of a block that do not ascend");
        }
      }
    }
  }

  /**
   * Rings as {@link #toString} gives them.
   *
   * @throws IllegalArgumentException if they are none
   */
  public static Rings parse(String text) {
    return new Rings(
        Stream.of(text.split(";", -1))
            .map(block -> Stream.of(block.split(",", -1)).map(Ring::parse).toList())
            .toList());
  }

  /**
   * Blocks with semicolons between them, rings with commas: {@code
   * threshold/prior/exponent/growth}.
   */
  @Override
  public String toString() {
    return rings.stream()
        .map(block -> block.stream().map(Ring::toString).collect(Collectors.joining(",")))
        .collect(Collectors.joining(";"));
  }

  @Override
  public double[] thresholds() {
    return rings.stream().mapToDouble(block -> block.get(0).above()).toArray();
  }

  /** Sums of w_j where 100 tokens follow the strings of each ring. */
  @Override
  public double[] weights() {
    return rings.stream()
        .mapToDouble(block -> block.stream().mapToDouble(ring -> ring.exponent(USUAL)).sum())
        .toArray();
  }

  @Override
  public SimilarityBins bins(int block) {
    return SimilarityBins.at(rings.get(block).stream().mapToDouble(Ring::above).toArray());
  }

  @Override
  public boolean usesFrequencies() {
    return true;
  }

  @Override
  public SortedMap<Integer, Double> mix(List<BlockCounts> blocks, TokenFrequencies frequencies) {
    Pool pool = new Pool(blocks, frequencies);
    double[] probabilities = pool.probabilities();
    SortedMap<Integer, Double> mixed = new TreeMap<>();
    for (int i = 0; i < probabilities.length; i++) {
      if (probabilities[i] > 0) {
        mixed.put(pool.tokens[i], probabilities[i]);
      }
    }

    return mixed;
  }

  /**
   * Puts together what is kept of a prompt's evidence, where rings without strings are not there.
   *
   * @param blocks [B], their numbers
   * @param found rows with block, ring, counts and own_window_similar
   * @return [B]
   */
  public List<BlockCounts> counts(List<Integer> blocks, List<Row> found) {
    List<List<Map<Integer, Long>>> counts = new ArrayList<>();
    int[] own = new int[blocks.size()];
    Arrays.fill(own, -1);
    for (List<Ring> block : rings) {
      counts.add(new ArrayList<>(Collections.nCopies(block.size(), Map.of())));
    }

    for (Row row : found) {
      int block = blocks.indexOf(row.getInt(0));
      counts.get(block).set(row.getInt(1), row.getJavaMap(2));
      if (row.getBoolean(3)) {
        own[block] = row.getInt(1);
      }
    }

    return IntStream.range(0, own.length)
        .mapToObj(block -> new BlockCounts(counts.get(block), own[block]))
        .toList();
  }

  /**
   * A block's share is what it adds to the expected logarithm, which takes the prediction away from
   * p_0, in proportion: sum over tokens of q times sum over the block's rings of w_j log(p_j /
   * p_0), 0 where that is negative.
   */
  @Override
  public double[] shares(List<BlockCounts> blocks, TokenFrequencies frequencies) {
    Pool pool = new Pool(blocks, frequencies);
    double[] probabilities = pool.probabilities();
    double[] shares = new double[blocks.size()];
    double total = 0;
    for (int block = 0; block < shares.length; block++) {
      double expected = 0;
      for (int i = 0; i < probabilities.length; i++) {
        expected += probabilities[i] * pool.gains[block][i];
      }

      shares[block] = Math.max(0, expected);
      total += shares[block];
    }

    for (int block = 0; total > 0 && block < shares.length; block++) {
      shares[block] /= total;
    }

    return shares;
  }

  /** The evidence of one prompt, multiplied. */
  private final class Pool {
    private final int[] tokens; // [T], ascending
    private final double[] base; // [T], p_0
    private final double[][] gains; // [B][T], what each block adds: sum of w_j log(p_j / p_0)
    private final double exponents; // sum of all w_j

    private Pool(List<BlockCounts> blocks, TokenFrequencies frequencies) {
      TreeSet<Integer> following = new TreeSet<>();
      for (BlockCounts block : blocks) {
        for (Map<Integer, Long> ring : block.rings()) {
          ring.forEach(
              (token, count) -> {
                if (count > 0) {
                  following.add(token);
                }
              });
        }
      }

      this.tokens = following.stream().mapToInt(Integer::intValue).toArray();
      this.base = Arrays.stream(tokens).mapToDouble(frequencies::probability).toArray();
      this.gains = new double[blocks.size()][];
      double all = 0;
      for (int block = 0; block < gains.length; block++) {
        Counted counted = counted(blocks.get(block));
        double[] ofRings = exponents(rings.get(block), counted);
        gains[block] = gains(rings.get(block), ofRings, counted, base);
        all += Arrays.stream(ofRings).sum();
      }

      this.exponents = all;
    }

    private Counted counted(BlockCounts block) {
      SortedMap<Integer, Long> all = block.all();
      all.values().removeIf(count -> count <= 0);
      int[] places =
          all.keySet().stream().mapToInt(token -> Arrays.binarySearch(tokens, token)).toArray();
      double[][] counts = new double[block.rings().size()][places.length];
      for (int j = counts.length - 1; j >= 0; j--) {
        for (int i = 0; i < places.length; i++) {
          double tighter = j + 1 < counts.length ? counts[j + 1][i] : 0;
          counts[j][i] = tighter + block.rings().get(j).getOrDefault(tokens[places[i]], 0L);
        }
      }

      return new Counted(places, counts);
    }

    /** Returns [T], of sum 1, or nothing. */
    private double[] probabilities() {
      double[] logs = new double[tokens.length];
      for (int i = 0; i < logs.length; i++) {
        logs[i] = exponents * Math.log(base[i]);
        for (double[] ofBlock : gains) {
          logs[i] += ofBlock[i];
        }
      }

      double greatest = Arrays.stream(logs).max().orElse(0);
      double[] probabilities = new double[logs.length];
      double total = 0;
      for (int i = 0; i < logs.length; i++) {
        probabilities[i] = Math.exp(logs[i] - greatest);
        total += probabilities[i];
      }

      for (int i = 0; i < logs.length; i++) {
        probabilities[i] /= total;
      }

      return probabilities;
    }
  }

  /** Returns [R], w_j. */
  private static double[] exponents(List<Ring> rings, Counted block) {
    return IntStream.range(0, rings.size())
        .mapToDouble(j -> rings.get(j).exponent(Arrays.stream(block.counts()[j]).sum()))
        .toArray();
  }

  /** Returns [T], the sum over rings of w_j log(p_j / p_0). */
  private static double[] gains(
      List<Ring> rings, double[] exponents, Counted block, double[] base) {
    int[] places = block.places();
    double[] logRatios = new double[places.length]; // log(p_j / p_0): ratios of many rings vanish
    double[] gains = new double[places.length];
    double absent = 0; // that of tokens that follow no string of the block
    double ofAbsent = 0;
    for (int j = 0; j < rings.size(); j++) {
      double[] counts = block.counts()[j];
      double prior = rings.get(j).prior();
      double exponent = exponents[j];
      double size = Arrays.stream(counts).sum() + prior;
      for (int i = 0; i < places.length; i++) {
        logRatios[i] =
            counts[i] == 0
                ? logRatios[i] + Math.log(prior / size)
                : Math.log((counts[i] / base[places[i]] + prior * Math.exp(logRatios[i])) / size);
        gains[i] += exponent * logRatios[i];
      }

      absent += Math.log(prior / size);
      ofAbsent += exponent * absent;
    }

    double[] ofAll = new double[base.length];
    Arrays.fill(ofAll, ofAbsent);
    for (int i = 0; i < places.length; i++) {
      ofAll[places[i]] = gains[i];
    }

    return ofAll;
  }

  /** The same rings, as far as people can read and copy them. */
  public Rings rounded() {
    List<List<Ring>> blocks = new ArrayList<>();
    for (List<Ring> block : rings) {
      blocks.add(
          block.stream()
              .map(
                  ring ->
                      new Ring(
                          ring.above(),
                          Math.max(LEAST_PRIOR, Math.min(MOST_PRIOR, digits(ring.prior()))),
                          digits(ring.exponent()),
                          digits(ring.growth())))
              .toList());
    }

    return new Rings(blocks);
  }

  private static double digits(double number) {
    return Double.parseDouble(String.format(Locale.ROOT, "%.4g", number));
  }
}
