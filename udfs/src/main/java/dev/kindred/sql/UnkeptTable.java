/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import dev.kindred.InvalidInput;
import dev.kindred.table.Table;
import java.util.Set;
import org.apache.spark.sql.connector.catalog.CatalogV2Util;
import org.apache.spark.sql.connector.catalog.Column;
import org.apache.spark.sql.connector.catalog.SupportsRead;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * A table that a run does not have, since the version of Kindred that made it did not know it. It
 * can be named, so that views of the current run can be made whatever run that is; reading it is an
 * error, and never an empty table.
 *
 * @param name for people
 * @param table what it would be
 */
record UnkeptTable(String name, Table table) implements SupportsRead {

  @Override
  public Column[] columns() {
    return CatalogV2Util.structTypeToV2Columns(table.columns().asNullable());
  }

  @Override
  public Set<TableCapability> capabilities() {
    return Set.of(TableCapability.BATCH_READ);
  }

  @Override
  public ScanBuilder newScanBuilder(CaseInsensitiveStringMap options) {
    return NotQueryable.lookUp(
        () -> {
          throw new InvalidInput(
              "%s: the run was made by a version of Kindred that did not keep it; run again with its"
                  + " settings",
              name);
        });
  }
}
