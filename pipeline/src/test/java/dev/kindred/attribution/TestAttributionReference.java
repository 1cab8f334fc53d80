/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.attribution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.math.RankCorrelation;
import dev.kindred.model.Models;
import dev.kindred.model.ResidualStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What PyTorch finds in double precision, by a program of its own. */
class TestAttributionReference {
  private static final double TOLERANCE = 1e-4; // of an array's greatest value, in float
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, ResidualStream> MODELS = new HashMap<>();

  @AfterAll
  static void close() {
    MODELS.values().forEach(ResidualStream::close);
  }

  private static JsonNode read(String name) throws IOException {
    try (InputStream file =
        TestAttributionReference.class.getResourceAsStream("/attribution/" + name + ".json")) {
      return JSON.readTree(file);
    }
  }

  private static ResidualStream model(JsonNode expected) {
    String name = expected.get("model").asText();
    // The cases were made with an earlier dickens-small than the one that Kindred brings.
    return MODELS.computeIfAbsent(
        name.equals("dickens-small")
            ? "pipeline/src/test/resources/models/dickens-reference"
            : "models/" + name,
        folder -> Models.directory(folder).loadStream(Device.cpu()));
  }

  private static double[] numbers(JsonNode array) {
    return IntStream.range(0, array.size()).mapToDouble(i -> array.get(i).asDouble()).toArray();
  }

  private static int[] ids(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
  }

  private static AttributedPrediction prediction(JsonNode expected) {
    return AttributedPrediction.of(
        model(expected), ids(expected.get("token_ids")), Objective::predicted);
  }

  private static Map<String, Objective> objectives(JsonNode expected, float[] logits) {
    return Map.of(
        "log-probability", Objective.predicted(logits),
        "log-probability-given", Objective.logProbability(expected.at("/tokens/given").asInt()),
        "logit-difference", Objective.logitDifference(logits),
        "logit-sum", Objective.logitSum(logits));
  }

  private static Map<String, Replacement> replacements(JsonNode expected) {
    ResidualStream model = model(expected);
    JsonNode weights = expected.get("marginal_weights");
    Map<String, Replacement> replacements = new HashMap<>();
    replacements.put("zero", Replacement.zero(model));
    replacements.put("mean", Replacement.mean(model));
    replacements.put("token", Replacement.token(expected.get("replacement_token").asInt()));
    replacements.put("delete", new Replacement.Delete());
    if (weights != null) {
      replacements.put(
          "marginal",
          new Replacement.Tokens(IntStream.range(0, weights.size()).toArray(), numbers(weights)));
    }

    return replacements;
  }

  private static void assertClose(String what, double[] found, JsonNode expected) {
    double[] numbers = numbers(expected);
    double greatest = Arrays.stream(numbers).map(Math::abs).max().orElseThrow();
    assertThat(found).as(what).containsExactly(numbers, within(TOLERANCE * greatest));
  }

  @ParameterizedTest
  @ValueSource(strings = {"ds-0", "ds-1", "ds-2", "llama-1", "llama-2"})
  void objectivesAndGradientsTimesInputAreThose(String name) throws IOException {
    JsonNode expected = read(name);
    AttributedPrediction prediction = prediction(expected);
    assertThat(prediction.objective().token()).isEqualTo(expected.at("/tokens/predicted").asInt());
    objectives(expected, prediction.logits())
        .forEach(
            (objective, of) -> {
              AttributedPrediction with = prediction.with(of);
              double value = expected.get("objectives").get(objective).asDouble();
              assertThat(with.value())
                  .as(objective)
                  .isCloseTo(value, within(TOLERANCE * (1 + Math.abs(value))));
              float[] gradient = with.gradient();
              for (GradientInput variant : GradientInput.values()) {
                assertClose(
                    objective + " " + variant.text(),
                    variant.scores(gradient, with.rows(), with.dimension()),
                    expected.get("gradient_x_input").get(objective).get(variant.text()));
              }
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"ds-0", "ds-1", "ds-2", "llama-1", "llama-2"})
  void occlusionsAreThose(String name) throws IOException {
    JsonNode expected = read(name);
    AttributedPrediction prediction = prediction(expected);
    replacements(expected)
        .forEach(
            (replacement, by) -> {
              JsonNode of = expected.get("occlusion").get(replacement);
              objectives(expected, prediction.logits())
                  .forEach(
                      (objective, its) ->
                          assertClose(
                              replacement + " drop of " + objective,
                              Occlusion.of(prediction.with(its), by).drop(),
                              of.get("drop." + objective)));
              Occlusion found = Occlusion.of(prediction, by);
              assertClose(replacement, found.totalVariation(), of.get("total-variation"));
              assertClose(replacement, found.kl(), of.get("kl"));
              assertClose(replacement, found.l1Logits(), of.get("l1-logits"));
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"ds-0", "ds-1", "ds-2", "llama-1", "llama-2"})
  void deletionCurvesAreThose(String name) throws IOException {
    JsonNode expected = read(name);
    AttributedPrediction prediction = prediction(expected);
    Map<String, Replacement> replacements = replacements(expected);
    for (JsonNode order : expected.get("deletion")) {
      for (String replacement : new String[] {"zero", "mean", "token", "delete"}) {
        assertClose(
            order.get("order").asText() + " " + replacement,
            Removal.curve(prediction, replacements.get(replacement), ids(order.get("positions"))),
            order.get(replacement));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ds-0", "ds-1", "ds-2", "llama-1", "llama-2"})
  void combinationsAreThoseOfTheExpectedScores(String name) throws IOException {
    JsonNode expected = read(name);
    JsonNode gradients = expected.get("gradient_x_input");
    JsonNode occlusions = expected.get("occlusion");
    assertCombined(
        expected.at("/combined/as-published"),
        numbers(gradients.at("/logit-sum/sum-of-abs")),
        numbers(occlusions.at("/token/l1-logits")));
    assertCombined(
        expected.at("/combined/sound"),
        numbers(gradients.at("/log-probability/abs-of-sum")),
        Arrays.stream(numbers(occlusions.get("marginal").get("drop.log-probability")))
            .map(Math::abs)
            .toArray());
  }

  private static void assertCombined(JsonNode expected, double[] gradient, double[] occlusion) {
    double[] mean = Combination.mean(gradient, occlusion);
    assertClose("combined", mean, expected.get("combined"));
    assertClose("min_max", Combination.minMax(mean), expected.get("min_max"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"ds-0", "ds-1", "ds-2", "llama-1", "llama-2"})
  void rankCorrelationsAreThoseOfTheExpectedScores(String name) throws IOException {
    JsonNode expected = read(name);
    int compared = 0;
    for (JsonNode pair : expected.get("rank_correlation")) {
      double[] a = scores(expected, pair.get("a").asText());
      double[] b = scores(expected, pair.get("b").asText());
      assertThat(RankCorrelation.of(a, b))
          .as("%s", pair)
          .isCloseTo(pair.get("spearman").asDouble(), within(1e-9));
      if (!pair.get("without_last").isNull()) {
        assertThat(
                RankCorrelation.of(Arrays.copyOf(a, a.length - 1), Arrays.copyOf(b, b.length - 1)))
            .as("%s", pair)
            .isCloseTo(pair.get("without_last").asDouble(), within(1e-9));
        compared++;
      }
    }

    assertThat(compared).isPositive();
  }

  /** Scores by a name such as {@code occlusion zero drop}: of the log-probability. */
  private static double[] scores(JsonNode expected, String name) {
    String[] words = name.split(" ");
    return words[0].equals("gradient")
        ? numbers(expected.get("gradient_x_input").get("log-probability").get(words[1]))
        : numbers(
            expected
                .get("occlusion")
                .get(words[1])
                .get(words[2].equals("drop") ? "drop.log-probability" : words[2]));
  }
}
