/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.locality;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.xxhash64;

import dev.kindred.corpus.Tokenizer;
import dev.kindred.model.GpuTasks;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.ModelShape;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Mixer;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.LongAccumulator;
import scala.collection.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * How far a model looks back, over a corpus. What is found at a token depends on the text that it
 * is in and on nothing else, and sums are of whole numbers, so that tables do not depend on how the
 * work is cut. (In the engine, sequences that share a matrix product may change last bits.)
 */
public final class Localities {
  private static final String POSITION = "first_position"; // of a text in the token stream
  private static final String TOKENS = "token_ids";

  private Localities() {}

  /**
   * Texts of a corpus that are read as a whole. Those of a document overlap, so that each of its
   * tokens but the first {@link LocalityQuestion#first} and the last few is looked at once.
   *
   * @param passages rows of {@link Tables#PASSAGES}
   * @param length tokens of each text; documents with fewer have none
   * @return rows with first_position and token_ids
   */
  public static Dataset<Row> texts(Dataset<Row> passages, int length) {
    int step = length - LocalityQuestion.first();
    return passages
        .withColumn("start", expr("first_position - document_position"))
        .withColumn("size", expr("cast(size(token_ids) as bigint)"))
        .withColumn(
            "text",
            expr(
                String.format(
                    Locale.ROOT,
                    "explode(sequence(greatest(0L, (document_position - %1$d + %2$d) div %2$d),"
                        + " (document_position + size - 1) div %2$d))",
                    length,
                    step)))
        .withColumn(
            "from",
            expr(String.format(Locale.ROOT, "greatest(text * %d, document_position)", step)))
        .withColumn(
            "to",
            expr(
                String.format(
                    Locale.ROOT, "least(text * %d + %d, document_position + size)", step, length)))
        .where("from < to")
        .groupBy("start", "text")
        .agg(
            expr(
                "flatten(transform(array_sort(collect_list(struct(from, slice(token_ids,"
                    + " int(from - document_position + 1), int(to - from)) as tokens))),"
                    + " piece -> piece.tokens)) as token_ids"))
        .where(String.format(Locale.ROOT, "size(token_ids) = %d", length))
        .select(
            expr(String.format(Locale.ROOT, "start + text * %d as first_position", step)),
            col(TOKENS));
  }

  /**
   * The texts of a sample: any, and the same whatever the partitions are.
   *
   * @return rows with first_position, the first of the sample first
   */
  public static Dataset<Row> drawn(Dataset<Row> texts, int count, long seed) {
    return texts
        .withColumn("drawn", xxhash64(col(POSITION), lit(seed)))
        .orderBy("drawn", POSITION)
        .limit(count)
        .select(POSITION);
  }

  /** The texts that begin at some positions. */
  public static Dataset<Row> at(Dataset<Row> texts, List<Long> positions) {
    Dataset<Row> wanted =
        texts.sparkSession().createDataset(positions, Encoders.LONG()).toDF(POSITION);
    return texts.join(broadcast(wanted), POSITION).select(POSITION, TOKENS);
  }

  private static Dataset<Row> cut(Dataset<Row> texts, int tasks) {
    return texts.repartitionByRange(tasks, col(POSITION)).sortWithinPartitions(POSITION);
  }

  private static int[] tokens(Row text) {
    List<Integer> ids = text.getList(1);
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * Adds up the streams of each text.
   *
   * @param texts of {@link #texts}
   * @return rows with first_token, first_position, tokens and sums, [L][D]
   */
  public static Dataset<Row> sums(
      Dataset<Row> texts, Broadcast<ModelDirectory> model, List<Integer> firstTokens, int tasks) {
    StructType schema =
        new StructType()
            .add("first_token", DataTypes.IntegerType)
            .add(POSITION, DataTypes.LongType)
            .add("tokens", DataTypes.LongType)
            .add(
                "sums", DataTypes.createArrayType(DataTypes.createArrayType(DataTypes.DoubleType)));
    return GpuTasks.mapPartitions(
        cut(texts, tasks),
        (MapPartitionsFunction<Row, Row>)
            rows -> {
              LanguageModel loaded = LoadedModels.get(model.value());
              return mapped(
                  rows,
                  row ->
                      firstTokens.stream()
                          .map(
                              firstToken -> {
                                StreamSums sums = StreamSums.of(loaded, firstToken, tokens(row));
                                return RowFactory.create(
                                    firstToken, row.getLong(0), sums.tokens(), sums.sums());
                              })
                          .toList());
            },
        Encoders.row(schema));
  }

  /** Rows that are made of each, one after the other. */
  private static Iterator<Row> mapped(Iterator<Row> rows, Function<Row, List<Row>> made) {
    return StreamSupport.stream(
            Spliterators.spliteratorUnknownSize(rows, Spliterator.ORDERED), false)
        .flatMap(row -> made.apply(row).stream())
        .iterator();
  }

  /**
   * The means of sums.
   *
   * @param sums of one first token, rows of {@link #sums} in the order of their positions
   * @return rows with the file columns of {@link Tables#STREAM_MEANS}
   */
  public static List<Row> means(List<Row> sums) {
    StreamSums all =
        sums.stream()
            .map(
                row ->
                    new StreamSums(
                        row.<Seq<Double>>getList(3).stream()
                            .map(
                                layer ->
                                    CollectionConverters.asJava(layer).stream()
                                        .mapToDouble(Double::doubleValue)
                                        .toArray())
                            .toArray(double[][]::new),
                        row.getLong(2)))
            .reduce(StreamSums::plus)
            .orElseThrow();
    double[][] means = all.means();
    return IntStream.range(0, means.length)
        .mapToObj(
            layer ->
                Tables.STREAM_MEANS.row(
                    Protocol.shown(sums.get(0).getInt(0)), layer, all.tokens(), means[layer]))
        .toList();
  }

  /**
   * Compares streams, when the result is asked for.
   *
   * @param texts of {@link #texts}: all, or those of the sample alone
   * @param sample positions of the texts of the sample, the first of them first
   * @param textsAtOnce texts whose streams a task holds at the same time: {@link #textsAtOnce}
   * @param work to which is added what has been done of {@link LocalityQuestion#work}
   * @return rows for {@link #similarities} and {@link #summaries}
   */
  public static Dataset<Row> measure(
      Dataset<Row> texts,
      Broadcast<ModelDirectory> model,
      LocalityQuestion question,
      Broadcast<Means> means,
      List<Long> sample,
      int textsAtOnce,
      int tasks,
      LongAccumulator work) {
    Broadcast<List<Long>> sampled =
        JavaSparkContext.fromSparkContext(texts.sparkSession().sparkContext())
            .broadcast(new ArrayList<>(sample));
    return GpuTasks.mapPartitions(
        cut(texts, tasks),
        (MapPartitionsFunction<Row, Row>)
            rows ->
                new Measured(
                    LoadedModels.get(model.value()),
                    Tokenizer.of(model.value().tokenizerJson()),
                    question,
                    means.value(),
                    sampled.value(),
                    textsAtOnce,
                    rows,
                    work::add),
        Encoders.row(Measured.SCHEMA));
  }

  /**
   * Returns of how many texts a task can hold the streams. The more they are, the more of what they
   * have in common is evaluated once.
   *
   * @param floats that a task may hold
   */
  public static int textsAtOnce(long floats, ModelShape shape, LocalityQuestion question) {
    long floatsOfPlace = (shape.blocks() + 1L) * shape.modelDimension();
    long texts = floats / (floatsOfPlace * question.indexes().length);
    return (int) Math.max(1, Math.min(texts, Integer.MAX_VALUE));
  }

  /** Rows with the file columns of {@link Tables#TRUNCATION_SIMILARITIES}. */
  public static Dataset<Row> similarities(Dataset<Row> measured) {
    return measured
        .where("similarity is not null")
        .select("similarity.*")
        .repartition(1)
        .sortWithinPartitions("position", "first_token", "places", "layer", "tokens");
  }

  /** Rows with the file columns of {@link Tables#TRUNCATION_SUMMARIES}. */
  public static Dataset<Row> summaries(Dataset<Row> measured) {
    SparkSession spark = measured.sparkSession();
    Dataset<Row> truncated =
        spark.createDataset(
            measured
                .where("counted is not null")
                .select("counted.*")
                .javaRDD()
                .mapToPair(Counted::pair)
                .reduceByKey(CosineCounts::plus)
                .map(pair -> pair._1().row(pair._2()))
                .rdd(),
            Tables.TRUNCATION_SUMMARIES.encoder());
    Dataset<Row> others =
        spark.createDataset(
            measured
                .where("stream is not null")
                .select("stream.*")
                .javaRDD()
                .repartition(1)
                .mapPartitions(rows -> new Others(rows).summaries())
                .rdd(),
            Tables.TRUNCATION_SUMMARIES.encoder());
    return truncated
        .union(others)
        .coalesce(1)
        .sortWithinPartitions("compared_with", "first_token", "places", "layer", "tokens", "slice");
  }

  /** Others that streams of the sample are compared with. */
  private static final class Others {
    private final List<Row> rows = new ArrayList<>();

    private Others(Iterator<Row> some) {
      some.forEachRemaining(rows::add);
      rows.sort(
          Comparator.<Row>comparingInt(row -> row.getInt(0))
              .thenComparingLong(row -> row.getLong(1))
              .thenComparingInt(row -> row.getInt(2)));
    }

    private Iterator<Row> summaries() {
      List<Row> summaries = new ArrayList<>();
      rows.stream()
          .mapToInt(row -> row.getInt(0))
          .distinct()
          .forEach(
              firstToken ->
                  summaries.addAll(
                      of(
                          firstToken,
                          rows.stream().filter(row -> row.getInt(0) == firstToken).toList())));
      return summaries.iterator();
    }

    private static List<Row> of(int firstToken, List<Row> sample) {
      List<Place> places =
          sample.stream().map(row -> new Place(ints(row.getList(3)), row.getInt(2))).toList();
      long[] texts = sample.stream().mapToLong(row -> row.getLong(1)).toArray();
      List<float[]> streams =
          sample.stream().map(row -> floats(row.<Float>getList(4))).toList(); // less their means
      List<Row> summaries = new ArrayList<>();
      for (int last : new int[] {0, 1, 2, 3, 5, 10}) {
        summaries.addAll(
            compared(firstToken, places, texts, streams, sample.get(0).getInt(5), last));
      }

      return summaries;
    }

    private static List<Row> compared(
        int firstToken,
        List<Place> places,
        long[] texts,
        List<float[]> streams,
        int layers,
        int last) {
      CosineCounts[] counts = new CosineCounts[layers];
      Arrays.setAll(counts, layer -> new CosineCounts());
      for (int i = 0; i < places.size(); i++) {
        OptionalInt other =
            last == 0
                ? OptionalInt.of(Neighbours.next(i, places.size()))
                : Neighbours.withSameLast(i, places, texts, last);
        if (other.isEmpty()) {
          continue;
        }

        float[] a = streams.get(i);
        float[] b = streams.get(other.getAsInt());
        int d = a.length / layers;
        for (int layer = 0; layer < layers; layer++) {
          counts[layer].add(Truncations.Pair.of(a, layer, b, layer, new double[d]).cosine());
        }
      }

      List<Row> rows = new ArrayList<>();
      for (int layer = 0; layer < layers; layer++) {
        if (counts[layer].count() > 0) {
          rows.add(
              new Counted(
                      last == 0 ? "next_place" : "same_last",
                      firstToken,
                      null,
                      layer,
                      last,
                      Slices.ALL)
                  .row(counts[layer]));
        }
      }

      return rows;
    }

    private static int[] ints(List<Integer> list) {
      return list.stream().mapToInt(Integer::intValue).toArray();
    }

    private static float[] floats(List<Float> list) {
      float[] floats = new float[list.size()];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = list.get(i);
      }

      return floats;
    }
  }

  /**
   * Cuts blocks, one at a time.
   *
   * @param texts of {@link #texts}, some of the sample
   * @return rows with the file columns of {@link Tables#BLOCK_CUTS}
   */
  public static Dataset<Row> blockCuts(
      Dataset<Row> texts,
      Broadcast<ModelDirectory> model,
      LocalityQuestion question,
      Broadcast<Means> means,
      int tasks) {
    return GpuTasks.mapPartitions(
            cut(texts, tasks),
            (MapPartitionsFunction<Row, Row>)
                rows -> {
                  ResidualStream stream = LoadedModels.stream(model.value());
                  int[] windows = windows(model.value());
                  return mapped(rows, row -> cuts(stream, question, means.value(), windows, row));
                },
            Tables.BLOCK_CUTS.encoder())
        .repartition(1)
        .sortWithinPartitions("position", "first_token", "block", "tokens");
  }

  private static int[] windows(ModelDirectory model) {
    return model.blueprint().blocks().stream()
        .map(Block::mixer)
        .mapToInt(
            mixer ->
                mixer instanceof Mixer.Attention attention
                    ? attention.limits().window()
                    : Integer.MAX_VALUE)
        .toArray();
  }

  private static List<Row> cuts(
      ResidualStream stream, LocalityQuestion question, Means means, int[] windows, Row text) {
    List<Integer> indexes = IntStream.of(question.sampledIndexes()).boxed().toList();
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < question.firstTokens().size(); i++) {
      int firstToken = question.firstTokens().get(i);
      BlockCut.of(
          stream,
          firstToken,
          tokens(text),
          indexes,
          means.ofFirstTokens().get(i),
          windows,
          question.lengths(),
          (place, block, k, cut) ->
              rows.add(
                  Tables.BLOCK_CUTS.row(
                      text.getLong(0) + indexes.get(place),
                      indexes.get(place),
                      Protocol.shown(firstToken),
                      block,
                      k,
                      cut.cosine(),
                      cut.change())));
    }

    return rows;
  }
}
