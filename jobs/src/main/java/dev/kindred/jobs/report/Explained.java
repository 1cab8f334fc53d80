/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.explanation.Explanation;
import dev.kindred.jobs.report.Findings.OfPrompt;
import dev.kindred.model.BlockVector;
import java.util.ArrayList;
import java.util.List;

/**
 * Explained prompts, and what they were explained from.
 *
 * @param model URI of the model directory
 * @param vectors what is compared of blocks
 * @param runId the run whose thresholds and weights were used; null if there is none
 * @param rankedAmong prompts of the run that distances are compared with; 0 if they are not
 * @param unranked why there are no ranks; null if there are
 * @param unplaced why strings have no places in the corpus; null if they have
 * @param prompts in the order in which they were asked for
 * @param shadings of the same prompts; null if they were not asked for
 */
public record Explained(
    String model,
    String modelId,
    BlockVector vectors,
    String corpusId,
    String runId,
    int rankedAmong,
    String unranked,
    String unplaced,
    Read read,
    List<Explanation> prompts,
    List<ShadedPrompt> shadings) {
  /**
   * What was read to find similar strings.
   *
   * @param windows of the corpus
   * @param activations vectors of windows: windows x blocks
   * @param bytes of the activations' files; 0 where none are kept
   * @param seconds from the first read to the last explanation
   */
  public record Read(long windows, int blocks, long activations, long bytes, double seconds) {
    /** Whether the model was evaluated for them. */
    boolean wereEvaluated() {
      return bytes == 0;
    }
  }

  /** Returns what a page has of a prompt beside its blocks. */
  public List<OfPrompt> beside(int prompt) {
    return shadings == null
        ? List.of()
        : List.of(shadings.get(prompt).ofPrompt("prompt " + (prompt + 1)));
  }

  /** The same with shadings of its prompts. */
  public Explained with(List<ShadedPrompt> found) {
    return with(prompts, found);
  }

  /**
   * The same of some of the prompts, which are numbered anew.
   *
   * @param from the first
   * @param to after the last
   * @param strings similar strings of a block, at most
   */
  public Explained part(int from, int to, int strings) {
    List<Explanation> some = new ArrayList<>();
    for (int i = from; i < to; i++) {
      some.add(prompts.get(i).as(i - from, strings));
    }

    return with(some, shadings == null ? null : shadings.subList(from, to));
  }

  private Explained with(List<Explanation> others, List<ShadedPrompt> shades) {
    return new Explained(
        model,
        modelId,
        vectors,
        corpusId,
        runId,
        rankedAmong,
        unranked,
        unplaced,
        read,
        others,
        shades);
  }

  /** As one JSON object, names in snake case. */
  public String json() {
    return SnakeCaseJson.of(this);
  }
}
