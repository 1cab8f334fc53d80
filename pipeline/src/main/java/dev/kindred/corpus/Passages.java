/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The corpus in passages, so that what stands around a place can be read without reading the whole.
 *
 * <p>Passages end where documents do, where a piece of a long document does, and at every multiple
 * of {@value #TOKENS} in the corpus's token stream: a place says by itself which passages it can be
 * in.
 */
public final class Passages {
  /** Tokens of a passage, at most. A constant of the format. */
  public static final int TOKENS = 1024;

  private Passages() {}

  /**
   * Cuts a corpus.
   *
   * @param scan of the same corpus, tokenizer and window length; what is read is compared with it
   * @return rows with the file columns of {@link Tables#PASSAGES}, in the corpus's order
   */
  public static Dataset<Row> of(
      SparkSession spark, Corpus corpus, CorpusScan scan, String tokenizerJson, int windowLength) {
    CutPlaces places = Tokenizer.of(tokenizerJson).cutPlaces();
    Broadcast<List<CorpusScan.Expected>> expected =
        JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(scan.sections());
    return spark.createDataset(
        corpus
            .sections(places, windowLength)
            .mapPartitionsWithIndex(new CutSection(expected, scan.folder(), tokenizerJson), true)
            .rdd(),
        Tables.PASSAGES.encoder());
  }

  private static final class CutSection
      implements Function2<Integer, Iterator<Corpus.Pieces>, Iterator<Row>> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<List<CorpusScan.Expected>> sections;
    private final String folder;
    private final String tokenizerJson;

    private CutSection(
        Broadcast<List<CorpusScan.Expected>> sections, String folder, String tokenizerJson) {
      this.sections = sections;
      this.folder = folder;
      this.tokenizerJson = tokenizerJson;
    }

    @Override
    public Iterator<Row> call(Integer number, Iterator<Corpus.Pieces> ofPartition) {
      Iterator<CheckedPieces.Tokens> pieces =
          new CheckedPieces(
              ofPartition.next(), sections.value().get(number), folder, tokenizerJson);
      return new Iterator<>() {
        private Iterator<Row> passages = List.<Row>of().iterator();

        @Override
        public boolean hasNext() {
          while (!passages.hasNext() && pieces.hasNext()) {
            passages = passages(pieces.next()).iterator();
          }

          return passages.hasNext();
        }

        @Override
        public Row next() {
          if (!hasNext()) {
            throw new java.util.NoSuchElementException();
          }

          return passages.next();
        }
      };
    }

    private static List<Row> passages(CheckedPieces.Tokens piece) {
      List<Row> passages = new ArrayList<>();
      int length = piece.own().length;
      int start = 0;
      while (start < length) {
        long position = piece.position() + start;
        int end = (int) Math.min(length, start + TOKENS - position % TOKENS);
        passages.add(
            Tables.PASSAGES.row(
                position / TOKENS,
                position,
                piece.document(),
                position - piece.documentStart(),
                Arrays.copyOfRange(piece.own(), start, end)));
        start = end;
      }

      return passages;
    }
  }
}
