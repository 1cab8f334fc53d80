/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.struct;

import dev.kindred.prediction.BlockCounts;
import dev.kindred.prediction.ModelPredictions;
import dev.kindred.prediction.Rings;
import dev.kindred.prediction.Rule;
import dev.kindred.prediction.RuleApproximations;
import dev.kindred.table.StoredVectors;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;

/** Puts together what a join has found about prompts, so that a reader can follow it. */
public final class Explanations {
  private static final String RINGS = "rings";

  private Explanations() {}

  /**
   * What is known about some prompts; all of it of one model, corpus and prompt set.
   *
   * @param prompts rows of {@link Tables#PROMPTS}: those to explain
   * @param predictions of at least these prompts, as are the following
   * @param similarStrings rows of {@link Tables#SIMILAR_STRINGS} with at least the most similar
   *     ones
   * @param blockDistributions rows of {@link Tables#BLOCK_DISTRIBUTIONS}
   * @param ringDistributions rows of {@link Tables#RING_DISTRIBUTIONS}; null where the rule has no
   *     rings
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
      Dataset<Row> ringDistributions,
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
          ringDistributions == null ? null : only(ringDistributions, promptIds),
          approximations,
          distances,
          windows);
    }

    private static Dataset<Row> only(Dataset<Row> rows, Dataset<Row> promptIds) {
      return rows.join(broadcast(promptIds), new String[] {"prompt_id"}, "left_semi");
    }
  }

  /**
   * Explains prompts.
   *
   * @param tokenizerJson the model's tokenizer
   * @param ranks of the run that prompts are compared with
   * @return one a prompt, in no order
   */
  public static JavaRDD<Explanation> of(
      Findings findings, Explainer.Settings settings, String tokenizerJson, Ranks ranks) {
    return rows(findings, settings.strings())
        .toJavaRDD()
        .map(
            new Explain(
                new Explainer(settings, tokenizerJson, ranks),
                settings.rule(),
                findings.predictions().reader()));
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
                col("window_id"),
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
            .agg(
                collect_list(struct("block", "similar_count", "counts", "own_window_similar"))
                    .as("blocks"));
    Dataset<Row> all = findings.ringDistributions() == null ? blocks : ringed(findings, blocks);
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
        .join(all, "prompt_id")
        .join(similar, new String[] {"prompt_id"}, "left");
  }

  private static Dataset<Row> ringed(Findings findings, Dataset<Row> blocks) {
    return blocks.join(
        RuleApproximations.ringsOfPrompts(findings.ringDistributions(), RINGS),
        new String[] {"prompt_id"},
        "left");
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

    private final Explainer explainer;
    private final Rule rule;
    private final ModelPredictions.Reader reader;

    private Explain(Explainer explainer, Rule rule, ModelPredictions.Reader reader) {
      this.explainer = explainer;
      this.rule = rule;
      this.reader = reader;
    }

    @Override
    public Explanation call(Row row) {
      int following = row.fieldIndex("following");
      int own = row.fieldIndex("window_id");
      return explainer.explain(
          new PromptFindings(
              row.getAs("prompt_id"),
              row.getAs("text"),
              StoredVectors.ints(row, row.fieldIndex("token_ids")),
              row.isNullAt(own) ? -1 : row.getLong(own),
              row.getAs("occurrences"),
              row.isNullAt(following) ? null : row.getJavaMap(following),
              reader.read(row, row.fieldIndex(ModelPredictions.PREDICTION)),
              row.getJavaMap(row.fieldIndex("approximation")),
              row.getJavaMap(row.fieldIndex("leave_one_out")),
              row.getAs("hellinger"),
              row.getAs("hellinger_leave_one_out"),
              row.getAs("model_top_token"),
              row.getAs("leave_one_out_top_token"),
              blocks(row)));
    }

    private List<PromptFindings.OfBlock> blocks(Row row) {
      List<Row> blocksFound = sorted(row.getList(row.fieldIndex("blocks")), "block");
      List<BlockCounts> rings =
          rule instanceof Rings ofRings ? rings(ofRings, row, blocksFound) : null;
      int column = row.fieldIndex("strings");
      List<Row> strings = row.isNullAt(column) ? List.of() : sorted(row.getList(column), "place");
      List<PromptFindings.OfBlock> blocks = new ArrayList<>();
      for (Row block : blocksFound) {
        int number = block.getAs("block");
        blocks.add(
            new PromptFindings.OfBlock(
                number,
                block.getAs("similar_count"),
                rings == null
                    ? new BlockCounts(
                        List.of(block.<Integer, Long>getJavaMap(block.fieldIndex("counts"))),
                        block.<Boolean>getAs("own_window_similar") ? 0 : -1)
                    : rings.get(blocks.size()),
                strings.stream()
                    .filter(string -> string.<Integer>getAs("block") == number)
                    .map(Explain::string)
                    .toList()));
      }

      return blocks;
    }

    private static List<BlockCounts> rings(Rings rule, Row row, List<Row> blocks) {
      int column = row.fieldIndex(RINGS);
      return rule.counts(
          blocks.stream().map(block -> block.<Integer>getAs("block")).toList(),
          row.isNullAt(column) ? List.of() : row.getList(column));
    }

    private static PromptFindings.FoundString string(Row string) {
      return new PromptFindings.FoundString(
          string.getAs("window_id"),
          string.getAs("text"),
          string.getAs("similarity"),
          string.getAs("occurrences"),
          string.getJavaMap(string.fieldIndex("next_tokens")));
    }

    private static List<Row> sorted(List<Row> rows, String column) {
      return rows.stream()
          .sorted(Comparator.comparingInt(row -> row.<Integer>getAs(column)))
          .toList();
    }
  }
}
