/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import java.util.List;

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
}
