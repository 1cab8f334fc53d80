/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kindred.head.LogitPart.Kind;
import dev.kindred.model.HookPoint;
import dev.kindred.model.files.LoadedModels;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What logits are made of, and what is carried where, against another implementation. */
class TestLogitAttribution {

  /** The reference's unembedding is centred over tokens where norms are layer norms. */
  private static double value(LogitPart part, String model) {
    return model.equals("llama-shakespeare") ? part.logit() : part.logit() - part.mean();
  }

  private static double part(List<LogitPart> parts, String model, Kind kind, int block, int head) {
    List<LogitPart> found =
        parts.stream()
            .filter(part -> part.kind() == kind && part.block() == block && part.head() == head)
            .toList();
    assertThat(found).as("%s %d %d", kind, block, head).hasSize(1);
    return value(found.get(0), model);
  }

  @ParameterizedTest
  @ValueSource(strings = {"dickens-small", "llama-shakespeare", "neox-shakespeare"})
  void partsAreThoseOfTheReferenceAndAddUp(String name) {
    HeadReference reference = HeadReference.of(name);
    JsonNode expected = reference.values().get("direct_attribution");
    int[] all = HeadReference.ints(expected.get("token_ids"));
    int[] prompt = Arrays.copyOf(all, expected.get("position").asInt() + 1);
    LogitParts found =
        LogitAttribution.of(reference.directory()).of(prompt, expected.get("token").asInt());
    double logit = expected.get("logit").asDouble();
    double close = 2e-5 * Math.abs(logit);
    List<LogitPart> parts = found.parts();

    assertThat(found.sum()).isCloseTo(found.logit(), within(close));
    assertThat(parts.stream().mapToDouble(part -> value(part, name)).sum())
        .isCloseTo(logit, within(close));
    assertThat(part(parts, name, Kind.EMBEDDING, -1, -1))
        .isCloseTo(expected.get("embedding").asDouble(), within(close));
    if (expected.has("position_embedding")) {
      assertThat(part(parts, name, Kind.POSITIONS, -1, -1))
          .isCloseTo(expected.get("position_embedding").asDouble(), within(close));
    }

    assertThat(part(parts, name, Kind.UNEMBEDDING_BIAS, -1, -1))
        .isCloseTo(expected.get("unembedding_bias").asDouble(), within(close));
    for (int block = 0; block < expected.get("mlps").size(); block++) {
      assertThat(part(parts, name, Kind.MLP, block, -1))
          .isCloseTo(expected.get("mlps").get(block).asDouble(), within(close));
      assertThat(part(parts, name, Kind.ATTENTION_BIAS, block, -1))
          .isCloseTo(expected.get("attention_biases").get(block).asDouble(), within(close));
      for (int head = 0; head < expected.get("heads").get(block).size(); head++) {
        assertThat(part(parts, name, Kind.HEAD, block, head))
            .isCloseTo(expected.get("heads").get(block).get(head).asDouble(), within(close));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dickens-small", "llama-shakespeare", "neox-shakespeare"})
  void patchedDifferencesAreThoseOfTheReference(String name) {
    HeadReference reference = HeadReference.of(name);
    JsonNode expected = reference.values().get("patching");
    Patching found =
        Patching.of(
            LoadedModels.stream(reference.directory()),
            HeadReference.ints(expected.get("clean")),
            HeadReference.ints(expected.get("corrupted")),
            HookPoint.RESID_PRE,
            Patching.Unit.POSITION,
            expected.get("token_a").asInt(),
            expected.get("token_b").asInt());
    double close =
        2e-5
            * Math.max(
                Math.abs(expected.get("clean_difference").asDouble()),
                Math.abs(expected.get("corrupted_difference").asDouble()));

    assertThat(found.clean()).isCloseTo(expected.get("clean_difference").asDouble(), within(close));
    assertThat(found.corrupted())
        .isCloseTo(expected.get("corrupted_difference").asDouble(), within(close));
    for (int block = 0; block < expected.get("patched").size(); block++) {
      assertThat(found.patched()[block])
          .as("block %d", block)
          .containsExactly(
              HeadReference.doubles(expected.get("patched").get(block)), within(close));
    }
  }
}
