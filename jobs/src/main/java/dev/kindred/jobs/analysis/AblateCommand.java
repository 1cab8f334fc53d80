/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import picocli.CommandLine.Command;

@Command(
    name = "ablate",
    description =
        "Takes attention's or the feed-forward network's output away, block by block, and says how far"
            + " each prompt's prediction moves: of a published run, in its report and summaries.",
    footer = "kindred ablate --run-id r-20261122-041500-3f2a")
final class AblateCommand extends RunAnalysisCommand {
  @Override
  Found find(AnalysedRun run) {
    return new Found(Ablate.ablate(run), "analysis=" + Ablate.ANALYSIS);
  }
}
