/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kindred.head.HeadModel.Head;
import dev.kindred.head.Measure.Score;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models that were made by hand to have one induction head, and what they must have. */
class TestConstructedInduction {
  private static final double CLOSE = 1e-6;
  private static final Head PREVIOUS = new Head(0, 0);
  private static final Head INDUCTION = new Head(1, 0);

  private static PatternMeasures measures(Stimulus stimulus) {
    return new PatternMeasures(stimulus, TokenKinds.of(16, id -> ""));
  }

  private static double score(ConstructedModel made, Stimulus stimulus, Head head, Score score) {
    PatternMeasures asked = measures(stimulus);
    int number = made.model().heads().indexOf(head);
    return IntStream.range(0, stimulus.sequences())
        .mapToDouble(
            i ->
                SequenceHeads.of(made.model(), asked, stimulus, 0, i)
                    .measures()[number][asked.place(Measure.of(score))])
        .average()
        .orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(strings = {"induction-ln", "induction-plain"})
  void oneTokenThatMatchesIsEnough(String name) {
    ConstructedModel made = ConstructedModel.of(name);
    for (Score score : Measure.INDUCTION_MATCHES) {
      assertThat(score(made, made.stimulus("bos"), INDUCTION, score))
          .as("%s %s", name, score)
          .isCloseTo(1, within(CLOSE));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "induction-ln,bos",
    "induction-ln,none",
    "induction-plain,bos",
    "induction-plain,none"
  })
  void headsScoreAsTheyWereMadeTo(String name, String beginning) {
    ConstructedModel made = ConstructedModel.of(name);
    Stimulus stimulus = made.stimulus(beginning);
    for (Head head : List.of(PREVIOUS, INDUCTION)) {
      JsonNode scores =
          made.expected().at("/" + beginning + "/scores/" + head.block() + "." + head.head());
      for (Score score :
          List.of(Score.PREVIOUS, Score.DUPLICATE, Score.INDUCTION, Score.INDUCTION_WITH_LAST)) {
        assertThat(score(made, stimulus, head, score))
            .as("%s %s %s %s", name, beginning, head, score)
            .isCloseTo(scores.get(score.text()).asDouble(), within(CLOSE));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"induction-ln", "induction-plain"})
  void inductionIsOneAfterABeginningAndWithoutOneTheFirstQueryFindsTwoPlaces(String name) {
    ConstructedModel made = ConstructedModel.of(name);
    int period = made.stimulus("none").period();

    assertThat(score(made, made.stimulus("bos"), INDUCTION, Score.INDUCTION))
        .isCloseTo(1, within(CLOSE));
    assertThat(score(made, made.stimulus("none"), INDUCTION, Score.INDUCTION))
        .isCloseTo((period - 1.5) / (period - 1), within(CLOSE));
  }

  @ParameterizedTest
  @ValueSource(strings = {"induction-ln", "induction-plain"})
  void withoutThePreviousTokenHeadInductionIsThatOfUniformAttention(String name) {
    ConstructedModel made = ConstructedModel.of(name);
    HeadModel model = made.model();
    Stimulus stimulus = made.stimulus("bos");
    JsonNode bos = made.expected().get("bos");
    int previous = model.heads().indexOf(PREVIOUS);
    int induction = model.heads().indexOf(INDUCTION);
    double score = 0;
    double whole = 0;
    double withoutPrevious = 0;
    double withoutInduction = 0;
    for (int i = 0; i < stimulus.sequences(); i++) {
      SequenceHeads found = SequenceHeads.of(model, measures(stimulus), stimulus, 0, i);
      SequenceAblation ablation =
          SequenceAblation.of(
              model,
              measures(stimulus),
              stimulus,
              0,
              i,
              Ablation.ZERO,
              new double[model.heads().size()][]);
      score += ablation.induction()[previous][induction] / stimulus.sequences();
      whole += Loss.SECOND_COPY.of(stimulus, found.losses()) / stimulus.sequences();
      withoutPrevious += ablation.secondLosses()[previous] / stimulus.sequences();
      withoutInduction += ablation.secondLosses()[induction] / stimulus.sequences();
    }

    assertThat(score).isCloseTo(bos.get("uniform_induction").asDouble(), within(CLOSE));
    assertThat(whole).isCloseTo(bos.get("loss_second_half").asDouble(), within(1e-5));
    assertThat(withoutPrevious)
        .isCloseTo(bos.get("loss_second_half_without_0_0").asDouble(), within(1e-4));
    assertThat(withoutInduction)
        .isCloseTo(bos.get("loss_second_half_without_1_0").asDouble(), within(1e-4));
  }

  @Test
  void keysOfWhatThePreviousTokenHeadWroteMakeInductionAlone() {
    ConstructedModel made = ConstructedModel.of("induction-plain");
    Stimulus stimulus = made.stimulus("bos");
    JsonNode terms = made.expected().get("induction_from_qk_terms_bos");
    Map<Score, String> names =
        Map.of(
            Score.INDUCTION_DIRECT_DIRECT, "query direct, key direct",
            Score.INDUCTION_DIRECT_WRITTEN, "query direct, key head",
            Score.INDUCTION_WRITTEN_DIRECT, "query head, key direct",
            Score.INDUCTION_WRITTEN_WRITTEN, "query head, key head");
    names.forEach(
        (score, name) ->
            assertThat(score(made, stimulus, INDUCTION, score))
                .as(name)
                .isCloseTo(terms.get(name).asDouble(), within(CLOSE)));
    assertThat(score(made, stimulus, PREVIOUS, Score.INDUCTION_DIRECT_DIRECT)).isNaN();
  }
}
