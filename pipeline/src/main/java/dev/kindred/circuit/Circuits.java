/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoder;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * The circuits of all heads, and how heads compose, spread over executors. A task takes what it
 * needs of the weights; what it finds depends on nothing else.
 */
public final class Circuits {
  /** Tokens that are added up in one piece, whatever the cores are. */
  private static final int PIECE = 8192;

  private static final int TASKS_PER_CORE = 32;
  private static final int DRAWS_OF_TASK = 20;

  /** Where circuits are seen without tokens. */
  private static final String RESIDUAL = "residual";

  private Circuits() {}

  /** What tokens of one piece add up to in a basis. */
  public record Piece(TokenBasis basis, int number, TokenProducts products)
      implements Serializable {}

  /** Returns what tokens add up to, in pieces, which are to be added in their order. */
  public static JavaRDD<Piece> pieces(
      SparkSession spark, Broadcast<ModelDirectory> model, int vocabulary, List<TokenBasis> bases) {
    int pieces = (vocabulary + PIECE - 1) / PIECE;
    return mapped(
        spark,
        pieces * bases.size(),
        number -> {
          int piece = number % pieces;
          // Those behind networks come last and take longest: they begin.
          TokenBasis basis = bases.get(bases.size() - 1 - number / pieces);
          int[] ids =
              IntStream.range(piece * PIECE, Math.min(vocabulary, (piece + 1) * PIECE)).toArray();
          return List.of(
                  new Piece(
                      basis, piece, TokenProducts.of(FoldedModels.of(model.value()), basis, ids)))
              .iterator();
        });
  }

  /**
   * How scores of normal factors spread in a basis; of the residual stream if that is null.
   *
   * @param ofOutputs of values with outputs
   * @param ofMatches of queries with keys
   */
  public record Deviations(TokenBasis basis, double ofOutputs, double ofMatches)
      implements Serializable {}

  /** What some draws have given: squared scores, by null and draw, or rotations, by draw. */
  private record Drawn(int number, double[][] squares) implements Serializable {}

  /**
   * Returns how scores of normal factors spread, in none of the bases and in each.
   *
   * @param products of each basis
   */
  public static List<Deviations> deviations(
      SparkSession spark,
      Broadcast<ModelDirectory> model,
      Broadcast<Map<TokenBasis, TokenProducts>> products,
      CircuitQuestion question) {
    List<TokenBasis> bases = question.bases();
    List<double[]> between = new ArrayList<>();
    between.add(null); // of no basis, which only tasks know the size of
    between.addAll(
        mapped(
                spark,
                2 * bases.size(),
                number -> {
                  TokenProducts its = products.value().get(bases.get(number / 2));
                  DMatrixRMaj middle = number % 2 == 0 ? its.outputs() : its.matches();
                  return List.of(Spectrum.of(middle).values()).iterator();
                })
            .collect());
    int chunks = (question.draws() + DRAWS_OF_TASK - 1) / DRAWS_OF_TASK;
    List<Drawn> drawn =
        new ArrayList<>(
            mapped(
                    spark,
                    chunks,
                    number -> {
                      FoldedModel folded = FoldedModels.of(model.value());
                      double[] none = new double[folded.dimension()];
                      Arrays.fill(none, 1);
                      List<double[]> all = new ArrayList<>(between);
                      all.set(0, none);
                      int from = number * DRAWS_OF_TASK;
                      return List.of(
                              new Drawn(
                                  number,
                                  ScoreNull.squares(
                                      all,
                                      folded.head(0, 0, 0).query().numCols,
                                      from,
                                      Math.min(question.draws(), from + DRAWS_OF_TASK),
                                      question.seed())))
                          .iterator();
                    })
                .collect());
    drawn.sort(Comparator.comparingInt(Drawn::number));
    double[] deviations = new double[between.size()];
    for (int i = 0; i < deviations.length; i++) {
      int number = i;
      deviations[i] =
          ScoreNull.deviation(
              drawn.stream().flatMapToDouble(its -> Arrays.stream(its.squares[number])).toArray());
    }

    List<Deviations> all = new ArrayList<>();
    all.add(new Deviations(null, deviations[0], deviations[0]));
    for (int i = 0; i < bases.size(); i++) {
      all.add(new Deviations(bases.get(i), deviations[2 * i + 1], deviations[2 * i + 2]));
    }

    return all;
  }

  private static <T> JavaRDD<T> mapped(
      SparkSession spark, int count, FlatMapFunction<Integer, T> function) {
    int tasks = Math.min(count, TASKS_PER_CORE * spark.sparkContext().defaultParallelism());
    return JavaSparkContext.fromSparkContext(spark.sparkContext())
        .parallelize(IntStream.range(0, count).boxed().toList(), Math.max(1, tasks))
        .flatMap(function);
  }

  /**
   * Returns the circuits of all heads.
   *
   * @param products of each basis
   * @param deviations of each basis, and of none
   * @param blocks of the model
   * @return rows with the file columns of {@link Tables#HEAD_CIRCUITS}
   */
  public static Dataset<Row> heads(
      SparkSession spark,
      Broadcast<ModelDirectory> model,
      Broadcast<Map<TokenBasis, TokenProducts>> products,
      List<Deviations> deviations,
      CircuitQuestion question,
      int blocks) {
    return spark.createDataset(
        mapped(
                spark,
                deviations.size() * blocks,
                number -> {
                  Deviations its = deviations.get(number / blocks);
                  FoldedModel folded = FoldedModels.of(model.value());
                  int block = number % blocks;
                  return its.basis == null
                      ? residual(folded, block, its, question)
                      : inTokens(folded, block, its, products.value().get(its.basis), question);
                })
            .rdd(),
        Tables.HEAD_CIRCUITS.encoder());
  }

  private static Iterator<Row> residual(
      FoldedModel model, int block, Deviations deviations, CircuitQuestion question) {
    List<Row> rows = new ArrayList<>();
    for (int head = 0; head < model.headCount(block); head++) {
      HeadWeights plain = model.head(block, head, 0);
      rows.add(
          row(
              new Place(block, head, "ov", 0, RESIDUAL),
              Residual.valueOutput(plain),
              deviations.ofOutputs,
              null,
              null,
              null,
              model.triangles(block, 0).get(head).valueOutput()));
      for (int distance : question.distances(model, block)) {
        HeadWeights turned = model.head(block, head, distance);
        rows.add(
            row(
                new Place(block, head, "qk", distance, RESIDUAL),
                Residual.queryKey(turned),
                deviations.ofMatches,
                null,
                null,
                null,
                model.triangles(block, distance).get(head).queryKey()));
      }
    }

    return rows.iterator();
  }

  private static Iterator<Row> inTokens(
      FoldedModel model,
      int block,
      Deviations deviations,
      TokenProducts products,
      CircuitQuestion question) {
    int[] ranked = question.ranked();
    DMatrixRMaj x = ranked.length == 0 ? null : TokenRows.of(model, deviations.basis);
    DMatrixRMaj u = ranked.length == 0 ? null : TokenRows.unembeddings(model);
    TokenEigenvalues eigenvalues = new TokenEigenvalues(products);
    List<Row> rows = new ArrayList<>();
    for (int head = 0; head < model.headCount(block); head++) {
      HeadWeights plain = model.head(block, head, 0);
      Eigenvalues copying = eigenvalues.ofValueOutput(plain);
      rows.add(
          row(
              new Place(block, head, "ov", 0, deviations.basis.text()),
              copying,
              deviations.ofOutputs,
              copying.trace() / products.tokens(),
              products.meanOfValueOutput(plain),
              ranked.length == 0
                  ? null
                  : OwnPlace.of(
                      new OwnPlace.Side(x, plain.value()),
                      new OwnPlace.Side(u, CommonOps_DDRM.transpose(plain.output(), null)),
                      ranked),
              null));
      for (int distance : question.distances(model, block)) {
        HeadWeights turned = model.head(block, head, distance);
        Eigenvalues matching = eigenvalues.ofQueryKey(turned);
        rows.add(
            row(
                new Place(block, head, "qk", distance, deviations.basis.text()),
                matching,
                deviations.ofMatches,
                matching.trace() / products.tokens(),
                products.meanOfQueryKey(turned),
                ranked.length == 0
                    ? null
                    : OwnPlace.of(
                        new OwnPlace.Side(x, turned.query()),
                        new OwnPlace.Side(x, turned.key()),
                        ranked),
                null));
      }
    }

    return rows.iterator();
  }

  private record Place(int block, int head, String circuit, int distance, String basis) {}

  private static Row row(
      Place place,
      Eigenvalues values,
      double deviation,
      Double diagonalMean,
      Double mean,
      OwnPlace own,
      Spectrum spectrum) {
    Double score = values.score();
    return Tables.HEAD_CIRCUITS.row(
        place.block,
        place.head,
        place.circuit,
        place.distance,
        place.basis,
        values.trace(),
        values.moduli(),
        score,
        deviation,
        score == null ? null : Double.valueOf(score / deviation),
        values.positiveShare(),
        values.real(),
        values.imaginary(),
        diagonalMean,
        mean,
        // A circuit without eigenvalues says nothing of tokens either.
        own == null || score == null ? null : Double.valueOf(own.first()),
        own == null || score == null ? null : Double.valueOf(own.firstFive()),
        spectrum == null ? null : Double.valueOf(spectrum.norm()),
        spectrum == null ? null : spectrum.effectiveRank(),
        spectrum == null ? null : spectrum.values());
  }

  /**
   * Returns how all pairs of heads compose.
   *
   * @param blocks of the model
   * @return rows with the file columns of {@link Tables#HEAD_COMPOSITIONS}
   */
  public static Dataset<Row> compositions(
      SparkSession spark, Broadcast<ModelDirectory> model, CircuitQuestion question, int blocks) {
    Broadcast<double[][]> squares =
        JavaSparkContext.fromSparkContext(spark.sparkContext())
            .broadcast(squares(spark, model, question));
    List<int[]> pairs = new ArrayList<>();
    for (int later = 1; later < blocks; later++) {
      for (int earlier = 0; earlier < later; earlier++) {
        pairs.add(new int[] {earlier, later});
      }
    }

    return spark.createDataset(
        mapped(
                spark,
                pairs.size(),
                number ->
                    compositions(
                        FoldedModels.of(model.value()),
                        pairs.get(number)[0],
                        pairs.get(number)[1],
                        squares.value(),
                        question))
            .rdd(),
        Tables.HEAD_COMPOSITIONS.encoder());
  }

  /** The squared norms of all products; see {@link CompositionSquares#part}. */
  private static double[][] squares(
      SparkSession spark, Broadcast<ModelDirectory> model, CircuitQuestion question) {
    List<SquaresOfPart> parts =
        new ArrayList<>(
            mapped(
                    spark,
                    CompositionSquares.PARTS,
                    number ->
                        List.of(
                                new SquaresOfPart(
                                    number,
                                    squares(FoldedModels.of(model.value()), question).part(number)))
                            .iterator())
                .collect());
    parts.sort(Comparator.comparingInt(SquaresOfPart::number));
    return CompositionSquares.sum(parts.stream().map(SquaresOfPart::squares).toList());
  }

  /** What some rows add up to. */
  private record SquaresOfPart(int number, double[][] squares) implements Serializable {}

  private static CompositionSquares squares(FoldedModel model, CircuitQuestion question) {
    List<Integer> blocks = IntStream.range(0, model.blockCount()).boxed().toList();
    return new CompositionSquares(
        blocks.stream().map(block -> model.triangles(block, 0)).toList(),
        blocks.stream()
            .map(
                block ->
                    question.distances(model, block).stream()
                        .map(distance -> model.triangles(block, distance))
                        .toList())
            .toList());
  }

  private static Iterator<Row> compositions(
      FoldedModel model, int earlier, int later, double[][] squares, CircuitQuestion question) {
    List<HeadTriangles> writing = model.triangles(earlier, 0);
    int before = IntStream.range(0, earlier).map(model::headCount).sum();
    List<Integer> distances = question.distances(model, later);
    List<Row> rows = new ArrayList<>();
    for (int at = 0; at < distances.size(); at++) {
      List<HeadTriangles> reading = model.triangles(later, distances.get(at));
      int readers = (2 * distances.size() + 1) * reading.size();
      for (Composition.Kind kind : Composition.Kind.values()) {
        boolean isOfValues = kind == Composition.Kind.VALUE;
        if (isOfValues && at > 0) {
          continue; // values do not know distances
        }

        for (int first = 0; first < writing.size(); first++) {
          for (int second = 0; second < reading.size(); second++) {
            HeadTriangles reader = reading.get(second);
            int place =
                CompositionSquares.reader(kind, at, distances.size(), second, reading.size());
            double score =
                Composition.score(
                    squares[later][(before + first) * readers + place],
                    writing.get(first),
                    reader,
                    kind,
                    model.freeDimension());
            rows.add(
                compositionRow(
                    new int[] {earlier, first, later, second, isOfValues ? 0 : distances.get(at)},
                    kind,
                    score,
                    model.freeDimension(),
                    Double.isNaN(score)
                        ? Double.NaN
                        : HaarNull.deviationOfSquare(
                            writing.get(first).valueOutput(),
                            isOfValues ? reader.valueOutput() : reader.queryKey(),
                            model.freeDimension())));
          }
        }
      }
    }

    return rows.iterator();
  }

  private static Row compositionRow(
      int[] place, Composition.Kind kind, double score, int dimension, double deviation) {
    boolean isNone = Double.isNaN(score);
    double expected = 1. / dimension;
    return Tables.HEAD_COMPOSITIONS.row(
        place[0],
        place[1],
        place[2],
        place[3],
        kind.text(),
        place[4],
        isNone ? null : Double.valueOf(score),
        expected,
        isNone ? null : Double.valueOf(deviation),
        // Circuits that are flat over the whole space compose alike however it is turned.
        isNone || deviation == 0 ? null : Double.valueOf((score * score - expected) / deviation));
  }

  /** A pair of heads, and how it composes. */
  public record Pair(
      int earlierBlock,
      int earlierHead,
      int block,
      int head,
      Composition.Kind kind,
      int distance,
      double score)
      implements Serializable {}

  /**
   * Samples the nulls of some pairs, all with the same rotations.
   *
   * @return rows with the file columns of {@link Tables#COMPOSITION_NULLS}
   */
  public static Dataset<Row> nulls(
      SparkSession spark,
      Broadcast<ModelDirectory> model,
      CircuitQuestion question,
      List<Pair> pairs,
      int tasks) {
    int chunks = (question.draws() + DRAWS_OF_TASK - 1) / DRAWS_OF_TASK;
    List<Drawn> drawn =
        new ArrayList<>(
            mapped(
                    spark,
                    chunks,
                    number -> {
                      FoldedModel folded = FoldedModels.of(model.value());
                      int from = number * DRAWS_OF_TASK;
                      return List.of(
                              new Drawn(
                                  number,
                                  HaarNull.squares(
                                      folded.freeDimension(),
                                      folded.head(0, 0, 0).query().numCols,
                                      from,
                                      Math.min(question.draws(), from + DRAWS_OF_TASK),
                                      question.seed())))
                          .iterator();
                    })
                .collect());
    drawn.sort(Comparator.comparingInt(Drawn::number));
    Broadcast<double[][]> squares =
        JavaSparkContext.fromSparkContext(spark.sparkContext())
            .broadcast(
                drawn.stream().flatMap(its -> Arrays.stream(its.squares)).toArray(double[][]::new));
    return ofPairs(
        spark,
        pairs,
        tasks,
        some -> {
          FoldedModel folded = FoldedModels.of(model.value());
          HaarNull haar = new HaarNull(folded.head(0, 0, 0).query().numCols, squares.value());
          return nullRows(folded, haar, some).iterator();
        },
        Tables.COMPOSITION_NULLS.encoder());
  }

  private static Dataset<Row> ofPairs(
      SparkSession spark,
      List<Pair> pairs,
      int tasks,
      FlatMapFunction<Iterator<Pair>, Row> rows,
      Encoder<Row> encoder) {
    return spark.createDataset(
        JavaSparkContext.fromSparkContext(spark.sparkContext())
            .parallelize(pairs, tasks)
            .mapPartitions(rows)
            .rdd(),
        encoder);
  }

  private static List<Row> nullRows(FoldedModel model, HaarNull haar, Iterator<Pair> some) {
    List<Pair> pairs = new ArrayList<>();
    List<Spectrum> earlier = new ArrayList<>();
    List<Spectrum> later = new ArrayList<>();
    some.forEachRemaining(
        pair -> {
          HeadTriangles reader = model.triangles(pair.block, pair.distance).get(pair.head);
          pairs.add(pair);
          earlier.add(model.triangles(pair.earlierBlock, 0).get(pair.earlierHead).valueOutput());
          later.add(pair.kind == Composition.Kind.VALUE ? reader.valueOutput() : reader.queryKey());
        });
    List<HaarNull.Sample> samples = haar.samples(earlier, later);
    List<Row> rows = new ArrayList<>();
    for (int number = 0; number < samples.size(); number++) {
      Pair pair = pairs.get(number);
      HaarNull.Sample sample = samples.get(number);
      rows.add(
          Tables.COMPOSITION_NULLS.row(
              pair.earlierBlock,
              pair.earlierHead,
              pair.block,
              pair.head,
              pair.kind.text(),
              pair.distance,
              pair.score,
              sample.mean(),
              sample.deviation(),
              (pair.score - sample.mean()) / sample.deviation()));
    }

    return rows;
  }

  /**
   * Returns what the heads of some pairs do together.
   *
   * @param products of embeddings
   * @param pairs whose kind and score do not matter; those with the same earlier head stand
   *     together
   * @return rows with the file columns of {@link Tables#VIRTUAL_HEADS}
   */
  public static Dataset<Row> virtualHeads(
      SparkSession spark,
      Broadcast<ModelDirectory> model,
      Broadcast<TokenProducts> products,
      CircuitQuestion question,
      List<Pair> pairs,
      int tasks) {
    return ofPairs(
        spark,
        pairs,
        tasks,
        some -> {
          FoldedModel folded = FoldedModels.of(model.value());
          int[] ranked = question.ranked();
          DMatrixRMaj x = ranked.length == 0 ? null : TokenRows.of(folded, TokenBasis.EMBEDDING);
          TokenEigenvalues tokens = new TokenEigenvalues(products.value());
          List<Row> rows = new ArrayList<>();
          some.forEachRemaining(pair -> rows.add(virtualRow(folded, tokens, x, ranked, pair)));
          return rows.iterator();
        },
        Tables.VIRTUAL_HEADS.encoder());
  }

  private static Row virtualRow(
      FoldedModel model, TokenEigenvalues tokens, DMatrixRMaj x, int[] ranked, Pair pair) {
    HeadTriangles earlier = model.triangles(pair.earlierBlock, 0).get(pair.earlierHead);
    HeadTriangles later = model.triangles(pair.block, pair.distance).get(pair.head);
    VirtualHead both = VirtualHead.of(earlier, later, tokens);
    Double score = both.induced().score();
    return Tables.VIRTUAL_HEADS.row(
        pair.earlierBlock,
        pair.earlierHead,
        pair.block,
        pair.head,
        pair.distance,
        both.norm(),
        both.moved().trace(),
        both.moved().score(),
        both.copied().trace(),
        both.copied().score(),
        both.induced().trace(),
        score,
        both.induced().positiveShare(),
        x == null || score == null
            ? null
            : Double.valueOf(VirtualHead.found(earlier.head(), later.head(), x, ranked).first()));
  }
}
