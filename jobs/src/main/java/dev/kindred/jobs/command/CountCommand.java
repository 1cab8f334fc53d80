/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.serve.CorpusText;
import dev.kindred.jobs.serve.ExplorerFindings;
import picocli.CommandLine.Command;

@Command(
    name = "count",
    description =
        "Counts how often a text of any length stands in a run's corpus, and what follows it there."
            + " Exact, within documents.",
    footer = {"kindred count 'the old man'", "kindred count 'And only l' --json"})
final class CountCommand extends CorpusCommand<CorpusText.Counted> {
  /** Places that are listed. */
  private static final int PLACES = 20;

  @Override
  CorpusText.Counted found(CorpusText corpus, String text) {
    return corpus.count(text, PLACES);
  }

  @Override
  Findings shown(CorpusText.Counted found) {
    return ExplorerFindings.count(found);
  }
}
