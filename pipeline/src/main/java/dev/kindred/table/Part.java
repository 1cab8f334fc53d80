/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import dev.kindred.InvalidInput;
import dev.kindred.Location;
import dev.kindred.WarehouseBusy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.DataFrameWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.util.SerializableConfiguration;
import scala.Tuple2;

/** One part of a table: all rows with given values of its leading partition columns. */
public final class Part {
  /** Property of a part of a table whose columns have changed: the version that it has. */
  private static final String TABLE_VERSION = "table_version";

  private static final String COMMIT_PROTOCOL = "spark.sql.sources.commitProtocolClass";
  private static final String OPEN_FILES = "spark.sql.maxConcurrentOutputFileWriters";
  private static final String ROW_GROUP_BYTES = "parquet.block.size";
  private static final long ROW_GROUP = 64L << 20;

  private static final int FILES_PER_CHECK = 16;

  /** Heap that the files which a task has open at once fill before they write. */
  public static final long OPEN_FILE_BYTES = 256L << 20;

  private final WarehouseFolder warehouse;
  private final Table table;
  private final List<Object> keys;
  private final Path path;
  private String writer = ""; // in the part's log; empty as long as it has not begun

  /** See {@link Warehouse#part}. */
  Part(WarehouseFolder warehouse, Table table, List<Object> keys) {
    this.warehouse = warehouse;
    this.table = table;
    this.keys = keys;
    Path folder = new Path(warehouse.root(), table.name());
    for (int i = 0; i < keys.size(); i++) {
      folder = new Path(folder, table.partitionColumns().get(i) + "=" + keys.get(i));
    }

    this.path = folder;
  }

  Table table() {
    return table;
  }

  /** Where its files are. */
  WarehouseFolder warehouse() {
    return warehouse;
  }

  /**
   * The part's files, if they lie on a disk of this machine. Their lengths and footers are compared
   * with the record.
   *
   * @throws InvalidInput naming the first file that is not as it was written
   */
  public Optional<List<java.nio.file.Path>> localFiles() {
    if (!isLocal()) {
      return Optional.empty();
    }

    List<java.nio.file.Path> files = new ArrayList<>();
    for (CommittedFiles.Entry entry : entries()) {
      checkFooter(entry);
      files.add(
          java.nio.file.Path.of(new Path(warehouse.root(), entry.file().path()).toUri().getPath()));
    }

    return Optional.of(files);
  }

  /**
   * The addresses of the files of all that is complete in it, sorted: paths of this machine's
   * disks, else with a scheme. Nothing is checked, and no file is opened.
   */
  public List<String> files() {
    return entries().stream()
        .map(entry -> new Path(warehouse.root(), entry.file().path()))
        .map(Location::shown)
        .distinct()
        .sorted()
        .toList();
  }

  /** Whether its files are on a disk of this machine. */
  public boolean isLocal() {
    return "file".equals(warehouse.root().toUri().getScheme());
  }

  /** Compares a file's length and footer with the record. */
  void checkFooter(CommittedFiles.Entry entry) {
    String problem = entry.file().problemOfFooter(warehouse.root(), warehouse.hadoop());
    if (problem != null) {
      throw CommittedFiles.damaged(warehouse.root(), List.of(entry), Map.of(entry.file(), problem));
    }
  }

  /** The part's folder. */
  Path path() {
    return path;
  }

  /** The part's folder, for messages. */
  public String name() {
    return path.toString();
  }

  /** Whether it has been written to its end, by itself or within a part of fewer keys. */
  public boolean isComplete() {
    return withFoldersAbove().stream().anyMatch(folder -> warehouse.log(folder).isComplete());
  }

  /** Whether it is complete, or parts within it are. */
  public boolean isPresent() {
    return isComplete() || isAnyCompleteBelow(path);
  }

  private boolean isAnyCompleteBelow(Path folder) {
    return warehouse.children(folder).stream()
        .anyMatch(child -> warehouse.log(child).isComplete() || isAnyCompleteBelow(child));
  }

  /** The facts that its writer left, by name. */
  public Map<String, String> properties() {
    return propertiesIfComplete()
        .orElseThrow(() -> new IllegalStateException("Not complete: " + path));
  }

  /**
   * What is made of the facts that its writer left.
   *
   * @param reading parses them; a NumberFormatException means that they are damaged
   * @throws InvalidInput naming the part if they are
   */
  public <T> T facts(Function<Map<String, String>, T> reading) {
    try {
      return reading.apply(properties());
    } catch (NumberFormatException e) {
      throw new InvalidInput(
          "record of %s is damaged: a property is missing or no number: %s; remove %s and run"
              + " again",
          path, e.getMessage(), path);
    }
  }

  /** The facts that its writer left; empty as long as it has not been written to its end. */
  public Optional<Map<String, String>> propertiesIfComplete() {
    return record().map(record -> record.commit().properties());
  }

  /** Rows in it, without reading them. */
  public long rows() {
    return entries().stream().mapToLong(entry -> entry.file().rows()).sum();
  }

  /** Bytes of its files. */
  public long bytes() {
    return entries().stream().mapToLong(entry -> entry.file().bytes()).sum();
  }

  /**
   * Writes the whole part with {@link #append}, unless it is complete: nothing is ever overwritten.
   *
   * @param properties facts about it by name, asked for when the rows have been written
   */
  public void write(Dataset<Row> rows, Supplier<Map<String, String>> properties) {
    write(rows, properties, List.of());
  }

  /** Writes the whole part; its record lists parts elsewhere. */
  void write(
      Dataset<Row> rows,
      Supplier<Map<String, String>> properties,
      List<CommitLog.Listed> elsewhere) {
    if (begin(false)) {
      append(rows);
      complete(properties.get(), elsewhere);
    }
  }

  /** Writes the whole part without facts. */
  public void write(Dataset<Row> rows) {
    write(rows, Map::of);
  }

  /** Writes the whole part with {@link #appendVectors}, unless it is complete. */
  public void writeVectors(Dataset<Row> rows, int count) {
    if (begin(false)) {
      appendVectors(rows, count, false);
      complete(Map.of());
    }
  }

  /**
   * Goes on with a part that another writer may have begun: that one can do nothing more. Files
   * that it recorded stay, others are removed.
   *
   * @return whether the part is not complete by now
   */
  public boolean resume() {
    return begin(true);
  }

  /** Gives up a part that is not complete, with all that has been added to it. */
  public void discard() {
    if (begin(false)) { // whoever wrote it can do nothing more
      try {
        warehouse.fileSystem().delete(path, true);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Deletes it and all parts within it, their records first. Nobody else lists files of theirs. */
  public void delete() {
    warehouse.lock().run();
    try {
      deleteRecords(path);
      warehouse.fileSystem().delete(path, true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void deleteRecords(Path folder) throws IOException {
    warehouse.fileSystem().delete(new Path(folder, CommitLog.FOLDER), true);
    for (Path child : warehouse.children(folder)) {
      deleteRecords(child);
    }
  }

  private boolean begin(boolean keepFiles) {
    writer = "";
    if (isComplete()) {
      return false;
    }

    Optional<String> begun = warehouse.log(path).begin(keepFiles, warehouse.lock());
    writer = begun.orElse("");
    if (begun.isPresent()) {
      warehouse.log(path).removeUnlisted(writer, warehouse.root());
    }

    return begun.isPresent();
  }

  /** The writer's name; begins without removing anything. */
  private String writer() {
    if (writer.isEmpty()) {
      writer =
          warehouse.log(path).begin(true, warehouse.lock()).orElseThrow(this::completedByAnother);
    }

    return writer;
  }

  private WarehouseBusy completedByAnother() {
    return new WarehouseBusy("%s: another writer has completed it; start again", path);
  }

  /**
   * Adds rows to a part that is not complete, all of them or none. Partition columns beyond the
   * part's keys become folders.
   *
   * @throws WarehouseBusy if the part is complete, or another writer has begun
   */
  public void append(Dataset<Row> rows) {
    append(rows, false);
  }

  /**
   * Adds rows as {@link #append} does, but rows of tasks that have finished stay if others fail.
   */
  public void appendByTask(Dataset<Row> rows) {
    append(rows, true);
  }

  private void append(Dataset<Row> rows, boolean byTask) {
    String name = writer();
    withConf(
        Map.of(COMMIT_PROTOCOL, PartCommitProtocol.class.getName()),
        () ->
            writer(rows, folders())
                .option(PartCommitProtocol.WRITER, name)
                .option(PartCommitProtocol.BY_TASK, byTask)
                .mode(SaveMode.Append)
                .format(TableFormat.class.getName())
                .save(path.toString()));
  }

  /**
   * Adds vectors as {@link #append} does, but in {@link VectorFormat} and without Spark's sort by
   * folder: a task keeps a file in every folder open. They hold at most {@link #OPEN_FILE_BYTES}
   * together.
   *
   * @param count folders below the part
   * @param byTask whether rows of tasks that have finished stay in the part if others fail
   */
  public void appendVectors(Dataset<Row> rows, int count, boolean byTask) {
    String name = writer();
    withConf(
        Map.of(
            COMMIT_PROTOCOL,
            PartCommitProtocol.class.getName(),
            OPEN_FILES,
            Integer.toString(count + 1)), // Spark sorts once it has opened so many
        () ->
            writer(rows, folders())
                .option(ROW_GROUP_BYTES, Math.min(ROW_GROUP, OPEN_FILE_BYTES / count))
                .option(PartCommitProtocol.WRITER, name)
                .option(PartCommitProtocol.BY_TASK, byTask)
                .mode(SaveMode.Append)
                .format(VectorFormat.class.getName())
                .save(path.toString()));
  }

  /** Adds all files of a complete part of the same table, where they are. */
  public void share(Part other) {
    warehouse.log(path).add(writer(), other.record().orElseThrow().commit().files());
  }

  /**
   * Ends the writing: from now on readers see the part.
   *
   * @param properties facts about it
   */
  public void complete(Map<String, String> properties) {
    complete(properties, List.of());
  }

  private void complete(Map<String, String> properties, List<CommitLog.Listed> elsewhere) {
    Map<String, String> all = new TreeMap<>(properties);
    all.putAll(version());
    warehouse.log(path).complete(writer(), all, elsewhere);
    writer = "";
  }

  /** Its folder, below the warehouse. */
  String place() {
    return Location.below(warehouse.root(), path);
  }

  /** The part's own record, if it is complete by itself. */
  Optional<CommitLog.Commit> commit() {
    return warehouse.log(path).complete();
  }

  /**
   * The part as another one's record lists it.
   *
   * @throws InvalidInput if it is not there
   */
  CommitLog.Listed listed() {
    CommitLog.Complete record =
        warehouse
            .log(path)
            .completeRecord()
            .orElseThrow(() -> new InvalidInput("%s is missing; run again", path));
    return new CommitLog.Listed(place(), record.commit().rows(), record.digest());
  }

  /** The blocks of all that is complete in it, of a table whose last key is the block. */
  public List<Integer> blocks() {
    return blocksByKeys().values().stream().flatMap(Set::stream).distinct().sorted().toList();
  }

  /** The same by values of the keys before. A block without rows counts, too. */
  public Map<List<Object>, Set<Integer>> blocksByKeys() {
    Map<List<Object>, Set<Integer>> blocks = new LinkedHashMap<>();
    for (Record record : records()) {
      List<Object> ofRecord = values(Location.below(warehouse.root(), record.folder()));
      Stream.concat(
              Stream.of(ofRecord), entries(record).stream().map(CommittedFiles.Entry::partition))
          .filter(values -> values.size() == table.partitionColumns().size())
          .forEach(
              values ->
                  blocks
                      .computeIfAbsent(
                          values.subList(0, values.size() - 1), others -> new TreeSet<>())
                      .add((Integer) values.get(values.size() - 1)));
    }

    return blocks;
  }

  private List<String> folders() {
    return table.partitionColumns().subList(keys.size(), table.partitionColumns().size());
  }

  private DataFrameWriter<Row> writer(Dataset<Row> rows, List<String> folders) {
    List<Column> columns = new ArrayList<>();
    folders.forEach(folder -> columns.add(functions.col(folder)));
    for (String column : table.fileColumns().fieldNames()) {
      columns.add(functions.col(column));
    }

    table.conform(rows);
    DataFrameWriter<Row> writer = rows.select(columns.toArray(new Column[0])).write();
    writer.option("compression", "zstd");
    writer.option(ROW_GROUP_BYTES, ROW_GROUP);
    writer.option(PartCommitProtocol.WAREHOUSE, warehouse.root().toString());
    return folders.isEmpty() ? writer : writer.partitionBy(folders.toArray(new String[0]));
  }

  private void withConf(Map<String, String> settings, Runnable write) {
    Map<String, String> before = new HashMap<>();
    settings.forEach(
        (key, value) -> {
          before.put(key, warehouse.spark().get().conf().get(key));
          warehouse.spark().get().conf().set(key, value);
        });
    try {
      write.run();
    } finally {
      before.forEach((key, value) -> warehouse.spark().get().conf().set(key, value));
    }
  }

  /** The part's rows, with all columns of the table in order; none if nothing is complete. */
  public Dataset<Row> read() {
    return warehouse.read(table, entries());
  }

  /** Whether nothing has been added to it yet. */
  public boolean isEmpty() {
    return !isComplete() && warehouse.log(path).soFar().isEmpty();
  }

  /** What is in the part before it is complete. */
  public Dataset<Row> readSoFar() {
    return warehouse.read(
        table,
        entries(
            new Record(
                path, new CommitLog.Commit(warehouse.log(path).soFar(), version(), List.of()))));
  }

  /**
   * Some files of a part.
   *
   * @param names of the files, in order
   * @param rows what is in them
   */
  public record Piece(List<String> names, Dataset<Row> rows) {}

  /**
   * The part's rows in pieces of whole files, in the order of their names. Files of one name in
   * several folders, which a task wrote, are in one piece. Parts whose files have the same names
   * and as many rows, as those of a model's blocks, are cut alike.
   *
   * @param rows in a piece, at most unless files of one name have more
   */
  public List<Piece> readInPieces(long rows) {
    Map<String, List<CommittedFiles.Entry>> byName = new TreeMap<>();
    for (CommittedFiles.Entry entry : entries()) {
      byName
          .computeIfAbsent(new Path(entry.file().path()).getName(), name -> new ArrayList<>())
          .add(entry);
    }

    List<Piece> pieces = new ArrayList<>();
    List<String> names = new ArrayList<>();
    List<CommittedFiles.Entry> piece = new ArrayList<>();
    long size = 0;
    for (Map.Entry<String, List<CommittedFiles.Entry>> ofName : byName.entrySet()) {
      long added = ofName.getValue().stream().mapToLong(entry -> entry.file().rows()).sum();
      if (!piece.isEmpty() && size + added > rows) {
        pieces.add(new Piece(List.copyOf(names), warehouse.read(table, piece)));
        names.clear();
        piece.clear();
        size = 0;
      }

      names.add(ofName.getKey());
      piece.addAll(ofName.getValue());
      size += added;
    }

    pieces.add(new Piece(List.copyOf(names), warehouse.read(table, piece)));
    return pieces;
  }

  /** The part's files, for Spark's readers. */
  public CommittedFiles index() {
    return new CommittedFiles(
        warehouse.spark().get(), warehouse.root(), table.folderColumns(), entries());
  }

  /**
   * Compares every file of the part with its record: length, rows and footer. What is between is
   * compared when it is read.
   *
   * @throws InvalidInput naming the first file that is not as it was written
   */
  public void verify() {
    List<CommittedFiles.Entry> entries = entries();
    List<CommittedFile> files =
        entries.stream().map(CommittedFiles.Entry::file).distinct().toList();
    JavaSparkContext context =
        JavaSparkContext.fromSparkContext(warehouse.spark().get().sparkContext());
    Broadcast<SerializableConfiguration> configuration =
        context.broadcast(new SerializableConfiguration(warehouse.hadoop()));
    String folder = warehouse.root().toString();
    Map<CommittedFile, String> problems =
        context
            .parallelize(files, Math.max(1, files.size() / FILES_PER_CHECK))
            .mapToPair(file -> new Tuple2<>(file, problem(file, folder, configuration)))
            .filter(found -> found._2() != null)
            .collectAsMap();
    configuration.destroy();
    if (!problems.isEmpty()) {
      throw CommittedFiles.damaged(warehouse.root(), entries, problems);
    }
  }

  /** The files of all that is complete in it. */
  List<CommittedFiles.Entry> entries() {
    return records().stream()
        .flatMap(record -> entries(record).stream())
        .filter(entry -> entry.partition().subList(0, keys.size()).equals(keys))
        .toList();
  }

  /** The record that the part is within, or those of all complete parts in it. */
  private List<Record> records() {
    Optional<Record> record = record();
    if (record.isPresent()) {
      return List.of(record.get());
    }

    List<Record> below = new ArrayList<>();
    addBelow(path, below);
    return below;
  }

  private void addBelow(Path folder, List<Record> records) {
    for (Path child : warehouse.children(folder)) {
      Optional<CommitLog.Commit> commit = warehouse.log(child).complete();
      if (commit.isPresent()) {
        records.add(new Record(child, commit.get()));
      } else {
        addBelow(child, records);
      }
    }
  }

  /** The record of this part or of the one that it is within. */
  private Optional<Record> record() {
    for (Path folder : withFoldersAbove()) {
      Optional<CommitLog.Commit> commit = warehouse.log(folder).complete();
      if (commit.isPresent()) {
        return Optional.of(new Record(folder, commit.get()));
      }
    }

    return Optional.empty();
  }

  private List<Path> withFoldersAbove() {
    return Stream.iterate(path, folder -> !folder.equals(warehouse.root()), Path::getParent)
        .toList();
  }

  /** A file may lie in another part's folder: only columns below the record's come from there. */
  private List<CommittedFiles.Entry> entries(Record record) {
    checkVersion(record);
    List<Object> ofRecord = values(Location.below(warehouse.root(), record.folder()));
    List<CommittedFiles.Entry> entries = new ArrayList<>();
    for (CommittedFile file : record.commit().files()) {
      List<Object> values = new ArrayList<>(ofRecord);
      List<Object> ofFile =
          values(file.path().substring(0, Math.max(0, file.path().lastIndexOf('/'))));
      if (ofRecord.isEmpty() || ofFile.size() != table.partitionColumns().size()) {
        throw new InvalidInput(
            "record of %s is damaged: that folder and file %s are not both of table %s; remove it"
                + " and run again",
            record.folder(), file.path(), table.name());
      }

      values.addAll(ofFile.subList(ofRecord.size(), ofFile.size()));
      entries.add(new CommittedFiles.Entry(values, file, record.folder()));
    }

    return entries;
  }

  /** The property that says which version of the table's columns a part has. */
  private Map<String, String> version() {
    return table.version() > 1
        ? Map.of(TABLE_VERSION, Integer.toString(table.version()))
        : Map.of();
  }

  /** Columns of another version would be read as if nothing were in them. */
  private void checkVersion(Record record) {
    String version = record.commit().properties().getOrDefault(TABLE_VERSION, "1");
    if (!version.equals(Integer.toString(table.version())) && !record.commit().files().isEmpty()) {
      throw new InvalidInput(
          "%s was written by another version of Kindred, whose table %s has other columns; make its"
              + " run again with this one, which takes over windows and activations",
          record.folder(), table.name());
    }
  }

  /** The values of keys in a folder's path below the warehouse; none if it is not the table's. */
  private List<Object> values(String folder) {
    List<Object> values = new ArrayList<>();
    String[] names = folder.split("/");
    if (!names[0].equals(table.name()) || names.length - 1 > table.partitionColumns().size()) {
      return List.of();
    }

    for (int i = 1; i < names.length; i++) {
      String column = table.partitionColumns().get(i - 1) + "=";
      String value = names[i].substring(names[i].indexOf('=') + 1);
      boolean number =
          table.folderColumns().fields()[i - 1].dataType().equals(DataTypes.IntegerType);
      if (!names[i].startsWith(column) || number && !value.matches("\\d{1,9}")) {
        return List.of();
      }

      values.add(number ? (Object) Integer.valueOf(value) : value);
    }

    return values;
  }

  /** A commit and the folder of the part that it is about. */
  private record Record(Path folder, CommitLog.Commit commit) {}

  /** What is wrong with a file, on an executor. */
  private static String problem(
      CommittedFile file, String root, Broadcast<SerializableConfiguration> hadoop) {
    return file.problem(new Path(root), hadoop.value().value());
  }
}
