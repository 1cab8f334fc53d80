/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import java.util.Locale;

/** Mean losses within sequences, in nats a token. Of T tokens, the first is not predicted. */
enum Loss {
  /** Of all tokens. */
  ALL,
  /** Of the tokens of the first copy, by those before them in it. */
  FIRST_COPY,
  /** Of the tokens of the second copy but its first. */
  SECOND_COPY,
  /** Of tokens from 5 to before 10 % of the length. */
  EARLY,
  /** Of tokens in the last tenth. */
  LATE,
  /** What the last tenth has more than the tokens from 5 to 10 %: the in-context score. */
  IN_CONTEXT;

  /** Returns the name that tables have for it. */
  String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Takes the mean.
   *
   * @param losses of one sequence of the stimulus, T - 1
   * @return NaN where the stimulus has no such tokens
   */
  double of(Stimulus stimulus, double[] losses) {
    int length = losses.length + 1;
    int begins = stimulus.begins();
    int period = stimulus.period();
    return switch (this) {
      case ALL -> TokenLosses.mean(losses, 0, losses.length);
      case FIRST_COPY ->
          stimulus.isTwice() ? TokenLosses.mean(losses, begins, begins + period - 1) : Double.NaN;
      case SECOND_COPY ->
          stimulus.isTwice()
              ? TokenLosses.mean(losses, begins + period, losses.length)
              : Double.NaN;
      case EARLY ->
          stimulus.isGeneral()
              ? tokens(losses, ceiling(5L * length), ceiling(10L * length))
              : Double.NaN;
      case LATE ->
          stimulus.isGeneral() ? tokens(losses, ceiling(90L * length), length) : Double.NaN;
      case IN_CONTEXT -> LATE.of(stimulus, losses) - EARLY.of(stimulus, losses);
    };
  }

  /** Divides by 100, up. */
  private static int ceiling(long hundredths) {
    return (int) ((hundredths + 99) / 100);
  }

  /** The mean loss of tokens, whose predictions are one position before. */
  private static double tokens(double[] losses, int from, int to) {
    return TokenLosses.mean(losses, Math.max(0, from - 1), to - 1);
  }
}
