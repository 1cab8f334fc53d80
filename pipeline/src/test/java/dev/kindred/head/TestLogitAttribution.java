/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kindred.head.LogitPart.Kind;
import dev.kindred.model.Changes;
import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.Input;
import dev.kindred.model.Models;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.ResidualStream.Pass;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import java.io.File;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
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

  /** Norms behind parts and sums, projections, caps, biases: of every family. */
  static Stream<String> families() {
    String[] folders =
        Models.folder("pipeline/src/test/resources/hf")
            .toFile()
            .list((folder, name) -> new File(new File(folder, name), "config.json").exists());
    return Stream.of(folders).sorted();
  }

  @ParameterizedTest
  @MethodSource("families")
  void partsAddUpInEveryFamily(String family) {
    ModelDirectory directory = Models.directory("pipeline/src/test/resources/hf/" + family);
    LogitAttribution attribution = LogitAttribution.of(directory);
    for (int token : new int[] {3, 5}) {
      LogitParts found = attribution.of(new int[] {3, 7, 5, 11}, token);
      double sum =
          Double.isInfinite(found.cap())
              ? found.sum()
              : found.cap() * Math.tanh(found.sum() / found.cap());
      assertThat(found.token()).isEqualTo(token);
      assertThat(sum)
          .as(family)
          .isCloseTo(found.logit(), within(2e-5 * (1 + Math.abs(found.logit()))));
    }
  }

  @Test
  void theMostProbableTokenIsTakenIfNoneIsGiven() {
    ModelDirectory directory = Models.directory(Models.TWO_BLOCKS);
    int[] prompt = {20, 43, 50};
    LogitParts found = LogitAttribution.of(directory).of(prompt, null);
    try (Pass pass = LoadedModels.stream(directory).run(new int[][] {prompt})) {
      float[] logits = pass.logits();
      double mean = 0;
      for (float logit : logits) {
        assertThat((double) logit).isLessThanOrEqualTo(found.logit());
        mean += (double) logit / logits.length;
      }

      assertThat(found.mean()).isCloseTo(mean, within(1e-4));
    }
  }

  @Test
  void whatIsCopiedLastDecidesAndWhatIsEqualChangesNothing() {
    ResidualStream model = LoadedModels.stream(Models.directory(Models.TWO_BLOCKS));
    int[] clean = {20, 43, 50, 7};
    int[] corrupted = {20, 41, 50, 9};
    Patching last =
        Patching.of(model, clean, corrupted, HookPoint.RESID_POST, Patching.Unit.POSITION, 5, 6);
    Patching first =
        Patching.of(model, clean, corrupted, HookPoint.RESID_PRE, Patching.Unit.POSITION, 5, 6);

    assertThat(last.patched()[1][3]).isCloseTo(last.clean(), within(1e-4));
    assertThat(last.patched()[1][2]).isCloseTo(last.corrupted(), within(1e-4));
    assertThat(last.share(last.clean())).isEqualTo(1);
    assertThat(last.share(last.corrupted())).isZero();
    assertThat(first.patched()[0][0]).isCloseTo(first.corrupted(), within(1e-4));
    assertThat(Math.abs(first.patched()[0][3] - first.corrupted())).isGreaterThan(.01);
  }

  /** A head's values are among those of others: against a run in which they are put one by one. */
  @ParameterizedTest
  @EnumSource(names = {"Z", "V", "PATTERN", "RESULT"})
  void headsAreCopiedAtAllPositions(HookPoint point) {
    ResidualStream model = LoadedModels.stream(Models.directory(Models.TWO_BLOCKS));
    int[][] clean = {{20, 43, 50, 7}};
    int[][] corrupted = {{20, 41, 50, 9}};
    Patching found = Patching.of(model, clean[0], corrupted[0], point, Patching.Unit.HEAD, 5, 6);
    Hook hook = Hook.of(point, 1);
    try (Pass from = model.run(clean)) {
      float[] values = from.all(hook);
      long[] shape = from.shape(hook);
      int heads = (int) (point.isOfPairs() ? shape[1] : shape[2]);
      int width = (int) (point.isOfPairs() ? shape[2] * shape[3] : shape[3]);
      assertThat(found.patched()[1]).hasSize(heads);
      for (int head = 0; head < heads; head++) {
        int which = head;
        Changes changes =
            Changes.NONE.edit(
                hook,
                x -> {
                  float[] changed = x.clone();
                  for (int i = 0; i < x.length; i++) {
                    changed[i] = i / width % heads == which ? values[i] : x[i];
                  }

                  return changed;
                });
        try (Pass pass = model.run(Input.tokens(corrupted), changes)) {
          float[] logits = pass.logits();
          assertThat(found.patched()[1][head])
              .isCloseTo((double) logits[5] - logits[6], within(1e-4));
        }
      }
    }
  }
}
