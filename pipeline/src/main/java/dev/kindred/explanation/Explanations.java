/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.struct;

import dev.kindred.corpus.Tokenizer;
import dev.kindred.math.Shares;
import dev.kindred.math.TopTokens;
import dev.kindred.prediction.BlockShares;
import dev.kindred.prediction.Mixture;
import dev.kindred.prediction.ModelPredictions;
import dev.kindred.prediction.NextTokenDistribution;
import dev.kindred.table.StoredVectors;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;

/** Puts together what a join has found about prompts, so that a reader can follow it. */
public final class Explanations {
  /** Next tokens that are shown of a distribution. */
  private static final int TOKENS = 10;

  /** Next tokens less probable than this, by model and approximation, are not shown. */
  private static final double LEAST_PROBABILITY = 0.001;

  private Explanations() {}

  /**
   * What is known about some prompts; all of it of one model, corpus and prompt set.
   *
   * @param prompts rows of {@link Tables#PROMPTS}: those to explain
   * @param predictions of at least these prompts, as are the following
   * @param similarStrings rows of {@link Tables#SIMILAR_STRINGS} with at least the most similar
   *     ones
   * @param blockDistributions rows of {@link Tables#BLOCK_DISTRIBUTIONS}
   * @param approximations rows of {@link Tables#APPROXIMATIONS}
   * @param distances rows of {@link Tables#DISTANCES}
   * @param windows rows of {@link Tables#WINDOWS}: at least the prompts and the most similar
   *     strings
   */
  public record Findings(
      Dataset<Row> prompts,
      ModelPredictions predictions,
      Dataset<Row> similarStrings,
      Dataset<Row> blockDistributions,
      Dataset<Row> approximations,
      Dataset<Row> distances,
      Dataset<Row> windows) {

    /**
     * The same of some of the prompts.
     *
     * @param promptIds rows with a prompt_id, few enough to broadcast
     */
    public Findings of(Dataset<Row> promptIds) {
      return new Findings(
          only(prompts, promptIds),
          predictions,
          only(similarStrings, promptIds),
          only(blockDistributions, promptIds),
          approximations,
          distances,
          windows);
    }

    private static Dataset<Row> only(Dataset<Row> rows, Dataset<Row> promptIds) {
      return rows.join(broadcast(promptIds), new String[] {"prompt_id"}, "left_semi");
    }
  }

  /**
   * How prompts were joined, and what of it is shown.
   *
   * @param thresholds one for each block that was looked at
   * @param mixture of these blocks
   * @param strings similar strings that are shown of a block, at most
   */
  public record Settings(double[] thresholds, Mixture mixture, int strings)
      implements Serializable {}

  /**
   * Explains prompts.
   *
   * @param tokenizerJson the model's tokenizer
   * @param ranks of the run that prompts are compared with
   * @return one a prompt, in no order
   */
  public static JavaRDD<Explanation> of(
      Findings findings, Settings settings, String tokenizerJson, Ranks ranks) {
    return rows(findings, settings.strings())
        .toJavaRDD()
        .map(new Explain(settings, findings.predictions().reader(), tokenizerJson, ranks));
  }

  /** A row a prompt with everything about it. */
  private static Dataset<Row> rows(Findings findings, int strings) {
    Dataset<Row> windows = findings.windows();
    Dataset<Row> prompts =
        findings
            .prompts()
            .select("prompt_id", "text", "token_ids", "window_id")
            .join(
                windows.select(
                    col("window_id"), col("occurrences"), col("next_tokens").as("following")),
                new String[] {"window_id"},
                "left")
            .select(
                col("prompt_id"),
                col("text"),
                col("token_ids"),
                coalesce(col("occurrences"), lit(0L)).as("occurrences"),
                col("following"));
    Dataset<Row> similar =
        mostSimilar(findings.similarStrings(), strings)
            .join(windows.select("window_id", "text", "occurrences", "next_tokens"), "window_id")
            .groupBy("prompt_id")
            .agg(
                collect_list(
                        struct(
                            "block",
                            "place",
                            "window_id",
                            "similarity",
                            "text",
                            "occurrences",
                            "next_tokens"))
                    .as("strings"));
    Dataset<Row> blocks =
        findings
            .blockDistributions()
            .groupBy("prompt_id")
            .agg(collect_list(struct("block", "similar_count", "counts")).as("blocks"));
    return prompts
        .join(findings.predictions().columns(), "prompt_id")
        .join(
            findings
                .approximations()
                .select(
                    col("prompt_id"),
                    col("probabilities").as("approximation"),
                    col("leave_one_out_probabilities").as("leave_one_out")),
            "prompt_id")
        .join(
            findings
                .distances()
                .select(
                    "prompt_id",
                    "hellinger",
                    "hellinger_leave_one_out",
                    "model_top_token",
                    "leave_one_out_top_token"),
            "prompt_id")
        .join(blocks, "prompt_id")
        .join(similar, new String[] {"prompt_id"}, "left");
  }

  private static Dataset<Row> mostSimilar(Dataset<Row> similarStrings, int strings) {
    return similarStrings
        .withColumn(
            "place",
            row_number()
                .over(
                    Window.partitionBy("prompt_id", "block")
                        .orderBy(col("similarity").desc(), col("window_id"))))
        .where(col("place").leq(strings));
  }

  private static final class Explain implements Function<Row, Explanation> {
    private static final long serialVersionUID = 1L;

    private final Settings settings;
    private final ModelPredictions.Reader reader;
    private final String tokenizerJson;
    private final Ranks ranks;
    private transient Map<Integer, String> texts; // of tokens that have been seen

    private Explain(
        Settings settings, ModelPredictions.Reader reader, String tokenizerJson, Ranks ranks) {
      this.settings = settings;
      this.reader = reader;
      this.tokenizerJson = tokenizerJson;
      this.ranks = ranks;
    }

    @Override
    public Explanation call(Row row) {
      texts = texts == null ? new HashMap<>() : texts;
      boolean isInCorpus = row.<Long>getAs("occurrences") > 0;
      NextTokenDistribution model = reader.read(row, row.fieldIndex(ModelPredictions.PREDICTION));
      return new Explanation(
          row.getAs("prompt_id"),
          row.getAs("text"),
          StoredVectors.ints(row, row.fieldIndex("token_ids")),
          row.getAs("occurrences"),
          nextTokens(
              model,
              row.getJavaMap(row.fieldIndex("approximation")),
              isInCorpus ? row.getJavaMap(row.fieldIndex("leave_one_out")) : null),
          isInCorpus ? following(row) : null,
          ranks.compatible(row.getAs("hellinger")),
          isInCorpus ? ranks.leaveOneOut(row.getAs("hellinger_leave_one_out")) : null,
          blocks(row, model));
    }

    private List<NextToken> nextTokens(
        NextTokenDistribution model,
        Map<Integer, Double> approximation,
        Map<Integer, Double> leaveOneOut) {
      // What is among the first by either of them is among the first of one of them.
      int[] tokens =
          IntStream.concat(Arrays.stream(model.top(TOKENS)), Arrays.stream(top(approximation)))
              .distinct()
              .toArray();
      double[] greater = new double[tokens.length];
      for (int i = 0; i < tokens.length; i++) {
        greater[i] =
            Math.max(model.probability(tokens[i]), approximation.getOrDefault(tokens[i], 0.));
      }

      return IntStream.of(TopTokens.places(tokens, greater, TOKENS))
          .filter(place -> greater[place] >= LEAST_PROBABILITY)
          .map(place -> tokens[place])
          .mapToObj(
              token ->
                  new NextToken(
                      text(token),
                      model.probability(token),
                      approximation.getOrDefault(token, 0.),
                      leaveOneOut == null ? null : leaveOneOut.getOrDefault(token, 0.)))
          .toList();
    }

    private static int[] top(Map<Integer, Double> probabilities) {
      int[] tokens = probabilities.keySet().stream().mapToInt(Integer::intValue).toArray();
      double[] values = IntStream.of(tokens).mapToDouble(probabilities::get).toArray();
      return IntStream.of(TopTokens.places(tokens, values, TOKENS))
          .map(place -> tokens[place])
          .toArray();
    }

    private Following following(Row row) {
      Map<Integer, Long> counts = row.getJavaMap(row.fieldIndex("following"));
      if (counts.isEmpty()) {
        return null;
      }

      return new Following(
          mostFrequent(counts),
          isMostFrequent(row.getAs("model_top_token"), counts),
          isMostFrequent(row.getAs("leave_one_out_top_token"), counts));
    }

    /** Whether no other token follows more often; null is a prediction of nothing. */
    private static boolean isMostFrequent(Integer token, Map<Integer, Long> counts) {
      long greatest = counts.values().stream().mapToLong(Long::longValue).max().orElseThrow();
      return token != null && counts.getOrDefault(token, 0L) == greatest;
    }

    private List<BlockExplanation> blocks(Row row, NextTokenDistribution model) {
      List<Row> blocks = sorted(row.getList(row.fieldIndex("blocks")), "block");
      List<Map<Integer, Long>> counts = new ArrayList<>();
      for (Row block : blocks) {
        counts.add(block.getJavaMap(block.fieldIndex("counts")));
      }

      double[] shares = BlockShares.of(counts, settings.mixture());
      int column = row.fieldIndex("strings");
      List<Row> strings = row.isNullAt(column) ? List.of() : sorted(row.getList(column), "place");
      List<BlockExplanation> explanations = new ArrayList<>();
      for (int place = 0; place < shares.length; place++) {
        int block = blocks.get(place).getAs("block");
        explanations.add(
            new BlockExplanation(
                block,
                settings.thresholds()[place],
                settings.mixture().weights()[place],
                blocks.get(place).getAs("similar_count"),
                shares[place],
                model.distance(Shares.of(counts.get(place))),
                mostFrequent(counts.get(place)),
                strings(strings, block, row.getAs("text"))));
      }

      return explanations;
    }

    private List<SimilarString> strings(List<Row> strings, int block, String prompt) {
      return strings.stream()
          .filter(string -> string.<Integer>getAs("block") == block)
          .map(
              string ->
                  new SimilarString(
                      string.getAs("window_id"),
                      string.getAs("text"),
                      SimilarString.sharedSuffix(string.getAs("text"), prompt),
                      string.getAs("similarity"),
                      string.getAs("occurrences"),
                      mostFrequent(string.getJavaMap(string.fieldIndex("next_tokens"))),
                      List.of()))
          .toList();
    }

    private static List<Row> sorted(List<Row> rows, String column) {
      return rows.stream()
          .sorted(Comparator.comparingInt(row -> row.<Integer>getAs(column)))
          .toList();
    }

    private List<TokenCount> mostFrequent(Map<Integer, Long> counts) {
      int[] tokens = counts.keySet().stream().mapToInt(Integer::intValue).toArray();
      double[] values = IntStream.of(tokens).mapToDouble(counts::get).toArray();
      double total = DoubleStream.of(values).sum();
      return IntStream.of(TopTokens.places(tokens, values, TOKENS))
          .mapToObj(
              place ->
                  new TokenCount(text(tokens[place]), (long) values[place], values[place] / total))
          .toList();
    }

    private String text(int token) {
      return texts.computeIfAbsent(token, Tokenizer.of(tokenizerJson)::text);
    }
  }
}
