/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.LocalSpark;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.QueryPlanningTracker;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import scala.Option;

@ExtendWith(LocalSpark.class)
class TestKindredCatalog {
  private static final String BOTH =
      "select distinct d.run_id, d.hellinger, a.run_id of_a, map_keys(a.probabilities)[0] token"
          + " from kindred.current.distances d join kindred.current.approximations a"
          + " using (prompt_id)";

  private static final String TABLE = "kindred.current.distances";

  @TempDir private static Path folder;
  private static SmallWarehouse published; // nothing is added to it
  private static String firstRun;
  private static String secondRun;
  private static String rejectedRun;

  private SmallWarehouse warehouse = published;
  private SparkSession session = published.session();

  @BeforeAll
  static void publishTwoRunsAndRejectOne(SparkSession spark) {
    published = new SmallWarehouse(spark, folder.resolve("published"));
    firstRun = published.publish();
    secondRun = published.publish();
    rejectedRun = published.reject();
  }

  /** Goes on with a warehouse without runs. */
  private void openEmptyWarehouse(SparkSession spark) {
    warehouse = new SmallWarehouse(spark, folder.resolve("w" + System.nanoTime()));
    session = warehouse.session();
  }

  private List<String> query(String sql) {
    return rows(session.sql(sql));
  }

  private static List<String> rows(Dataset<Row> rows) {
    return rows.collectAsList().stream().map(row -> row.mkString("|")).toList();
  }

  @Test
  void currentIsTheRunThatWasPublishedLast() {
    assertThat(query("select distinct run_id, hellinger from kindred.current.distances"))
        .containsExactly(secondRun + "|2.0");
    assertThat(query("select count(*) from kindred.current.distances"))
        .containsExactly(Integer.toString(SmallWarehouse.PROMPTS));
  }

  @Test
  void everyRunCanBeReadById() {
    for (String run : List.of(firstRun, secondRun, rejectedRun)) {
      assertThat(query("select distinct run_id from kindred.`" + run + "`.distances"))
          .containsExactly(run);
    }

    assertThat(query("select run_id, status, reason from kindred.runs order by run_id"))
        .containsExactly(
            firstRun + "|published|null",
            secondRun + "|published|null",
            rejectedRun + "|rejected|sums differ");
    assertThat(query("select run_id from kindred.`" + firstRun + "`.runs"))
        .containsExactly(firstRun);
  }

  @Test
  void anOpenSessionSeesANewRunInItsNextQuery(SparkSession spark) {
    openEmptyWarehouse(spark);
    String first = warehouse.publish();
    assertThat(query(BOTH)).containsExactly(first + "|1.0|" + first + "|1");
    assertThat(query("select count(*) from kindred.runs")).containsExactly("1");

    String second = warehouse.publish();
    assertThat(query(BOTH)).containsExactly(second + "|2.0|" + second + "|2");
    assertThat(query("select count(*) from kindred.runs")).containsExactly("2");
  }

  @Test
  void aQueryThatWasAnalysedBeforePublishingKeepsItsRun(SparkSession spark) {
    openEmptyWarehouse(spark);
    String first = warehouse.publish();
    Dataset<Row> analysed = session.sql(BOTH);
    warehouse.publish();

    assertThat(rows(analysed)).containsExactly(first + "|1.0|" + first + "|1");
    assertThat(rows(analysed.filter("true"))).containsExactly(first + "|1.0|" + first + "|1");
  }

  @Test
  void allTablesOfAQueryAreOfOneRunThoughOneIsPublishedInBetween(SparkSession spark) {
    openEmptyWarehouse(spark);
    KindredCatalog catalog = new KindredCatalog();
    catalog.initialize(
        "kindred",
        new CaseInsensitiveStringMap(Map.of("warehouse", warehouse.folder().toString())));
    QueryPlanningTracker query = new QueryPlanningTracker(Option.empty());
    QueryPlanningTracker nextQuery = new QueryPlanningTracker(Option.empty());
    String first = warehouse.publish();

    assertThat(load(catalog, query, "distances")).contains(first);
    String second = warehouse.publish();
    assertThat(load(catalog, query, "approximations")).contains(first);
    assertThat(load(catalog, nextQuery, "approximations")).contains(second);
    assertThat(load(catalog, query, "runs")).contains(first);
  }

  private static String load(KindredCatalog catalog, QueryPlanningTracker query, String table) {
    return QueryPlanningTracker.withTracker(
        query,
        () -> {
          try {
            return catalog.loadTable(Identifier.of(new String[] {"current"}, table)).name();
          } catch (org.apache.spark.sql.catalyst.analysis.NoSuchTableException e) {
            throw new AssertionError(e);
          }
        });
  }

  @Test
  void aViewOfSqlIsOfTheNewestRun(SparkSession spark) {
    openEmptyWarehouse(spark);
    warehouse.publish();
    session.sql("create temporary view both as " + BOTH);
    String second = warehouse.publish();

    assertThat(query("select * from both")).containsExactly(second + "|2.0|" + second + "|2");
  }

  @Test
  void aCachedTableIsNeverTakenForThatOfANewRun(SparkSession spark) {
    openEmptyWarehouse(spark);
    String first = warehouse.publish();
    session.sql("cache table kindred.current.distances");
    session.sql("cache table answer as " + BOTH);
    assertThat(query(BOTH)).containsExactly(first + "|1.0|" + first + "|1");
    assertThat(session.sql(BOTH).queryExecution().executedPlan().toString())
        .contains("In-memory table");

    String second = warehouse.publish();
    assertThat(query(BOTH)).containsExactly(second + "|2.0|" + second + "|2");
    assertThat(query("select distinct run_id from kindred.`" + first + "`.distances"))
        .containsExactly(first);
    session.sql("refresh table kindred.current.distances");
    assertThat(query(BOTH)).containsExactly(second + "|2.0|" + second + "|2");
    session.catalog().clearCache();
  }

  @Test
  void readsOnlyTheFilesThatAFilterLeaves() {
    Dataset<Row> vectors =
        session.sql(
            "select window_id, ffn_out from kindred.current.activations"
                + " where block = 1 and window_id >= 98");

    assertThat(rows(vectors)).hasSize(2);
    assertThat(vectors.queryExecution().executedPlan().toString())
        .contains("ColumnarToRow")
        .containsPattern("PartitionFilters: \\[isnotnull\\(block#\\d+\\), \\(block#\\d+ = 1\\)\\]")
        .contains("PushedFilters: [IsNotNull(window_id), GreaterThanOrEqual(window_id,98)]")
        .contains("ReadSchema: struct<window_id:bigint,ffn_out:array<float>>");
  }

  @Test
  void columnsStandInTheTablesOrderWithTheirComments() {
    for (Table table :
        List.of(Tables.ACTIVATIONS, Tables.TOKENS, Tables.APPROXIMATIONS, Tables.RUNS)) {
      List<String> columns = new ArrayList<>();
      for (var column : table.columns().fields()) {
        columns.add(
            String.join(
                "|", column.name(), column.dataType().catalogString(), column.getComment().get()));
      }

      assertThat(query("describe kindred.current." + table.name()))
          .as(table.name())
          .startsWith(columns.toArray(String[]::new));
    }

    assertThat(query("describe extended kindred.current.distances"))
        .contains("Comment|a row is a prompt of a run|");
  }

  @Test
  void listsNamespacesTablesAndFunctions() {
    assertThat(query("show namespaces in kindred"))
        .containsExactly("current", "`" + secondRun + "`", "`" + firstRun + "`");
    assertThat(query("show tables in kindred.current"))
        .hasSize(Tables.ALL.size())
        .contains("current|distances|false");
    assertThat(query("show tables in kindred.`" + firstRun + "`")).hasSize(Tables.ALL.size());
    assertThat(query("show user functions in kindred.current"))
        .hasSize(KindredFunctions.NAMES.size())
        .contains("kindred.current.entropy");
    assertThat(query("describe namespace kindred.current").toString())
        .contains("run " + secondRun + ", published at 2026-11-22T00:00:02Z");
  }

  @Test
  void usingTheCatalogMakesItsNamesShort() {
    session.sql("use kindred");

    assertThat(
            query(
                "select distinct run_id, token_text(top_tokens(array(.1d, .9d), 1)[0].token_id)"
                    + " from distances"))
        .containsExactly(secondRun + "| ");
  }

  @Test
  void tokenTextHasTheVocabularyOfTheRunsCorpus() {
    assertThat(
            query(
                "select kindred.token_text(id), kindred.current.token_text(id), kindred.`"
                    + firstRun
                    + "`.token_text(id) from values (0), (2), (3), (-1), (null) as t(id)"))
        .containsExactly("a|a|a", "é|é|é", "null|null|null", "null|null|null", "null|null|null");
  }

  @Test
  void withoutAPublishedRunItSaysWhatToDo(SparkSession spark) {
    openEmptyWarehouse(spark);
    warehouse.reject();

    assertThatThrownBy(() -> query("select * from kindred.current.distances"))
        .isInstanceOf(AnalysisException.class)
        .hasMessage(
            "kindred.current: no run has been published in file:%s yet; publish one with kindred"
                + " run --warehouse %s",
            warehouse.folder(), warehouse.folder());
    assertThat(query("select kindred.entropy(array(1f, 1f))")).containsExactly("1.0");
    assertThat(query("select status from kindred.runs")).containsExactly("rejected");
  }

  @Test
  void withoutAWarehouseItSaysWhereToNameIt() {
    session.conf().set("spark.sql.catalog.other", KindredCatalog.class.getName());
    session.conf().set("spark.sql.catalog.other.warehouse", folder.resolve("none").toString());

    assertThatThrownBy(() -> query("select * from other.current.distances"))
        .isInstanceOf(AnalysisException.class)
        .hasMessage(
            "no warehouse in file:%s/none; name the folder that kindred run wrote with the"
                + " setting spark.sql.catalog.other.warehouse or the environment variable"
                + " KINDRED_WAREHOUSE",
            folder);
  }

  @Test
  void aTableThatIsNotThereIsNotTakenForAnEmptyOne() {
    assertThatThrownBy(() -> query("select * from kindred.current.windows"))
        .isInstanceOf(AnalysisException.class)
        .hasMessage(
            "kindred.`%s`.windows: the published run does not have this table in file:%s; it may"
                + " have been deleted by kindred expire",
            secondRun, warehouse.folder());
  }

  @Test
  void ofWhatIsKeptOfPlacesARunHasItsOwn() {
    assertThat(query("select places from kindred.`" + secondRun + "`.passages"))
        .containsExactly("o-2");
    assertThatThrownBy(() -> query("select * from kindred.`" + firstRun + "`.passages"))
        .isInstanceOf(AnalysisException.class)
        .hasMessage(
            "kindred.`%s`.passages: the run was made by a version of Kindred that did not keep it;"
                + " run again with its settings",
            firstRun);
  }

  @Test
  void aViewCanBeMadeOfWhatAnOlderRunDidNotKeep() {
    query(
        "create or replace temporary view older as select * from kindred.`"
            + firstRun
            + "`.passages");

    assertThat(session.table("older").columns())
        .isEqualTo(session.table("kindred.`" + secondRun + "`.passages").columns());
    assertThatThrownBy(() -> query("select count(*) from older"))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining("passages: the run was made by a version of Kindred that did not");
  }

  @Test
  void anUnknownRunIsNamed() {
    assertThatThrownBy(() -> query("select * from kindred.`r-1`.distances"))
        .isInstanceOf(AnalysisException.class)
        .hasMessage(
            "kindred.`r-1`: no such run in file:%s; select run_id, status from kindred.runs lists"
                + " those there are",
            warehouse.folder());
  }

  @Test
  void whatIsNoNameOfARunOrTableNeverBecomesAPath() {
    for (String name :
        List.of(
            "kindred.`../published`.distances",
            "kindred.`r-1/../..`.distances",
            "kindred.`R-1`.distances",
            "kindred.`r-1`.`../distances`",
            "kindred.current.`distances/run_id=x`",
            "kindred.current.nonsense",
            "kindred.distances",
            "kindred.a.b.distances")) {
      assertThatThrownBy(() -> query("select * from " + name))
          .as(name)
          .hasMessageContaining("TABLE_OR_VIEW_NOT_FOUND");
    }
  }

  @Test
  void writingIsRefused() throws IOException {
    List<String> before = warehouse.files();
    for (String statement :
        List.of(
            "insert into kindred.current.distances select * from kindred.current.distances",
            "insert overwrite kindred.current.distances select * from kindred.current.distances",
            "insert into kindred.current.distances partition (run_id = 'x') values (1)",
            "delete from kindred.current.distances",
            "update kindred.current.distances set hellinger = 0",
            "merge into kindred.current.distances d using kindred.current.approximations a"
                + " on d.prompt_id = a.prompt_id when matched then delete",
            "drop table kindred.current.distances",
            "drop table kindred.current.distances purge",
            "create table kindred.current.mine (id int)",
            "create table kindred.current.mine as select 1 id",
            "create or replace table kindred.current.distances as select 1 id",
            "alter table kindred.current.distances add column mine int",
            "alter table kindred.current.distances rename to kindred.current.mine",
            "create namespace kindred.mine",
            "drop namespace kindred.current cascade")) {
      assertThatThrownBy(() -> query(statement))
          .as(statement)
          .hasStackTraceContaining("Kindred's tables are read-only in SQL");
    }

    assertThatThrownBy(() -> query("truncate table kindred.current.distances"))
        .hasMessageContaining("does not support truncates");
    assertThat(warehouse.files()).isEqualTo(before);
  }

  @Test
  void writingThroughDatasetsIsRefused() throws IOException {
    List<String> before = warehouse.files();
    Dataset<Row> rows = session.table(TABLE);
    for (SaveMode mode : List.of(SaveMode.Append, SaveMode.Overwrite)) {
      assertThatThrownBy(() -> rows.write().mode(mode).insertInto(TABLE))
          .hasMessageContaining("read-only");
      assertThatThrownBy(() -> rows.write().mode(mode).saveAsTable(TABLE))
          .hasMessageContaining("read-only");
    }

    assertThatThrownBy(() -> rows.writeTo(TABLE).append())
        .hasMessageContaining("does not support append");
    assertThatThrownBy(() -> rows.writeTo(TABLE).overwritePartitions())
        .hasMessageContaining("does not support dynamic overwrite");
    assertThat(warehouse.files()).isEqualTo(before);
  }

  @Test
  void aByteThatChangedInAFileIsNoticed(SparkSession spark) throws IOException {
    openEmptyWarehouse(spark);
    String run = warehouse.publish();
    Path part = warehouse.folder().resolve("distances/run_id=" + run);
    try (var files = Files.list(part)) {
      Path file =
          files.filter(any -> any.getFileName().toString().endsWith(".parquet")).findFirst().get();
      try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
        bytes.seek(40);
        int old = bytes.read();
        bytes.seek(40);
        bytes.write(old ^ 1);
      }

      assertThatThrownBy(() -> query("select * from kindred.current.distances"))
          .hasStackTraceContaining(file.getFileName().toString());
    }
  }

  @Test
  void noFileCanTakeThePlaceOfAnother(SparkSession spark) throws IOException {
    openEmptyWarehouse(spark);
    warehouse.publish();
    warehouse.publish();
    List<Path> files = tables(warehouse.folder());
    assertThat(files).hasSizeGreaterThan(7);
    Random random = new Random(7);
    for (int pair = 0; pair < 12; pair++) {
      Path one = files.get(random.nextInt(files.size()));
      Path other = files.get(random.nextInt(files.size()));
      Path copy = folder.resolve("exchanged" + pair);
      copy(warehouse.folder(), copy);
      if (one.equals(other)) {
        continue;
      }

      exchange(
          copy.resolve(warehouse.folder().relativize(one)),
          copy.resolve(warehouse.folder().relativize(other)));
      session.conf().set("spark.sql.catalog.exchanged" + pair, KindredCatalog.class.getName());
      session.conf().set("spark.sql.catalog.exchanged" + pair + ".warehouse", copy.toString());

      String table = "exchanged" + pair + "." + tableOf(one);
      assertThatThrownBy(() -> query("select * from " + table))
          .as("%s and %s", one, other)
          .hasStackTraceContaining(one.getFileName().toString())
          .hasStackTraceContaining("is damaged");
    }
  }

  /** The table of a file of the warehouse, of the run that it is of. */
  private String tableOf(Path file) {
    Path place = warehouse.folder().relativize(file);
    String table = place.getName(0).toString();
    String key = place.getName(1).toString();
    return key.startsWith("run_id=")
        ? "`" + key.substring("run_id=".length()) + "`." + table
        : "current." + table;
  }

  private static void exchange(Path one, Path other) throws IOException {
    Path aside = one.resolveSibling("aside");
    Files.move(one, aside);
    Files.move(other, one);
    Files.move(aside, other);
    for (Path file : List.of(one, other)) {
      Files.deleteIfExists(file.resolveSibling("." + file.getFileName() + ".crc"));
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path target = to.resolve(from.relativize(file));
        Files.createDirectories(target.getParent());
        Files.copy(file, target);
      }
    }
  }

  private static List<Path> tables(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".parquet")).sorted().toList();
    }
  }

  @Test
  void whatARunHasByBlocksIsNotShownWithoutAllBlocks(SparkSession spark) throws IOException {
    openEmptyWarehouse(spark);
    String run = warehouse.publish();
    warehouse.writeBins(2);
    assertThat(query("select count(*) from kindred.current.nearest_strings")).containsExactly("2");
    Files.delete(
        warehouse
            .folder()
            .resolve(
                "nearest_strings/model_id=m-1/corpus_id=c-1/prompt_set=p-1/bins=b/block=1/_commits"
                    + "/complete.json"));

    assertThatThrownBy(() -> query("select count(*) from kindred.current.nearest_strings"))
        .isInstanceOf(AnalysisException.class)
        .hasMessage(
            "kindred.`%s`.nearest_strings: block 1 of b is missing in file:%s; compute it with the"
                + " command that made the others, kindred tune",
            run, warehouse.folder());
  }

  @Test
  void aMissingPartOfARunIsNamed(SparkSession spark) throws IOException {
    openEmptyWarehouse(spark);
    String run = warehouse.publish();
    Path record = warehouse.folder().resolve("similar_strings/run_id=" + run + "/block=1");
    assertThat(query("select count(*) from kindred.current.similar_strings")).containsExactly("2");
    Files.delete(record.resolve("_commits/complete.json"));

    assertThatThrownBy(() -> query("select count(*) from kindred.current.similar_strings"))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining("run " + run + " is not whole: file:" + record + " is missing");
    assertThat(query("select count(*) from kindred.current.distances"))
        .as("other tables")
        .containsExactly(Integer.toString(SmallWarehouse.PROMPTS));
  }

  @Test
  void aDamagedRecordOfTheNewestRunIsNotPassedOver(SparkSession spark) throws IOException {
    openEmptyWarehouse(spark);
    String first = warehouse.publish();
    String second = warehouse.publish();
    Path record = warehouse.folder().resolve("runs/run_id=" + second + "/_commits/complete.json");
    Files.delete(record.resolveSibling(".complete.json.crc"));
    Files.writeString(record, Files.readString(record).replace("published", "publixhed"));

    for (String table : List.of("current.distances", "`" + second + "`.distances", "runs")) {
      assertThatThrownBy(() -> query("select * from kindred." + table))
          .as(table)
          .isInstanceOf(AnalysisException.class)
          .hasMessageContaining("record file:" + record + " is damaged");
    }

    assertThat(query("select distinct run_id from kindred.`" + first + "`.distances"))
        .containsExactly(first);
    String third = warehouse.publish();
    assertThat(query("select distinct run_id from kindred.current.distances"))
        .containsExactly(third);
  }
}
