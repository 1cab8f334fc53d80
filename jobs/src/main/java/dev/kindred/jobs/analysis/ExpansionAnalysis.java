/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import java.util.List;

/** Path expansion: how much predictions lose without paths through several heads. */
final class ExpansionAnalysis implements Analysis {
  @Override
  public String name() {
    return "expand";
  }

  @Override
  public List<Table> tables() {
    return List.of(Tables.TERM_LOSSES);
  }

  @Override
  public List<KindredCommand> commands(List<Analysis> all) {
    return List.of(new ExpandCommand());
  }
}
