/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Heads: where they look, what they find, and what becomes of predictions without them; and what
 * they and other parts add to logits, and carry from one prompt into another.
 */
final class HeadAnalysis implements Analysis {
  @Override
  public String name() {
    return "heads";
  }

  @Override
  public List<Table> tables() {
    return List.of(
        Tables.HEAD_SCORES,
        Tables.ATTENTION_DISTANCES,
        Tables.STIMULUS_LOSSES,
        Tables.HEAD_ABLATIONS,
        Tables.LOGIT_PARTS,
        Tables.PATCHES);
  }

  @Override
  public List<KindredCommand> commands(List<Analysis> all) {
    return List.of(new HeadsCommand(), new LogitsCommand(), new PatchCommand());
  }

  /** What was asked about the run's model, question by question. */
  @Override
  public Optional<Findings> ofRun(AnalysedRun run) {
    String model = run.plan().modelId();
    return run.ofQuestions(
        "What heads attend to",
        """
        select question, stimulus, score, block, head, mean, uniform
        from {run}.head_scores
        where weighting = 'pattern'
        order by question, stimulus, score, mean desc""",
        model,
        List.of(Tables.HEAD_SCORES, Tables.ATTENTION_DISTANCES, Tables.STIMULUS_LOSSES),
        question -> {
          List<Element> elements = new ArrayList<>();
          elements.add(Note.onPage("Over sequences that a seed draws, question " + question + "."));
          elements.addAll(HeadFindings.of(run.warehouse(), model, question, List.of()).elements());
          return elements;
        });
  }
}
