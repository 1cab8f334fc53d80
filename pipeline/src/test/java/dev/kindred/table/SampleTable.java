/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import java.util.List;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** A table of two keys and two columns, for tests of files: summaries as version 0.2 had it. */
final class SampleTable {
  static final Table METRICS =
      new Table(
          "summaries",
          "a metric of a run",
          List.of("run_id", "analysis"),
          "run",
          List.of(),
          new StructType()
              .add("run_id", DataTypes.StringType, false, "run")
              .add("analysis", DataTypes.StringType, false, "what found it")
              .add("metric", DataTypes.StringType, false, "name")
              .add("value", DataTypes.DoubleType, false, "in the metric's own unit"),
          List.of(),
          1);

  private SampleTable() {}
}
