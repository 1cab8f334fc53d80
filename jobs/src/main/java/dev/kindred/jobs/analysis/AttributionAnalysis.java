/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import dev.kindred.attribution.Attributions;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.table.Part;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Attribution: which tokens of a prompt the prediction at its end hangs on. */
final class AttributionAnalysis implements Analysis {
  @Override
  public String name() {
    return "attribute";
  }

  @Override
  public List<Table> tables() {
    return List.of(Tables.ATTRIBUTIONS, Tables.ATTRIBUTION_CHECKS);
  }

  @Override
  public List<KindredCommand> commands(List<Analysis> all) {
    return List.of(new AttributeCommand());
  }

  /** What was asked about the run's prompts, question by question. */
  @Override
  public Optional<Findings> ofRun(AnalysedRun run) {
    String model = run.plan().modelId();
    return run.ofQuestions(
        "Attribution",
        """
        select question, method, variant, position, avg(share) as share
        from {run}.attributions
        where prompt_set is not null
        group by all
        order by all""",
        model,
        List.of(Tables.ATTRIBUTION_CHECKS, Tables.ATTRIBUTIONS),
        question -> {
          Part scores = run.warehouse().part(Tables.ATTRIBUTIONS, model, question);
          Part checks = run.warehouse().part(Tables.ATTRIBUTION_CHECKS, model, question);
          return scores
              .read()
              .where(col("prompt_set").equalTo(lit(run.plan().promptSet())))
              .select("objective", "replacement")
              .limit(1)
              .collectAsList()
              .stream()
              .flatMap(asked -> of(run, question, asked, checks.read()).stream())
              .toList();
        });
  }

  private static List<Element> of(
      AnalysedRun run, String question, Row asked, Dataset<Row> checks) {
    List<Element> elements = new ArrayList<>();
    elements.add(
        Note.onPage(
            String.format(
                Locale.ROOT,
                "How far methods agree which tokens a prompt’s prediction hangs on, and what becomes"
                    + " of the %s as tokens are taken away in the order of each, the most important"
                    + " first. Taken away: %s.",
                asked.getString(0),
                asked.getString(1))));
    elements.addAll(
        AttributionGrids.ofAll(
                Attributions.summarize(checks), Math.toIntExact(run.promptCount()), question)
            .elements());
    return elements;
  }
}
