/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.table.FormerNames;
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
      mean(prefix + "baseline.tuned_interpolation.hellinger", .18);
      mean(prefix + "ngram.hellinger", .18);
      mean(prefix + "baseline.suffix_1.hellinger", .5);
      mean(prefix + "baseline.suffix_2.hellinger", .25);
      mean(prefix + "baseline.suffix_3.hellinger", .3);
    }

    mean("baseline.own_next_tokens.hellinger", .49);
    mean("slice.split.outside.honest.hellinger", .22);
    mean("slice.split.outside.compatible.hellinger", .21);
    mean("slice.split.outside.honest.ngram.hellinger", .24);
    gain("slice.split.outside.honest.gain_over_ngram", .02, .01, .03);
    gain("honest.gain_over_ngram", -.02, -.03, -.01);
    METRICS.put("baseline.kneser_ney.order", 5.);
    METRICS.put("baseline.kneser_ney.is_ngram", 0.);
    METRICS.put("baseline.tuned_interpolation.order", 9.);
    METRICS.put("baseline.tuned_interpolation.is_ngram", 1.);
    METRICS.put("baseline.tuned_interpolation.fitting_windows", 2000.);
    METRICS.put("baseline.tuned_interpolation.held_out_windows", 500.);
    METRICS.put("slice.split.outside.prompts", 7.);
    METRICS.put("slice.split.outside.honest.top1", .7);
  }

  private static void gain(String name, double mean, double low, double high) {
    METRICS.put(name + ".mean", mean);
    METRICS.put(name + ".ci95_low", low);
    METRICS.put(name + ".ci95_high", high);
  }

  private static void mean(String name, double mean) {
    METRICS.put(name + ".mean", mean);
    METRICS.put(name + ".ci95_low", mean - .01);
    METRICS.put(name + ".ci95_high", mean + .01);
  }

  @Test
  void predictionsAreSortedByTheirHonestDistanceWithTheBestSuffixOnly() {
    assertThat(Comparison.of(FormerNames.figures(METRICS)))
        .extracting(Comparison::label)
        .containsExactly(
            "the same model, trained again",
            "n-gram with tuned interpolation",
            "similar strings",
            "smoothed n-gram of order 5",
            "after the last 2 tokens",
            "after the prompt itself");
  }

  @Test
  void aSuffixOfFixedLengthIsNotCalledAsTheLongestOneIs() {
    assertThat(Comparison.nameOf("suffix_1", 0)).isEqualTo("after the last token");
    assertThat(Comparison.nameOf("suffix_4", 0)).isEqualTo("after the last 4 tokens");
    assertThat(Comparison.nameOf("suffix_backoff", 0)).isEqualTo("after the longest known suffix");
  }

  @Test
  void whatMakesNoSenseWithoutThePromptHasNoHonestDistance() {
    assertThat(Comparison.of(FormerNames.figures(METRICS)))
        .filteredOn(comparison -> comparison.honest() == null)
        .extracting(Comparison::label)
        .containsExactly("after the prompt itself");
  }

  @Test
  void theClaimSetsSimilarStringsBesideTheNGramAsTheIntervalsTell() {
    assertThat(Claim.of(FormerNames.figures(METRICS)))
        .isEqualTo(
            "With the prompt itself set aside, similar strings come to a mean distance of 0.2000"
                + " from the model (95 % interval 0.1900 to 0.2100); the same model, trained again,"
                + " is 0.1000 from it. The n-gram with tuned interpolation, which does not look into"
                + " the model, comes to 0.1800: similar strings are farther by 0.0200 (95 %"
                + " interval 0.0100 to 0.0300) than this; of 1 kinds of prompts they are closer on"
                + " 1, farther on 0, and not to be told apart on 0.");
  }

  @Test
  void aDifferenceIsClaimedOnlyWhereTheIntervalTellsOne() {
    assertThat(new Gain(.02, .01, .03).inWords())
        .isEqualTo("closer by 0.0200 (95 % interval 0.0100 to 0.0300) than");
    assertThat(new Gain(-.02, -.03, -.01).inWords())
        .isEqualTo("farther by 0.0200 (95 % interval 0.0100 to 0.0300) than");
    assertThat(new Gain(.02, -.01, .05).inWords())
        .isEqualTo(
            "neither closer nor farther, as far as the interval of the difference tells"
                + " (-0.0100 to +0.0500), than");
  }

  @Test
  void theNGramIsWhichTheFiguresSay() {
    Map<String, Double> metrics = new TreeMap<>(METRICS);
    metrics.put("baseline.tuned_interpolation.is_ngram", 0.);
    metrics.put("baseline.kneser_ney.is_ngram", 1.);
    metrics.put("baseline.kneser_ney.fitting_windows", 0.);
    metrics.put("baseline.kneser_ney.held_out_windows", 0.);

    assertThat(AgainstNGram.of(FormerNames.figures(metrics)).label())
        .isEqualTo("smoothed n-gram of order 5");
    assertThat(AgainstNGram.of(FormerNames.figures(metrics)).fitting())
        .contains("no other windows");
    assertThat(AgainstNGram.of(FormerNames.figures(METRICS)).fitting())
        .contains("2,000 other windows", "on 500 more");
  }

  @Test
  void slicesWithPromptsHaveARow() {
    assertThat(SliceRow.of(FormerNames.figures(METRICS)))
        .singleElement()
        .satisfies(
            row -> {
              assertThat(row.kind()).isEqualTo("training split");
              assertThat(row.slice()).isEqualTo("outside");
              assertThat(row.prompts()).isEqualTo(7);
              assertThat(row.ngram().value()).isEqualTo(.24);
              assertThat(row.gain().isCloser()).isTrue();
              assertThat(row.gain().signed()).isEqualTo("+0.0200");
            });
  }
}
