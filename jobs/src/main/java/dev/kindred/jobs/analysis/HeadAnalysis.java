/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import java.util.List;

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
}
