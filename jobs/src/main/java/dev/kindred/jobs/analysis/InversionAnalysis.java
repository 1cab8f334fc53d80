/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import java.util.List;

/** Inversion: what the output of some blocks still knows of the tokens that went in. */
final class InversionAnalysis implements Analysis {
  @Override
  public String name() {
    return "inversion";
  }

  @Override
  public List<Table> tables() {
    return List.of(Tables.INVERSIONS, Tables.INVERSION_ORACLES, Tables.INVERSION_JACOBIANS);
  }

  @Override
  public List<KindredCommand> commands(List<Analysis> all) {
    return List.of(new InvertCommand(), new ChannelCommand(), new RecoverCommand());
  }
}
