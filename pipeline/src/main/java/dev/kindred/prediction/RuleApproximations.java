/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.struct;

import dev.kindred.table.Tables;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** What a rule makes of the evidence for prompts. */
public final class RuleApproximations {
  private RuleApproximations() {}

  /**
   * Makes one distribution of all blocks' evidence for each prompt.
   *
   * @param blockDistributions rows of {@link Tables#BLOCK_DISTRIBUTIONS} of one run
   * @param ringDistributions rows of {@link Tables#RING_DISTRIBUTIONS} of it; null where the rule
   *     has no rings
   * @param prompts rows of {@link Tables#PROMPTS} of its prompt set
   * @param windows rows of {@link Tables#WINDOWS} of its corpus, at least the prompts' own
   * @param blocks their numbers
   * @param frequencies those of {@link Rule#frequencies}
   * @return rows with the file columns of {@link Tables#APPROXIMATIONS}
   */
  public static Dataset<Row> compute(
      Rule rule,
      Dataset<Row> blockDistributions,
      Dataset<Row> ringDistributions,
      Dataset<Row> prompts,
      Dataset<Row> windows,
      List<Integer> blocks,
      TokenFrequencies frequencies) {
    return rule instanceof Rings rings
        ? ofRings(ringDistributions, prompts, windows, rings, blocks, frequencies)
        : Approximations.compute(
            blockDistributions, prompts, windows, ((WeightedCounts) rule).mixture());
  }

  private static Dataset<Row> ofRings(
      Dataset<Row> ringDistributions,
      Dataset<Row> prompts,
      Dataset<Row> windows,
      Rings rule,
      List<Integer> blocks,
      TokenFrequencies frequencies) {
    Dataset<Row> own =
        prompts
            .select("prompt_id", "window_id")
            .join(windows.select("window_id", "next_tokens"), "window_id")
            .select("prompt_id", "next_tokens");
    return prompts
        .select("prompt_id")
        .join(ringsOfPrompts(ringDistributions, "rings"), new String[] {"prompt_id"}, "left")
        .join(own, new String[] {"prompt_id"}, "left")
        .map(
            (MapFunction<Row, Row>)
                row -> {
                  List<BlockCounts> counts =
                      rule.counts(blocks, row.isNullAt(1) ? List.of() : row.getList(1));
                  Map<Integer, Long> following = row.isNullAt(2) ? Map.of() : row.getJavaMap(2);
                  return Tables.APPROXIMATIONS.row(
                      row.getInt(0),
                      rule.mix(counts, frequencies),
                      rule.mix(
                          counts.stream().map(block -> block.withoutOwn(following)).toList(),
                          frequencies.without(following)));
                },
            Tables.APPROXIMATIONS.encoder())
        .sort("prompt_id");
  }

  /**
   * Collects the rings of each prompt that has any, for {@link Rings#counts}.
   *
   * @param ringDistributions rows of {@link Tables#RING_DISTRIBUTIONS}
   * @param column that they are put into
   * @return rows with prompt_id and this column
   */
  public static Dataset<Row> ringsOfPrompts(Dataset<Row> ringDistributions, String column) {
    return ringDistributions
        .groupBy("prompt_id")
        .agg(collect_list(struct("block", "ring", "counts", "own_window_similar")).as(column));
  }
}
