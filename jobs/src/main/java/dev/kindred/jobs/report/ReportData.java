/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.evaluation.PairCosines;
import dev.kindred.evaluation.Summaries;
import dev.kindred.explanation.Explanation;
import dev.kindred.jobs.report.Findings.OfPrompt;
import dev.kindred.model.BlockVector;
import dev.kindred.prediction.Rings;
import dev.kindred.prediction.Rule;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Everything that a report shows, in reading order.
 *
 * @param runId the run
 * @param subject the model and the corpus, in a few words
 * @param publishedAt when it was published, UTC, as text
 * @param vectors what is compared of blocks
 * @param facts what was run: corpus, model, prompts and so on
 * @param figures the run's
 * @param blocks one a transformer block, in order
 * @param joins one a transformer block, in order; empty where the run did not record them
 * @param curves one a transformer block, in order; empty where the run was not tuned
 * @param analyses what other commands have found about the run
 * @param losses of the model's training; null if its directory does not tell
 * @param distances of every prompt
 * @param groups some prompts, by their kinds
 * @param ofPrompts what analyses have found about the same prompts, by id; one an analysis
 * @param explorer explanations of many prompts; null if there are none
 * @param command that makes the run again
 */
public record ReportData(
    String runId,
    String subject,
    String publishedAt,
    BlockVector vectors,
    List<Fact> facts,
    Figures figures,
    List<Block> blocks,
    List<Join> joins,
    List<ThresholdCurve> curves,
    List<Findings> analyses,
    LossCurve losses,
    PromptDistances distances,
    List<Group> groups,
    List<Map<Integer, OfPrompt>> ofPrompts,
    PromptExplorer explorer,
    String command) {

  /** What the page is called where its title is all that shows. */
  public String title() {
    return subject + Claim.inShort(figures);
  }

  /** Returns what analyses have found about a prompt. */
  public List<OfPrompt> of(Explanation prompt) {
    return ofPrompts.stream()
        .filter(found -> found.containsKey(prompt.promptId()))
        .map(found -> found.get(prompt.promptId()))
        .toList();
  }

  /** A line of the head table. */
  public record Fact(String name, String value) {}

  /**
   * A transformer block.
   *
   * @param rings of the block; empty where the rule has none, and a weight
   * @param similarMean similar strings a prompt, as are the other three
   * @param pairMedian median cosine of two prompts; NaN where the run did not record it
   * @param pairHigh the cosine that one pair in a thousand exceeds
   */
  public record Block(
      int block,
      double threshold,
      double weight,
      List<Rings.Ring> rings,
      double similarMean,
      double similarStd,
      double similarMin,
      double similarMax,
      double pairMedian,
      double pairHigh) {

    /** Whether the run recorded cosines of pairs. */
    public boolean hasPairs() {
      return !Double.isNaN(pairMedian);
    }

    /**
     * The blocks of a run.
     *
     * @param numbers of the blocks that it looked at
     * @param rule of them
     */
    public static List<Block> of(Figures figures, List<Integer> numbers, Rule rule) {
      List<Block> blocks = new ArrayList<>();
      for (int place = 0; place < rule.blocks(); place++) {
        int block = numbers.get(place);
        Measure strings = Summaries.of(Summaries.STRINGS).block(block);
        Measure pairs = Summaries.of(PairCosines.QUANTITY).block(block);
        blocks.add(
            new Block(
                block,
                rule.thresholds()[place],
                rule.weights()[place],
                rule instanceof Rings ofRings ? ofRings.rings().get(place) : List.of(),
                figures.get(strings, "mean"),
                figures.get(strings, "std"),
                figures.get(strings, "min"),
                figures.get(strings, "max"),
                figures.get(pairs, "median", Double.NaN),
                figures.get(pairs, "p999", Double.NaN)));
      }

      return blocks;
    }
  }

  /**
   * How the similarity join of a block settled its pairs of a window and a prompt.
   *
   * @param axes of the bound; 0 where every similarity was computed in full
   * @param byPrefix share of pairs that the bound settled, in [0, 1], as are the other two
   * @param byFloat by the similarity in single precision
   * @param byDouble by the similarity in double precision
   */
  public record Join(int block, int axes, double byPrefix, double byFloat, double byDouble) {}

  /** Prompts of a kind. */
  public record Group(String name, List<Explanation> prompts) {}
}
