/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.math.Hellinger;
import dev.kindred.prediction.NextTokenDistribution;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestNGramFitter {
  private static final int LENGTH = 4;
  private static final int D_VOCAB = 9;

  private final Random random = new Random(11);

  private record Case(SuffixStatistics statistics, double[] model) {
    private FittingWindow window(int id) {
      return FittingWindow.of(id, statistics, new NextTokenDistribution.Dense(model));
    }
  }

  /** Whose model is near an n-gram that fitting is to find again. */
  private List<Case> cases(int number, int vocabularySize, NGram near) {
    List<Case> cases = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      SuffixStatistics statistics = TestNGram.statistics(random, LENGTH, vocabularySize);
      cases.add(
          new Case(
              statistics, near.probabilities(statistics, vocabularySize).dense(vocabularySize)));
    }

    return cases;
  }

  /** Whether some token does not follow the last one. */
  private static boolean hasRest(Case each) {
    return each.statistics().tokens()[1].length < each.model().length;
  }

  private static List<FittingWindow> windows(List<Case> cases) {
    List<FittingWindow> windows = new ArrayList<>();
    cases.forEach(each -> windows.add(each.window(windows.size())));
    return windows;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theDistanceIsThatOfTheProbabilities(boolean continuation) {
    List<Case> cases = cases(200, 3, TestNGram.ngram(random, false, LENGTH));
    cases.removeIf(TestNGramFitter::hasRest);
    NGram ngram = TestNGram.ngram(random, continuation, LENGTH);
    assertThat(cases).isNotEmpty();

    double expected =
        cases.stream()
            .mapToDouble(
                each ->
                    Hellinger.ofCounts(
                        each.model(), ngram.probabilities(each.statistics(), 3).dense(3)))
            .average()
            .orElseThrow();

    assertThat(new NGramFitter(windows(cases), List.of(), () -> {}).distance(ngram))
        .isCloseTo(expected, within(1e-7));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theGradientIsTheSlopeOfTheDistance(boolean continuation) {
    NGramFitter fitter =
        new NGramFitter(
            windows(cases(100, D_VOCAB, TestNGram.ngram(random, false, LENGTH))),
            List.of(),
            () -> {});
    double[] parameters = NGramFitter.parameters(TestNGram.ngram(random, continuation, LENGTH));
    NGram ngram = NGramFitter.model(TestNGram.ngram(random, continuation, LENGTH), parameters);
    double[] gradient = fitter.gradient(ngram);

    double step = 1e-5;
    int moving = 0;
    for (int i = 0; i < parameters.length; i++) {
      double[] more = parameters.clone();
      double[] less = parameters.clone();
      more[i] += step;
      less[i] -= step;
      double slope =
          (fitter.distance(NGramFitter.model(ngram, more))
                  - fitter.distance(NGramFitter.model(ngram, less)))
              / (2 * step);
      assertThat(gradient[i]).as("parameter %d", i).isCloseTo(slope, within(1e-8));
      moving += Math.abs(slope) > 1e-5 ? 1 : 0;
    }

    assertThat(moving).isGreaterThan(continuation ? 8 : 20);
  }

  @Test
  void fittingComesCloseToAModelThatIsSuchAnNGram() {
    NGram found = TestNGram.ngram(random, false, LENGTH);
    List<Case> cases = cases(5000, 3, found);
    cases.removeIf(TestNGramFitter::hasRest);
    List<FittingWindow> windows = windows(cases);
    NGramFitter fitter =
        new NGramFitter(windows.subList(100, cases.size()), windows.subList(0, 100), () -> {});
    NGram first = TestNGram.ngram(random, false, LENGTH);

    NGramFitter.Fitted fitted = fitter.fit(first);

    assertThat(fitted.distance()).isLessThan(fitter.heldOutDistance(first) / 4);
    assertThat(fitted.distance()).isEqualTo(fitter.heldOutDistance(fitted.ngram()));
  }
}
