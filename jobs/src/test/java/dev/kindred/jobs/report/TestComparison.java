/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TestComparison {
  private static final Map<String, Double> METRICS = new TreeMap<>();

  static {
    mean("honest.hellinger", .2);
    mean("compatible.hellinger", .19);
    mean("noise_floor.hellinger", .1);
    for (String prefix : new String[] {"", "honest."}) {
      mean(prefix + "baseline.kneser_ney.hellinger", .23);
      mean(prefix + "baseline.suffix_1.hellinger", .5);
      mean(prefix + "baseline.suffix_2.hellinger", .25);
      mean(prefix + "baseline.suffix_3.hellinger", .3);
    }

    mean("baseline.own_next_tokens.hellinger", .49);
    mean("slice.split.outside.honest.hellinger", .22);
    mean("slice.split.outside.compatible.hellinger", .21);
    mean("slice.split.outside.honest.baseline.kneser_ney.hellinger", .24);
    METRICS.put("slice.split.outside.prompts", 7.);
    METRICS.put("slice.split.outside.honest.top1", .7);
  }

  private static void mean(String name, double mean) {
    METRICS.put(name + ".mean", mean);
    METRICS.put(name + ".ci95_low", mean - .01);
    METRICS.put(name + ".ci95_high", mean + .01);
  }

  @Test
  void predictionsAreSortedByTheirHonestDistanceWithTheBestSuffixOnly() {
    assertThat(Comparison.of(METRICS))
        .extracting(Comparison::label)
        .containsExactly(
            "models of other seeds",
            "similar strings",
            "smoothed n-gram (Kneser-Ney)",
            "after the last 2 tokens",
            "after the prompt itself");
  }

  @Test
  void whatMakesNoSenseWithoutThePromptHasNoHonestDistance() {
    assertThat(Comparison.of(METRICS))
        .filteredOn(comparison -> comparison.honest() == null)
        .extracting(Comparison::label)
        .containsExactly("after the prompt itself");
  }

  @Test
  void theClaimSetsSimilarStringsBesideTheBestOfTheOthers() {
    assertThat(Comparison.claim(Comparison.of(METRICS)))
        .isEqualTo(
            "With the prompt itself set aside, similar strings come to a mean distance of 0.2000"
                + " from the model (95 % interval 0.1900 to 0.2100); the closest prediction that"
                + " does not look into the model, smoothed n-gram (Kneser-Ney), to 0.2300; models"
                + " of other seeds are 0.1000 from it.");
  }

  @Test
  void aRunOfBeforeThereWereBaselinesHasNothingToCompare() {
    assertThat(Comparison.of(Map.of("compatible.hellinger.mean", .2))).isEmpty();
    assertThat(SliceRow.of(Map.of("compatible.hellinger.mean", .2))).isEmpty();
  }

  @Test
  void slicesWithPromptsHaveARow() {
    assertThat(SliceRow.of(METRICS))
        .singleElement()
        .satisfies(
            row -> {
              assertThat(row.kind()).isEqualTo("training split");
              assertThat(row.slice()).isEqualTo("outside");
              assertThat(row.prompts()).isEqualTo(7);
              assertThat(row.ngram().value()).isEqualTo(.24);
            });
  }
}
