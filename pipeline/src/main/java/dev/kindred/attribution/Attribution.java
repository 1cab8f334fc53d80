/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.attribution;

import dev.kindred.corpus.Tokenizer;
import dev.kindred.math.Softmax;
import dev.kindred.model.ResidualStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Which tokens of a prompt the prediction at its end hangs on, by several methods.
 *
 * @param text the prompt
 * @param tokens that the model reads, one text each
 * @param predicted the most probable token after the prompt
 * @param probability of the predicted token, in [0, 1]
 * @param objective what is attributed
 * @param value of the objective
 * @param scores of the methods; methods differ in their units
 * @param integrated whether integrated gradients add up; null if they were not asked for
 * @param agreements of pairs of methods; none if fewer than two were asked for
 * @param removals what becomes of the objective as tokens are taken away
 */
public record Attribution(
    String text,
    List<String> tokens,
    String predicted,
    double probability,
    Attributed objective,
    double value,
    List<Scores> scores,
    Integrated integrated,
    List<Agreement> agreements,
    List<Removals> removals) {
  private static final int RANDOM_ORDERS = 10;

  /** Ways to attribute. */
  public enum Method {
    GRADIENT,
    OCCLUSION,
    INTEGRATED,
    COMBINED
  }

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
      Replacement.Row baseline) {}

  /**
   * What is attributed.
   *
   * @param token that it is about; null for the sum of all
   * @param other token that a difference takes away; null for others
   */
  public record Attributed(Objective.Kind kind, String token, String other) {}

  /**
   * What one method says.
   *
   * @param method its name
   * @param values one a token
   */
  public record Scores(String method, double[] values) {}

  /**
   * Completeness of integrated gradients.
   *
   * @param sum of the scores
   * @param difference of the objective between prompt and baseline, which it should be
   * @param error the share by which it is not; null where the difference is 0
   * @param steps points of the integral
   */
  public record Integrated(double sum, double difference, Double error, int steps) {}

  /**
   * Spearman's rank correlation of two methods.
   *
   * @param all over all tokens; null if it is not defined
   * @param withoutLast over all but the last, which most methods put first
   */
  public record Agreement(String first, String second, Double all, Double withoutLast) {}

  /**
   * The objective after the first 0, 1, .. tokens of an order have been taken away.
   *
   * @param order the method that puts tokens in order, or {@code random}: then values are means
   */
  public record Removals(String order, double[] values) {}

  /**
   * Attributes the prediction at a prompt's end.
   *
   * @param text of the prompt, to be shown
   * @param tokenIds what the model reads
   */
  public static Attribution of(
      ResidualStream model, Tokenizer tokenizer, String text, int[] tokenIds, Question question) {
    AttributedPrediction prediction =
        AttributedPrediction.of(model, tokenIds, question.objective());
    Found found = new Found(prediction, question);
    int first = Objective.predicted(prediction.logits()).token();
    return new Attribution(
        text,
        Arrays.stream(tokenIds).mapToObj(tokenizer::text).toList(),
        tokenizer.text(first),
        Softmax.row(prediction.logits(), 0, prediction.logits().length)[first],
        attributed(prediction.objective(), tokenizer),
        prediction.value(),
        found.scores,
        found.integrated,
        found.agreements(),
        found.removals());
  }

  private static Attributed attributed(Objective objective, Tokenizer tokenizer) {
    Objective.Kind kind = objective.kind();
    return new Attributed(
        kind,
        kind == Objective.Kind.LOGIT_SUM ? null : tokenizer.text(objective.token()),
        kind == Objective.Kind.LOGIT_DIFFERENCE ? tokenizer.text(objective.other()) : null);
  }

  /** Scores as they are found. */
  private static final class Found {
    private final AttributedPrediction prediction;
    private final Question question;
    private final List<Scores> scores = new ArrayList<>();
    private final List<Scores> compared = new ArrayList<>(); // of one kind each
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
          add(
              "gradient " + variant.text(),
              scores(variant, gradient),
              variant == GradientInput.SIGNED || variant == GradientInput.L2);
        }
      }

      if (methods.contains(Method.OCCLUSION)) {
        add("occlusion drop", occlusion.drop(), true);
        add("occlusion total-variation", occlusion.totalVariation(), true);
        add("occlusion kl", occlusion.kl(), false);
        add("occlusion l1-logits", occlusion.l1Logits(), false);
      }

      if (methods.contains(Method.INTEGRATED)) {
        IntegratedGradients gradients = IntegratedGradients.of(prediction, question.baseline());
        integrated =
            new Integrated(
                gradients.sum(),
                gradients.difference(),
                defined(gradients.error()),
                gradients.steps());
        add("integrated", gradients.scores(), true);
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
          "combined sound",
          Combination.mean(
              scores(GradientInput.ABS_OF_SUM, gradient),
              Arrays.stream(occlusion.drop()).map(Math::abs).toArray()),
          false);
      Objective published = Objective.logitSum(prediction.logits());
      add(
          "combined as-published",
          Combination.minMax(
              Combination.mean(
                  scores(GradientInput.SUM_OF_ABS, prediction.with(published).gradient()),
                  occlusion.l1Logits())), // which no objective changes
          false);
    }

    private void add(String method, double[] values, boolean isCompared) {
      Scores found = new Scores(method, values);
      scores.add(found);
      if (isCompared) {
        compared.add(found);
      }
    }

    private List<Agreement> agreements() {
      List<Agreement> agreements = new ArrayList<>();
      for (int i = 0; i < compared.size(); i++) {
        for (int j = i + 1; j < compared.size(); j++) {
          double[] a = compared.get(i).values();
          double[] b = compared.get(j).values();
          agreements.add(
              new Agreement(
                  compared.get(i).method(),
                  compared.get(j).method(),
                  defined(RankCorrelation.of(a, b)),
                  defined(
                      RankCorrelation.of(
                          Arrays.copyOf(a, a.length - 1), Arrays.copyOf(b, b.length - 1)))));
        }
      }

      return agreements;
    }

    private List<Removals> removals() {
      List<Removals> removals = new ArrayList<>();
      for (Scores by : compared) {
        removals.add(new Removals(by.method(), curve(Removal.descending(by.values()))));
      }

      double[][] random =
          IntStream.range(0, RANDOM_ORDERS)
              .mapToObj(seed -> curve(Removal.random(prediction.length(), seed)))
              .toArray(double[][]::new);
      double[] mean = new double[random[0].length];
      Arrays.setAll(
          mean, k -> Arrays.stream(random).mapToDouble(one -> one[k]).sum() / random.length);
      removals.add(new Removals("random", mean));
      return removals;
    }

    private double[] curve(int[] order) {
      return Removal.curve(prediction, question.single(), order);
    }

    private static Double defined(double value) {
      return Double.isFinite(value) ? value : null;
    }
  }
}
