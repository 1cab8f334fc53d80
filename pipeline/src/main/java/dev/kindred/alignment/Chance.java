/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.alignment;

import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * How often all of n tokens would be in the first half of V, which is h = V / 2 rounded down, if
 * tokens were placed at random.
 */
final class Chance {
  /** The study's numbers. */
  private static final int TRIALS = 1000;

  private static final int REPETITIONS = 1000;
  private static final long SEED = 1337;

  private Chance() {}

  /**
   * What the study's simulation finds.
   *
   * @param mean share of prompts in [0, 1], over the repetitions
   * @param std sample standard deviation over the repetitions
   * @param error standard error of the mean. Most of it is from the trials, whose outcome all
   *     repetitions share, so that the deviation does not tell it
   */
  record Simulated(double mean, double std, double error) {}

  /**
   * C(h, n) / C(V, n).
   *
   * @param vocabularySize V
   * @param considered n, in [1, V]
   */
  static double closedForm(int vocabularySize, int considered) {
    double chance = 1;
    for (int i = 0; i < considered; i++) {
      chance *= Math.max(0, vocabularySize / 2 - i) / (double) (vocabularySize - i);
    }

    return chance;
  }

  /**
   * The mean over prompts.
   *
   * @param prompts prompts by the number of tokens that are considered
   */
  static double closedForm(int vocabularySize, SortedMap<Integer, Long> prompts) {
    double sum = 0;
    long count = 0;
    for (Map.Entry<Integer, Long> group : prompts.entrySet()) {
      sum += group.getValue() * closedForm(vocabularySize, group.getKey());
      count += group.getValue();
    }

    return sum / count;
  }

  /**
   * The study's simulation. First, for every n, trials in which n tokens are given random places,
   * and succeed if all of them are among the first h. Then repetitions in which every prompt
   * succeeds with its n's probability of that. The study gave all V tokens scores, from a density
   * that it had fitted to the cosines, and sorted them; any continuous one gives random places,
   * since scores are independent and alike.
   *
   * @param prompts prompts by the number of tokens that are considered
   * @param stream another one for every simulation that is to be independent of others
   */
  static Simulated simulate(int vocabularySize, SortedMap<Integer, Long> prompts, int stream) {
    // Mixed: seeds that differ by a multiple of its own step would give the same numbers, shifted.
    SplittableRandom random =
        new SplittableRandom(new SplittableRandom(SEED ^ (long) stream << Integer.SIZE).nextLong());
    long count = 0;
    for (long group : prompts.values()) {
      count += group;
    }

    SortedMap<Integer, Double> chances = new TreeMap<>();
    double ofTrials = 0; // variances of the mean
    double ofRepetitions = 0;
    for (Map.Entry<Integer, Long> group : prompts.entrySet()) {
      double chance = trials(vocabularySize, group.getKey(), random) / (double) TRIALS;
      chances.put(group.getKey(), chance);
      double weight = group.getValue() / (double) count;
      ofTrials += weight * weight * chance * (1 - chance) / TRIALS;
      ofRepetitions += weight * chance * (1 - chance) / count / REPETITIONS;
    }

    double sum = 0;
    double[] shares = new double[REPETITIONS];
    for (int repetition = 0; repetition < REPETITIONS; repetition++) {
      shares[repetition] = successes(prompts, chances, random) / (double) count;
      sum += shares[repetition];
    }

    double mean = sum / REPETITIONS;
    double squares = 0;
    for (double share : shares) {
      squares += (share - mean) * (share - mean);
    }

    return new Simulated(
        mean, Math.sqrt(squares / (REPETITIONS - 1)), Math.sqrt(ofTrials + ofRepetitions));
  }

  /** How many of the trials succeed. */
  private static int trials(int vocabularySize, int considered, SplittableRandom random) {
    int successes = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
      int placed = 0; // all of them in the first half
      while (placed < considered
          && random.nextInt(vocabularySize - placed) < vocabularySize / 2 - placed) {
        placed++;
      }

      successes += placed == considered ? 1 : 0;
    }

    return successes;
  }

  /** Prompts that succeed in one repetition. */
  private static long successes(
      SortedMap<Integer, Long> prompts,
      SortedMap<Integer, Double> chances,
      SplittableRandom random) {
    long successes = 0;
    for (Map.Entry<Integer, Long> group : prompts.entrySet()) {
      double chance = chances.get(group.getKey());
      for (long prompt = 0; prompt < group.getValue(); prompt++) {
        successes += random.nextDouble() < chance ? 1 : 0;
      }
    }

    return successes;
  }
}
