/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;

import dev.kindred.math.RankCorrelation;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Skip trigrams, [source] .. [destination] [output]: what a head by itself would predict, and what
 * a text has of them.
 */
public final class SkipTrigrams {
  /** How many of a cell chance must give for its lift to count. */
  private static final int LEAST_EXPECTED = 5;

  private static final int BEST = 1_000; // of a head
  private static final int SHUFFLES = 50;

  /** Tokens that are looked at, at most: all pairs of them are. */
  public static final int TOKENS = 2048;

  private SkipTrigrams() {}

  /**
   * Returns the tokens that are looked at, ascending: all of a small vocabulary, of others those
   * that a text has most often.
   *
   * @param counts of each token in the text, V
   */
  public static int[] tokens(long[] counts) {
    return CircuitQuestion.mostFrequent(counts, Math.min(counts.length, TOKENS));
  }

  /**
   * Counts the skip trigrams of a text that are of some tokens, each source once a place.
   *
   * @param windows rows of {@link Tables#WINDOWS}: the last token is the destination, those before
   *     it are where sources may stand
   * @param tokens sources, destinations and outputs that are counted
   * @return a row for each of which chance would give five at least: source, destination, output,
   *     n, expected (n that chance would give), and lift, n / expected
   */
  public static Dataset<Row> counts(Dataset<Row> windows, int[] tokens) {
    Object[] some = Arrays.stream(tokens).boxed().toArray();
    Dataset<Row> places =
        windows
            .where(element_at(col("token_ids"), lit(-1)).isin(some))
            .select(
                expr("element_at(token_ids, -1) as destination"),
                expr("array_distinct(slice(token_ids, 1, size(token_ids) - 1)) as sources"),
                expr("explode(next_tokens) as (output, places)"));
    Dataset<Row> triples =
        places
            .select(
                expr("explode(sources) as source"),
                col("destination"),
                col("output"),
                col("places"))
            .where(col("source").isin(some))
            .groupBy("source", "destination", "output")
            .agg(sum("places").as("n"));
    Dataset<Row> ofSources =
        triples.groupBy("source", "destination").agg(sum("n").as("n_source_destination"));
    Dataset<Row> ofOutputs =
        places.groupBy("destination", "output").agg(sum("places").as("n_destination_output"));
    Dataset<Row> ofDestinations =
        places.groupBy("destination").agg(sum("places").as("n_destination"));
    // Chance gives no more than either count, as neither is more than the destination's.
    return ofSources
        .where(col("n_source_destination").geq(lit(LEAST_EXPECTED)))
        .join(ofOutputs.where(col("n_destination_output").geq(lit(LEAST_EXPECTED))), "destination")
        .join(ofDestinations, "destination")
        .withColumn(
            "expected", expr("double(n_source_destination) * n_destination_output / n_destination"))
        .where(col("expected").geq(lit(LEAST_EXPECTED)).and(col("output").isin(some)))
        .join(
            triples,
            scala.jdk.javaapi.CollectionConverters.asScala(
                    List.of("source", "destination", "output"))
                .toSeq(),
            "left")
        .select(
            col("source"),
            col("destination"),
            col("output"),
            expr("coalesce(n, 0L) as n"),
            col("expected"),
            expr("coalesce(n, 0L) / expected as lift"));
  }

  /**
   * What {@link #counts} has found, in the order of sources, destinations and outputs, which are
   * told by their places among the tokens that are looked at.
   *
   * @param ranks of lifts
   */
  public record Cells(
      int[] sources,
      int[] destinations,
      int[] outputs,
      long[] counts,
      double[] expected,
      double[] lifts,
      double[] ranks)
      implements Serializable {

    /**
     * Takes rows of {@link #counts} in whatever order.
     *
     * @param tokens those that were counted, ascending
     */
    public static Cells of(List<Row> rows, int[] tokens) {
      List<Row> sorted =
          rows.stream()
              .sorted(
                  Comparator.comparingInt((Row row) -> row.getInt(0))
                      .thenComparingInt(row -> row.getInt(1))
                      .thenComparingInt(row -> row.getInt(2)))
              .toList();
      double[] lifts = sorted.stream().mapToDouble(row -> row.getDouble(5)).toArray();
      return new Cells(
          places(sorted, 0, tokens),
          places(sorted, 1, tokens),
          places(sorted, 2, tokens),
          sorted.stream().mapToLong(row -> row.getLong(3)).toArray(),
          sorted.stream().mapToDouble(row -> row.getDouble(4)).toArray(),
          lifts,
          RankCorrelation.ranks(lifts));
    }

    private static int[] places(List<Row> rows, int column, int[] tokens) {
      return rows.stream()
          .mapToInt(row -> Arrays.binarySearch(tokens, row.getInt(column)))
          .toArray();
    }

    /** Returns the place of a skip trigram; less than 0 if it is none of them. */
    int place(int source, int destination, int output) {
      int low = 0;
      int high = sources.length - 1;
      while (low <= high) {
        int middle = (low + high) >>> 1;
        int order = Integer.compare(sources[middle], source);
        order = order == 0 ? Integer.compare(destinations[middle], destination) : order;
        order = order == 0 ? Integer.compare(outputs[middle], output) : order;
        if (order == 0) {
          return middle;
        }

        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle - 1;
      }

      return -1;
    }

    /**
     * Correlates a head's scores with lifts, by ranks.
     *
     * @param source takes the place of each source
     */
    double correlation(TokenCircuit circuit, int[] source) {
      double[] products = new double[sources.length];
      for (int cell = 0; cell < products.length; cell++) {
        products[cell] = circuit.product(source[sources[cell]], destinations[cell], outputs[cell]);
      }

      return RankCorrelation.ofRanks(RankCorrelation.ranks(products), ranks);
    }
  }

  /** A head, and what is looked at of it. */
  private record Unit(int block, int head, int distance) implements Serializable {}

  private static List<Unit> units(FoldedModel model, CircuitQuestion question) {
    List<Unit> units = new ArrayList<>();
    for (int block = 0; block < model.blockCount(); block++) {
      for (int head = 0; head < model.headCount(block); head++) {
        for (int distance : question.distances(model, block)) {
          units.add(new Unit(block, head, distance));
        }
      }
    }

    return units;
  }

  /** What is found of a head: {@code trigrams} and a {@code check}. */
  private static final StructType LOOKED =
      new StructType()
          .add("trigrams", DataTypes.createArrayType(Tables.SKIP_TRIGRAMS.fileColumns()))
          .add("check", Tables.SKIP_TRIGRAM_CHECKS.fileColumns());

  /**
   * Looks at all heads, each once.
   *
   * @param tokenCounts how often each token is in the text, V
   * @param tokens that are looked at
   * @param cells of the text
   * @param blocks of the model
   * @return one row a head and distance, for {@link #best} and {@link #checks}; each evaluation of
   *     them computes everything anew
   */
  public static Dataset<Row> looked(
      SparkSession spark,
      Broadcast<ModelDirectory> model,
      CircuitQuestion question,
      long[] tokenCounts,
      int[] tokens,
      Broadcast<Cells> cells,
      int blocks) {
    return spark.createDataset(
        JavaSparkContext.fromSparkContext(spark.sparkContext())
            .parallelize(IntStream.range(0, blocks).boxed().toList(), blocks)
            .flatMap(
                block -> {
                  FoldedModel folded = FoldedModels.of(model.value());
                  return units(folded, question).stream()
                      .filter(unit -> unit.block == block)
                      .map(
                          unit -> {
                            TokenCircuit circuit =
                                TokenCircuit.of(
                                    folded,
                                    unit.block,
                                    unit.head,
                                    unit.distance,
                                    tokenCounts,
                                    tokens);
                            return RowFactory.create(
                                bestRows(unit, circuit, cells.value(), tokens).toArray(),
                                checkRow(
                                    unit, circuit, cells.value(), tokens.length, question.seed()));
                          })
                      .iterator();
                })
            .rdd(),
        Encoders.row(LOOKED));
  }

  /**
   * What each head predicts most by itself: rows with the file columns of {@link
   * Tables#SKIP_TRIGRAMS}.
   */
  public static Dataset<Row> best(Dataset<Row> looked) {
    return looked.select(explode(col("trigrams")).as("row")).select("row.*");
  }

  /**
   * How each head's scores go with the text: rows with the file columns of {@link
   * Tables#SKIP_TRIGRAM_CHECKS}.
   */
  public static Dataset<Row> checks(Dataset<Row> looked) {
    return looked.select("check.*");
  }

  /** By places among the tokens that are looked at. */
  record Trigram(int source, int destination, int output, double product) {}

  /**
   * The best of all pairs. A product of two positive factors is no less than one of smaller
   * factors: of a source, the i-th best destination with the j-th best output has i j - 1 before
   * it, so that few need to be looked at.
   */
  static List<Trigram> best(TokenCircuit circuit, int tokens) {
    Comparator<Trigram> bestFirst =
        Comparator.comparingDouble(Trigram::product)
            .reversed()
            .thenComparingInt(Trigram::source)
            .thenComparingInt(Trigram::destination)
            .thenComparingInt(Trigram::output);
    PriorityQueue<Trigram> best = new PriorityQueue<>(bestFirst.reversed());
    for (int source = 0; source < tokens; source++) {
      int of = source;
      int[] destinations = positive(tokens, destination -> circuit.found().get(destination, of));
      int[] outputs = positive(tokens, output -> circuit.given().get(of, output));
      for (int i = 0; i < destinations.length; i++) {
        for (int j = 0; j < outputs.length && (i + 1L) * (j + 1) <= BEST; j++) {
          double product = circuit.product(source, destinations[i], outputs[j]);
          if (product == 0 || best.size() == BEST && product < best.peek().product) {
            break; // and so are all that follow
          }

          best.add(new Trigram(source, destinations[i], outputs[j], product));
          if (best.size() > BEST) {
            best.poll();
          }
        }
      }
    }

    return best.stream().sorted(bestFirst).toList();
  }

  /** The tokens with the greatest positive numbers, {@link #BEST} at most, the greatest first. */
  private static int[] positive(int tokens, IntToDoubleFunction number) {
    return IntStream.range(0, tokens)
        .filter(token -> number.applyAsDouble(token) > 0)
        .boxed()
        .sorted(
            Comparator.comparingDouble((Integer token) -> -number.applyAsDouble(token))
                .thenComparing(Comparator.naturalOrder()))
        .limit(BEST)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private static List<Row> bestRows(Unit unit, TokenCircuit circuit, Cells cells, int[] tokens) {
    List<Row> rows = new ArrayList<>();
    for (Trigram one : best(circuit, tokens.length)) {
      int cell = cells.place(one.source, one.destination, one.output);
      rows.add(
          Tables.SKIP_TRIGRAMS.row(
              unit.block,
              unit.head,
              unit.distance,
              rows.size() + 1,
              tokens[one.source],
              tokens[one.destination],
              tokens[one.output],
              one.product,
              circuit.found().get(one.destination, one.source),
              circuit.given().get(one.source, one.output),
              cell < 0 ? null : Long.valueOf(cells.counts[cell]),
              cell < 0 ? null : Double.valueOf(cells.expected[cell]),
              cell < 0 ? null : Double.valueOf(cells.lifts[cell])));
    }

    return rows;
  }

  private static Row checkRow(Unit unit, TokenCircuit circuit, Cells cells, int tokens, long seed) {
    double correlation = cells.correlation(circuit, IntStream.range(0, tokens).toArray());
    boolean isNone = Double.isNaN(correlation);
    double[] shuffled = new double[SHUFFLES];
    for (int shuffle = 0; !isNone && shuffle < SHUFFLES; shuffle++) {
      List<Integer> sources = new ArrayList<>(IntStream.range(0, tokens).boxed().toList());
      Collections.shuffle(sources, new Random(seed + shuffle));
      shuffled[shuffle] =
          cells.correlation(circuit, sources.stream().mapToInt(Integer::intValue).toArray());
    }

    double mean = 0;
    for (double one : shuffled) {
      mean += one / SHUFFLES;
    }

    double squares = 0;
    for (double one : shuffled) {
      squares += (one - mean) * (one - mean);
    }

    double deviation = Math.sqrt(squares / (SHUFFLES - 1));
    return Tables.SKIP_TRIGRAM_CHECKS.row(
        unit.block,
        unit.head,
        unit.distance,
        (long) cells.lifts.length,
        isNone ? null : Double.valueOf(correlation),
        isNone ? null : Double.valueOf(mean),
        isNone ? null : Double.valueOf(deviation),
        isNone || deviation == 0 ? null : Double.valueOf((correlation - mean) / deviation));
  }
}
