/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.to_json;
import static org.apache.spark.sql.functions.udf;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.ContentId;
import dev.kindred.LocalSpark;
import dev.kindred.table.Part;
import dev.kindred.table.Runs;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.types.DataTypes;

/** Everything that a run stands on and has found, for comparing runs. */
public final class RunRows {

  /** Tables that a run with the default settings leaves empty if no other command is called. */
  private static final List<String> OF_OTHER_COMMANDS =
      Tables.ALL.stream()
          .filter(
              table ->
                  !table.filledBy().startsWith("run")
                      || table
                          .filledBy()
                          .matches(".* (after|with rings|store-activations (f16|none)).*"))
          .map(Table::name)
          .toList();

  private static final UserDefinedFunction BITS =
      udf((UDF1<scala.collection.Seq<Float>, String>) RunRows::sha256, DataTypes.StringType);

  private RunRows() {}

  /** Rows as text, in the order of that. */
  static List<String> asText(Dataset<Row> rows) {
    return rows.selectExpr("cast(struct(*) as string) as row").sort("row").collectAsList().stream()
        .map(row -> row.getString(0))
        .toList();
  }

  /**
   * All rows of a run that is over as sorted text, by table: without keys, the run's record, and
   * the figures on how a join computed what it found.
   */
  public static Map<String, List<String>> of(Path folder, String runId) {
    return with(folder, warehouse -> of(warehouse, runId));
  }

  private static Map<String, List<String>> of(Warehouse warehouse, String runId) {
    Runs.Run run = Runs.find(warehouse, runId).orElseThrow();
    Map<String, String> keys =
        Map.of(
            "run_id", run.runId(),
            "model_id", run.modelId(),
            "corpus_id", run.corpusId(),
            "prompt_set", run.promptSet());
    Map<String, Dataset<Row>> rows = new TreeMap<>();
    for (Table table : Tables.ALL) {
      Part part =
          warehouse.part(
              table,
              table.partitionColumns().stream()
                  .takeWhile(keys::containsKey)
                  .map(keys::get)
                  .toArray());
      boolean isWithoutAlternates = table.equals(Tables.MODEL_DISTANCES) && !part.isPresent();
      if (!table.equals(Tables.RUNS) && !isWithoutAlternates) {
        Dataset<Row> found = part.read().drop(keys.keySet().toArray(String[]::new));
        if (table.equals(Tables.SUMMARIES)) {
          found = found.where(not(col("series").equalTo("join")));
        }

        rows.put(table.name(), found);
      }
    }

    return asText(rows);
  }

  /** In one query, since many small ones take long. */
  private static Map<String, List<String>> asText(Map<String, Dataset<Row>> tables) {
    Map<String, List<String>> text = new TreeMap<>();
    tables.keySet().forEach(table -> text.put(table, new ArrayList<>()));
    tables.entrySet().stream()
        .map(table -> table.getValue().select(lit(table.getKey()), to_json(struct(col("*")))))
        .reduce(Dataset::union)
        .orElseThrow()
        .collectAsList()
        .forEach(row -> text.get(row.getString(0)).add(row.getString(1)));
    text.values().forEach(Collections::sort);
    return text;
  }

  /** Of a vector, which is long as text, the hash of its bits. */
  private static Column[] columns(Dataset<Row> table) {
    return Arrays.stream(table.schema().fields())
        .map(
            field ->
                field.name().equals("ffn_out")
                    ? BITS.apply(col(field.name())).as(field.name())
                    : col(field.name()))
        .toArray(Column[]::new);
  }

  private static String sha256(scala.collection.Seq<Float> vector) {
    ByteBuffer bits = ByteBuffer.allocate(Float.BYTES * vector.length());
    for (int i = 0; i < vector.length(); i++) {
      bits.putInt(Float.floatToRawIntBits(vector.apply(i)));
    }

    return new ContentId().add(bits.array()).id("v");
  }

  /** Checks that a run has found what another one has, which fills all tables that a run fills. */
  public static void assertEqual(
      Map<String, List<String>> found, Map<String, List<String>> expected) {
    expected.forEach(
        (table, rows) -> {
          assertThat(found.get(table)).as(table).isEqualTo(rows);
          assertThat(rows.isEmpty()).as(table).isEqualTo(OF_OTHER_COMMANDS.contains(table));
        });
  }

  /** All rows of a warehouse as sorted text, by table. */
  static Map<String, List<String>> all(Path folder) {
    return with(
        folder,
        warehouse -> {
          Map<String, Dataset<Row>> rows = new TreeMap<>();
          Tables.ALL.forEach(table -> rows.put(table.name(), warehouse.read(table)));
          return asText(rows);
        });
  }

  /** Asks a warehouse something. */
  static <T> T with(Path folder, Function<Warehouse, T> query) {
    return query.apply(new Warehouse(LocalSpark.session(), folder.toString()));
  }

  /**
   * The prompts of a warehouse's runs, beside which there are windows that n-grams are fitted to.
   */
  static String promptSet(Warehouse warehouse) {
    return warehouse.read(Tables.RUNS).first().getAs("prompt_set");
  }
}
