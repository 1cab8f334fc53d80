/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "geometry",
    description =
        "Measures the residual stream's vectors: how far its direction is from that of the feed-forward"
            + " outputs alone, what scaling and noise do to it, and one prompt's picture in the plane:"
            + " of a published run, in its report and summaries.",
    footer = "kindred geometry --prompt 'And only l'")
final class GeometryCommand extends RunAnalysisCommand {
  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      description = "the prompt whose vectors are drawn (the run's first)")
  private String prompt;

  @Override
  String drawnPrompt(AnalysedRun run) {
    return prompt == null ? null : run.prompt("--prompt", prompt);
  }

  @Override
  Found find(AnalysedRun run) {
    return new Found(MeasureGeometry.measure(run), "analysis=" + MeasureGeometry.ANALYSIS);
  }
}
