/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.map_from_arrays;
import static org.apache.spark.sql.functions.xxhash64;

import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoder;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The distinct windows of a corpus, counted by one sort: a task adds up what is the same in a short
 * stretch, and the stretches of a window come one after the other, in the order of the corpus. A
 * task holds a stretch and a window at a time, however long the corpus is.
 */
public final class WindowCounts {
  /** Distinct windows of a stretch, at most. */
  private static final int STRETCH = 1 << 15;

  private static final Encoder<WindowCount> ENCODER = Encoders.bean(WindowCount.class);

  private WindowCounts() {}

  /**
   * Counts the windows. A window never crosses a document, and a document's last window has no next
   * token.
   *
   * @param scan of the same corpus, tokenizer and window length
   * @param keep places of a window, at least 1: the first ones are kept
   * @return a row for each distinct window: token_ids, occurrences, next_tokens (map of counts),
   *     and positions, ascending
   */
  public static Dataset<Row> of(
      SparkSession spark,
      Corpus corpus,
      CorpusScan scan,
      String tokenizerJson,
      int windowLength,
      int keep) {
    CutPlaces places = Tokenizer.of(tokenizerJson).cutPlaces();
    Broadcast<List<CorpusScan.Expected>> expected =
        JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(scan.sections());
    return spark
        .createDataset(
            corpus
                .sections(places, windowLength)
                .mapPartitionsWithIndex(
                    new CutSection(expected, scan.folder(), tokenizerJson, windowLength, keep),
                    true)
                .rdd(),
            ENCODER)
        .withColumn("hash", xxhash64(col("tokenIds"))) // numbers sort faster than arrays
        .withColumn("first", col("positions").getItem(0))
        .repartition(col("hash"))
        .sortWithinPartitions("hash", "tokenIds", "first")
        .as(ENCODER)
        .mapPartitions(
            (MapPartitionsFunction<WindowCount, WindowCount>) sorted -> new Sums(sorted, keep),
            ENCODER)
        .select(
            col("tokenIds").as("token_ids"),
            col("occurrences"),
            map_from_arrays(col("nextTokens"), col("nextCounts")).as("next_tokens"),
            col("positions"));
  }

  /** Adds up rows of the same window, which come one after the other. */
  private static final class Sums implements Iterator<WindowCount> {
    private final Iterator<WindowCount> sorted;
    private final int keep;
    private WindowCount next;

    private Sums(Iterator<WindowCount> sorted, int keep) {
      this.sorted = sorted;
      this.keep = keep;
      this.next = sorted.hasNext() ? sorted.next() : null;
    }

    @Override
    public boolean hasNext() {
      return next != null;
    }

    @Override
    public WindowCount next() {
      if (next == null) {
        throw new NoSuchElementException();
      }

      WindowCount sum = next;
      next = null;
      while (sorted.hasNext() && next == null) {
        WindowCount one = sorted.next();
        if (one.isSameWindow(sum)) {
          sum.add(one, keep);
        } else {
          next = one;
        }
      }

      return sum;
    }
  }

  private static final class CutSection
      implements Function2<Integer, Iterator<Corpus.Pieces>, Iterator<WindowCount>> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<List<CorpusScan.Expected>> sections;
    private final String folder;
    private final String tokenizerJson;
    private final int windowLength;
    private final int keep;

    private CutSection(
        Broadcast<List<CorpusScan.Expected>> sections,
        String folder,
        String tokenizerJson,
        int windowLength,
        int keep) {
      this.sections = sections;
      this.folder = folder;
      this.tokenizerJson = tokenizerJson;
      this.windowLength = windowLength;
      this.keep = keep;
    }

    @Override
    public Iterator<WindowCount> call(Integer number, Iterator<Corpus.Pieces> ofPartition) {
      return new Stretches(
          new CheckedPieces(
              ofPartition.next(), sections.value().get(number), folder, tokenizerJson),
          windowLength,
          keep);
    }
  }

  /** The windows of a section, counted in stretches. */
  private static final class Stretches implements Iterator<WindowCount> {
    private final CheckedPieces pieces;
    private final int windowLength;
    private final int keep;
    private Iterator<WindowCount> counted = Collections.emptyIterator();
    private int[] tokens = {};
    private long position; // of the first token
    private int starts;
    private int start;

    private Stretches(CheckedPieces pieces, int windowLength, int keep) {
      this.pieces = pieces;
      this.windowLength = windowLength;
      this.keep = keep;
    }

    @Override
    public boolean hasNext() {
      if (!counted.hasNext()) {
        counted = stretch();
      }

      return counted.hasNext();
    }

    @Override
    public WindowCount next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }

      return counted.next();
    }

    /** Counts until there are enough distinct windows. */
    private Iterator<WindowCount> stretch() {
      Map<Key, WindowCount> stretch = new HashMap<>();
      while (stretch.size() < STRETCH && (start < starts || read())) {
        int[] window = Arrays.copyOfRange(tokens, start, start + windowLength);
        WindowCount one = WindowCount.of(window, position + start);
        if (start + windowLength < tokens.length) {
          one.before(tokens[start + windowLength]);
        }

        WindowCount sum = stretch.putIfAbsent(new Key(window), one);
        if (sum != null) {
          sum.add(one, keep);
        }

        start++;
      }

      return stretch.values().iterator();
    }

    /** Goes on to the next piece in which a window begins. Returns false if there is none. */
    private boolean read() {
      while (pieces.hasNext()) {
        CheckedPieces.Tokens piece = pieces.next();
        int own = piece.own().length;
        int following = piece.following().length;
        tokens = Piece.joined(piece.own(), piece.following());
        position = piece.position();
        starts = Piece.windowStarts(own, following, windowLength);
        start = 0;
        if (starts > 0) {
          return true;
        }
      }

      return false;
    }
  }

  /** Token ids that are equal to others with the same numbers. */
  private static final class Key {
    private final int[] tokenIds;
    private final int hash;

    private Key(int[] tokenIds) {
      this.tokenIds = tokenIds;
      this.hash = Arrays.hashCode(tokenIds);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Key key && Arrays.equals(tokenIds, key.tokenIds);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }
}
