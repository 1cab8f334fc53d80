/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import dev.kindred.InvalidInput;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The table {@code runs}: a run is over once it has a record there, and its results can be read if
 * the record says that they are published. The record appears in one step, and lists the parts that
 * the run consists of.
 *
 * <p>Runs are ordered by a number that each takes when it ends, which is greater than those of all
 * runs that are over; no clock has a say in it. Runs of Kindred 0.2 have none: they come before all
 * others, in the order in which they say that they ended.
 */
public final class Runs {
  public static final String PUBLISHED = "published";
  public static final String REJECTED = "rejected";

  /** Stands for the digest of a record of which only the place is known. */
  private static final String UNKNOWN = "0".repeat(64);

  private static final String ID = "run_id";
  private static final String PLACES = "places";
  private static final Logger LOG = LoggerFactory.getLogger(Runs.class);
  private static final Set<String> WARNED = ConcurrentHashMap.newKeySet();

  private Runs() {}

  /** Whether a text can be a run's id, and so become part of a path. */
  public static boolean isId(String text) {
    return text.matches("r-[0-9a-z-]+");
  }

  /**
   * Where a run stands among others.
   *
   * @param begun number that its plan took when it was begun; 0 if Kindred 0.2 began it
   * @param ended number that its record took when it ended, greater than those of all plans and
   *     records that were there; 0 if Kindred 0.2 ended it
   * @param earlier ids of the runs that had a record when it ended
   */
  public record Order(long begun, long ended, Set<String> earlier) {
    /** The order of every run of Kindred 0.2. */
    public static final Order NONE = new Order(0, 0, Set.of());
  }

  /**
   * A run that is over.
   *
   * @param status {@link #PUBLISHED} or {@link #REJECTED}
   * @param endedAt when it was published or rejected, UTC, on the clock of who did
   * @param identity of what it computed: the same for runs with the same results
   */
  public record Run(
      String runId,
      String status,
      Instant endedAt,
      String modelId,
      String corpusId,
      String promptSet,
      String identity,
      Order order) {
    private static final Comparator<Run> BY_END =
        Comparator.<Run>comparingLong(run -> run.order().ended())
            .thenComparing(Run::endedAt)
            .thenComparing(Run::runId);

    public boolean isPublished() {
      return status.equals(PUBLISHED);
    }

    private Map<String, String> asProperties() {
      Map<String, String> properties = new TreeMap<>();
      properties.put(ID, runId);
      properties.put("status", status);
      properties.put("ended_at", endedAt.toString());
      properties.put("model_id", modelId);
      properties.put("corpus_id", corpusId);
      properties.put("prompt_set", promptSet);
      properties.put("identity", identity);
      properties.put("begun", Long.toString(order.begun()));
      properties.put("ended", Long.toString(order.ended()));
      properties.put("earlier", String.join(" ", new TreeSet<>(order.earlier())));
      return properties;
    }

    private static Run of(Map<String, String> properties) {
      Map<String, String> left = new TreeMap<>(properties);
      String status = taken(left, "status");
      if (!status.equals(PUBLISHED) && !status.equals(REJECTED)) {
        throw new IllegalArgumentException("its status is " + status);
      }

      Run run =
          new Run(
              idOf(taken(left, ID)),
              status,
              Instant.parse(taken(left, "ended_at")),
              key(taken(left, "model_id")),
              key(taken(left, "corpus_id")),
              key(taken(left, "prompt_set")),
              key(taken(left, "identity")),
              left.isEmpty() ? Order.NONE : order(left));
      if (!left.isEmpty()) {
        throw new IllegalArgumentException("it has a property " + left.keySet().iterator().next());
      }

      return run;
    }

    private static Order order(Map<String, String> left) {
      Set<String> earlier = new TreeSet<>();
      for (String runId : taken(left, "earlier").split(" ")) {
        if (!runId.isEmpty()) {
          earlier.add(idOf(runId));
        }
      }

      return new Order(
          Long.parseLong(taken(left, "begun")), Long.parseLong(taken(left, "ended")), earlier);
    }

    private static String taken(Map<String, String> properties, String name) {
      String value = properties.remove(name);
      if (value == null) {
        throw new IllegalArgumentException("it has no property " + name);
      }

      return value;
    }

    private static String idOf(String text) {
      if (!isId(text)) {
        throw new IllegalArgumentException(text + " is no run's id");
      }

      return text;
    }

    /** A value that becomes part of a path. */
    private static String key(String text) {
      if (!text.matches("[0-9A-Za-z_-]+")) {
        throw new IllegalArgumentException(text + " is no id");
      }

      return text;
    }
  }

  /**
   * Ends a run: publishes or rejects it.
   *
   * @param run as it is but for its order, of which the number of its beginning counts
   * @param parts what the run consists of and was computed from; all are complete
   * @param row its row of {@link Tables#RUNS}
   */
  public static void end(Warehouse warehouse, Run run, List<Part> parts, Dataset<Row> row) {
    List<CommitLog.Listed> listed = parts.stream().map(Part::listed).toList();
    History history = history(warehouse);
    Set<String> earlier = new TreeSet<>(history.damaged().keySet());
    history.runs().forEach(before -> earlier.add(before.runId()));
    Order order =
        new Order(
            run.order().begun(), Math.max(run.order().begun(), history.latest()) + 1, earlier);
    Run ended =
        new Run(
            run.runId(),
            run.status(),
            run.endedAt(),
            run.modelId(),
            run.corpusId(),
            run.promptSet(),
            run.identity(),
            order);
    warehouse.part(Tables.RUNS, run.runId()).write(row.coalesce(1), ended::asProperties, listed);
  }

  /** The greatest number that a run which is over can have taken; 0 if there is none. */
  public static long latest(Warehouse warehouse) {
    return history(warehouse).latest();
  }

  /** Whether a run has a record, whatever is in it. */
  public static boolean isOver(Warehouse warehouse, String runId) {
    return warehouse.part(Tables.RUNS, runId).isComplete();
  }

  /**
   * All runs that are over, in the order in which they ended.
   *
   * @throws InvalidInput naming the first whose record cannot be read
   */
  public static List<Run> all(Warehouse warehouse) {
    History history = history(warehouse);
    if (!history.damaged().isEmpty()) {
      throw history.damaged().values().iterator().next();
    }

    return history.runs();
  }

  /**
   * The runs that are over, in the order in which they ended, for who can do without one: a run
   * whose record cannot be read does not count, and is named in the log, once.
   */
  public static List<Run> readable(Warehouse warehouse) {
    History history = history(warehouse);
    for (InvalidInput damage : history.damaged().values()) {
      if (WARNED.add(damage.getMessage())) {
        LOG.warn("{}; until then the run does not count", damage.getMessage());
      }
    }

    return history.runs();
  }

  /**
   * What is known of runs that are over.
   *
   * @param runs in the order in which they ended
   * @param damaged what is wrong with other runs' records, by run id
   */
  private record History(List<Run> runs, Map<String, InvalidInput> damaged) {
    private long latest() {
      return runs.stream().mapToLong(run -> run.order().ended()).max().orElse(0) + damaged.size();
    }
  }

  private static History history(Warehouse warehouse) {
    Map<String, InvalidInput> damaged = new ConcurrentHashMap<>();
    List<Supplier<Optional<Run>>> reads = new ArrayList<>();
    for (String runId : warehouse.keys(Tables.RUNS)) {
      if (!isId(runId)) {
        continue;
      }

      reads.add(
          () -> {
            try {
              return find(warehouse, runId);
            } catch (InvalidInput e) {
              damaged.put(runId, e);
              return Optional.empty();
            }
          });
    }

    return new History(
        FileCheck.inParallel(reads).stream().flatMap(Optional::stream).sorted(Run.BY_END).toList(),
        new TreeMap<>(damaged));
  }

  /**
   * A run that is over.
   *
   * @throws InvalidInput if its record cannot be read
   */
  public static Optional<Run> find(Warehouse warehouse, String runId) {
    return record(warehouse, runId).map(record -> run(warehouse, runId, record));
  }

  private static Optional<CommitLog.Commit> record(Warehouse warehouse, String runId) {
    return warehouse.part(Tables.RUNS, runId).commit();
  }

  private static Run run(Warehouse warehouse, String runId, CommitLog.Commit record) {
    try {
      Run run = Run.of(record.properties());
      if (!run.runId().equals(runId)) {
        throw new IllegalArgumentException("it is of run " + run.runId());
      }

      return run;
    } catch (IllegalArgumentException | DateTimeException e) {
      String folder = warehouse.part(Tables.RUNS, runId).name();
      throw new InvalidInput(
          "record %s/_commits/complete.json is damaged: %s; remove %s and run again",
          folder, e.getMessage(), folder);
    }
  }

  /**
   * The id of what is kept of the places of windows that a run was computed with: the key of {@link
   * Tables#OCCURRENCES} and {@link Tables#PASSAGES}. None of a run of an earlier version.
   */
  public static Optional<String> places(Warehouse warehouse, String runId) {
    String key = "/" + PLACES + "=";
    return record(warehouse, runId).stream()
        .flatMap(record -> record.parts().stream())
        .map(CommitLog.Listed::path)
        .filter(path -> path.startsWith(Tables.PASSAGES.name() + "/") && path.contains(key))
        .map(path -> path.substring(path.indexOf(key) + key.length()))
        .findFirst();
  }

  /**
   * What a run has of a table: its own rows, or those of its model, corpus and prompts. Empty of a
   * table that the version of Kindred which made the run did not know.
   */
  public static Optional<Part> part(Warehouse warehouse, Run run, Table table) {
    Map<String, String> ofRun = new HashMap<>();
    ofRun.put(ID, run.runId());
    ofRun.put("model_id", run.modelId());
    ofRun.put("corpus_id", run.corpusId());
    ofRun.put("prompt_set", run.promptSet());
    if (table.partitionColumns().contains(PLACES)) {
      Optional<String> places = places(warehouse, run.runId());
      if (places.isEmpty()) {
        return Optional.empty();
      }

      ofRun.put(PLACES, places.get());
    }

    Object[] keys =
        table.partitionColumns().stream()
            .takeWhile(ofRun::containsKey) // as far as one value is all of the run
            .map(ofRun::get)
            .toArray();
    return Optional.of(warehouse.part(table, keys));
  }

  /** The run that was published last. */
  public static Optional<Run> newestPublished(Warehouse warehouse) {
    return newestPublished(warehouse, run -> true);
  }

  /**
   * The run that was published last, of some.
   *
   * @param which runs count
   * @throws InvalidInput naming a record that cannot be read, if that run could be a newer one
   */
  public static Optional<Run> newestPublished(Warehouse warehouse, Predicate<Run> which) {
    History history = history(warehouse);
    Optional<Run> newest =
        history.runs().stream()
            .filter(Run::isPublished)
            .filter(which)
            .reduce((first, second) -> second);
    Set<String> earlier = newest.map(run -> run.order().earlier()).orElse(Set.of());
    history.damaged().keySet().stream()
        .filter(runId -> !earlier.contains(runId))
        .findFirst()
        .ifPresent(
            runId -> {
              throw new InvalidInput(
                  "--warehouse %s: which run was published last cannot be known: %s",
                  warehouse.root(), history.damaged().get(runId).getMessage());
            });
    return newest;
  }

  /**
   * The id of the run that was published last.
   *
   * @throws InvalidInput if there is none
   */
  public static String newestId(Warehouse warehouse) {
    return newestPublished(warehouse)
        .map(Run::runId)
        .orElseThrow(
            () ->
                new InvalidInput(
                    "--warehouse %s: no published run in it; end one with the command run",
                    warehouse.root()));
  }

  /** A published run's row of {@link Tables#RUNS}, or empty. */
  public static Optional<Row> published(Warehouse warehouse, String runId) {
    return find(warehouse, runId)
        .filter(Run::isPublished)
        .map(run -> warehouse.part(Tables.RUNS, runId).read().first());
  }

  /**
   * Checks that all parts are there that a run consists of and was computed from, and that those
   * which only this run has are the ones that it was published with.
   *
   * @throws InvalidInput naming the first that is missing or another one
   */
  public static void checkWhole(Warehouse warehouse, String runId) {
    checkWhole(warehouse, runId, table -> true);
  }

  /**
   * Checks the parts of some tables.
   *
   * @param which tables count
   * @throws InvalidInput naming the first that is missing or another one
   */
  public static void checkWhole(Warehouse warehouse, String runId, Predicate<Table> which) {
    CommitLog.Commit record = record(warehouse, runId).orElseThrow();
    Run run = run(warehouse, runId, record);
    List<CommitLog.Listed> parts =
        run.order().ended() == 0 ? partsOfOldRun(warehouse, run) : record.parts();
    List<Supplier<Optional<String>>> checks = new ArrayList<>();
    for (CommitLog.Listed part : parts) {
      if (which.test(table(part))) {
        checks.add(() -> problem(warehouse, runId, part));
      }
    }

    FileCheck.inParallel(checks).stream()
        .flatMap(Optional::stream)
        .findFirst()
        .ifPresent(
            problem -> {
              throw new InvalidInput(
                  "--warehouse %s: run %s is not whole: %s; remove %s and run again with its"
                      + " settings, to compute what is missing",
                  warehouse.root(), runId, problem, warehouse.part(Tables.RUNS, runId).name());
            });
  }

  private static Table table(CommitLog.Listed part) {
    String name = part.path().substring(0, Math.max(0, part.path().indexOf('/')));
    return Tables.find(name)
        .orElseThrow(() -> new InvalidInput("%s: no table of this version", part.path()));
  }

  private static Optional<String> problem(
      Warehouse warehouse, String runId, CommitLog.Listed part) {
    Optional<CommitLog.Complete> found = warehouse.recordOf(part.path());
    if (found.isEmpty()) {
      return Optional.of(warehouse.root() + "/" + part.path() + " is missing");
    }

    boolean isOther =
        !part.digest().equals(UNKNOWN)
            && (found.get().commit().rows() != part.rows()
                || part.path().contains(RunFolders.OF_RUN + runId)
                    && !found.get().digest().equals(part.digest()));
    return isOther
        ? Optional.of(
            warehouse.root() + "/" + part.path() + " is not the one that it was published with")
        : Optional.empty();
  }

  /**
   * What a run of Kindred 0.2 must have, whose record does not list it: its results, by block where
   * they are, of all blocks that its prompts have activations of.
   */
  private static List<CommitLog.Listed> partsOfOldRun(Warehouse warehouse, Run run) {
    List<Part> parts = new ArrayList<>();
    parts.add(warehouse.part(Tables.DISTANCES, run.runId()));
    parts.add(warehouse.part(Tables.APPROXIMATIONS, run.runId()));
    for (int block : blocks(warehouse, run)) {
      parts.add(warehouse.part(Tables.SIMILAR_STRINGS, run.runId(), block));
      parts.add(warehouse.part(Tables.BLOCK_DISTRIBUTIONS, run.runId(), block));
    }

    return run.isPublished()
        ? parts.stream().map(part -> new CommitLog.Listed(part.place(), 0, UNKNOWN)).toList()
        : List.of();
  }

  /** The blocks of a run's model, as far as the warehouse tells. */
  public static List<Integer> blocks(Warehouse warehouse, Run run) {
    List<Integer> ofPrompts =
        warehouse.part(Tables.PROMPT_ACTIVATIONS, run.modelId(), run.promptSet()).blocks();
    return ofPrompts.isEmpty()
        ? warehouse.part(Tables.ACTIVATIONS, run.modelId(), run.corpusId()).blocks()
        : ofPrompts;
  }
}
