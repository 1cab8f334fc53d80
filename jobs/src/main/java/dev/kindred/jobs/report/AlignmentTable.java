/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * How often blocks' feed-forward outputs point at the tokens of their own approximations.
 *
 * @param blocks in order
 * @param columns those of the same source side by side, learned ones first
 */
public record AlignmentTable(List<Block> blocks, List<Column> columns) {
  private static final Pattern AGREEMENT =
      Pattern.compile("alignment\\.([^.]+)\\.block\\.(\\d+)\\.agreement");
  private static final Pattern BLOCK =
      Pattern.compile("alignment\\.block\\.(\\d+)\\.without_evidence");
  private static final Pattern LEARNED =
      Pattern.compile("(final|block-\\d+)_(.+)_k(\\d+?)(_signed)?");
  private static final Pattern OTHER = Pattern.compile("(.+?)(_signed)?");

  /**
   * A block. All numbers but its own are NaN if no prompt has evidence in it.
   *
   * @param consideredMean tokens of an approximation that count, as are the next two
   * @param chance share of prompts that agree with places at random, in [0, 1]
   * @param simulated the same by simulation
   * @param simulatedError standard error of that
   */
  public record Block(
      int block,
      double consideredMean,
      double consideredStd,
      double consideredMax,
      double chance,
      double simulated,
      double simulatedError) {

    private static Block of(Map<String, Double> metrics, int block) {
      String name = "alignment.block." + block + ".";
      return new Block(
          block,
          metrics.getOrDefault(name + "considered.mean", Double.NaN),
          metrics.getOrDefault(name + "considered.std", Double.NaN),
          metrics.getOrDefault(name + "considered.max", Double.NaN),
          metrics.getOrDefault(name + "chance.closed_form", Double.NaN),
          metrics.getOrDefault(name + "chance.simulated.mean", Double.NaN),
          metrics.getOrDefault(name + "chance.simulated.error", Double.NaN));
    }

    /** Tokens that count. */
    public String considered() {
      return Double.isNaN(consideredMean)
          ? "–"
          : String.format(
              Locale.ROOT, "%.2f ± %.2f (%.0f)", consideredMean, consideredStd, consideredMax);
    }

    /** In percent. */
    public String simulation() {
      return Double.isNaN(simulated)
          ? "–"
          : String.format(Locale.ROOT, "%.1f ± %.1f%%", 100 * simulated, 100 * simulatedError);
    }
  }

  /**
   * A use of some directions.
   *
   * @param source where they come from
   * @param use how, as that source's columns differ
   * @param agreements share of prompts that agree, one a block, in [0, 1]; NaN where there is none
   */
  public record Column(String source, String use, double[] agreements) {
    /** In percent. */
    public String percent(int row) {
      return Numbers.percent(agreements[row]);
    }
  }

  /** The head of a column, in the order of columns. */
  private record Head(int order, String source, String use) implements Comparable<Head> {
    @Override
    public int compareTo(Head other) {
      return Comparator.comparingInt(Head::order)
          .thenComparing(Head::source)
          .thenComparing(Head::use)
          .compare(this, other);
    }
  }

  /**
   * The rows of summaries.
   *
   * @param metrics by dotted name; those of other analyses are passed over
   * @return null if there are none of alignments, or not yet what all directions share
   */
  public static AlignmentTable of(Map<String, Double> metrics) {
    List<Block> blocks =
        IntStream.range(0, blockCount(metrics))
            .mapToObj(block -> Block.of(metrics, block))
            .toList();
    if (blocks.isEmpty()) {
      return null;
    }

    SortedMap<Head, double[]> columns = new TreeMap<>();
    metrics.forEach(
        (name, value) -> {
          Matcher agreement = AGREEMENT.matcher(name);
          if (agreement.matches()) {
            int block = Integer.parseInt(agreement.group(2));
            for (Head head : heads(agreement.group(1), block == blocks.size() - 1)) {
              columns.computeIfAbsent(head, missing -> absent(blocks.size()))[block] = value;
            }
          }
        });
    return new AlignmentTable(
        blocks,
        columns.entrySet().stream()
            .map(c -> new Column(c.getKey().source(), c.getKey().use(), c.getValue()))
            .toList());
  }

  private static int blockCount(Map<String, Double> metrics) {
    return metrics.keySet().stream()
        .map(BLOCK::matcher)
        .filter(Matcher::matches)
        .mapToInt(block -> Integer.parseInt(block.group(1)) + 1)
        .max()
        .orElse(0);
  }

  private static double[] absent(int blocks) {
    double[] agreements = new double[blocks];
    Arrays.fill(agreements, Double.NaN);
    return agreements;
  }

  /** Under which heads a block's agreement with some directions is shown. */
  private static List<Head> heads(String key, boolean isLastBlock) {
    Matcher learned = LEARNED.matcher(key);
    if (!learned.matches()) {
      Matcher other = OTHER.matcher(key);
      if (!other.matches()) {
        throw new IllegalArgumentException("Invalid key of directions: " + key);
      }

      String source = other.group(1).replace('_', ' ');
      int order = source.equals("unembedding") ? 1 : 2;
      return List.of(new Head(order, source, other.group(2) == null ? "either sign" : "signed"));
    }

    String ranks = learned.group(3);
    String source = learned.group(2) + (ranks.equals("1") ? "" : ", " + ranks + " directions");
    String sign = learned.group(4) == null ? "" : ", signed";
    Head own = new Head(0, source, "own stage" + sign);
    if (!learned.group(1).equals("final")) {
      return List.of(own);
    }

    Head last = new Head(0, source, "final stage" + sign);
    return isLastBlock ? List.of(last, own) : List.of(last);
  }

  /** Sources from left to right. */
  public List<String> sources() {
    return columns.stream().map(Column::source).distinct().toList();
  }

  /** How many columns a source has. */
  public int span(String source) {
    return (int) columns.stream().filter(column -> column.source().equals(source)).count();
  }

  /** For the terminal: a column a block. */
  public String text() {
    StringBuilder text = new StringBuilder("\n");
    line(text, "Tokens considered", block -> "block " + block.block());
    line(text, "  mean", block -> number("%.2f", block.consideredMean()));
    line(text, "  standard deviation", block -> number("%.2f", block.consideredStd()));
    line(text, "  at most", block -> number("%.0f", block.consideredMax()));
    text.append("\nPrompts with all of them in the first half by cosine, in percent\n");
    for (String source : sources()) {
      text.append("  ").append(source).append('\n');
      columns.stream()
          .filter(column -> column.source().equals(source))
          .forEach(
              column ->
                  line(
                      text,
                      "    " + column.use(),
                      block -> percent(column.agreements()[block.block()])));
    }

    line(text, "  chance", block -> percent(block.chance()));
    line(text, "    simulated", block -> percent(block.simulated()));
    line(text, "    its standard error", block -> percent(block.simulatedError()));
    return text.append('\n').toString();
  }

  private void line(StringBuilder text, String name, Function<Block, String> column) {
    text.append(format("%-28s", name));
    for (Block block : blocks) {
      text.append(format("%9s", column.apply(block)));
    }

    text.append('\n');
  }

  private static String percent(double share) {
    return number("%.2f", 100 * share);
  }

  private static String number(String pattern, double value) {
    return Double.isNaN(value) ? "–" : format(pattern, value);
  }

  private static String format(String pattern, Object value) {
    return String.format(Locale.ROOT, pattern, value);
  }
}
