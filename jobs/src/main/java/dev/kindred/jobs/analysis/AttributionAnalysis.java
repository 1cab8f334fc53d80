/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import java.util.List;

/** Attribution: which tokens of a prompt the prediction at its end hangs on. */
final class AttributionAnalysis implements Analysis {
  @Override
  public String name() {
    return "attribute";
  }

  @Override
  public List<Table> tables() {
    return List.of(Tables.ATTRIBUTIONS, Tables.ATTRIBUTION_CHECKS);
  }

  @Override
  public List<KindredCommand> commands(List<Analysis> all) {
    return List.of(new AttributeCommand());
  }
}
