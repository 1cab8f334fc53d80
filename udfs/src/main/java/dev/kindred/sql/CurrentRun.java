/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import dev.kindred.table.Runs;
import dev.kindred.table.Warehouse;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import org.apache.spark.sql.catalyst.QueryPlanningTracker;
import scala.Option;

/**
 * Which run {@code current} stands for: the newest published one, and one and the same for all
 * tables and functions of a query, though another run may be published while Spark looks them up.
 */
final class CurrentRun {
  /** Spark has one tracker for each query; they are compared by identity. */
  private final Map<QueryPlanningTracker, Optional<Runs.Run>> ofQueries =
      Collections.synchronizedMap(new WeakHashMap<>());

  /** The run of the query that this thread is analysing; outside of a query the newest. */
  Optional<Runs.Run> find(Warehouse warehouse) {
    Option<QueryPlanningTracker> query = QueryPlanningTracker.get();
    return query.isDefined()
        ? ofQueries.computeIfAbsent(query.get(), first -> Runs.newestPublished(warehouse))
        : Runs.newestPublished(warehouse);
  }
}
