/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.baseline;

import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.struct;

import dev.kindred.evaluation.Distances;
import dev.kindred.prediction.Mixture;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * What can be said of the next token without looking into the model: simple predictions from the
 * same windows, as far from the model's as {@link Distances} measures. An explanation by similar
 * strings is worth what it is closer than these.
 *
 * <ul>
 *   <li>{@code own_next_tokens}: what follows the prompt itself in the corpus; not leaving it out
 *   <li>{@code suffix_<k>}: what follows the prompt's last k tokens, k = 1 .. window_length
 *   <li>{@code suffix_backoff}: what follows its longest suffix that something follows
 *   <li>{@code kneser_ney}: {@link KneserNey} of all these suffixes
 *   <li>{@code unigram}: all tokens that follow a window
 *   <li>{@code random_strings}: what follows as many {@link RandomStrings} as the prompt has
 *       similar strings in each block, weighted alike; not leaving one out
 * </ul>
 */
public final class Baselines {
  private Baselines() {}

  /**
   * Measures all baselines of every prompt.
   *
   * @param suffixes of the corpus's windows; to be closed once the rows are computed
   * @param windows rows of {@link Tables#WINDOWS} of the corpus
   * @param prompts rows of {@link Tables#PROMPTS} of one prompt set
   * @param predictions rows of {@link Tables#PREDICTIONS} of a model and this prompt set
   * @param blockDistributions rows of {@link Tables#BLOCK_DISTRIBUTIONS} of a run of all these
   * @param mixture the run's
   * @return rows with the file columns of {@link Tables#BASELINES}
   */
  public static Dataset<Row> measure(
      SuffixCounts suffixes,
      Dataset<Row> windows,
      Dataset<Row> prompts,
      Dataset<Row> predictions,
      Dataset<Row> blockDistributions,
      int vocabularySize,
      Mixture mixture) {
    Broadcast<RandomStrings> randomStrings =
        JavaSparkContext.fromSparkContext(windows.sparkSession().sparkContext())
            .broadcast(RandomStrings.collect(windows, vocabularySize));
    Dataset<Row> similarCounts =
        blockDistributions
            .groupBy("prompt_id")
            .agg(collect_list(struct("block", "similar_count")).as("similar_counts"));
    return predictions
        .select("prompt_id", "probabilities")
        .join(similarCounts, "prompt_id")
        .join(suffixes.ofPrompts(prompts), new String[] {"prompt_id"}, "left")
        .select("prompt_id", "suffixes", "probabilities", "similar_counts")
        .flatMap(
            new Measure(suffixes.windowLength(), mixture, kneserNey(suffixes), randomStrings),
            Encoders.row(Tables.BASELINES.fileColumns()))
        .sort("prompt_id", "baseline");
  }

  private static KneserNey kneserNey(SuffixCounts suffixes) {
    double[][] discounts = new double[suffixes.windowLength() + 1][];
    for (int k = 0; k < discounts.length; k++) {
      discounts[k] = KneserNey.discounts(new long[4]);
    }

    for (Row order : suffixes.countsOfCounts().collectAsList()) {
      discounts[order.getInt(0)] =
          KneserNey.discounts(
              new long[] {order.getLong(1), order.getLong(2), order.getLong(3), order.getLong(4)});
    }

    return new KneserNey(discounts);
  }

  /** A prompt's suffixes as {@link SuffixCounts#ofPrompts} has them. */
  static SuffixStatistics statistics(List<Row> suffixes, int windowLength, int vocabularySize) {
    SuffixStatistics statistics = SuffixStatistics.empty(windowLength, vocabularySize);
    for (Row suffix : suffixes) {
      int k = suffix.getInt(0);
      for (Row gram : suffix.<Row>getList(1)) {
        statistics.counts()[k][gram.getInt(0)] = gram.getLong(1);
        statistics.preceding()[k][gram.getInt(0)] = gram.getLong(2);
      }
    }

    return statistics;
  }

  private record Measure(
      int windowLength,
      Mixture mixture,
      KneserNey kneserNey,
      Broadcast<RandomStrings> randomStrings)
      implements FlatMapFunction<Row, Row>, Serializable {

    @Override
    public Iterator<Row> call(Row prompt) {
      int promptId = prompt.getInt(0);
      double[] model = prompt.<Float>getList(2).stream().mapToDouble(Float::doubleValue).toArray();
      SuffixStatistics all =
          statistics(
              prompt.isNullAt(1) ? List.of() : prompt.getList(1), windowLength, model.length);
      SuffixStatistics others = all.withoutOwnWindow();
      List<Row> measured = new ArrayList<>();
      measured.add(
          row(promptId, "own_next_tokens", model, asDoubles(all.counts()[windowLength]), null));
      for (int k = 1; k <= windowLength; k++) {
        measured.add(
            row(
                promptId,
                "suffix_" + k,
                model,
                asDoubles(all.counts()[k]),
                asDoubles(others.counts()[k])));
      }

      measured.add(
          row(
              promptId,
              "suffix_backoff",
              model,
              asDoubles(all.counts()[all.longestSuffix()]),
              asDoubles(others.counts()[others.longestSuffix()])));
      measured.add(
          row(
              promptId,
              "kneser_ney",
              model,
              kneserNey.probabilities(all),
              kneserNey.probabilities(others)));
      measured.add(
          row(
              promptId,
              "unigram",
              model,
              asDoubles(all.counts()[0]),
              asDoubles(others.counts()[0])));
      measured.add(
          row(
              promptId,
              "random_strings",
              model,
              randomStrings(promptId, prompt.getList(3), model.length),
              null));
      return measured.iterator();
    }

    private double[] randomStrings(int promptId, List<Row> similarCounts, int vocabularySize) {
      double[][] drawn = new double[mixture.blocks()][];
      for (Row row : similarCounts) {
        int block = row.getInt(0);
        drawn[block] = asDoubles(randomStrings.value().draw(promptId, block, row.getLong(1)));
      }

      double[] mixed = new double[vocabularySize];
      for (int block = 0;
          block < mixture.blocks();
          block++) { // in order, so that sums are the same
        double factor = mixture.factor(block, Arrays.stream(drawn[block]).sum());
        for (int token = 0; token < vocabularySize; token++) {
          mixed[token] += factor * drawn[block][token];
        }
      }

      return mixed;
    }

    /**
     * One baseline of a prompt.
     *
     * @param counts any not negative multiple of the distribution
     * @param others the same without the prompt's own window; null where that makes no sense
     */
    private static Row row(
        int promptId, String baseline, double[] model, double[] counts, double[] others) {
      return RowFactory.create(
          promptId,
          baseline,
          Distances.toModel(model, counts),
          others == null ? null : Distances.toModel(model, others));
    }

    private static double[] asDoubles(long[] counts) {
      double[] doubles = new double[counts.length];
      for (int token = 0; token < counts.length; token++) {
        doubles[token] = counts[token];
      }

      return doubles;
    }
  }
}
