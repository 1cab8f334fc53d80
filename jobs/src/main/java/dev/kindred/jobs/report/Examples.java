/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.explanation.BlockExplanation;
import dev.kindred.explanation.Explanation;
import dev.kindred.explanation.Following;
import dev.kindred.explanation.NextToken;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/** Chooses prompts of every kind for a reader to look at. */
final class Examples {
  private Examples() {}

  /**
   * What of a prompt says whether it is an example.
   *
   * @param distance of the similar strings, the prompt itself set aside where it is in the corpus
   * @param model probability of the model's first token
   * @param strings probability of the similar strings' first token
   * @param opinions different first tokens of its blocks
   * @param similar strings of all blocks
   * @param following what really follows; null if it is unknown
   */
  record Candidate(
      int promptId,
      int lastToken,
      double distance,
      double model,
      double strings,
      long opinions,
      long similar,
      Following following)
      implements Serializable {

    static Candidate of(Explanation prompt) {
      return new Candidate(
          prompt.promptId(),
          prompt.tokenIds()[prompt.tokenIds().length - 1],
          (prompt.leaveOneOut() == null ? prompt.compatible() : prompt.leaveOneOut()).hellinger(),
          prompt.nextTokens().stream().mapToDouble(NextToken::model).max().orElse(0),
          prompt.nextTokens().stream().mapToDouble(NextToken::approximation).max().orElse(0),
          prompt.blocks().stream()
              .map(BlockExplanation::nextTokens)
              .filter(next -> !next.isEmpty())
              .map(next -> next.get(0).text())
              .distinct()
              .count(),
          prompt.similarCount(),
          prompt.following());
    }

    private boolean isRight(boolean model, boolean strings) {
      return following != null
          && following.modelIsRight() == model
          && following.stringsAreRight() == strings;
    }
  }

  /**
   * A kind of prompts.
   *
   * @param degree the greater, the better an example
   */
  private record Kind(String name, Predicate<Candidate> has, ToDoubleFunction<Candidate> degree) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind("Sure and right", prompt -> prompt.isRight(true, true), Candidate::model),
          new Kind(
              "The model is right, the other strings are not",
              prompt -> prompt.isRight(true, false),
              Candidate::model),
          new Kind(
              "The other strings are right, the model is not",
              prompt -> prompt.isRight(false, true),
              Candidate::strings),
          new Kind("Neither is right", prompt -> prompt.isRight(false, false), Candidate::distance),
          new Kind("The blocks disagree", prompt -> prompt.opinions() > 1, Candidate::opinions),
          new Kind(
              "Few similar strings", prompt -> prompt.similar() > 0, prompt -> -prompt.similar()),
          new Kind("Worst explained", prompt -> true, Candidate::distance),
          new Kind("Best explained", prompt -> true, prompt -> -prompt.distance()));

  /**
   * Chooses prompts kind by kind, one of each before a second of any. No prompt is chosen twice,
   * and as long as there are others none that ends with the same token as another of its kind.
   *
   * @return ids of prompts by the names of kinds; kinds without any are left out
   */
  static Map<String, List<Integer>> choose(List<Candidate> candidates, int count) {
    Map<String, List<Integer>> chosen = new LinkedHashMap<>();
    Map<String, Set<Integer>> endings = new LinkedHashMap<>();
    for (Kind kind : KINDS) {
      chosen.put(kind.name(), new ArrayList<>());
      endings.put(kind.name(), new HashSet<>());
    }

    Set<Integer> taken = new HashSet<>();
    int before = -1;
    while (taken.size() < count && taken.size() > before) {
      before = taken.size();
      for (Kind kind : KINDS) {
        Set<Integer> ended = endings.get(kind.name());
        if (taken.size() < count) {
          candidates.stream()
              .filter(prompt -> !taken.contains(prompt.promptId()) && kind.has().test(prompt))
              .max(
                  Comparator.<Candidate, Boolean>comparing(
                          prompt -> !ended.contains(prompt.lastToken()))
                      .thenComparingDouble(kind.degree())
                      .thenComparing(Candidate::promptId, Comparator.reverseOrder()))
              .ifPresent(
                  prompt -> {
                    taken.add(prompt.promptId());
                    ended.add(prompt.lastToken());
                    chosen.get(kind.name()).add(prompt.promptId());
                  });
        }
      }
    }

    chosen.values().removeIf(List::isEmpty);
    return chosen;
  }
}
