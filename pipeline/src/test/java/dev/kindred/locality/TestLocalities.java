/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.locality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import ai.djl.Device;
import dev.kindred.LocalSpark;
import dev.kindred.corpus.Corpus;
import dev.kindred.corpus.CorpusScan;
import dev.kindred.corpus.Passages;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.locality.Protocol.Places;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.Models;
import dev.kindred.model.PrefixTree;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Tables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.LongAccumulator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is found over a corpus, against plain loops over its texts. */
@ExtendWith(LocalSpark.class)
class TestLocalities {
  private static final int LENGTH = 44;
  private static final String LETTERS = "the old man said. Kit, and\n";
  private static final LocalityQuestion QUESTION =
      new LocalityQuestion(
          List.of(1, 2, 5, LENGTH),
          List.of(Protocol.NONE, 0),
          List.of(Places.KEPT, Places.REBASED),
          LENGTH,
          true,
          40,
          7);

  @TempDir private static Path folder;
  private static SparkSession spark;
  private static ModelDirectory directory;
  private static List<String> documents;
  private static Dataset<Row> texts;
  private static Dataset<Row> some; // of them, of which each measure takes little time
  private static Means means;

  @BeforeAll
  static void readTexts(SparkSession session) throws IOException {
    spark = session;
    directory = Models.directory(Models.DICKENS_SMALL);
    Random random = new Random(3);
    documents = new ArrayList<>();
    for (int length : new int[] {1100, LENGTH - 1, LENGTH, 130}) {
      StringBuilder text = new StringBuilder();
      random
          .ints(length, 0, LETTERS.length())
          .forEach(letter -> text.append(LETTERS.charAt(letter)));
      Files.writeString(folder.resolve("document" + documents.size() + ".txt"), text);
      documents.add(text.toString());
    }

    Corpus corpus = Corpus.open(spark, folder.toString(), Corpus.Format.TEXT, "text");
    CorpusScan scan = CorpusScan.scan(corpus, directory.tokenizerJson(), 1);
    texts =
        Localities.texts(Passages.of(spark, corpus, scan, directory.tokenizerJson(), 1), LENGTH);
    some = texts.where("first_position < 100").cache();
    List<Row> rows = new ArrayList<>();
    for (int firstToken : QUESTION.firstTokens()) {
      rows.addAll(
          Localities.means(
              Localities.sums(some, directory.onExecutors(spark), List.of(firstToken), 3)
                  .orderBy("first_position")
                  .collectAsList()));
    }

    List<Row> named = Tables.STREAM_MEANS.rows(spark, rows).collectAsList();
    means = Means.of(named, QUESTION);
  }

  @Test
  void textsOverlapByWhatIsNotLookedAt() {
    Tokenizer tokenizer = Tokenizer.of(directory.tokenizerJson());
    Map<Long, List<Integer>> expected = new HashMap<>();
    long start = 0;
    for (String document : documents) {
      int[] tokens = tokenizer.encode(document);
      for (int from = 0; from + LENGTH <= tokens.length; from += LENGTH - 32) {
        expected.put(start + from, Arrays.stream(tokens, from, from + LENGTH).boxed().toList());
      }

      start += tokens.length;
    }

    Map<Long, List<Integer>> found = new HashMap<>();
    texts.collectAsList().forEach(row -> found.put(row.getLong(0), row.getList(1)));
    assertThat(found).isEqualTo(expected).hasSizeGreaterThan(90);
  }

  private static Dataset<Row> measured(int tasks, LocalityQuestion question) {
    List<Long> drawn =
        Localities.drawn(some, question.sampledTexts(), question.seed())
            .as(Encoders.LONG())
            .collectAsList();
    return Localities.measure(
        question.isEvery() ? some : Localities.at(some, drawn),
        directory.onExecutors(spark),
        question,
        JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(means),
        drawn,
        5,
        tasks,
        spark.sparkContext().longAccumulator());
  }

  @Test
  void rowsAreTheSameHoweverTheWorkIsCut() {
    Dataset<Row> once = measured(1, QUESTION).cache();
    Dataset<Row> cut = measured(7, QUESTION).cache();
    assertThat(texts(Localities.summaries(cut)))
        .isEqualTo(texts(Localities.summaries(once)))
        .isNotEmpty();
    assertThat(texts(Localities.similarities(cut)))
        .isEqualTo(texts(Localities.similarities(once)))
        .hasSize(4 * 10 * 4 * 7 * 4 - missing());
    once.unpersist();
    cut.unpersist();
  }

  /** Tokens of the sample that have not as many tokens before them as the longest length says. */
  private static int missing() {
    return 4 * 9 * 4 * 7; // of the ten of a text the last alone ends it
  }

  private static List<String> texts(Dataset<Row> rows) {
    return rows.collectAsList().stream().map(Row::toString).toList();
  }

  @ParameterizedTest
  @EnumSource(Places.class)
  void everyTokenCountsAsAPlainPassSays(Places places) {
    List<Integer> lengths = List.of(1, 3, 7);
    LocalityQuestion question =
        new LocalityQuestion(lengths, List.of(0), List.of(places), LENGTH, true, 10, 7);
    Means own = new Means(List.<double[][]>of(means.ofFirstTokens().get(1)));
    LongAccumulator work = spark.sparkContext().longAccumulator();
    Dataset<Row> measured =
        Localities.measure(
                some,
                directory.onExecutors(spark),
                question,
                JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(own),
                List.of(0L),
                5,
                3,
                work)
            .cache();
    measured.count();
    assertThat((double) work.value())
        .isCloseTo((double) question.work(some.count()), withinPercentage(10));
    double[][] sums = new double[lengths.size()][directory.shape().blocks() + 1];
    long count = 0;
    try (LanguageModel model = directory.load(Device.cpu())) {
      for (Row row : some.collectAsList()) {
        List<Integer> ids = row.getList(1);
        int[] text = ids.stream().mapToInt(Integer::intValue).toArray();
        for (int i = 32; i < LENGTH; i++, count++) {
          int[] all = Arrays.copyOf(text, i + 1);
          float[][] a = plain(model, all, 0);
          for (int number = 0; number < sums.length; number++) {
            int start = i + 1 - lengths.get(number);
            int[] last = Arrays.copyOfRange(text, start, i + 1);
            float[][] b = plain(model, last, places == Places.KEPT ? start : 0);
            for (int layer = 0; layer < sums[number].length; layer++) {
              sums[number][layer] += cosine(a[layer], b[layer], own.ofFirstTokens().get(0)[layer]);
            }
          }
        }
      }
    }

    Map<List<Object>, Row> summaries = new HashMap<>();
    for (Row row :
        Localities.summaries(measured)
            .where("compared_with = 'last_tokens' and slice = 'all'")
            .collectAsList()) {
      summaries.put(List.of(row.<Integer>getAs("tokens"), row.<Integer>getAs("layer")), row);
    }

    measured.unpersist();
    for (int number = 0; number < sums.length; number++) {
      for (int layer = 0; layer < sums[number].length; layer++) {
        Row row = summaries.get(List.<Object>of(lengths.get(number), layer));
        assertThat(row.<Long>getAs("count")).isEqualTo(count);
        assertThat(row.<Double>getAs("mean")).isEqualTo(sums[number][layer] / count, within(1e-5));
      }
    }
  }

  /** The streams at the end of a text behind a line break, whose id is 0. */
  private static float[][] plain(LanguageModel model, int[] text, int gap) {
    int[] tokens = new int[text.length + 1];
    int[] positions = new int[tokens.length];
    for (int i = 0; i < text.length; i++) {
      tokens[i + 1] = text[i];
      positions[i + 1] = gap + i + 1;
    }

    return model.residualStreams(PrefixTree.of(new int[][] {tokens}, positions), text.length);
  }

  private static double cosine(float[] a, float[] b, double[] mean) {
    double product = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (int i = 0; i < mean.length; i++) {
      product += (a[i] - mean[i]) * (b[i] - mean[i]);
      squaresA += (a[i] - mean[i]) * (a[i] - mean[i]);
      squaresB += (b[i] - mean[i]) * (b[i] - mean[i]);
    }

    return product / Math.sqrt(squaresA * squaresB);
  }

  @Test
  void allOfATextIsTheTextAndTokensAloneAreEqualBeforeBlock0() {
    Dataset<Row> similarities = Localities.similarities(measured(2, QUESTION));
    assertThat(
            similarities
                .where("tokens = " + LENGTH + " and abs(cosine - 1) > 1e-9")
                .collectAsList())
        .isEmpty();
    assertThat(
            similarities
                .where("layer = 0 and places = 'kept' and abs(cosine - 1) > 1e-9")
                .collectAsList())
        .isEmpty();
    assertThat(similarities.where("layer = 0 and places = 'rebased' and cosine < .9").count())
        .isPositive();
  }

  @Test
  void cutsOfBlocksAreTheSameHoweverTheWorkIsCut() {
    LocalityQuestion question =
        new LocalityQuestion(
            List.of(2, 30), List.of(Protocol.NONE), List.of(Places.KEPT), LENGTH, false, 20, 7);
    assertThat(texts(cuts(question, 3)))
        .isEqualTo(texts(cuts(question, 1)))
        .hasSize(2 * 10 * 6 * 2);
  }

  private static Dataset<Row> cuts(LocalityQuestion question, int tasks) {
    List<Long> drawn =
        Localities.drawn(some, 2, question.seed()).as(Encoders.LONG()).collectAsList();
    return Localities.blockCuts(
        Localities.at(some, drawn),
        directory.onExecutors(spark),
        question,
        JavaSparkContext.fromSparkContext(spark.sparkContext())
            .broadcast(new Means(List.<double[][]>of(means.ofFirstTokens().get(0)))),
        tasks);
  }
}
