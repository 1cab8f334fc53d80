/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import static dev.kindred.model.MixerReference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import dev.kindred.model.MixerReference;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.torch.TorchStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Searches for the input of masked mixers against PyTorch's in double precision. */
class TestMixerInversion {
  /** A case of a model. */
  record Case(MixerReference mixer, JsonNode json) {
    @Override
    public String toString() {
      return mixer + " " + json.get("name");
    }

    private String name(String what) {
      return json.get("name") + "." + what;
    }
  }

  private static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (MixerReference mixer : MixerReference.all()) {
      mixer.json("inversion.json").get("cases").forEach(json -> cases.add(new Case(mixer, json)));
    }

    return cases;
  }

  private static ResidualStream stream(MixerReference mixer) {
    return TorchStream.load(mixer.blueprint(), mixer.weights()::get, Device.cpu());
  }

  private static Target target(JsonNode json, int blocks) {
    JsonNode tokens = json.at("/slice/tokens");
    return Target.of(blocks).with(new TokenRange(tokens.get(0).asInt(), tokens.get(1).asInt()));
  }

  private static Search search(
      ResidualStream model, JsonNode json, int blocks, Descent descent, float[] start) {
    int[] ids = InversionCase.ids(json.get("token_ids"));
    InversionLoss.Kind kind = InversionLoss.parse("loss", json.at("/loss/kind").asText()).kind();
    return new Search(
        model,
        target(json, blocks),
        ids.length,
        InversionLoss.of(kind, json.at("/loss/factor").asDouble()),
        descent,
        Search.Steepness.PLAIN,
        start,
        TokenVectors.of(model).of(ids));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void pathsAndWhatTheyAreReadAsAreThose(Case expected) {
    JsonNode json = expected.json();
    Map<String, float[]> arrays = expected.mixer().tensors("inversion.safetensors");
    try (ResidualStream model = stream(expected.mixer())) {
      Descent descent =
          new Descent(
              Descent.Optimizer.GD,
              json.get("steps").asInt(),
              json.get("learning_rate_start").asDouble(),
              json.get("learning_rate_end").asDouble());
      Search search =
          search(
              model, json, json.get("blocks").asInt(), descent, arrays.get(expected.name("start")));
      assertClose("gradient", search.gradient(), arrays.get(expected.name("gradient")), 2e-5);
      double[] losses = InversionCase.numbers(json.get("losses"));
      for (int step = 0; step < descent.steps(); step++) {
        search.step();
        if (step < losses.length) {
          assertThat(search.losses()[0]).isCloseTo(losses[step], within(1e-4 * losses[0]));
        }

        float[] x = arrays.get(expected.name("x" + (step + 1)));
        if (x != null) {
          assertClose("x" + (step + 1), search.vectors(), x, 2e-5);
        }
      }

      assertReadAs(json, model, search.vectors());
    }
  }

  /** Tokens that rounding does not decide are read the same. */
  private static void assertReadAs(JsonNode json, ResidualStream model, float[] vectors) {
    Decoder decoder = new Decoder(TokenVectors.of(model));
    int[] ids = InversionCase.ids(json.get("token_ids"));
    for (Decoding decoding : Decoding.values()) {
      JsonNode its = json.get("decodings").get(decoding.text());
      double[][] scores = decoder.scores(decoding, vectors, 1);
      for (int row = 0; row < ids.length; row++) {
        if (its.get("stable").get(row).asInt() == 1) {
          assertThat(Decoder.decoded(scores[row], ids[row]).token())
              .as("%s of position %d", decoding.text(), row)
              .isEqualTo(its.get("ids").get(row).asInt());
        }
      }
    }
  }

  /** What one matrix makes of what it is not asked for is least squares, with an exact answer. */
  @Test
  void ofOneMatrixTheyEndWhereLeastSquaresDo() {
    MixerReference mixer = new MixerReference("linear");
    JsonNode json = mixer.json("expected.json");
    Map<String, float[]> arrays = mixer.tensors("expected.safetensors");
    double rate = json.get("learning_rate_constant").asDouble();
    try (ResidualStream model = stream(mixer)) {
      Descent descent = new Descent(Descent.Optimizer.GD, 400, rate, rate);
      Search search = search(model, json, 1, descent, arrays.get("start"));
      for (int step = 1; step <= 400; step++) {
        search.step();
        if (arrays.containsKey("x" + step)) {
          assertClose("x" + step, search.vectors(), arrays.get("x" + step), 2e-5);
        }
      }

      assertClose("limit", search.vectors(), arrays.get("limit"), 2e-5);
    }
  }
}
