/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import dev.kindred.head.HeadModel.Head;
import dev.kindred.head.Measure.Score;
import dev.kindred.math.Bootstrap;
import dev.kindred.math.Bootstrap.Interval;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;

/**
 * Means over the sequences of each stimulus as rows of tables. Sums are taken in the sequences'
 * order, whatever order they come in; intervals are of a bootstrap over sequences.
 */
public final class HeadRows {
  private final HeadQuestion question;
  private final List<Head> heads;
  private final List<List<SequenceHeads>> found; // of each stimulus

  /**
   * Of all sequences.
   *
   * @param sequences those of {@link Heads#measure}
   */
  public HeadRows(HeadQuestion question, Blueprint blueprint, List<SequenceHeads> sequences) {
    this.question = question;
    this.heads = HeadModel.heads(blueprint);
    this.found = new ArrayList<>();
    for (int stimulus = 0; stimulus < question.stimuli().size(); stimulus++) {
      int number = stimulus;
      found.add(
          sequences.stream()
              .filter(one -> one.stimulus() == number)
              .sorted(Comparator.comparingInt(SequenceHeads::sequence))
              .toList());
    }
  }

  /** A mean over sequences; of those that have a value. */
  record Mean(int sequences, double mean, Interval interval) {

    /** Returns the means of series over the same sequences; null where none has a value. */
    static Mean[] of(double[][] series) {
      Mean[] means = new Mean[series.length];
      List<Integer> complete = new ArrayList<>();
      for (int s = 0; s < series.length; s++) {
        double[] defined = Arrays.stream(series[s]).filter(value -> !Double.isNaN(value)).toArray();
        if (defined.length == series[s].length) {
          complete.add(s);
        } else if (defined.length > 0) {
          means[s] =
              new Mean(
                  defined.length, mean(defined), Bootstrap.intervals(new double[][] {defined})[0]);
        }
      }

      if (!complete.isEmpty()) {
        Interval[] intervals =
            Bootstrap.intervals(complete.stream().map(s -> series[s]).toArray(double[][]::new));
        for (int k = 0; k < intervals.length; k++) {
          double[] values = series[complete.get(k)];
          means[complete.get(k)] = new Mean(values.length, mean(values), intervals[k]);
        }
      }

      return means;
    }

    private static double mean(double[] values) {
      double sum = 0;
      for (double value : values) {
        sum += value;
      }

      return sum / values.length;
    }
  }

  /** Rows with the file columns of {@link Tables#HEAD_SCORES}. */
  public List<Row> scores() {
    return rows(
        false,
        (stimulus, head, measure, mean, uniform) ->
            Tables.HEAD_SCORES.row(
                stimulus.kind().text(),
                mean.sequences,
                head.block(),
                head.head(),
                measure.score().text(),
                measure.weighting().text(),
                mean.mean,
                Double.isNaN(uniform) ? null : Double.valueOf(uniform),
                mean.interval.low(),
                mean.interval.high()));
  }

  /** Rows with the file columns of {@link Tables#ATTENTION_DISTANCES}. */
  public List<Row> distances() {
    return rows(
        true,
        (stimulus, head, measure, mean, uniform) -> {
          Band band = Band.ALL.get(measure.band());
          return band.nearest() >= stimulus.length()
              ? null
              : Tables.ATTENTION_DISTANCES.row(
                  stimulus.kind().text(),
                  mean.sequences,
                  head.block(),
                  head.head(),
                  measure.weighting().text(),
                  band.nearest(),
                  band.farthest() == Integer.MAX_VALUE ? null : Integer.valueOf(band.farthest()),
                  mean.mean,
                  Double.isNaN(uniform) ? null : Double.valueOf(uniform),
                  mean.interval.low(),
                  mean.interval.high());
        });
  }

  /** Makes a row of a mean; null for none. */
  @FunctionalInterface
  private interface OfMean {
    Row row(Stimulus stimulus, Head head, Measure measure, Mean mean, double uniform);
  }

  /**
   * Makes rows of what is measured of heads.
   *
   * @param ofBands whether of bands of distances, or of all else
   */
  private List<Row> rows(boolean ofBands, OfMean row) {
    List<Row> rows = new ArrayList<>();
    for (int number = 0; number < found.size(); number++) {
      Stimulus stimulus = question.stimuli().get(number);
      List<Measure> all = PatternMeasures.measures(stimulus);
      int[] wanted =
          IntStream.range(0, all.size())
              .filter(m -> all.get(m).score() == Score.BAND == ofBands)
              .toArray();
      for (int head = 0; head < heads.size(); head++) {
        int which = head;
        double[][] uniform =
            series(number, wanted.length, one -> chosen(one.uniform()[which], wanted));
        Mean[] means =
            Mean.of(series(number, wanted.length, one -> chosen(one.measures()[which], wanted)));
        for (int m = 0; m < means.length; m++) {
          Row made =
              means[m] == null
                  ? null
                  : row.row(
                      stimulus,
                      heads.get(head),
                      all.get(wanted[m]),
                      means[m],
                      Mean.mean(
                          Arrays.stream(uniform[m])
                              .filter(value -> !Double.isNaN(value))
                              .toArray()));
          if (made != null) {
            rows.add(made);
          }
        }
      }
    }

    return rows;
  }

  private static double[] chosen(double[] values, int[] places) {
    return Arrays.stream(places).mapToDouble(place -> values[place]).toArray();
  }

  /** A series over the sequences for each of the values of one, [count][sequences]. */
  private double[][] series(int stimulus, int count, Function<SequenceHeads, double[]> values) {
    List<SequenceHeads> sequences = found.get(stimulus);
    double[][] series = new double[count][sequences.size()];
    for (int i = 0; i < sequences.size(); i++) {
      double[] ofSequence = values.apply(sequences.get(i));
      for (int s = 0; s < count; s++) {
        series[s][i] = ofSequence[s];
      }
    }

    return series;
  }

  /** Rows with the file columns of {@link Tables#STIMULUS_LOSSES}. */
  public List<Row> losses() {
    List<Row> rows = new ArrayList<>();
    for (int number = 0; number < found.size(); number++) {
      Stimulus stimulus = question.stimuli().get(number);
      Mean[] means =
          Mean.of(
              series(
                  number,
                  Loss.values().length,
                  one ->
                      Arrays.stream(Loss.values())
                          .mapToDouble(loss -> loss.of(stimulus, one.losses()))
                          .toArray()));
      for (Loss loss : Loss.values()) {
        Mean mean = means[loss.ordinal()];
        if (mean != null) {
          rows.add(
              Tables.STIMULUS_LOSSES.row(
                  stimulus.kind().text(),
                  mean.sequences,
                  stimulus.length(),
                  stimulus.begins(),
                  stimulus.period(),
                  loss.text(),
                  mean.mean,
                  mean.interval.low(),
                  mean.interval.high()));
        }
      }
    }

    return rows;
  }

  /** What each head mixes on average over all positions of a stimulus, [stimuli][heads][E]. */
  public double[][][] means() {
    double[][][] means = new double[found.size()][heads.size()][];
    for (int number = 0; number < found.size(); number++) {
      Stimulus stimulus = question.stimuli().get(number);
      for (int head = 0; head < heads.size(); head++) {
        double[] mean = new double[found.get(number).get(0).mixed()[head].length];
        for (SequenceHeads one : found.get(number)) {
          for (int e = 0; e < mean.length; e++) {
            mean[e] += one.mixed()[head][e] / stimulus.sequences() / stimulus.length();
          }
        }

        means[number][head] = mean;
      }
    }

    return means;
  }

  /**
   * Rows with the file columns of {@link Tables#HEAD_ABLATIONS}.
   *
   * @param ablations those of {@link Heads#ablate}
   */
  public List<Row> ablations(List<SequenceAblation> ablations) {
    List<Row> rows = new ArrayList<>();
    for (int number = 0; number < found.size(); number++) {
      for (Ablation kind : question.ablations()) {
        int which = number;
        List<SequenceAblation> ofKind =
            ablations.stream()
                .filter(one -> one.stimulus() == which && one.kind() == kind)
                .sorted(Comparator.comparingInt(SequenceAblation::sequence))
                .toList();
        for (int head = 0; !ofKind.isEmpty() && head < heads.size(); head++) {
          rows.add(row(number, ofKind, head));
        }
      }
    }

    return rows;
  }

  private Row row(int number, List<SequenceAblation> ablations, int head) {
    Stimulus stimulus = question.stimuli().get(number);
    double[][] series = new double[3][ablations.size()];
    double[] induction = new double[stimulus.isTwice() ? heads.size() : 0];
    for (int i = 0; i < ablations.size(); i++) {
      double[] before = found.get(number).get(i).losses();
      series[0][i] = ablations.get(i).losses()[head];
      series[1][i] = series[0][i] - Loss.ALL.of(stimulus, before);
      series[2][i] = ablations.get(i).secondLosses()[head] - Loss.SECOND_COPY.of(stimulus, before);
      for (int other = 0; other < induction.length; other++) {
        induction[other] += ablations.get(i).induction()[head][other] / ablations.size();
      }
    }

    Mean[] means = Mean.of(series);
    return Tables.HEAD_ABLATIONS.row(
        stimulus.kind().text(),
        means[0].sequences,
        ablations.get(0).kind().text(),
        heads.get(head).block(),
        heads.get(head).head(),
        means[0].mean,
        means[1].mean,
        means[1].interval.low(),
        means[1].interval.high(),
        means[2] == null ? null : Double.valueOf(means[2].mean),
        stimulus.isTwice() ? induction : null);
  }
}
