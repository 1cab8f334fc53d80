/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.attribution.Attribution;
import dev.kindred.attribution.Attribution.Agreement;
import dev.kindred.attribution.Attribution.Scores;
import dev.kindred.attribution.Attributions;
import dev.kindred.attribution.Objective;
import dev.kindred.corpus.Tokenizer;
import java.util.Arrays;
import java.util.List;

/**
 * An attribution with the texts of its tokens, as terminal, page and JSON have it.
 *
 * @param text the prompt, or the text whose beginning is attributed
 * @param tokens that the model reads, one text each
 * @param predicted the most probable token after the prompt
 * @param probability of the predicted token, in [0, 1]
 * @param objective what is attributed
 * @param value of the objective
 * @param scores of the methods; they differ in their units
 * @param integrated whether integrated gradients add up; null if they were not asked for
 * @param agreements of pairs of methods; none if fewer than two were asked for
 * @param removals what becomes of the objective as tokens are taken away
 */
record ShownAttribution(
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

  /**
   * What is attributed.
   *
   * @param token that it is about; null for the sum of all
   * @param other token that a difference takes away; null for others
   */
  record Attributed(Objective.Kind kind, String token, String other) {}

  /**
   * Completeness of integrated gradients.
   *
   * @param sum of the scores
   * @param difference of the objective between prompt and baseline, which it should be
   * @param error the share by which it is not; null where the difference is 0
   * @param steps points of the integral
   */
  record Integrated(double sum, double difference, Double error, int steps) {
    private static Integrated of(Attribution.Integrated found) {
      double error = Math.abs(found.sum() - found.difference()) / Math.abs(found.difference());
      return new Integrated(
          found.sum(), found.difference(), Double.isFinite(error) ? error : null, found.steps());
    }
  }

  /**
   * The objective after the first 0, 1, .. tokens of an order have been taken away.
   *
   * @param order the score that puts tokens in order, or {@code random}: then values are means
   */
  record Removals(String order, double[] values) {}

  /**
   * Gives an attribution its texts.
   *
   * @param text of the prompt
   */
  static ShownAttribution of(Attribution found, String text, Tokenizer tokenizer) {
    return new ShownAttribution(
        text,
        Arrays.stream(found.tokenIds()).mapToObj(tokenizer::text).toList(),
        tokenizer.text(found.predicted()),
        found.probability(),
        attributed(found.objective(), tokenizer),
        found.value(),
        found.scores(),
        found.integrated() == null ? null : Integrated.of(found.integrated()),
        found.agreements(),
        found.removals().stream()
            .map(
                removals ->
                    new Removals(
                        removals.order() == null ? Attributions.RANDOM : removals.order().text(),
                        removals.values()))
            .toList());
  }

  private static Attributed attributed(Objective objective, Tokenizer tokenizer) {
    Objective.Kind kind = objective.kind();
    return new Attributed(
        kind,
        kind == Objective.Kind.LOGIT_SUM ? null : tokenizer.text(objective.token()),
        kind == Objective.Kind.LOGIT_DIFFERENCE ? tokenizer.text(objective.other()) : null);
  }
}
