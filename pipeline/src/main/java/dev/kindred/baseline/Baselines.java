/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.baseline;

import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.struct;

import dev.kindred.math.Shares;
import dev.kindred.prediction.Mixture;
import dev.kindred.prediction.ModelPredictions;
import dev.kindred.prediction.NextTokenDistribution;
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
 * same windows, and how far they are from the model's. An explanation by similar strings is worth
 * what it is closer than these.
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
   * @param predictions of a model and this prompt set
   * @param blockDistributions rows of {@link Tables#BLOCK_DISTRIBUTIONS} of a run of all these
   * @param fits n-gram models of the corpus
   * @param mixture the run's
   * @return rows with the file columns of {@link Tables#BASELINES}
   */
  public static Dataset<Row> measure(
      SuffixCounts suffixes,
      Dataset<Row> windows,
      Dataset<Row> prompts,
      ModelPredictions predictions,
      Dataset<Row> blockDistributions,
      List<NGramFit> fits,
      Mixture mixture) {
    Broadcast<RandomStrings> randomStrings =
        JavaSparkContext.fromSparkContext(windows.sparkSession().sparkContext())
            .broadcast(RandomStrings.collect(windows));
    Dataset<Row> similarCounts =
        blockDistributions
            .groupBy("prompt_id")
            .agg(collect_list(struct("block", "similar_count")).as("similar_counts"));
    SuffixCounts.OfPrompts statistics = suffixes.ofPrompts(prompts);
    return predictions
        .columns()
        .join(similarCounts, "prompt_id")
        .join(statistics.rows(), new String[] {"prompt_id"}, "left")
        .select("prompt_id", "suffixes", ModelPredictions.PREDICTION, "similar_counts")
        .sort("prompt_id") // before the measuring, as a sort reads its rows twice
        .flatMap(
            new Measure(statistics.reader(), predictions.reader(), fits, mixture, randomStrings),
            Tables.BASELINES.encoder());
  }

  /**
   * Measures one n-gram model alone.
   *
   * @param prompts rows of {@link Tables#PROMPTS} of one prompt set
   * @param predictions of a model and this prompt set
   * @return rows with the file columns of {@link Tables#BASELINES}, by prompt
   */
  public static Dataset<Row> measure(
      SuffixCounts suffixes, Dataset<Row> prompts, ModelPredictions predictions, NGramFit fit) {
    SuffixCounts.OfPrompts statistics = suffixes.ofPrompts(prompts);
    SuffixCounts.Reader suffixReader = statistics.reader();
    ModelPredictions.Reader predictionReader = predictions.reader();
    return predictions
        .columns()
        .join(statistics.rows(), new String[] {"prompt_id"}, "left")
        .select("prompt_id", "suffixes", ModelPredictions.PREDICTION)
        .sort("prompt_id") // before the measuring, as a sort reads its rows twice
        .map(
            (MapFunction<Row, Row>)
                row -> {
                  NextTokenDistribution model = predictionReader.read(row, 2);
                  SuffixStatistics all =
                      suffixReader.statistics(row.isNullAt(1) ? null : row.getList(1));
                  int tokens = model.vocabularySize();
                  return row(
                      row.getInt(0),
                      fit.baseline(),
                      model,
                      fit.ngram().probabilities(all, tokens),
                      fit.ngram().probabilities(all.withoutOwnWindow(), tokens));
                },
            Tables.BASELINES.encoder());
  }

  /**
   * One baseline of a prompt.
   *
   * @param others the same without the prompt's own window; null where that makes no sense
   */
  private static Row row(
      int promptId, String baseline, NextTokenDistribution model, Shares shares, Shares others) {
    int tokens = model.vocabularySize();
    return Tables.BASELINES.row(
        promptId,
        baseline,
        model.distance(shares),
        others == null ? null : model.distance(others),
        shares.top(tokens),
        others == null ? null : others.top(tokens));
  }

  private record Measure(
      SuffixCounts.Reader suffixReader,
      ModelPredictions.Reader predictionReader,
      List<NGramFit> fits,
      Mixture mixture,
      Broadcast<RandomStrings> randomStrings)
      implements FlatMapFunction<Row, Row>, Serializable {

    @Override
    public Iterator<Row> call(Row prompt) {
      int promptId = prompt.getInt(0);
      NextTokenDistribution model = predictionReader.read(prompt, 2);
      int tokens = model.vocabularySize();
      SuffixStatistics all = suffixReader.statistics(prompt.isNullAt(1) ? null : prompt.getList(1));
      SuffixStatistics others = all.withoutOwnWindow();
      int windowLength = all.windowLength();
      List<Row> measured = new ArrayList<>();
      measured.add(row(promptId, "own_next_tokens", model, all.following(windowLength), null));
      for (int k = 1; k <= windowLength; k++) {
        measured.add(row(promptId, "suffix_" + k, model, all.following(k), others.following(k)));
      }

      measured.add(
          row(
              promptId,
              "suffix_backoff",
              model,
              all.following(all.longestSuffix()),
              others.following(others.longestSuffix())));
      for (NGramFit fit : fits) {
        measured.add(
            row(
                promptId,
                fit.baseline(),
                model,
                fit.ngram().probabilities(all, tokens),
                fit.ngram().probabilities(others, tokens)));
      }

      measured.add(row(promptId, "unigram", model, all.following(0), others.following(0)));
      measured.add(
          row(promptId, "random_strings", model, randomStrings(promptId, prompt.getList(3)), null));
      measured.sort(Comparator.comparing(row -> row.getString(1)));
      return measured.iterator();
    }

    private Shares randomStrings(int promptId, List<Row> similarCounts) {
      List<Row> blocks =
          similarCounts.stream().sorted(Comparator.comparingInt(row -> row.getInt(0))).toList();
      RandomStrings pool = randomStrings.value();
      double[] mixed = new double[pool.tokens().length];
      for (int place = 0;
          place < mixture.blocks();
          place++) { // in order, so that sums are the same
        Row block = blocks.get(place);
        long[] drawn = pool.draw(promptId, block.getInt(0), block.getLong(1));
        double factor = mixture.factor(place, Arrays.stream(drawn).sum());
        for (int i = 0; i < mixed.length; i++) {
          mixed[i] += factor * drawn[i];
        }
      }

      return new Shares(pool.tokens(), mixed, 0);
    }
  }
}
