/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import dev.kindred.head.Measure.Score;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Measures patterns of sequences of one stimulus.
 *
 * <p>Scores of repetition are over the queries that are proper positions for them. With L tokens
 * that are repeated, the first of them at position o, these are o + L to o + 2 L - 1 for
 * duplicates, and without the last of them for induction.
 */
final class PatternMeasures {
  private final Stimulus stimulus;
  private final TokenKinds kinds;
  private final List<Measure> measures;
  private final Map<Weighting, int[]> places; // of mean distance, then bands, then first position

  /**
   * Of a stimulus.
   *
   * @param kinds of tokens that are attended to
   */
  PatternMeasures(Stimulus stimulus, TokenKinds kinds) {
    this.stimulus = stimulus;
    this.kinds = kinds;
    this.measures = measures(stimulus);
    this.places = new EnumMap<>(Weighting.class);
    for (Weighting weighting : Weighting.values()) {
      if (stimulus.isGeneral()) {
        int[] of = new int[Band.ALL.size() + 2];
        of[0] = place(new Measure(Score.MEAN_DISTANCE, weighting, -1));
        for (int band = 0; band < Band.ALL.size(); band++) {
          of[band + 1] = place(new Measure(Score.BAND, weighting, band));
        }

        of[of.length - 1] = place(new Measure(Score.FIRST_POSITION, weighting, -1));
        places.put(weighting, of);
      }
    }
  }

  /** What is measured of a stimulus, in the order of what {@link #of} returns. */
  static List<Measure> measures(Stimulus stimulus) {
    List<Measure> all = new ArrayList<>();
    if (!stimulus.isGeneral()) {
      return List.of(Measure.of(Score.PREFIX_MATCHING), Measure.of(Score.COPYING));
    }

    if (stimulus.isTwice()) {
      all.add(Measure.of(Score.INDUCTION));
      all.add(Measure.of(Score.INDUCTION_WITH_LAST));
      all.add(Measure.of(Score.INDUCTION_DIAGONAL));
      all.add(Measure.of(Score.DUPLICATE));
    }

    if (stimulus.kind() == Stimulus.Kind.PERMUTATION) {
      Measure.INDUCTION_TERMS.forEach(score -> all.add(Measure.of(score)));
      Measure.INDUCTION_MATCHES.forEach(score -> all.add(Measure.of(score)));
    }

    all.add(Measure.of(Score.PREVIOUS));
    all.add(Measure.of(Score.PREVIOUS_FROM_8));
    all.add(Measure.of(Score.ENTROPY));
    all.add(Measure.of(Score.ENTROPY_LATE));
    all.add(Measure.of(Score.NEWLINE));
    all.add(Measure.of(Score.OUTPUT_NORM));
    if (stimulus.kind() == Stimulus.Kind.TEXT) {
      for (Weighting weighting : List.of(Weighting.PATTERN, Weighting.VALUE_FOLDED)) {
        all.add(new Measure(Score.COMMA, weighting, -1));
        all.add(new Measure(Score.PRONOUN, weighting, -1));
      }
    }

    for (Weighting weighting : Weighting.values()) {
      if (weighting != Weighting.WITHOUT_FIRST) {
        all.add(new Measure(Score.FIRST_POSITION, weighting, -1));
      }

      all.add(new Measure(Score.MEAN_DISTANCE, weighting, -1));
      for (int band = 0; band < Band.ALL.size(); band++) {
        all.add(new Measure(Score.BAND, weighting, band));
      }
    }

    return all;
  }

  List<Measure> measures() {
    return measures;
  }

  /** Returns where a measure is among all; -1 if it is not measured. */
  int place(Measure measure) {
    return measures.indexOf(measure);
  }

  /** What a head writes, position by position; see {@link HeadWriting}. */
  record Written(double[] values, double[] foldedValues, double[] outputs) {

    /** The same of attention that was not the head's, so that nobody knows what it would write. */
    Written withoutOutputs() {
      double[] unknown = new double[outputs.length];
      Arrays.fill(unknown, Double.NaN);
      return new Written(values, foldedValues, unknown);
    }
  }

  /** Attention that is the same to all that is seen. */
  static double[] uniform(int length, int window) {
    double[] pattern = new double[length * length];
    for (int i = 0; i < length; i++) {
      int seen = Math.min(i + 1, window);
      Arrays.fill(pattern, i * length + i + 1 - seen, i * length + i + 1, 1. / seen);
    }

    return pattern;
  }

  /**
   * Measures a head on one sequence.
   *
   * @param pattern T x T
   * @param tokens of the sequence
   * @param written norms of what the head writes for each position's value, and of what it wrote
   * @return one number a measure; NaN where there is no query for it, and for those that are not
   *     told by the pattern: {@link Score#COPYING} and {@link Measure#INDUCTION_TERMS}
   */
  double[] of(double[] pattern, int[] tokens, Written written) {
    double[] found = new double[measures.size()];
    Arrays.fill(found, Double.NaN);
    int length = tokens.length;
    if (!stimulus.isGeneral()) {
      found[0] = prefixMatching(pattern, length);
      return found;
    }

    int begins = stimulus.begins();
    int period = stimulus.period();
    if (stimulus.isTwice()) {
      int last = begins + 2 * period - 1;
      found[0] = diagonal(pattern, length, begins + period, last - 1, period - 1);
      found[1] = diagonal(pattern, length, begins + period, last, period - 1);
      found[2] = diagonal(pattern, length, period - 1, length - 1, period - 1);
      found[3] = diagonal(pattern, length, begins + period, last, period);
    }

    if (stimulus.kind() == Stimulus.Kind.PERMUTATION) {
      for (int match = 1;
          match <= Math.min(Measure.INDUCTION_MATCHES.size(), period - 1);
          match++) {
        int query = begins + period + match - 1;
        set(
            found,
            Measure.INDUCTION_MATCHES.get(match - 1),
            diagonal(pattern, length, query, query, period - 1));
      }
    }

    set(found, Score.PREVIOUS, diagonal(pattern, length, 1, length - 1, 1));
    set(found, Score.PREVIOUS_FROM_8, diagonal(pattern, length, 8, length - 1, 1));
    set(found, Score.ENTROPY, entropy(pattern, length, 1));
    set(found, Score.ENTROPY_LATE, entropy(pattern, length, length / 2));
    double[] all = ones(length);
    set(found, Score.NEWLINE, onMarked(pattern, all, kinds.newlines(tokens)));
    set(found, Score.OUTPUT_NORM, mean(written.outputs, length / 2));
    if (stimulus.kind() == Stimulus.Kind.TEXT) {
      boolean[] commas = kinds.commas(tokens);
      boolean[] pronouns = kinds.pronouns(tokens);
      resting(found, pattern, all, Weighting.PATTERN, commas, pronouns);
      resting(found, pattern, written.foldedValues, Weighting.VALUE_FOLDED, commas, pronouns);
    }

    double[] others = ones(length);
    others[0] = 0;
    distances(found, pattern, length, all, Weighting.PATTERN);
    distances(found, pattern, length, written.values, Weighting.VALUE);
    distances(found, pattern, length, written.foldedValues, Weighting.VALUE_FOLDED);
    distances(found, pattern, length, others, Weighting.WITHOUT_FIRST);
    return found;
  }

  private void set(double[] found, Score score, double value) {
    found[place(Measure.of(score))] = value;
  }

  private static double[] ones(int length) {
    double[] ones = new double[length];
    Arrays.fill(ones, 1);
    return ones;
  }

  /**
   * Returns the induction score alone.
   *
   * @param patterns with T x T numbers from an index on
   */
  double induction(float[] patterns, int from, int length) {
    int begins = stimulus.begins();
    int period = stimulus.period();
    double sum = 0;
    for (int i = begins + period; i <= begins + 2 * period - 2; i++) {
      sum += patterns[from + i * length + i - period + 1];
    }

    return sum / (period - 1);
  }

  /** The mean of what queries from one to another give to the position so far back. */
  private static double diagonal(double[] pattern, int length, int from, int to, int distance) {
    if (to < from) {
      return Double.NaN;
    }

    double sum = 0;
    for (int i = from; i <= to; i++) {
      sum += pattern[i * length + i - distance];
    }

    return sum / (to - from + 1);
  }

  private static double entropy(double[] pattern, int length, int from) {
    double sum = 0;
    for (int i = from; i < length; i++) {
      for (int j = 0; j <= i; j++) {
        double weight = pattern[i * length + j];
        sum -= weight > 0 ? weight * Math.log(weight) : 0;
      }
    }

    return from < length ? sum / (length - from) : Double.NaN;
  }

  private void resting(
      double[] found,
      double[] pattern,
      double[] weights,
      Weighting weighting,
      boolean[] commas,
      boolean[] pronouns) {
    found[place(new Measure(Score.COMMA, weighting, -1))] = onMarked(pattern, weights, commas);
    found[place(new Measure(Score.PRONOUN, weighting, -1))] = onMarked(pattern, weights, pronouns);
  }

  /** What the second half gives to marked positions, each row divided by its sum. */
  private static double onMarked(double[] pattern, double[] weights, boolean[] marked) {
    int length = marked.length;
    double sum = 0;
    int rows = 0;
    for (int i = length / 2; i < length; i++) {
      double total = 0;
      double onMarked = 0;
      for (int j = 0; j <= i; j++) {
        double weight = pattern[i * length + j] * weights[j];
        total += weight;
        onMarked += marked[j] ? weight : 0;
      }

      if (total > 0) { // else the head looks at nothing that counts
        sum += onMarked / total;
        rows++;
      }
    }

    return rows == 0 ? Double.NaN : sum / rows;
  }

  private static double mean(double[] values, int from) {
    double sum = 0;
    for (int i = from; i < values.length; i++) {
      sum += values[i];
    }

    return sum / (values.length - from);
  }

  /** Distances of the second half's attention, each row of which is divided by its sum. */
  private void distances(
      double[] found, double[] pattern, int length, double[] weights, Weighting weighting) {
    int[] at = places.get(weighting);
    double[] sums = new double[at.length];
    int rows = 0;
    for (int i = length / 2; i < length; i++) {
      double total = 0;
      for (int j = 0; j <= i; j++) {
        total += pattern[i * length + j] * weights[j];
      }

      if (total > 0) { // else the head looks at nothing that counts
        rows++;
        for (int j = 0; j <= i; j++) {
          double share = pattern[i * length + j] * weights[j] / total;
          sums[0] += share * (i - j);
          sums[1 + Band.of(i - j)] += share;
        }

        sums[at.length - 1] += pattern[i * length] * weights[0] / total;
      }
    }

    for (int k = 0; k < at.length; k++) {
      if (at[k] >= 0) {
        found[at[k]] = rows == 0 ? Double.NaN : sums[k] / rows;
      }
    }
  }

  private double prefixMatching(double[] pattern, int length) {
    double sum = 0;
    int queries = 0;
    for (int i = stimulus.begins() + stimulus.period(); i < length; i++) {
      for (int j = i - stimulus.period(); j >= stimulus.begins(); j -= stimulus.period()) {
        sum += pattern[i * length + j + 1];
      }

      queries++;
    }

    return sum / queries;
  }

  /**
   * How much of what a head raises among the sequence's tokens it attends to, over the first copy's
   * queries.
   *
   * @param raised [queries, period]: what the head adds to the logit of each token of the period,
   *     less what it adds to all on average
   */
  double copying(double[] pattern, int length, double[] raised) {
    int period = stimulus.period();
    int begins = stimulus.begins();
    double sum = 0;
    int queries = 0;
    for (int i = 0; i < period; i++) {
      double all = 0;
      double attended = 0;
      for (int j = 0; j < period; j++) {
        double up = Math.max(0, raised[i * period + j]);
        all += up;
        attended += j <= i ? up * pattern[(begins + i) * length + begins + j] : 0;
      }

      if (all > 0) {
        sum += attended / all;
        queries++;
      }
    }

    return queries == 0 ? Double.NaN : sum / queries;
  }
}
