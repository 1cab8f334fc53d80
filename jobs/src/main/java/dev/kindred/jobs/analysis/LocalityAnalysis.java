/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import java.util.List;

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
}
