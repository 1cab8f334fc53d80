/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.serve.CorpusText;
import dev.kindred.jobs.serve.ExplorerFindings;
import picocli.CommandLine.Command;

@Command(
    name = "trace",
    description =
        "Finds the longest parts of a text that stand in a run's corpus word for word, none of them"
            + " within another: what of a generated text is recited?",
    footer = {"kindred trace 'To be, or not to be: that was the question.'"})
final class TraceCommand extends CorpusCommand<CorpusText.Trace> {
  @Override
  CorpusText.Trace found(CorpusText corpus, String text) {
    return corpus.trace(text);
  }

  @Override
  Findings shown(CorpusText.Trace found) {
    return ExplorerFindings.trace(found);
  }
}
