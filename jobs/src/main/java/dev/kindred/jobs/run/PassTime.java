/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.jobs.workspace.Progress;
import dev.kindred.table.Runs;
import dev.kindred.table.Warehouse;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** How long a pass of the model over all windows takes, as an earlier run tells. */
public final class PassTime {
  private static final String JOIN = "similar strings";

  private PassTime() {}

  /**
   * Says how long the last published run of a model took for its pass.
   *
   * @param modelId of a model whose runs keep no activations
   */
  public static String ofLastRun(Warehouse warehouse, String modelId) {
    Optional<Runs.Run> last =
        Runs.readable(warehouse).stream()
            .filter(run -> run.isPublished() && run.modelId().equals(modelId))
            .reduce((first, second) -> second);
    return last.flatMap(run -> seconds(warehouse, run.runId()))
        .map(
            seconds ->
                String.format(
                    Locale.ROOT,
                    "run %s took %s for it",
                    last.get().runId(),
                    Progress.text(seconds)))
        .orElse("kindred plan says how long that takes");
  }

  private static Optional<Double> seconds(Warehouse warehouse, String runId) {
    return Runs.published(warehouse, runId)
        .map(row -> row.<String, Double>getJavaMap(row.fieldIndex("stage_seconds")))
        .map((Map<String, Double> seconds) -> seconds.get(JOIN));
  }
}
