/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.apache.spark.sql.functions.abs;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.max;

import dev.kindred.circuit.CircuitQuestion;
import dev.kindred.circuit.Circuits;
import dev.kindred.circuit.Circuits.Deviations;
import dev.kindred.circuit.Circuits.Pair;
import dev.kindred.circuit.Circuits.Piece;
import dev.kindred.circuit.Composition;
import dev.kindred.circuit.TokenBasis;
import dev.kindred.circuit.TokenProducts;
import dev.kindred.jobs.run.Stages;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Part;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/** The tables of a model's circuits; a table that is complete is left as it is. */
final class CircuitTables {
  private static final int SAMPLED = 200; // pairs a kind, those that are farthest from chance
  private static final int VIRTUAL = 1_000; // pairs, likewise

  private final SparkSession spark;
  private final Progress progress;
  private final Warehouse warehouse;
  private final ModelDirectory model;
  private final CircuitQuestion question;
  private final int blocks;

  /** What tokens are added up to so far. */
  private final Map<TokenBasis, TokenProducts> products = new EnumMap<>(TokenBasis.class);

  CircuitTables(
      Workspace workspace, Warehouse warehouse, ModelDirectory model, CircuitQuestion question) {
    this.spark = workspace.spark();
    this.progress = workspace.progress();
    this.warehouse = warehouse;
    this.model = model;
    this.question = question;
    this.blocks = model.shape().blocks();
  }

  /** Computes the circuits of all heads, unless they are there. */
  Dataset<Row> heads() {
    return filled(
        "heads",
        Tables.HEAD_CIRCUITS,
        () -> {
          Broadcast<ModelDirectory> onExecutors = model.onExecutors(spark);
          Broadcast<Map<TokenBasis, TokenProducts>> products =
              JavaSparkContext.fromSparkContext(spark.sparkContext())
                  .broadcast(products(onExecutors, question.bases()));
          List<Deviations> deviations = Circuits.deviations(spark, onExecutors, products, question);
          return Circuits.heads(spark, onExecutors, products, deviations, question, blocks);
        });
  }

  /** Adds up what tokens are in each basis, pieces in their order. */
  private Map<TokenBasis, TokenProducts> products(
      Broadcast<ModelDirectory> onExecutors, List<TokenBasis> bases) {
    List<TokenBasis> missing =
        bases.stream().filter(basis -> !products.containsKey(basis)).toList();
    if (!missing.isEmpty()) {
      List<Piece> pieces =
          new ArrayList<>(
              Circuits.pieces(
                      spark, onExecutors, model.shape().vocabularySize(), new ArrayList<>(missing))
                  .collect());
      pieces.sort(Comparator.comparingInt(Piece::number));
      Map<TokenBasis, TokenProducts> sums = new EnumMap<>(TokenBasis.class);
      for (Piece piece : pieces) {
        sums.merge(piece.basis(), piece.products(), TokenProducts::plus);
      }

      sums.forEach((basis, sum) -> products.put(basis, sum.centeredOverTokens()));
    }

    Map<TokenBasis, TokenProducts> asked = new EnumMap<>(products);
    asked.keySet().retainAll(bases);
    return asked;
  }

  /** Computes how all pairs of heads compose, unless it is there. */
  Dataset<Row> compositions() {
    return filled(
        "compositions",
        Tables.HEAD_COMPOSITIONS,
        () -> Circuits.compositions(spark, model.onExecutors(spark), question, blocks));
  }

  /** Samples the nulls of the pairs that are farthest from chance, unless they are there. */
  Dataset<Row> nulls() {
    return filled(
        "nulls",
        Tables.COMPOSITION_NULLS,
        () -> {
          List<Pair> pairs = new ArrayList<>();
          for (Composition.Kind kind : Composition.Kind.values()) {
            warehouse
                .part(Tables.HEAD_COMPOSITIONS, model.id(), question.key())
                .read()
                .where(col("kind").equalTo(kind.text()).and(col("z").isNotNull()))
                .orderBy(thenByPair(abs(col("z")).desc()))
                .limit(SAMPLED)
                .select("earlier_block", "earlier_head", "block", "head", "distance", "score")
                .collectAsList()
                .forEach(
                    row ->
                        pairs.add(
                            new Pair(
                                row.getInt(0),
                                row.getInt(1),
                                row.getInt(2),
                                row.getInt(3),
                                kind,
                                row.getInt(4),
                                row.getDouble(5))));
          }

          return Circuits.nulls(
              spark,
              model.onExecutors(spark),
              question,
              pairs,
              Math.max(1, spark.sparkContext().defaultParallelism()));
        });
  }

  /** Computes what pairs do together that compose farthest from chance by keys or values. */
  Dataset<Row> virtualHeads() {
    return filled(
        "virtual heads",
        Tables.VIRTUAL_HEADS,
        () -> {
          Broadcast<ModelDirectory> onExecutors = model.onExecutors(spark);
          Broadcast<TokenProducts> products =
              JavaSparkContext.fromSparkContext(spark.sparkContext())
                  .broadcast(
                      products(onExecutors, List.of(TokenBasis.EMBEDDING))
                          .get(TokenBasis.EMBEDDING));
          List<Pair> pairs =
              warehouse
                  .part(Tables.HEAD_COMPOSITIONS, model.id(), question.key())
                  .read()
                  .where(col("z").isNotNull().and(col("kind").isin("k", "v")))
                  .groupBy("earlier_block", "earlier_head", "block", "head", "distance")
                  .agg(max(abs(col("z"))).as("far"))
                  .orderBy(thenByPair(col("far").desc()))
                  .limit(VIRTUAL)
                  .collectAsList()
                  .stream()
                  .map(
                      row ->
                          new Pair(
                              row.getInt(0),
                              row.getInt(1),
                              row.getInt(2),
                              row.getInt(3),
                              Composition.Kind.KEY,
                              row.getInt(4),
                              0))
                  .sorted(
                      Comparator.comparingInt(Pair::earlierBlock)
                          .thenComparingInt(Pair::earlierHead)
                          .thenComparingInt(Pair::block)
                          .thenComparingInt(Pair::head)
                          .thenComparingInt(Pair::distance))
                  .toList();
          return Circuits.virtualHeads(
              spark,
              onExecutors,
              products,
              question,
              new ArrayList<>(pairs),
              Math.max(1, spark.sparkContext().defaultParallelism()));
        });
  }

  /** An order of pairs of heads: by some columns, and where these are the same by the pair. */
  static Column[] thenByPair(Column... first) {
    return Stream.concat(
            Arrays.stream(first),
            Stream.of("earlier_block", "earlier_head", "block", "head", "distance")
                .map(functions::col))
        .toArray(Column[]::new);
  }

  private Dataset<Row> filled(String step, Table table, Supplier<Dataset<Row>> compute) {
    Part part = warehouse.part(table, model.id(), question.key());
    if (part.isComplete()) {
      progress.reused(step, part);
      return part.read();
    }

    progress.begin(step);
    part.write(compute.get());
    Stages.audit(warehouse, model.shape(), part);
    progress.end(part);
    return part.read();
  }
}
