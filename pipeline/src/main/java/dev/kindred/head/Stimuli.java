/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.xxhash64;

import dev.kindred.corpus.Passages;
import dev.kindred.math.SplitMix;
import dev.kindred.model.WithFirstToken;
import dev.kindred.table.Tables;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Draws stimuli. What is drawn depends on seed, kind, and the sequence's number alone. */
public final class Stimuli {
  /** Distinct tokens of {@link Stimulus.Kind#PREFIX}, and how often they come. */
  public static final int PREFIX_TOKENS = 25;

  public static final int PREFIX_COPIES = 4;

  private Stimuli() {}

  /**
   * Draws a stimulus of tokens by chance.
   *
   * @param period tokens that are repeated; sequences without repetition have twice as many
   * @param allowed token ids that may be drawn; of kinds of distinct tokens at least the period
   * @param first what the model reads before every sequence; null for nothing
   */
  public static Stimulus draw(
      Stimulus.Kind kind, int sequences, int period, int[] allowed, Integer first, long seed) {
    int[][] tokenIds = new int[sequences][];
    for (int i = 0; i < sequences; i++) {
      SplittableRandom random =
          new SplittableRandom(
              SplitMix.hash(SplitMix.hash(SplitMix.hash(seed) ^ kind.ordinal()) ^ i));
      int[] drawn =
          switch (kind) {
            case PERMUTATION -> copies(distinct(allowed, period, random), 2);
            case REPEATED -> copies(some(allowed, period, random), 2);
            case RANDOM -> some(allowed, 2 * period, random);
            case PREFIX -> copies(distinct(allowed, period, random), PREFIX_COPIES);
            case TEXT -> throw new IllegalArgumentException("Text is not drawn by chance");
          };
      tokenIds[i] = first == null ? drawn : WithFirstToken.prepend(first, drawn);
    }

    return new Stimulus(
        kind, tokenIds, first == null ? 0 : 1, kind == Stimulus.Kind.RANDOM ? 0 : period);
  }

  /**
   * Draws pieces of a corpus.
   *
   * @param passages rows of {@link Tables#PASSAGES}
   * @param length tokens of a piece, at most {@link Passages#TOKENS}
   * @return at most so many pieces, in their order: a column of token ids
   */
  public static Dataset<Row> pieces(Dataset<Row> passages, int count, int length, long seed) {
    return passages
        .where(size(col("token_ids")).geq(length))
        .select(
            col("first_position"),
            col("token_ids"),
            explode(expr("sequence(0, size(token_ids) div " + length + " - 1)")).as("piece"))
        .select(
            expr("first_position + piece * " + length).as("place"),
            expr("slice(token_ids, cast(piece * " + length + " as int) + 1, " + length + ")")
                .as("token_ids"))
        .orderBy(xxhash64(col("place"), lit(seed)), col("place"))
        .limit(count)
        .select("token_ids");
  }

  /**
   * A stimulus of pieces of a corpus.
   *
   * @param pieces token ids of each, of one length
   * @param first what the model reads before every sequence; null for nothing
   */
  public static Stimulus ofText(List<int[]> pieces, Integer first) {
    return new Stimulus(
        Stimulus.Kind.TEXT,
        pieces.stream()
            .map(piece -> first == null ? piece : WithFirstToken.prepend(first, piece))
            .toArray(int[][]::new),
        first == null ? 0 : 1,
        0);
  }

  private static int[] some(int[] allowed, int count, SplittableRandom random) {
    return IntStream.range(0, count).map(i -> allowed[random.nextInt(allowed.length)]).toArray();
  }

  /** The first places of a shuffle (Fisher and Yates). */
  private static int[] distinct(int[] allowed, int count, SplittableRandom random) {
    int[] shuffled = allowed.clone();
    for (int i = 0; i < count; i++) {
      int other = i + random.nextInt(shuffled.length - i);
      int kept = shuffled[i];
      shuffled[i] = shuffled[other];
      shuffled[other] = kept;
    }

    return IntStream.range(0, count).map(i -> shuffled[i]).toArray();
  }

  private static int[] copies(int[] tokens, int count) {
    return IntStream.range(0, count * tokens.length).map(i -> tokens[i % tokens.length]).toArray();
  }
}
