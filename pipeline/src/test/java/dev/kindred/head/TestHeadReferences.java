/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kindred.head.HeadModel.Head;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is found about heads of the bundled models, against another implementation. */
class TestHeadReferences {
  /** Names of the reference values, and those of tables: score and weighting. */
  private static final Map<String, String> SCORES =
      Map.ofEntries(
          Map.entry("previous", "previous pattern"),
          Map.entry("previous_from_8", "previous_from_8 pattern"),
          Map.entry("entropy_from_1", "entropy pattern"),
          Map.entry("entropy_rows", "entropy_late pattern"),
          Map.entry("position_0", "first_position pattern"),
          Map.entry("value_position_0", "first_position value"),
          Map.entry("duplicate", "duplicate pattern"),
          Map.entry("induction", "induction pattern"),
          Map.entry("induction_with_last_query", "induction_with_last pattern"),
          Map.entry("whole_diagonal", "induction_diagonal pattern"),
          Map.entry("newline", "newline pattern"),
          Map.entry("mean_distance", "mean_distance pattern"),
          Map.entry("value_mean_distance", "mean_distance value"),
          Map.entry("value_folded_mean_distance", "mean_distance value_folded"),
          Map.entry("without_position_0_mean_distance", "mean_distance without_first"),
          Map.entry("output_norm", "output_norm pattern"));

  private static final Map<String, String> BANDS =
      Map.of(
          "bands", "pattern",
          "value_bands", "value",
          "value_folded_bands", "value_folded",
          "without_position_0_bands", "without_first");

  private static List<SequenceHeads> sequences(HeadReference reference, Stimulus stimulus) {
    HeadModel model = reference.heads();
    PatternMeasures asked = new PatternMeasures(stimulus, reference.kinds());
    return IntStream.range(0, stimulus.sequences())
        .mapToObj(i -> SequenceHeads.of(model, asked, stimulus, 0, i))
        .toList();
  }

  private static HeadRows rows(
      HeadReference reference, Stimulus stimulus, List<SequenceHeads> sequences) {
    return new HeadRows(
        new HeadQuestion(List.of(stimulus), reference.kinds(), List.of()),
        reference.directory().blueprint(),
        sequences);
  }

  private static Row score(List<Row> scores, int block, int head, String name) {
    return scores.stream()
        .filter(
            row ->
                row.getInt(2) == block
                    && row.getInt(3) == head
                    && name.equals(row.getString(4) + " " + row.getString(5)))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(strings = {"dickens-small", "llama-shakespeare", "neox-shakespeare"})
  void scoresAndDistancesAreThoseOfTheReference(String name) {
    HeadReference reference = HeadReference.of(name);
    for (String stimulus : reference.stimuli()) {
      Stimulus its = reference.stimulus(stimulus);
      List<SequenceHeads> sequences = sequences(reference, its);
      HeadRows rows = rows(reference, its, sequences);
      List<Row> scores = rows.scores();
      List<Row> distances = rows.distances();
      JsonNode expected = reference.values().at("/stimuli/" + stimulus);
      Set<String> checked = new HashSet<>(Set.of("layer", "head"));
      for (JsonNode head : expected.get("heads")) {
        int block = head.get("layer").asInt();
        int number = head.get("head").asInt();
        String where = stimulus + " " + block + "." + number + " ";
        SCORES.forEach(
            (key, score) -> {
              if (head.has(key)) {
                checked.add(key);
                boolean isRelative = key.endsWith("distance") || key.equals("output_norm");
                double value = head.get(key).asDouble();
                assertThat(score(scores, block, number, score).getDouble(6))
                    .as(where + key)
                    .isCloseTo(
                        value,
                        within(
                            isRelative
                                ? 1e-4 * value
                                : key.startsWith("entropy") ? 1e-5 : HeadReference.PATTERN));
              }
            });
        BANDS.forEach(
            (key, weighting) -> {
              if (head.has(key)) {
                checked.add(key);
                assertThat(
                        distances.stream()
                            .filter(
                                row ->
                                    row.getInt(2) == block
                                        && row.getInt(3) == number
                                        && row.getString(4).equals(weighting))
                            .mapToDouble(row -> row.getDouble(7))
                            .toArray())
                    .as(where + key)
                    .containsExactly(
                        HeadReference.doubles(head.get(key)), within(HeadReference.PATTERN));
              }
            });
        for (String key : List.of("previous", "induction")) {
          if (head.has(key + "_by_sample")) {
            checked.add(key + "_by_sample");
            PatternMeasures asked = new PatternMeasures(its, reference.kinds());
            int place =
                asked.place(
                    Measure.of(Measure.Score.valueOf(key.toUpperCase(java.util.Locale.ROOT))));
            int flat = reference.heads().heads().indexOf(new Head(block, number));
            assertThat(sequences.stream().mapToDouble(one -> one.measures()[flat][place]).toArray())
                .as(where + key + " by sample")
                .containsExactly(
                    HeadReference.doubles(head.get(key + "_by_sample")),
                    within(HeadReference.PATTERN));
          }
        }

        head.fieldNames().forEachRemaining(key -> assertThat(checked).contains(key));
      }

      assertUniform(expected.get("uniform"), scores, distances);
      assertLosses(expected, rows.losses());
      assertLayers(expected.get("layer_mean_distance"), scores);
    }
  }

  /** Attention that is alike to all is measured by the same formulas, in double precision. */
  private static void assertUniform(JsonNode expected, List<Row> scores, List<Row> distances) {
    expected
        .fieldNames()
        .forEachRemaining(
            key -> {
              if (key.equals("bands")) {
                assertThat(
                        distances.stream()
                            .filter(row -> row.getInt(2) == 0 && row.getInt(3) == 0)
                            .filter(row -> row.getString(4).equals("pattern"))
                            .mapToDouble(row -> row.getDouble(8))
                            .toArray())
                    .containsExactly(HeadReference.doubles(expected.get(key)), within(1e-9));
              } else {
                assertThat(score(scores, 0, 0, SCORES.get(key)).getDouble(7))
                    .as("uniform " + key)
                    .isCloseTo(expected.get(key).asDouble(), within(1e-8));
              }
            });
  }

  private static void assertLosses(JsonNode expected, List<Row> losses) {
    Map<String, String> names =
        Map.of(
            "/loss", "all",
            "/loss_first", "first_copy",
            "/loss_second", "second_copy",
            "/in_context/early", "early",
            "/in_context/late", "late",
            "/in_context/score", "in_context");
    names.forEach(
        (key, name) -> {
          if (!expected.at(key).isMissingNode()) {
            assertThat(
                    losses.stream()
                        .filter(row -> row.getString(5).equals(name))
                        .findFirst()
                        .orElseThrow()
                        .getDouble(6))
                .as(key)
                .isCloseTo(expected.at(key).asDouble(), within(HeadReference.LOSS));
          }
        });
  }

  private static void assertLayers(JsonNode expected, List<Row> scores) {
    for (int block = 0; block < expected.size(); block++) {
      double sum = 0;
      double weights = 0;
      for (int head = 0; has(scores, block, head); head++) {
        double norm = score(scores, block, head, "output_norm pattern").getDouble(6);
        sum += norm * score(scores, block, head, "mean_distance pattern").getDouble(6);
        weights += norm;
      }

      assertThat(sum / weights)
          .isCloseTo(expected.get(block).asDouble(), within(1e-4 * expected.get(block).asDouble()));
    }
  }

  private static boolean has(List<Row> scores, int block, int head) {
    return scores.stream().anyMatch(row -> row.getInt(2) == block && row.getInt(3) == head);
  }

  @ParameterizedTest
  @ValueSource(strings = {"dickens-small", "llama-shakespeare", "neox-shakespeare"})
  void ablationsAreThoseOfTheReference(String name) {
    HeadReference reference = HeadReference.of(name);
    Stimulus text = reference.stimulus("text");
    List<SequenceHeads> sequences = sequences(reference, text);
    List<Ablation> kinds = List.of(Ablation.ZERO, Ablation.MEAN, Ablation.ZERO_FOLDED);
    HeadRows rows =
        new HeadRows(
            new HeadQuestion(List.of(text), reference.kinds(), kinds),
            reference.directory().blueprint(),
            sequences);
    List<Row> found = rows.ablations(ablated(reference, text, kinds, rows.means()[0]));
    JsonNode expected = reference.values().get("ablation");
    assertThat(found).hasSize(3 * expected.get("rows").size());
    for (JsonNode row : expected.get("rows")) {
      for (int kind = 0; kind < kinds.size(); kind++) {
        String ofKind = kinds.get(kind).text();
        assertThat(
                found.stream()
                    .filter(
                        one ->
                            one.getString(2).equals(ofKind)
                                && one.getInt(3) == row.get(0).asInt()
                                && one.getInt(4) == row.get(1).asInt())
                    .findFirst()
                    .orElseThrow()
                    .getDouble(6))
            .as(row + " " + ofKind)
            .isCloseTo(row.get(2 + kind).asDouble(), within(HeadReference.LOSS_CHANGE));
      }
    }
  }

  private static List<SequenceAblation> ablated(
      HeadReference reference, Stimulus stimulus, List<Ablation> kinds, double[][] means) {
    HeadModel model = reference.heads();
    PatternMeasures asked = new PatternMeasures(stimulus, reference.kinds());
    List<SequenceAblation> all = new ArrayList<>();
    for (Ablation kind : kinds) {
      for (int i = 0; i < stimulus.sequences(); i++) {
        all.add(SequenceAblation.of(model, asked, stimulus, 0, i, kind, means));
      }
    }

    return all;
  }

  @ParameterizedTest
  @ValueSource(strings = {"dickens-small", "llama-shakespeare", "neox-shakespeare"})
  void theBestPreviousTokenHeadMattersToInductionAsInTheReference(String name) {
    HeadReference reference = HeadReference.of(name);
    JsonNode expected = reference.values().get("ablation_of_the_best_previous_token_head");
    Stimulus stimulus = reference.stimulus(expected.get("stimulus").asText());
    List<SequenceHeads> sequences = sequences(reference, stimulus);
    HeadRows rows =
        new HeadRows(
            new HeadQuestion(List.of(stimulus), reference.kinds(), List.of(Ablation.ZERO)),
            reference.directory().blueprint(),
            sequences);
    int[] head = HeadReference.ints(expected.get("head"));
    Row found =
        rows
            .ablations(ablated(reference, stimulus, List.of(Ablation.ZERO), rows.means()[0]))
            .stream()
            .filter(row -> row.getInt(3) == head[0] && row.getInt(4) == head[1])
            .findFirst()
            .orElseThrow();
    assertThat(found.getDouble(5))
        .isCloseTo(expected.get("loss_after").asDouble(), within(HeadReference.LOSS));
    assertThat(found.getDouble(5) - found.getDouble(6))
        .isCloseTo(expected.get("loss_before").asDouble(), within(HeadReference.LOSS));
    assertThat((double[]) found.get(10))
        .containsExactly(flat(expected.get("induction_after")), within(HeadReference.PATTERN));
    List<Row> scores = rows.scores();
    assertThat(
            reference.heads().heads().stream()
                .mapToDouble(
                    one -> score(scores, one.block(), one.head(), "induction pattern").getDouble(6))
                .toArray())
        .containsExactly(flat(expected.get("induction_before")), within(HeadReference.PATTERN));
  }

  private static double[] flat(JsonNode byBlock) {
    return IntStream.range(0, byBlock.size())
        .boxed()
        .flatMapToDouble(
            block -> java.util.Arrays.stream(HeadReference.doubles(byBlock.get(block))))
        .toArray();
  }

  @ParameterizedTest
  @ValueSource(strings = {"dickens-small", "llama-shakespeare", "neox-shakespeare"})
  void prefixMatchingIsThatOfTheReference(String name) {
    HeadReference reference = HeadReference.of(name);
    JsonNode expected = reference.values().get("prefix_matching");
    JsonNode tokens = expected.get("token_ids");
    int[][] ids =
        tokens.get(0).isArray()
            ? IntStream.range(0, tokens.size())
                .mapToObj(i -> HeadReference.ints(tokens.get(i)))
                .toArray(int[][]::new)
            : new int[][] {HeadReference.ints(tokens)};
    Stimulus stimulus =
        new Stimulus(
            Stimulus.Kind.PREFIX,
            ids,
            ids[0].length - Stimuli.PREFIX_TOKENS * Stimuli.PREFIX_COPIES,
            Stimuli.PREFIX_TOKENS);
    List<Row> scores = rows(reference, stimulus, sequences(reference, stimulus)).scores();
    assertThat(
            reference.heads().heads().stream()
                .mapToDouble(
                    one ->
                        score(scores, one.block(), one.head(), "prefix_matching pattern")
                            .getDouble(6))
                .toArray())
        .containsExactly(flat(expected.get("scores")), within(HeadReference.PATTERN));
  }
}
