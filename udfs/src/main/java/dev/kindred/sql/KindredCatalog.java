/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import dev.kindred.ContentId;
import dev.kindred.InvalidInput;
import dev.kindred.table.CommittedFiles;
import dev.kindred.table.Part;
import dev.kindred.table.RunNames;
import dev.kindred.table.Runs;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.NoSuchFunctionException;
import org.apache.spark.sql.catalyst.analysis.NoSuchNamespaceException;
import org.apache.spark.sql.catalyst.analysis.NoSuchTableException;
import org.apache.spark.sql.connector.catalog.FunctionCatalog;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.NamespaceChange;
import org.apache.spark.sql.connector.catalog.SupportsNamespaces;
import org.apache.spark.sql.connector.catalog.TableCatalog;
import org.apache.spark.sql.connector.catalog.TableChange;
import org.apache.spark.sql.connector.catalog.TableInfo;
import org.apache.spark.sql.connector.catalog.TableWritePrivilege;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;
import org.apache.spark.util.SerializableConfiguration;

/**
 * A warehouse in Spark SQL, read-only: {@code
 * spark.sql.catalog.kindred=dev.kindred.sql.KindredCatalog} gives a session
 *
 * <ul>
 *   <li>{@code kindred.current.<table>}: the tables of the newest published run, all of one run
 *       within a query, and with the inputs that it was computed from
 *   <li><code>kindred.`r-..`.&lt;table&gt;</code>: those of the run with that id; <code>
 *       kindred.study.&lt;table&gt;</code>: those of the newest published run of that name
 *   <li>{@code kindred.runs}: all runs, published or rejected
 *   <li>{@code kindred.inversions} and others that are about models alone: those of all models,
 *       which need no run
 *   <li>{@code kindred.<function>}: the functions of {@link KindredFunctions}
 * </ul>
 *
 * <p>The warehouse is {@code spark.sql.catalog.kindred.warehouse}, else that of the environment
 * variable {@code KINDRED_WAREHOUSE}, else the folder {@code warehouse}.
 */
public final class KindredCatalog implements TableCatalog, FunctionCatalog, SupportsNamespaces {
  /** Tables whose blocks are parts of their own. */
  private static final List<Table> BY_BLOCK =
      List.of(
          Tables.SIMILAR_STRINGS,
          Tables.BLOCK_DISTRIBUTIONS,
          Tables.RING_DISTRIBUTIONS,
          Tables.SIMILARITY_BINS,
          Tables.NEAREST_STRINGS);

  private static final String CURRENT = "current";
  private static final String WAREHOUSE = "warehouse";
  private static final String WAREHOUSE_VARIABLE = "KINDRED_WAREHOUSE";

  private final CurrentRun currentRun = new CurrentRun();
  private final Vocabularies vocabularies = new Vocabularies();
  private String name;
  private String uri;

  @Override
  public void initialize(String name, CaseInsensitiveStringMap options) {
    this.name = name;
    String ofEnvironment = System.getenv(WAREHOUSE_VARIABLE);
    this.uri = options.getOrDefault(WAREHOUSE, ofEnvironment == null ? WAREHOUSE : ofEnvironment);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String[] defaultNamespace() {
    return new String[] {CURRENT};
  }

  // Tables

  @Override
  public Identifier[] listTables(String[] namespace) throws NoSuchNamespaceException {
    if (namespace.length == 0) {
      return Tables.ALL.stream()
          .filter(table -> table.equals(Tables.RUNS) || table.isOfModels())
          .map(table -> Identifier.of(namespace, table.name()))
          .toArray(Identifier[]::new);
    }

    checkNamespace(namespace);
    return Tables.ALL.stream()
        .map(table -> Identifier.of(namespace, table.name()))
        .toArray(Identifier[]::new);
  }

  @Override
  public org.apache.spark.sql.connector.catalog.Table loadTable(Identifier identifier)
      throws NoSuchTableException {
    Table table =
        Tables.find(identifier.name()).orElseThrow(() -> new NoSuchTableException(identifier));
    if (identifier.namespace().length == 0 && table.equals(Tables.RUNS)) {
      return NotQueryable.lookUp(this::allRuns);
    }

    if (identifier.namespace().length == 0 && table.isOfModels()) {
      return NotQueryable.lookUp(() -> ofAllModels(table));
    }

    if (!isNamespace(identifier.namespace()) || identifier.namespace().length == 0) {
      throw new NoSuchTableException(identifier);
    }

    return NotQueryable.lookUp(() -> tableOfRun(identifier.namespace()[0], table));
  }

  private org.apache.spark.sql.connector.catalog.Table tableOfRun(String namespace, Table table) {
    SparkSession spark = SparkSession.active();
    Warehouse warehouse = warehouse(spark);
    Runs.Run run = run(warehouse, namespace);
    String tableName = String.format(Locale.ROOT, "%s.`%s`.%s", name, run.runId(), table.name());
    Optional<Part> kept = Runs.part(warehouse, run, table);
    if (kept.isEmpty()) {
      return new UnkeptTable(tableName, table);
    }

    Part part = kept.get();
    if (!part.isPresent() && table.isOfEveryRun()) {
      throw new InvalidInput(
          "%s: the %s run does not have this table in %s; it may have been deleted by kindred expire",
          tableName, run.status(), warehouse.root());
    }

    if (run.isPublished()) {
      Runs.checkWhole(warehouse, run.runId(), table::equals);
    }

    checkBlocks(warehouse, table, run, part);
    return new KindredTable(
        spark,
        tableName,
        String.format(Locale.ROOT, "%s/%s@%s", warehouse.root(), table.name(), run.runId()),
        table,
        part.index());
  }

  /**
   * Checks that what was computed block by block has all blocks, or none: some of them would make
   * sums that look like those of all.
   */
  private void checkBlocks(Warehouse warehouse, Table table, Runs.Run run, Part part) {
    if (!BY_BLOCK.contains(table)) {
      return;
    }

    List<Integer> expected = Runs.blocks(warehouse, run);
    part.blocksByKeys()
        .forEach(
            (keys, blocks) -> {
              if (!expected.isEmpty() && !blocks.containsAll(expected)) {
                List<Integer> missing = new ArrayList<>(expected);
                missing.removeAll(blocks);
                throw new InvalidInput(
                    "%s.`%s`.%s: block %d of %s is missing in %s; compute it with the command that"
                        + " made the others, kindred %s",
                    name,
                    run.runId(),
                    table.name(),
                    missing.get(0),
                    keys.get(keys.size() - 1),
                    warehouse.root(),
                    table.partitionColumns().contains("run_id") ? "similar" : "tune");
              }
            });
  }

  private KindredTable allRuns() {
    SparkSession spark = SparkSession.active();
    Warehouse warehouse = warehouse(spark);
    List<Runs.Run> runs = Runs.all(warehouse);
    // Runs come at the end and go anywhere: the last one and their number tell what is there.
    String last = runs.isEmpty() ? "" : runs.get(runs.size() - 1).runId();
    return new KindredTable(
        spark,
        name + "." + Tables.RUNS.name(),
        String.format(
            Locale.ROOT, "%s/%s@%d,%s", warehouse.root(), Tables.RUNS.name(), runs.size(), last),
        Tables.RUNS,
        warehouse.part(Tables.RUNS).index());
  }

  private KindredTable ofAllModels(Table table) {
    SparkSession spark = SparkSession.active();
    Warehouse warehouse = warehouse(spark);
    CommittedFiles files = warehouse.part(table).index();
    String[] names = files.inputFiles(); // a name is never given twice
    Arrays.sort(names);
    return new KindredTable(
        spark,
        name + "." + table.name(),
        new ContentId()
            .add(String.join("\n", names))
            .id(warehouse.root() + "/" + table.name() + "@"),
        table,
        files);
  }

  // Functions

  @Override
  public Identifier[] listFunctions(String[] namespace) throws NoSuchNamespaceException {
    checkNamespace(namespace);
    return KindredFunctions.NAMES.stream()
        .map(function -> Identifier.of(namespace, function))
        .toArray(Identifier[]::new);
  }

  @Override
  public UnboundFunction loadFunction(Identifier identifier) throws NoSuchFunctionException {
    String[] namespace = identifier.namespace();
    if (!isNamespace(namespace)) {
      throw new NoSuchFunctionException(identifier);
    }

    String run = namespace.length == 0 ? CURRENT : namespace[0];
    return KindredFunctions.find(
            identifier.name().toLowerCase(Locale.ROOT),
            () -> NotQueryable.lookUp(() -> vocabulary(run)),
            () -> NotQueryable.lookUp(() -> model(run)),
            () -> NotQueryable.lookUp(() -> corpus(run)))
        .orElseThrow(() -> new NoSuchFunctionException(identifier));
  }

  private KindredFunctions.Vocabulary vocabulary(String namespace) {
    Warehouse warehouse = warehouse(SparkSession.active());
    Runs.Run run = run(warehouse, namespace);
    return new KindredFunctions.Vocabulary(
        run.corpusId(), vocabularies.of(warehouse, run.corpusId()));
  }

  private RunModel model(String namespace) {
    Warehouse warehouse = warehouse(SparkSession.active());
    Runs.Run run = run(warehouse, namespace);
    return new RunModel(
        run.modelId(),
        RunSettings.of(warehouse, run.runId()),
        new SerializableConfiguration(warehouse.fileSystem().getConf()));
  }

  private RunCorpus corpus(String namespace) {
    Warehouse warehouse = warehouse(SparkSession.active());
    Runs.Run run = run(warehouse, namespace);
    RunModel model = model(run.runId());
    return new RunCorpus(
        warehouse.root().toString(),
        run.runId(),
        run.corpusId(),
        Runs.places(warehouse, run.runId()).orElse(null),
        Integer.parseInt(model.settings().get("window-length")),
        model,
        model.hadoop());
  }

  // Namespaces

  @Override
  public String[][] listNamespaces() {
    return NotQueryable.lookUp(() -> namespaces(warehouse(SparkSession.active())))
        .map(namespace -> new String[] {namespace})
        .toArray(String[][]::new);
  }

  /** The current one, then names of runs, then the runs, the newest first. */
  private static Stream<String> namespaces(Warehouse warehouse) {
    List<String> ids = new ArrayList<>();
    Runs.readable(warehouse).stream()
        .filter(Runs.Run::isPublished)
        .forEach(run -> ids.add(0, run.runId()));
    Map<String, String> names = RunNames.all(warehouse);
    names.keySet().retainAll(ids);
    return Stream.concat(
        Stream.concat(Stream.of(CURRENT), names.values().stream().distinct().sorted()),
        ids.stream());
  }

  @Override
  public String[][] listNamespaces(String[] namespace) throws NoSuchNamespaceException {
    if (namespace.length == 0) {
      return listNamespaces();
    }

    checkNamespace(namespace);
    return new String[0][];
  }

  @Override
  public boolean namespaceExists(String[] namespace) {
    return isNamespace(namespace);
  }

  @Override
  public Map<String, String> loadNamespaceMetadata(String[] namespace)
      throws NoSuchNamespaceException {
    checkNamespace(namespace);
    return NotQueryable.lookUp(() -> metadata(namespace));
  }

  private Map<String, String> metadata(String[] namespace) {
    Warehouse warehouse = warehouse(SparkSession.active());
    if (namespace.length == 0) {
      return Map.of(SupportsNamespaces.PROP_LOCATION, warehouse.root().toString());
    }

    Runs.Run run = run(warehouse, namespace[0]);
    return Map.of(
        SupportsNamespaces.PROP_LOCATION,
        warehouse.root().toString(),
        SupportsNamespaces.PROP_COMMENT,
        String.format(Locale.ROOT, "run %s, %s at %s", run.runId(), run.status(), run.endedAt()));
  }

  private void checkNamespace(String[] namespace) throws NoSuchNamespaceException {
    if (!isNamespace(namespace)) {
      throw new NoSuchNamespaceException(namespace);
    }
  }

  /**
   * Whether it is one by its form, or the name of a run; the id of a run that is not there has a
   * message of its own.
   */
  private boolean isNamespace(String[] namespace) {
    return namespace.length == 0
        || namespace.length == 1
            && (namespace[0].equalsIgnoreCase(CURRENT)
                || Runs.isId(namespace[0])
                || NotQueryable.lookUp(() -> isName(namespace[0])));
  }

  private boolean isName(String namespace) {
    return RunNames.find(warehouse(SparkSession.active()), namespace).isPresent();
  }

  private Runs.Run run(Warehouse warehouse, String namespace) {
    if (namespace.equalsIgnoreCase(CURRENT)) {
      return currentRun
          .find(warehouse)
          .orElseThrow(
              () ->
                  new InvalidInput(
                      "%s.%s: no run has been published in %s yet; publish one with kindred run"
                          + " --warehouse %s",
                      name, CURRENT, warehouse.root(), uri));
    }

    Optional<Runs.Run> run =
        Runs.isId(namespace)
            ? Runs.find(warehouse, namespace)
            : RunNames.find(warehouse, namespace);
    return run.orElseThrow(
        () ->
            new InvalidInput(
                "%s.`%s`: no such run in %s; select run_id, status from %s.%s lists those there"
                    + " are",
                name, namespace, warehouse.root(), name, Tables.RUNS.name()));
  }

  private Warehouse warehouse(SparkSession spark) {
    Warehouse warehouse = new Warehouse(spark, uri);
    try {
      if (warehouse.fileSystem().exists(warehouse.root())) {
        return warehouse;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }

    throw new InvalidInput(
        "no warehouse in %s; name the folder that kindred run wrote with the setting"
            + " spark.sql.catalog.%s.%s or the environment variable %s",
        warehouse.root(), name, WAREHOUSE, WAREHOUSE_VARIABLE);
  }

  // Writing

  @Override
  public org.apache.spark.sql.connector.catalog.Table loadTable(
      Identifier identifier, Set<TableWritePrivilege> privileges) {
    throw KindredTable.readOnly();
  }

  @Override
  public org.apache.spark.sql.connector.catalog.Table createTable(
      Identifier identifier, TableInfo info) {
    throw KindredTable.readOnly();
  }

  @Override
  public org.apache.spark.sql.connector.catalog.Table alterTable(
      Identifier identifier, TableChange... changes) {
    throw KindredTable.readOnly();
  }

  @Override
  public boolean dropTable(Identifier identifier) {
    throw KindredTable.readOnly();
  }

  @Override
  public boolean purgeTable(Identifier identifier) {
    throw KindredTable.readOnly();
  }

  @Override
  public void renameTable(Identifier from, Identifier to) {
    throw KindredTable.readOnly();
  }

  @Override
  public void createNamespace(String[] namespace, Map<String, String> metadata) {
    throw KindredTable.readOnly();
  }

  @Override
  public void alterNamespace(String[] namespace, NamespaceChange... changes) {
    throw KindredTable.readOnly();
  }

  @Override
  public boolean dropNamespace(String[] namespace, boolean cascade) {
    throw KindredTable.readOnly();
  }

  @Override
  public String toString() {
    return name + Arrays.toString(defaultNamespace());
  }
}
