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

/** Circuits: what the heads of a model do, told by weights alone. */
final class CircuitAnalysis implements Analysis {
  @Override
  public String name() {
    return "circuits";
  }

  @Override
  public List<Table> tables() {
    return List.of(
        Tables.HEAD_CIRCUITS,
        Tables.HEAD_COMPOSITIONS,
        Tables.COMPOSITION_NULLS,
        Tables.VIRTUAL_HEADS,
        Tables.SKIP_TRIGRAMS,
        Tables.SKIP_TRIGRAM_CHECKS,
        Tables.DIRECT_PATHS);
  }

  @Override
  public List<KindredCommand> commands(List<Analysis> all) {
    return List.of(new CircuitsCommand());
  }

  /** What was asked about the run's model, question by question. */
  @Override
  public Optional<Findings> ofRun(AnalysedRun run) {
    String model = run.plan().modelId();
    return run.ofQuestions(
        "Circuits of heads",
        """
        select question, block, head, circuit, basis, score, z, top_1
        from {run}.head_circuits
        order by question, circuit, basis, score desc""",
        model,
        List.of(
            Tables.HEAD_CIRCUITS,
            Tables.HEAD_COMPOSITIONS,
            Tables.COMPOSITION_NULLS,
            Tables.VIRTUAL_HEADS),
        question -> {
          List<Element> elements = new ArrayList<>();
          elements.add(Note.onPage("Told by the weights alone, question " + question + "."));
          elements.addAll(
              new CircuitFindings(
                      run.warehouse().part(Tables.HEAD_CIRCUITS, model, question).read(),
                      run.warehouse().part(Tables.HEAD_COMPOSITIONS, model, question).read(),
                      run.warehouse().part(Tables.COMPOSITION_NULLS, model, question).read(),
                      run.warehouse().part(Tables.VIRTUAL_HEADS, model, question).read())
                  .elements());
          return elements;
        });
  }
}
