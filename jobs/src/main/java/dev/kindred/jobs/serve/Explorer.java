/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.serve;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.explain.Explain;
import dev.kindred.jobs.explain.LocalExplain;
import dev.kindred.jobs.run.RunPlan;
import dev.kindred.jobs.sql.ReadOnlyQueries;
import dev.kindred.table.RunNames;
import dev.kindred.table.Runs;
import dev.kindred.table.Warehouse;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A warehouse that is looked at: its runs, and those of them that questions were asked about, which
 * stay open.
 */
public final class Explorer implements AutoCloseable {
  /** Runs that are open at once; who asks about a further one waits until it is opened. */
  private static final int MOST_OPEN = 3;

  private final Warehouse warehouse;
  private final Function<String, Explain> explains;
  private final ReadOnlyQueries queries;
  private final Map<String, OpenRun> open = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * Opens nothing yet.
   *
   * @param explains finds what explains prompts as a run does, by the run's id
   * @param queries about its tables
   */
  public Explorer(
      Warehouse warehouse, Function<String, Explain> explains, ReadOnlyQueries queries) {
    this.warehouse = warehouse;
    this.explains = explains;
    this.queries = queries;
  }

  Warehouse warehouse() {
    return warehouse;
  }

  /** Returns the published runs, the newest first. */
  List<RunLine> runs() {
    return RunLine.of(warehouse);
  }

  /** Returns the id of the run that is asked about unless another one is named. */
  String newest() {
    return Runs.newestId(warehouse);
  }

  /** Answers SQL. */
  ReadOnlyQueries queries() {
    return queries;
  }

  /**
   * Returns a run, opened.
   *
   * @throws InvalidInput if there is no such run, or what is needed of it is not on this machine
   */
  synchronized OpenRun run(String idOrName) {
    String runId = RunNames.id(warehouse, idOrName);
    OpenRun known = open.get(runId);
    if (known != null) {
      return known;
    }

    RunPlan plan = RunPlan.published(warehouse, runId);
    Explain explain = explains.apply(runId);
    LocalExplain local =
        LocalExplain.open(explain)
            .orElseThrow(
                () ->
                    new InvalidInput(
                        "run %s cannot be asked here: its vectors are not on this machine's disks,"
                            + " or are centred, or were not kept; ask with kindred explain --run-id"
                            + " %s",
                        runId, runId));
    OpenRun opened = new OpenRun(plan, explain, local);
    open.put(runId, opened);
    if (open.size() > MOST_OPEN) {
      String oldest = open.keySet().iterator().next();
      open.remove(oldest).close();
    }

    return opened;
  }

  @Override
  public synchronized void close() {
    open.values().forEach(OpenRun::close);
    open.clear();
    queries.close();
  }
}
