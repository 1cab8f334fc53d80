/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.baseline;

import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.struct;

import dev.kindred.evaluation.Distances;
import dev.kindred.prediction.Mixture;
import dev.kindred.table.StoredVectors;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * What can be said of the next token without looking into the model: simple predictions from the
 * same windows, as far from the model's as {@link Distances} measures. An explanation by similar
 * strings is worth what it is closer than these.
 *
 * <ul>
 *   <li>{@code own_next_tokens}: what follows the prompt itself in the corpus; not leaving it out
 *   <li>{@code suffix_<k>}: what follows the prompt's last k tokens, k = 1 .. window_length
 *   <li>{@code suffix_backoff}: what follows its longest suffix that something follows
 *   <li>{@code kneser_ney}, {@code absolute_discounting}, {@code tuned_interpolation}: what {@link
 *       NGramFit} has chosen
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
   * @param fits n-gram models of the corpus
   * @param mixture the run's
   * @return rows with the file columns of {@link Tables#BASELINES}
   */
  public static Dataset<Row> measure(
      SuffixCounts suffixes,
      Dataset<Row> windows,
      Dataset<Row> prompts,
      Dataset<Row> predictions,
      Dataset<Row> blockDistributions,
      List<NGramFit> fits,
      int vocabularySize,
      Mixture mixture) {
    Broadcast<RandomStrings> randomStrings =
        JavaSparkContext.fromSparkContext(windows.sparkSession().sparkContext())
            .broadcast(RandomStrings.collect(windows, vocabularySize));
    Dataset<Row> similarCounts =
        blockDistributions
            .groupBy("prompt_id")
            .agg(collect_list(struct("block", "similar_count")).as("similar_counts"));
    SuffixCounts.OfPrompts statistics = suffixes.ofPrompts(prompts);
    return predictions
        .select("prompt_id", "probabilities")
        .join(similarCounts, "prompt_id")
        .join(statistics.rows(), new String[] {"prompt_id"}, "left")
        .select("prompt_id", "suffixes", "probabilities", "similar_counts")
        .flatMap(
            new Measure(statistics.reader(), fits, mixture, randomStrings),
            Tables.BASELINES.encoder())
        .sort("prompt_id", "baseline");
  }

  /**
   * Measures one n-gram model alone.
   *
   * @param prompts rows of {@link Tables#PROMPTS} of one prompt set
   * @param predictions rows of {@link Tables#PREDICTIONS} of a model and this prompt set
   * @return rows with the file columns of {@link Tables#BASELINES}, by prompt
   */
  public static Dataset<Row> measure(
      SuffixCounts suffixes, Dataset<Row> prompts, Dataset<Row> predictions, NGramFit fit) {
    SuffixCounts.OfPrompts statistics = suffixes.ofPrompts(prompts);
    SuffixCounts.Reader reader = statistics.reader();
    return predictions
        .select("prompt_id", "probabilities")
        .join(statistics.rows(), new String[] {"prompt_id"}, "left")
        .select("prompt_id", "suffixes", "probabilities")
        .map(
            (MapFunction<Row, Row>)
                row -> {
                  double[] model = StoredVectors.doubles(row, 2);
                  SuffixStatistics all = reader.statistics(row.isNullAt(1) ? null : row.getList(1));
                  return row(
                      row.getInt(0),
                      fit.baseline(),
                      model,
                      fit.ngram().probabilities(all, model.length),
                      fit.ngram().probabilities(all.withoutOwnWindow(), model.length));
                },
            Tables.BASELINES.encoder())
        .sort("prompt_id");
  }

  /**
   * One baseline of a prompt.
   *
   * @param counts any not negative multiple of the distribution
   * @param others the same without the prompt's own window; null where that makes no sense
   */
  private static Row row(
      int promptId, String baseline, double[] model, double[] counts, double[] others) {
    return Tables.BASELINES.row(
        promptId,
        baseline,
        Distances.toModel(model, counts),
        others == null ? null : Distances.toModel(model, others),
        topToken(counts),
        others == null ? null : topToken(others));
  }

  /** Null of a prediction without counts. */
  private static Integer topToken(double[] counts) {
    int top = Distances.top(counts);
    return counts[top] > 0 ? top : null;
  }

  private record Measure(
      SuffixCounts.Reader reader,
      List<NGramFit> fits,
      Mixture mixture,
      Broadcast<RandomStrings> randomStrings)
      implements FlatMapFunction<Row, Row>, Serializable {

    @Override
    public Iterator<Row> call(Row prompt) {
      int promptId = prompt.getInt(0);
      double[] model = StoredVectors.doubles(prompt, 2);
      int tokens = model.length;
      SuffixStatistics all = reader.statistics(prompt.isNullAt(1) ? null : prompt.getList(1));
      SuffixStatistics others = all.withoutOwnWindow();
      int windowLength = all.windowLength();
      List<Row> measured = new ArrayList<>();
      measured.add(row(promptId, "own_next_tokens", model, all.counts(windowLength, tokens), null));
      for (int k = 1; k <= windowLength; k++) {
        measured.add(
            row(promptId, "suffix_" + k, model, all.counts(k, tokens), others.counts(k, tokens)));
      }

      measured.add(
          row(
              promptId,
              "suffix_backoff",
              model,
              all.counts(all.longestSuffix(), tokens),
              others.counts(others.longestSuffix(), tokens)));
      for (NGramFit fit : fits) {
        measured.add(
            row(
                promptId,
                fit.baseline(),
                model,
                fit.ngram().probabilities(all, tokens),
                fit.ngram().probabilities(others, tokens)));
      }

      measured.add(
          row(promptId, "unigram", model, all.counts(0, tokens), others.counts(0, tokens)));
      measured.add(
          row(
              promptId,
              "random_strings",
              model,
              randomStrings(promptId, prompt.getList(3), tokens),
              null));
      return measured.iterator();
    }

    private double[] randomStrings(int promptId, List<Row> similarCounts, int vocabularySize) {
      List<Row> blocks =
          similarCounts.stream().sorted(Comparator.comparingInt(row -> row.getInt(0))).toList();
      double[][] drawn = new double[mixture.blocks()][];
      for (int place = 0; place < drawn.length; place++) {
        Row block = blocks.get(place);
        drawn[place] =
            asDoubles(randomStrings.value().draw(promptId, block.getInt(0), block.getLong(1)));
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
  }

  private static double[] asDoubles(long[] counts) {
    double[] doubles = new double[counts.length];
    for (int token = 0; token < counts.length; token++) {
      doubles[token] = counts[token];
    }

    return doubles;
  }
}
