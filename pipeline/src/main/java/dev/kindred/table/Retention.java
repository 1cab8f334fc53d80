/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Which files of a warehouse can go when only its newest published runs are kept.
 *
 * <p>Kept are
 *
 * <ul>
 *   <li>the newest published runs, and what was begun or rejected after the newest of them began;
 *   <li>the records of rejected runs that are newer than the oldest of them;
 *   <li>the inputs of all these, and inputs that were completed after the newest of them was
 *       published, for runs that are yet to begin;
 *   <li>every file that a record of something kept lists, wherever it is, and the part whose folder
 *       it is in.
 * </ul>
 *
 * <p>All other files of tables, plans and reports go, among them those that no record lists. While
 * nothing is published, everything is kept.
 */
public final class Retention {
  /** The folder of plans, {@code RUN_ID.json} each, and of names, {@code RUN_ID.name.json}. */
  public static final String PLANS = "run_plans";

  /** The folder of reports, {@code RUN_ID.html} each. */
  public static final String REPORTS = "reports";

  private static final String COMMITS = "_commits";
  private static final String COMPLETE = "complete.json";
  private static final Pattern RUN_FILE =
      Pattern.compile("\\.?(r-[0-9a-z-]+?)(\\.joins|\\.name)?\\.(json|html)(\\.[0-9a-f-]{36})?");
  private static final Pattern RECORD =
      Pattern.compile(
          "\\.?(complete|epoch-\\d+|([0-9a-f-]+\\.)?[0-9a-f-]{36})\\.json(\\.[0-9a-f-]{36})?");
  private static final Pattern DATA_FILE = Pattern.compile("part-.*\\.parquet|_SUCCESS");

  /**
   * A file of the warehouse.
   *
   * @param path below the warehouse, with {@code /} between names
   * @param modified on the file system's clock
   */
  public record StoredFile(String path, long bytes, long modified) {
    private String name() {
      return path.substring(path.lastIndexOf('/') + 1);
    }

    private String folder() {
      return path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }
  }

  /**
   * What a run reads and writes.
   *
   * @param fittingSet the prompt set that its n-grams are fitted to
   * @param begun its {@link Runs.Order#begun}
   */
  public record Begun(
      String runId,
      String modelId,
      String corpusId,
      String promptSet,
      String fittingSet,
      long begun) {
    /** Whether it was begun after another one: of Kindred 0.2's, by their ids, which have times. */
    private boolean isYounger(Begun than) {
      return begun != than.begun ? begun > than.begun : runId.compareTo(than.runId) > 0;
    }

    private boolean uses(Map<String, String> keys) {
      return keys.entrySet().stream().allMatch(key -> uses(key.getKey(), key.getValue()));
    }

    private boolean uses(String key, String value) {
      return switch (key) {
        case "run_id" -> value.equals(runId);
        case "model_id" -> value.equals(modelId);
        case "corpus_id" -> value.equals(corpusId);
        case "prompt_set" -> value.equals(promptSet) || value.equals(fittingSet);
        default -> true; // a part of the part
      };
    }
  }

  /**
   * What is known of a warehouse.
   *
   * @param ended all runs that are over, in the order in which they ended
   * @param files of the folders of tables, plans and reports
   * @param listed the paths that the records in a part's folder list; asked for parts that are kept
   * @param plan of a run that is not over
   * @param fittingSet what n-grams are fitted to, of a run's prompt set
   */
  public record Contents(
      List<Runs.Run> ended,
      List<StoredFile> files,
      Function<String, List<String>> listed,
      Function<String, Begun> plan,
      UnaryOperator<String> fittingSet) {}

  /** Why files go. */
  public enum Reason {
    /** All of a run. */
    RUN,
    /** The results of a rejected run, whose record stays. */
    REJECTED,
    /** Inputs that no run needs. */
    INPUT,
    /** Files that no record lists, beside others that stay. */
    REMAINS
  }

  /**
   * Files that go together.
   *
   * @param what a run's id, or a folder
   */
  public record Deletion(Reason reason, String what, List<StoredFile> files) {
    public long bytes() {
      return files.stream().mapToLong(StoredFile::bytes).sum();
    }
  }

  /**
   * What goes and what stays.
   *
   * @param published ids of the published runs that stay, the newest last
   * @param unknown files that are not the warehouse's; they stay
   */
  public record Plan(List<Deletion> deletions, List<String> published, List<String> unknown) {

    /**
     * The files in the order in which they must be deleted: first what publishes runs, then all
     * other records, so that at any time a record that is there lists nothing that is not.
     */
    public List<StoredFile> filesInOrder() {
      return deletions.stream()
          .flatMap(deletion -> deletion.files().stream())
          .sorted(Comparator.comparingInt(Retention::rank))
          .toList();
    }
  }

  private final Contents contents;
  private final List<Runs.Run> published;
  private final Set<String> keptRecords = new HashSet<>();
  private final List<Begun> keptRuns = new ArrayList<>();
  private final long newestPublication;
  private final Set<String> keptParts = new HashSet<>();
  private final Set<String> keptFiles = new HashSet<>();
  private final Set<String> keptFolders = new HashSet<>();

  /**
   * Decides about every file.
   *
   * @param keep published runs to keep, at least 1
   */
  public static Plan plan(Contents contents, int keep) {
    if (keep < 1) {
      throw new IllegalArgumentException("Invalid number of runs to keep: " + keep);
    }

    List<Runs.Run> published = contents.ended().stream().filter(Runs.Run::isPublished).toList();
    return published.isEmpty()
        ? new Plan(List.of(), List.of(), List.of())
        : new Retention(
                contents, published.subList(Math.max(0, published.size() - keep), published.size()))
            .plan();
  }

  private Begun begun(Runs.Run run) {
    return new Begun(
        run.runId(),
        run.modelId(),
        run.corpusId(),
        run.promptSet(),
        contents.fittingSet().apply(run.promptSet()),
        run.order().begun());
  }

  private Retention(Contents contents, List<Runs.Run> published) {
    this.contents = contents;
    this.published = published;
    Runs.Run newest = published.get(published.size() - 1);
    for (Runs.Run run : published) {
      keptRecords.add(run.runId());
      keptRuns.add(begun(run));
    }

    Begun newestBegun = begun(newest);
    Set<String> ended = new HashSet<>();
    boolean afterOldest = false;
    for (Runs.Run run : contents.ended()) {
      ended.add(run.runId());
      afterOldest |= run.equals(published.get(0));
      if (!run.isPublished() && afterOldest) {
        keptRecords.add(run.runId());
      }

      if (!run.isPublished() && begun(run).isYounger(newestBegun)) {
        keptRecords.add(run.runId());
        keptRuns.add(begun(run));
      }
    }

    for (StoredFile file : contents.files()) {
      Optional<String> runId = planned(file);
      if (runId.isPresent() && !ended.contains(runId.get())) {
        Begun begun = contents.plan().apply(runId.get());
        if (begun.isYounger(newestBegun)) {
          keptRecords.add(runId.get());
          keptRuns.add(begun);
        }
      }
    }

    String record = Tables.RUNS.name() + "/run_id=" + newest.runId() + "/" + COMMITS + "/";
    this.newestPublication =
        contents.files().stream()
            .filter(file -> file.path().equals(record + COMPLETE))
            .mapToLong(StoredFile::modified)
            .findFirst()
            .orElse(Long.MAX_VALUE);
  }

  /** The run whose plan a file is. */
  private static Optional<String> planned(StoredFile file) {
    String name = file.name();
    return file.folder().equals(PLANS) && name.matches("r-[0-9a-z-]+\\.json")
        ? Optional.of(name.substring(0, name.length() - ".json".length()))
        : Optional.empty();
  }

  private Plan plan() {
    keepParts();
    Map<Deletion, List<StoredFile>> groups =
        new TreeMap<>(Comparator.comparing(Deletion::reason).thenComparing(Deletion::what));
    List<String> unknown = new ArrayList<>();
    Set<String> paths = new HashSet<>();
    contents.files().forEach(file -> paths.add(file.path()));
    for (StoredFile file : contents.files()) {
      StoredFile subject = subject(file);
      if (!isKnown(subject)) {
        unknown.add(file.path());
      } else if (!isKept(subject) || !paths.contains(subject.path())) {
        groups.computeIfAbsent(groupOf(subject), missing -> new ArrayList<>()).add(file);
      }
    }

    List<Deletion> deletions = new ArrayList<>();
    groups.forEach(
        (group, files) -> {
          files.sort(Comparator.comparing(StoredFile::path));
          deletions.add(new Deletion(group.reason(), group.what(), List.copyOf(files)));
        });
    return new Plan(deletions, published.stream().map(Runs.Run::runId).toList(), unknown);
  }

  /** The file that a checksum file of Hadoop's is about, which shares its fate; others as given. */
  private static StoredFile subject(StoredFile file) {
    String name = file.name();
    return name.startsWith(".") && name.endsWith(".crc")
        ? new StoredFile(
            file.folder() + "/" + name.substring(1, name.length() - ".crc".length()), 0, 0)
        : file;
  }

  /**
   * A part whose folder has a file that a kept one shares is kept as well. So a part's own records
   * list all files of its folder that count, and whoever tidies up there can go by them.
   */
  private void keepParts() {
    Map<String, Long> lastRecords = new TreeMap<>();
    for (StoredFile file : contents.files()) {
      if (isRecord(file)) {
        lastRecords.merge(part(file), file.modified(), Math::max);
      }
    }

    Deque<String> found = new ArrayDeque<>();
    lastRecords.forEach(
        (part, modified) -> {
          if (isKept(part, modified)) {
            found.add(part);
          }
        });
    while (!found.isEmpty()) {
      String part = found.remove();
      if (keptParts.add(part)) {
        for (String path : contents.listed().apply(part)) {
          keptFiles.add(path);
          folders(path).filter(lastRecords::containsKey).forEach(found::add);
        }
      }
    }

    keptParts.forEach(part -> keptFolders.add(withoutBlock(part)));
  }

  /** The folders that a file is in, below the table's. */
  private static Stream<String> folders(String path) {
    return IntStream.range(0, path.length())
        .filter(i -> path.charAt(i) == '/')
        .mapToObj(i -> path.substring(0, i));
  }

  private boolean isKept(String part, long lastRecord) {
    Map<String, String> keys = keys(part);
    if (isRunsTable(part)) {
      return keptRecords.contains(keys.get("run_id"));
    }

    return keptRuns.stream().anyMatch(run -> run.uses(keys))
        || !keys.containsKey("run_id") && lastRecord >= newestPublication;
  }

  private static boolean isRunsTable(String path) {
    return path.startsWith(Tables.RUNS.name() + "/");
  }

  private boolean isKept(StoredFile file) {
    if (file.folder().equals(PLANS) || file.folder().equals(REPORTS)) {
      return !file.name().startsWith(".") && keptRecords.contains(runId(file));
    }

    return isRecord(file) ? keptParts.contains(part(file)) : keptFiles.contains(file.path());
  }

  private static boolean isKnown(StoredFile file) {
    if (file.folder().equals(PLANS) || file.folder().equals(REPORTS)) {
      return RUN_FILE.matcher(file.name()).matches();
    }

    if (file.folder().endsWith("/" + COMMITS)) {
      return RECORD.matcher(file.name()).matches();
    }

    return file.folder().contains("/") && DATA_FILE.matcher(file.name()).matches();
  }

  private static String runId(StoredFile file) {
    Matcher name = RUN_FILE.matcher(file.name());
    if (!name.matches()) {
      throw new IllegalStateException("Not of a run: " + file.path());
    }

    return name.group(1);
  }

  /** A record that counts; others are the remains of a writer that died while writing one. */
  private static boolean isRecord(StoredFile file) {
    return file.folder().endsWith("/" + COMMITS)
        && !file.name().startsWith(".")
        && file.name().endsWith(".json");
  }

  /** The folder of the part that a record is about. */
  private static String part(StoredFile record) {
    return record.folder().substring(0, record.folder().lastIndexOf('/'));
  }

  /** Values of partition columns in a path, by name. */
  private static Map<String, String> keys(String path) {
    Map<String, String> keys = new TreeMap<>();
    for (String name : path.split("/")) {
      int equals = name.indexOf('=');
      if (equals > 0) {
        keys.put(name.substring(0, equals), name.substring(equals + 1));
      }
    }

    return keys;
  }

  /** Where a file that goes belongs: a deletion without files. */
  private Deletion groupOf(StoredFile file) {
    boolean ofRun = file.folder().equals(PLANS) || file.folder().equals(REPORTS);
    String runId = ofRun ? runId(file) : keys(file.folder()).get("run_id");
    if (runId != null && !keptRecords.contains(runId)) {
      return new Deletion(Reason.RUN, runId, List.of());
    }

    if (runId != null && keptRuns.stream().noneMatch(run -> run.runId().equals(runId))) {
      return new Deletion(Reason.REJECTED, runId, List.of());
    }

    String folder = withoutBlock(file.folder());
    return new Deletion(
        keptFolders.contains(folder) ? Reason.REMAINS : Reason.INPUT, folder, List.of());
  }

  /** A part's folder from one of those below it. */
  private static String withoutBlock(String folder) {
    return folder.replaceAll("(/block=[^/]*)?(/" + COMMITS + ")?$", "");
  }

  /** Whether a file says by itself that something is there: a plan, or the record of a part. */
  public static boolean isReadByItself(StoredFile file) {
    return rank(file) <= 2;
  }

  private static int rank(StoredFile file) {
    String name = subject(file).name();
    boolean complete = name.equals(COMPLETE);
    if (complete && isRunsTable(file.path())) {
      return 0;
    }

    if (file.folder().equals(PLANS)) {
      return 1;
    }

    return complete ? 2 : file.folder().endsWith("/" + COMMITS) ? 3 : 4;
  }
}
