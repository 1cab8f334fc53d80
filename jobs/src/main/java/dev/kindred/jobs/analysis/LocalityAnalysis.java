/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.corpus.Tokenizer;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Locality: how far back the residual stream at a token looks. */
final class LocalityAnalysis implements Analysis {
  @Override
  public String name() {
    return "locality";
  }

  @Override
  public List<Table> tables() {
    return List.of(
        Tables.STREAM_MEANS,
        Tables.TRUNCATION_SIMILARITIES,
        Tables.TRUNCATION_SUMMARIES,
        Tables.BLOCK_CUTS,
        Tables.PREFIX_EFFECTS);
  }

  @Override
  public List<KindredCommand> commands(List<Analysis> all) {
    return List.of(new LocalityCommand());
  }

  /** What was asked about the run's model, question by question. */
  @Override
  public Optional<Findings> ofRun(AnalysedRun run) {
    if (run.warehouse().keys(Tables.TRUNCATION_SUMMARIES).isEmpty()) {
      return Optional.empty(); // before the model is read for nothing
    }

    String model = withoutFirstToken(run);
    return run.ofQuestions(
        "How far back the model looks",
        String.format(
            Locale.ROOT,
            """
            select question, places, layer, tokens, count, median, quantile_05
            from kindred.truncation_summaries
            where model_id = '%s' and compared_with = 'last_tokens' and slice = 'all'
            order by question, places, layer, tokens""",
            model),
        model,
        List.of(Tables.TRUNCATION_SUMMARIES, Tables.TRUNCATION_SIMILARITIES, Tables.BLOCK_CUTS),
        question -> {
          List<Element> elements = new ArrayList<>();
          elements.add(Note.onPage("Over the tokens of a text, question " + question + "."));
          elements.addAll(
              LocalityFindings.of(
                      run.warehouse(), model, question, Tokenizer.of(run.model().tokenizerJson()))
                  .elements());
          return elements;
        });
  }

  /** The id of the run's model as locality reads it, which puts a token before texts itself. */
  private static String withoutFirstToken(AnalysedRun run) {
    return run.model().firstToken() == null
        ? run.plan().modelId()
        : LocalityCommand.read(run.model().uri(), run.hadoop()).id();
  }
}
