/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map_from_entries;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import dev.kindred.ContentId;
import dev.kindred.InvalidInput;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import scala.collection.Seq;

/**
 * Every distinct window of a corpus, with its occurrences and next-token counts.
 *
 * <p>A window never crosses a document, and a document's last window has no next token.
 */
public final class Windows {
  private static final int NO_NEXT_TOKEN = -1;

  /** Positions whose windows make up a partition, and so a file, at most. */
  private static final int POSITIONS_PER_PARTITION = 1 << 19;

  private Windows() {}

  /**
   * Extracts the windows.
   *
   * <p>What is read is compared with the scan; a corpus that changed is an {@link InvalidInput} of
   * the job that reads the result.
   *
   * @param scan of the same corpus, tokenizer and window length
   * @return rows of {@link Tables#WINDOWS}, in the order of their window ids
   */
  public static Dataset<Row> extract(
      SparkSession spark, Corpus corpus, CorpusScan scan, String tokenizerJson, int windowLength) {
    boolean characterLevel = Tokenizer.of(tokenizerJson).isCharacterLevel();
    Broadcast<List<CorpusScan.Expected>> expected =
        JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(scan.sections());
    Dataset<Row> occurrences =
        spark
            .createDataset(
                corpus
                    .sections(characterLevel, windowLength)
                    .mapPartitionsWithIndex(
                        new CutSection(expected, tokenizerJson, windowLength), true)
                    .rdd(),
                Encoders.bean(Occurrence.class))
            .toDF();
    Dataset<Row> byNextToken =
        occurrences
            .groupBy(col("tokenIds"), col("nextToken"))
            .agg(min(col("position")).as("position"), count(lit(1)).as("occurrences"));
    // Ranges of positions are known beforehand. A sort of the whole would compute the windows
    // twice,
    // first to sample them.
    int partitions = (int) (scan.tokens() / POSITIONS_PER_PARTITION + 1);
    String partition = String.format(Locale.ROOT, "int(window_id div %d)", POSITIONS_PER_PARTITION);
    return byNextToken
        .groupBy(col("tokenIds"))
        .agg(
            min(col("position")).as("window_id"),
            sum(col("occurrences")).as("occurrences"),
            map_from_entries(
                    array_sort(
                        collect_list(
                            when(
                                col("nextToken").notEqual(NO_NEXT_TOKEN),
                                struct(col("nextToken"), col("occurrences"))))))
                .as("next_tokens"))
        .withColumn("corpus_id", lit(scan.corpusId()))
        .withColumn("token_ids", col("tokenIds"))
        .repartitionById(partitions, expr(partition))
        .sortWithinPartitions("window_id")
        .withColumn("text", decode(tokenizerJson, "token_ids"))
        .select(columns());
  }

  private static org.apache.spark.sql.Column[] columns() {
    return Arrays.stream(Tables.WINDOWS.columns().fieldNames())
        .map(functions::col)
        .toArray(org.apache.spark.sql.Column[]::new);
  }

  /** The text of a column of token ids. */
  static org.apache.spark.sql.Column decode(String tokenizerJson, String tokenIds) {
    return functions
        .udf(
            (UDF1<Seq<Integer>, String>)
                tokens -> {
                  int[] ids = new int[tokens.size()];
                  for (int i = 0; i < ids.length; i++) {
                    ids[i] = tokens.apply(i);
                  }

                  return Tokenizer.of(tokenizerJson).text(ids);
                },
            DataTypes.StringType)
        .apply(col(tokenIds));
  }

  private static final class CutSection
      implements Function2<Integer, Iterator<Corpus.Pieces>, Iterator<Occurrence>> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<List<CorpusScan.Expected>> sections;
    private final String tokenizerJson;
    private final int windowLength;

    private CutSection(
        Broadcast<List<CorpusScan.Expected>> sections, String tokenizerJson, int windowLength) {
      this.sections = sections;
      this.tokenizerJson = tokenizerJson;
      this.windowLength = windowLength;
    }

    @Override
    public Iterator<Occurrence> call(Integer number, Iterator<Corpus.Pieces> ofPartition) {
      Tokenizer tokenizer = Tokenizer.of(tokenizerJson);
      Corpus.Pieces section = ofPartition.next();
      Iterator<Piece> pieces = section.pieces();
      CorpusScan.Expected expected = sections.value().get(number);
      return new Iterator<>() {
        private Iterator<Occurrence> windows = Collections.emptyIterator();
        private final ContentId followings = new ContentId();
        private long position = expected.start();
        private int read;
        private boolean ended;

        @Override
        public boolean hasNext() {
          while (!windows.hasNext() && pieces.hasNext()) {
            windows = windows(pieces.next());
          }

          if (!windows.hasNext() && !ended) {
            ended = true;
            if (!expected.isAll(read, followings)) {
              throw changed(section.section().splits().get(0).file().path());
            }
          }

          return windows.hasNext();
        }

        @Override
        public Occurrence next() {
          if (!hasNext()) {
            throw new NoSuchElementException();
          }

          return windows.next();
        }

        private Iterator<Occurrence> windows(Piece piece) {
          if (piece.problem() != null) {
            throw new Problem(piece.document(), piece.problem()).asInvalidInput();
          }

          if (!expected.hasPiece(read, piece)) {
            throw changed(piece.document().path());
          }

          read++;
          followings.add(piece.following());
          int[] own = tokenizer.encode(piece.text());
          int[] following = tokenizer.encode(piece.following());
          int[] tokens = Arrays.copyOf(own, own.length + following.length);
          System.arraycopy(following, 0, tokens, own.length, following.length);
          long start = position;
          position += own.length;
          return cut(tokens, Piece.windowStarts(own.length, following.length, windowLength), start);
        }
      };
    }

    private static InvalidInput changed(String path) {
      return new InvalidInput(
          "--corpus: %s: changed while the corpus was read; run again when nothing writes to it",
          path);
    }

    private Iterator<Occurrence> cut(int[] tokens, int starts, long position) {
      List<Occurrence> windows = new ArrayList<>(starts);
      for (int i = 0; i < starts; i++) {
        Occurrence window = new Occurrence();
        window.tokenIds = Arrays.copyOfRange(tokens, i, i + windowLength);
        window.nextToken =
            i + windowLength < tokens.length ? tokens[i + windowLength] : NO_NEXT_TOKEN;
        window.position = position + i;
        windows.add(window);
      }

      return windows.iterator();
    }
  }

  /** One place where a window stands. A bean for Spark's encoder. */
  public static final class Occurrence implements Serializable {
    private static final long serialVersionUID = 1L;

    private int[] tokenIds;
    private int nextToken;
    private long position;

    public int[] getTokenIds() {
      return tokenIds;
    }

    public void setTokenIds(int[] tokenIds) {
      this.tokenIds = tokenIds;
    }

    public int getNextToken() {
      return nextToken;
    }

    public void setNextToken(int nextToken) {
      this.nextToken = nextToken;
    }

    public long getPosition() {
      return position;
    }

    public void setPosition(long position) {
      this.position = position;
    }
  }
}
