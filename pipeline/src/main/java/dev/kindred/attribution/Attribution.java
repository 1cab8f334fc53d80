/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.attribution;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.kindred.attribution.Score.Method;
import dev.kindred.math.RankCorrelation;
import dev.kindred.math.Softmax;
import dev.kindred.model.ResidualStream;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Which tokens of a prompt the prediction at its end hangs on, by several methods.
 *
 * @param tokenIds T, with all that the model reads
 * @param predicted the most probable token after the prompt
 * @param probability of the predicted token, in [0, 1]
 * @param objective what is attributed
 * @param value of the objective
 * @param scores in the order of {@link Score}
 * @param integrated whether integrated gradients add up; null if they were not asked for
 * @param agreements of pairs of scores that are compared; none if fewer than two were asked for
 * @param removals what becomes of the objective as tokens are taken away; random orders come last;
 *     none of a {@linkplain #atEachPosition text}
 */
public record Attribution(
    int[] tokenIds,
    int predicted,
    double probability,
    Objective objective,
    double value,
    List<Scores> scores,
    Integrated integrated,
    List<Agreement> agreements,
    List<Removals> removals) {
  private static final int RANDOM_ORDERS = 10;

  /**
   * What is asked for.
   *
   * @param replacement what stands in the place of tokens that are taken away
   * @param single what stands there where several are taken away at once, {@linkplain
   *     Replacement#isSingle one thing}
   * @param baseline where integrated gradients begin
   */
  public record Question(
      Set<Method> methods,
      Objective.Choice objective,
      Replacement replacement,
      Replacement single,
      Replacement.Row baseline)
      implements Serializable {}

  /**
   * A score of all tokens.
   *
   * @param values one a token
   */
  public record Scores(@JsonProperty("method") Score score, double[] values) {}

  /**
   * Completeness of integrated gradients.
   *
   * @param sum of the scores
   * @param difference of the objective between prompt and baseline, which it should be
   * @param steps points of the integral
   */
  public record Integrated(double sum, double difference, int steps) {}

  /**
   * Spearman's rank correlation of two scores.
   *
   * @param all over all tokens; null if it is not defined
   * @param withoutLast over all but the last, which most methods put first
   */
  public record Agreement(Score first, Score second, Double all, Double withoutLast) {
    /** Whether the score is one of the two. */
    boolean isOf(Score score) {
      return first == score || second == score;
    }

    /** Returns the one of the two that the score is not. */
    Score other(Score score) {
      return first == score ? second : first;
    }
  }

  /**
   * The objective after the first 0, 1, .. tokens of an order have been taken away.
   *
   * @param order the score that puts tokens in order; null for random orders, whose values are
   *     means
   */
  public record Removals(Score order, double[] values) {}

  /**
   * Attributes the prediction at a prompt's end.
   *
   * @param tokenIds what the model reads
   */
  public static Attribution of(ResidualStream model, int[] tokenIds, Question question) {
    return of(model, tokenIds, question, true);
  }

  /**
   * Attributes the prediction at each position of a text to all tokens up to there.
   *
   * @param tokenIds what the model reads, T
   * @return T, the shortest first
   */
  public static List<Attribution> atEachPosition(
      ResidualStream model, int[] tokenIds, Question question) {
    return IntStream.rangeClosed(1, tokenIds.length)
        .mapToObj(length -> of(model, Arrays.copyOf(tokenIds, length), question, false))
        .toList();
  }

  private static Attribution of(
      ResidualStream model, int[] tokenIds, Question question, boolean isWithRemovals) {
    AttributedPrediction prediction =
        AttributedPrediction.of(model, tokenIds, question.objective());
    Found found = new Found(prediction, question);
    int first = Objective.predicted(prediction.logits()).token();
    return new Attribution(
        tokenIds,
        first,
        Softmax.row(prediction.logits(), 0, prediction.logits().length)[first],
        prediction.objective(),
        prediction.value(),
        found.scores,
        found.integrated,
        agreements(found.scores),
        isWithRemovals ? found.removals() : List.of());
  }

  /** The agreements of all pairs of scores that are compared. */
  private static List<Agreement> agreements(List<Scores> scores) {
    List<Scores> compared = compared(scores);
    List<Agreement> agreements = new ArrayList<>();
    for (int i = 0; i < compared.size(); i++) {
      for (int j = i + 1; j < compared.size(); j++) {
        double[] a = compared.get(i).values();
        double[] b = compared.get(j).values();
        agreements.add(
            new Agreement(
                compared.get(i).score(),
                compared.get(j).score(),
                defined(RankCorrelation.of(a, b)),
                defined(
                    RankCorrelation.of(
                        Arrays.copyOf(a, a.length - 1), Arrays.copyOf(b, b.length - 1)))));
      }
    }

    return agreements;
  }

  private static List<Scores> compared(List<Scores> scores) {
    return scores.stream().filter(one -> one.score().isCompared()).toList();
  }

  private static Double defined(double value) {
    return Double.isFinite(value) ? value : null;
  }

  /** Scores as they are found. */
  private static final class Found {
    private final AttributedPrediction prediction;
    private final Question question;
    private final List<Scores> scores = new ArrayList<>();
    private Integrated integrated;

    private Found(AttributedPrediction prediction, Question question) {
      this.prediction = prediction;
      this.question = question;
      Set<Method> methods = question.methods();
      boolean isCombined = methods.contains(Method.COMBINED);
      float[] gradient =
          methods.contains(Method.GRADIENT) || isCombined ? prediction.gradient() : null;
      Occlusion occlusion =
          methods.contains(Method.OCCLUSION) || isCombined
              ? Occlusion.of(prediction, question.replacement())
              : null;
      if (methods.contains(Method.GRADIENT)) {
        for (GradientInput variant : GradientInput.values()) {
          add(Score.of(variant), scores(variant, gradient));
        }
      }

      if (methods.contains(Method.OCCLUSION)) {
        add(Score.OCCLUSION_DROP, occlusion.drop());
        add(Score.OCCLUSION_TOTAL_VARIATION, occlusion.totalVariation());
        add(Score.OCCLUSION_KL, occlusion.kl());
        add(Score.OCCLUSION_L1_LOGITS, occlusion.l1Logits());
      }

      if (methods.contains(Method.INTEGRATED)) {
        IntegratedGradients gradients = IntegratedGradients.of(prediction, question.baseline());
        integrated = new Integrated(gradients.sum(), gradients.difference(), gradients.steps());
        add(Score.INTEGRATED, gradients.scores());
      }

      if (isCombined) {
        combine(gradient, occlusion);
      }
    }

    private double[] scores(GradientInput variant, float[] gradient) {
      return variant.scores(gradient, prediction.rows(), prediction.dimension());
    }

    /** The published combination, and the same of what it should have been made of. */
    private void combine(float[] gradient, Occlusion occlusion) {
      add(
          Score.COMBINED_SOUND,
          Combination.mean(
              scores(GradientInput.ABS_OF_SUM, gradient),
              Arrays.stream(occlusion.drop()).map(Math::abs).toArray()));
      Objective published = Objective.logitSum(prediction.logits());
      add(
          Score.COMBINED_AS_PUBLISHED,
          Combination.minMax(
              Combination.mean(
                  scores(GradientInput.SUM_OF_ABS, prediction.with(published).gradient()),
                  occlusion.l1Logits()))); // which no objective changes
    }

    private void add(Score score, double[] values) {
      scores.add(new Scores(score, values));
    }

    private List<Removals> removals() {
      List<Removals> removals = new ArrayList<>();
      for (Scores by : compared(scores)) {
        removals.add(new Removals(by.score(), curve(Removal.descending(by.values()))));
      }

      double[][] random =
          IntStream.range(0, RANDOM_ORDERS)
              .mapToObj(seed -> curve(Removal.random(prediction.length(), seed)))
              .toArray(double[][]::new);
      double[] mean = new double[random[0].length];
      Arrays.setAll(
          mean, k -> Arrays.stream(random).mapToDouble(one -> one[k]).sum() / random.length);
      removals.add(new Removals(null, mean));
      return removals;
    }

    private double[] curve(int[] order) {
      return Removal.curve(prediction, question.single(), order);
    }
  }
}
