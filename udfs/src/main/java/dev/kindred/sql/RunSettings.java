/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.HashMap;
import java.util.Map;
import org.apache.parquet.example.data.Group;

/** The settings of runs, as the table runs has them. */
final class RunSettings {
  private RunSettings() {}

  /** Returns a run's settings by name; those without a value are left out. */
  static Map<String, String> of(Warehouse warehouse, String runId) {
    Map<String, String> settings = new HashMap<>();
    StoredRows.read(
        warehouse,
        warehouse.part(Tables.RUNS, runId),
        row -> {
          Group all = row.getGroup("settings", 0);
          for (int i = 0; i < all.getFieldRepetitionCount(0); i++) {
            Group setting = all.getGroup(0, i);
            if (setting.getFieldRepetitionCount("value") > 0) {
              settings.put(setting.getString("key", 0), setting.getString("value", 0));
            }
          }
        });
    return settings;
  }
}
