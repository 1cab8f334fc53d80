/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.audit;

import dev.kindred.model.BlockVector;
import dev.kindred.table.Table;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * A run that is audited.
 *
 * @param runId seeds the sample of activations
 * @param windowLength tokens in a window and in a prompt
 * @param blocks that were looked at, ascending
 * @param vectors what was looked at in them
 * @param thresholds one for each of them
 * @param keepSimilar similar strings kept for a prompt and block; {@link Integer#MAX_VALUE} for all
 * @param keepOccurrences places kept of a window
 * @param alternates ids of the models that the run's is compared with
 * @param tables this run's rows with all columns, of all tables that it consists of and was
 *     computed from
 */
public record AuditedRun(
    String runId,
    int windowLength,
    List<Integer> blocks,
    BlockVector vectors,
    double[] thresholds,
    int keepSimilar,
    int keepOccurrences,
    List<String> alternates,
    Map<Table, Dataset<Row>> tables) {}
