/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.baseline;

import dev.kindred.prediction.ModelPredictions;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * An n-gram model of a corpus whose order, discounts and shares were chosen by how close it comes
 * to a language model after windows that are none of the prompts: the same as is done for similar
 * strings, for a fair comparison.
 *
 * @param baseline one of
 *     <ul>
 *       <li>{@code kneser_ney}: modified Kneser-Ney smoothing, order and discounts chosen
 *       <li>{@code absolute_discounting}: the same of occurrences alone
 *       <li>{@code tuned_interpolation}: of order 8, or less if windows are short; discounts and
 *           the shares of shorter contexts fitted
 *     </ul>
 *
 * @param fittingWindows that it was fitted to
 * @param heldOutWindows by which the fitting was stopped, and models are compared
 * @param heldOutDistance mean Hellinger distance over these, in [0, 1]; null if there are none
 * @param isStrongest whether it is the closest of all there, and so the one to compare with
 */
public record NGramFit(
    String baseline,
    NGram ngram,
    int fittingWindows,
    int heldOutWindows,
    Double heldOutDistance,
    boolean isStrongest)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Windows to fit to and to hold out, where the corpus has so many beside the prompts. */
  public static final int WINDOWS = 2_500;

  /** The seed by which these windows are drawn. */
  public static final long SEED = 7;

  /** The steps of gradient descent, for all models that are fitted. */
  public static final int STEPS = 3 * NGramFitter.STEPS;

  private static final String KNESER_NEY = "kneser_ney";
  private static final String ABSOLUTE_DISCOUNTING = "absolute_discounting";
  private static final String TUNED_INTERPOLATION = "tuned_interpolation";
  private static final int HELD_OUT = 5; // one of so many
  private static final int LEAST_WINDOWS = 20; // fewer are not fitted to
  private static final int MOST_CONTEXTS = 9; // of contexts whose shares are tuned

  /**
   * Fits all models. Runs some jobs and the fitting itself at once.
   *
   * @param suffixes of the corpus's windows
   * @param windows rows of {@link Tables#PROMPTS} that are fitted to, in any order of drawing
   * @param predictions of these
   * @param stepDone told of each of the {@link #STEPS}; of none where too few windows are there
   */
  public static List<NGramFit> all(
      SuffixCounts suffixes,
      Dataset<Row> windows,
      ModelPredictions predictions,
      Runnable stepDone) {
    return all(
        Discounts.of(suffixes),
        collect(suffixes, windows, predictions),
        suffixes.windowLength(),
        stepDone);
  }

  static List<FittingWindow> collect(
      SuffixCounts suffixes, Dataset<Row> windows, ModelPredictions predictions) {
    SuffixCounts.OfPrompts statistics = suffixes.ofPrompts(windows);
    SuffixCounts.Reader suffixReader = statistics.reader();
    ModelPredictions.Reader predictionReader = predictions.reader();
    List<FittingWindow> collected =
        new ArrayList<>(
            predictions
                .columns()
                .join(statistics.rows(), "prompt_id")
                .select("prompt_id", ModelPredictions.PREDICTION, "suffixes")
                .toJavaRDD()
                .map(
                    row ->
                        FittingWindow.of(
                            row.getInt(0),
                            suffixReader.statistics(row.getList(2)).withoutOwnWindow(),
                            predictionReader.read(row, 1)))
                .collect());
    collected.sort(Comparator.comparingInt(FittingWindow::promptId));
    return collected;
  }

  /** The same of what is on the driver. */
  static List<NGramFit> all(
      Discounts discounts, List<FittingWindow> windows, int windowLength, Runnable stepDone) {
    int contexts = Math.min(MOST_CONTEXTS, windowLength);
    NGram tuned =
        new NGram(false, discounts.of(false, contexts), NGramFitter.firstLowerShares(contexts));
    if (windows.size() < LEAST_WINDOWS) {
      return List.of(
          new NGramFit(KNESER_NEY, discounted(discounts, true, windowLength), 0, 0, null, true),
          new NGramFit(
              ABSOLUTE_DISCOUNTING, discounted(discounts, false, windowLength), 0, 0, null, false),
          new NGramFit(TUNED_INTERPOLATION, tuned, 0, 0, null, false));
    }

    List<FittingWindow> fitted = new ArrayList<>();
    List<FittingWindow> heldOut = new ArrayList<>();
    for (int i = 0; i < windows.size(); i++) {
      (i % HELD_OUT == 0 ? heldOut : fitted).add(windows.get(i));
    }

    NGramFitter fitter = new NGramFitter(fitted, heldOut, stepDone);
    List<NGramFitter.Fitted> found =
        List.of(
            fitter.fit(ofBestOrder(fitter, discounts, true, windowLength)),
            fitter.fit(ofBestOrder(fitter, discounts, false, windowLength)),
            fitter.fit(tuned));
    double least = found.stream().mapToDouble(NGramFitter.Fitted::distance).min().orElseThrow();
    int strongest =
        IntStream.range(0, found.size())
            .filter(i -> found.get(i).distance() == least)
            .findFirst()
            .orElseThrow();
    List<String> names = List.of(KNESER_NEY, ABSOLUTE_DISCOUNTING, TUNED_INTERPOLATION);
    return IntStream.range(0, found.size())
        .mapToObj(
            i ->
                new NGramFit(
                    names.get(i),
                    found.get(i).ngram(),
                    fitted.size(),
                    heldOut.size(),
                    found.get(i).distance(),
                    i == strongest))
        .toList();
  }

  private static NGram ofBestOrder(
      NGramFitter fitter, Discounts discounts, boolean continuation, int most) {
    return IntStream.rangeClosed(1, most)
        .mapToObj(contexts -> discounted(discounts, continuation, contexts))
        .map(ngram -> new NGramFitter.Fitted(ngram, fitter.distance(ngram)))
        .reduce((one, other) -> other.distance() < one.distance() ? other : one)
        .orElseThrow()
        .ngram();
  }

  static NGram discounted(Discounts discounts, boolean continuation, int contexts) {
    return new NGram(continuation, discounts.of(continuation, contexts), new double[0][]);
  }

  /** Tokens of the longest context. */
  public int order() {
    return ngram.contexts() - 1;
  }

  /** The one to compare with. */
  public static NGramFit strongest(List<NGramFit> fits) {
    return fits.stream().filter(NGramFit::isStrongest).findFirst().orElseThrow();
  }

  /** Returns what the figures of a fit are of. */
  public static Measure measure(String baseline) {
    return Measure.of(baseline, "fit");
  }

  /**
   * Returns the statistics of each {@link #measure}: order (of the longest context),
   * fitting_windows and held_out_windows, held_out (the distance there, if it was measured), and
   * is_ngram, which is 1 for the n-gram to compare with and 0 for others.
   */
  public static Figures figures(List<NGramFit> fits) {
    Figures figures = new Figures();
    for (NGramFit fit : fits) {
      Measure of = measure(fit.baseline);
      figures
          .put(of, "order", fit.order())
          .put(of, "fitting_windows", fit.fittingWindows)
          .put(of, "held_out_windows", fit.heldOutWindows);
      if (fit.heldOutDistance != null) {
        figures.put(of, "held_out", fit.heldOutDistance);
      }

      figures.put(of, "is_ngram", fit.isStrongest ? 1 : 0);
    }

    return figures;
  }

  /** Rows with the file columns of {@link Tables#BASELINE_FITS}. */
  public static Dataset<Row> rows(SparkSession spark, List<NGramFit> fits) {
    return Tables.BASELINE_FITS.rows(
        spark,
        fits.stream()
            .map(
                fit ->
                    Tables.BASELINE_FITS.row(
                        fit.baseline,
                        fit.order(),
                        fit.ngram.continuation(),
                        fit.ngram.discounts(),
                        fit.ngram.lowerShares(),
                        fit.fittingWindows,
                        fit.heldOutWindows,
                        fit.heldOutDistance,
                        fit.isStrongest))
            .toList());
  }

  /** Reads fits from rows of {@link Tables#BASELINE_FITS}, by the columns' names. */
  public static List<NGramFit> of(Dataset<Row> rows) {
    return rows
        .select(
            "baseline",
            "continuation",
            "discounts",
            "lower_shares",
            "fitting_windows",
            "held_out_windows",
            "hellinger_held_out",
            "is_strongest")
        .sort("baseline")
        .collectAsList()
        .stream()
        .map(
            row ->
                new NGramFit(
                    row.getString(0),
                    new NGram(row.getBoolean(1), doubles(row.getList(2)), doubles(row.getList(3))),
                    row.getInt(4),
                    row.getInt(5),
                    row.isNullAt(6) ? null : row.getDouble(6),
                    row.getBoolean(7)))
        .toList();
  }

  private static double[][] doubles(List<scala.collection.Seq<Double>> values) {
    return values.stream()
        .map(
            each ->
                scala.jdk.javaapi.CollectionConverters.asJava(each).stream()
                    .mapToDouble(Double::doubleValue)
                    .toArray())
        .toArray(double[][]::new);
  }
}
