/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.explanation.Explanation;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.OfPrompt;
import dev.kindred.table.Table;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Something that can be found out about a model or a published run. {@link Analyses} has the list,
 * which the command line, reports and a test read that holds for each what is said here.
 *
 * <p>What an analysis needs is what its commands extend: {@link RunAnalysisCommand} for a published
 * run, {@link ModelAnalysisCommand} for a model and a warehouse that has or gets tables about it,
 * {@link PromptAnalysisCommand} for a model and prompts. A command checks its options before
 * anything that takes long, writes the tables that are not there yet, part by part, so that one
 * that was stopped goes on, and returns its findings.
 */
public interface Analysis {
  /** Returns the name, which the column {@code analysis} of the table summaries has. */
  String name();

  /** Returns the tables that it fills, besides summaries. */
  List<Table> tables();

  /**
   * Returns its commands, new ones each time.
   *
   * @param all analyses whose findings a run's report shows
   */
  List<KindredCommand> commands(List<Analysis> all);

  /**
   * Returns what was found about a run, for the run's report.
   *
   * @return nothing if it was never computed, or is not about runs
   */
  default Optional<Findings> ofRun(AnalysedRun run) {
    return Optional.empty();
  }

  /**
   * Returns what the run's report has of single prompts, by their ids.
   *
   * @param prompts those that the report shows
   * @return nothing of prompts that it does not tell about
   */
  default Map<Integer, OfPrompt> ofPrompts(AnalysedRun run, List<Explanation> prompts) {
    return Map.of();
  }
}
