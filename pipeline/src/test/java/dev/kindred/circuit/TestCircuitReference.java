/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kindred.circuit.OwnPlace.Side;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Circuits of some models against the same by numpy, in double precision. */
class TestCircuitReference {
  private static final double CLOSE = 1e-9; // files have 9 digits or more
  private static final double DIGITS = 1e-8; // of what has 9

  static Stream<String> processed() {
    return CircuitCase.models("-processing.json");
  }

  static Stream<String> heads() {
    return CircuitCase.models("-heads.json");
  }

  static Stream<String> compositions() {
    return CircuitCase.models("-composition.json");
  }

  @ParameterizedTest
  @MethodSource("processed")
  void foldedTensorsAreThoseOfTheReference(String name) {
    FoldedModel model = CircuitCase.model(name);
    JsonNode tensors = CircuitCase.json(name + "-processing.json").get("tensors");
    Map<String, double[]> folded = new HashMap<>();
    folded.put("W_E", model.embeddings(CircuitCase.all(model)).data);
    if (model.hasPositions()) {
      folded.put("P", model.positions().data);
    }

    for (int block = 0; block < model.blockCount(); block++) {
      FoldedBlock its = model.block(block);
      String of = block + ".";
      List<HeadWeights> heads = its.heads();
      folded.put(of + "W_Q", joined(heads.stream().map(head -> head.query().data)));
      folded.put(of + "W_K", joined(heads.stream().map(head -> head.key().data)));
      folded.put(of + "W_V", joined(heads.stream().map(head -> head.value().data)));
      folded.put(of + "W_O", joined(heads.stream().map(head -> head.output().data)));
      folded.put(of + "b_Q", joined(heads.stream().map(HeadWeights::queryBias)));
      folded.put(of + "b_K", joined(heads.stream().map(HeadWeights::keyBias)));
      folded.put(of + "b_O", its.outputBias());
      folded.put(of + "W_in", its.network().up().weight().data);
      folded.put(of + "b_in", its.network().up().bias());
      folded.put(of + "W_out", its.network().down().weight().data);
      folded.put(of + "b_out", its.network().down().bias());
    }

    int compared = 0;
    for (Map.Entry<String, JsonNode> tensor : tensors.properties()) {
      double[] values = folded.get(tensor.getKey());
      if (values == null || values.length != size(tensor.getValue().get("shape"))) {
        continue; // query heads that share keys are stored per key in some files
      }

      double norm = tensor.getValue().get("norm").asDouble();
      assertThat(norm(values)).as(tensor.getKey()).isCloseTo(norm, within(CLOSE * (1 + norm)));
      JsonNode at = tensor.getValue().get("at");
      for (int i = 0; i < at.size(); i++) {
        double expected = tensor.getValue().get("values").get(i).asDouble();
        assertThat(values[at.get(i).asInt()])
            .as(tensor.getKey())
            .isCloseTo(expected, within(CLOSE * (1 + Math.abs(expected))));
      }

      compared++;
    }

    assertThat(compared).isGreaterThanOrEqualTo(8 * model.blockCount());
  }

  private static int size(JsonNode shape) {
    int size = 1;
    for (JsonNode side : shape) {
      size *= side.asInt();
    }

    return size;
  }

  private static double[] joined(Stream<double[]> parts) {
    return parts.flatMapToDouble(Arrays::stream).toArray();
  }

  private static double norm(double[] values) {
    return Math.sqrt(Arrays.stream(values).map(value -> value * value).sum());
  }

  @ParameterizedTest
  @MethodSource("heads")
  void spectraAndScoresOfHeadsAreThoseOfTheReference(String name) {
    FoldedModel model = CircuitCase.model(name);
    JsonNode file = CircuitCase.json(name + "-heads.json");
    boolean isLayerNorm = model.freeDimension() < model.dimension();
    Map<TokenBasis, TokenProducts> products = new HashMap<>();
    for (TokenBasis basis : TokenBasis.values()) {
      if (basis.isOf(model)) {
        products.put(basis, TokenProducts.of(model, basis, CircuitCase.all(model)));
      }
    }

    for (JsonNode expected : file.get("heads")) {
      int block = expected.get("layer").asInt();
      int number = expected.get("head").asInt();
      String of = block + "." + number + " ";
      HeadWeights head = model.head(block, number, 0);
      JsonNode folded = expected.get("folded");
      compareSpectrum(of + "qk", Spectrum.ofQueryKey(head), folded, "qk");
      compareSpectrum(of + "ov", Spectrum.ofValueOutput(head), folded, "ov");
      compare(of + "ov", Residual.valueOutput(head), folded.get("ov"));
      compare(of + "qk", Residual.queryKey(head), folded.get("qk"));
      expected
          .get("tokens")
          .properties()
          .forEach(
              basis -> {
                TokenProducts plain =
                    products.get(TokenBasis.valueOf(basis.getKey().toUpperCase(Locale.ROOT)));
                TokenProducts centered = plain.centeredOverTokens();
                TokenProducts own = isLayerNorm ? centered : plain;
                TokenProducts other = isLayerNorm ? plain : centered;
                String in = of + basis.getKey();
                JsonNode scores = basis.getValue();
                Eigenvalues copying = new TokenEigenvalues(own).ofValueOutput(head);
                compare(in + " ov", copying, scores.get("ov"));
                compare(in + " qk", new TokenEigenvalues(own).ofQueryKey(head), scores.get("qk"));
                compare(
                    in + " other",
                    new TokenEigenvalues(other).ofValueOutput(head),
                    scores.get("ov_other_centring_over_V"));
                double scale = copying.moduli() / own.tokens();
                assertThat(own.meanOfValueOutput(head))
                    .isCloseTo(scores.get("ov").get("mean").asDouble(), within(DIGITS * scale));
                assertThat(copying.trace() / own.tokens())
                    .isCloseTo(
                        scores.get("ov").get("diagonal_mean").asDouble(), within(DIGITS * scale));
              });
      if (expected.has("qk_at_offset")) {
        expected
            .get("qk_at_offset")
            .properties()
            .forEach(
                offset -> {
                  HeadWeights turned = model.head(block, number, Integer.parseInt(offset.getKey()));
                  String at = of + "distance " + offset.getKey();
                  assertThat(Spectrum.ofQueryKey(turned).norm())
                      .as(at)
                      .isCloseTo(
                          offset.getValue().get("qk_norm").asDouble(),
                          within(DIGITS * Spectrum.ofQueryKey(head).norm()));
                  compare(at, Residual.queryKey(turned), offset.getValue().get("residual"));
                });
      }
    }
  }

  private static void compareSpectrum(
      String of, Spectrum spectrum, JsonNode expected, String circuit) {
    double norm = expected.get(circuit + "_norm").asDouble();
    assertThat(spectrum.norm()).as(of).isCloseTo(norm, within(DIGITS * norm));
    assertThat(spectrum.effectiveRank())
        .as(of)
        .isCloseTo(expected.get(circuit + "_effective_rank").asDouble(), within(DIGITS * 100));
    JsonNode values = expected.get(circuit + "_singular_first8");
    for (int i = 0; i < values.size(); i++) {
      assertThat(spectrum.values()[i])
          .as(of)
          .isCloseTo(values.get(i).asDouble(), within(DIGITS * norm));
    }
  }

  private static void compare(String of, Eigenvalues found, JsonNode expected) {
    double moduli = expected.get("sum_abs").asDouble();
    assertThat(found.trace())
        .as(of)
        .isCloseTo(expected.get("sum").asDouble(), within(DIGITS * moduli));
    assertThat(found.moduli()).as(of).isCloseTo(moduli, within(DIGITS * moduli));
    assertThat(found.score()).as(of).isCloseTo(expected.get("score").asDouble(), within(DIGITS));
    if (expected.has("real_positive")) {
      assertThat(found.positiveShare())
          .as(of)
          .isCloseTo(expected.get("real_positive").asDouble(), within(1e-6));
    }

    if (expected.has("first8_re")) {
      for (int i = 0; i < expected.get("first8_re").size(); i++) {
        assertThat(Math.hypot(found.real()[i], found.imaginary()[i]))
            .as(of)
            .isCloseTo(
                Math.hypot(
                    expected.get("first8_re").get(i).asDouble(),
                    expected.get("first8_im").get(i).asDouble()),
                within(1e-6 * moduli));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("heads")
  void tokensStandInTheirOwnRowsAsInTheReference(String name) {
    FoldedModel model = CircuitCase.model(name);
    int[] ids = CircuitCase.all(model);
    for (JsonNode expected : CircuitCase.json(name + "-heads.json").get("heads")) {
      HeadWeights head = model.head(expected.get("layer").asInt(), expected.get("head").asInt(), 0);
      for (TokenBasis basis : List.of(TokenBasis.EMBEDDING, TokenBasis.BLOCK0_NORMED)) {
        JsonNode scores = expected.get("tokens").get(basis.text());
        DMatrixRMaj x = basis.rows(model, ids);
        OwnPlace copied =
            OwnPlace.of(
                new Side(x, head.value()),
                new Side(model.unembeddings(ids), CommonOps_DDRM.transpose(head.output(), null)),
                ids);
        OwnPlace matched = OwnPlace.of(new Side(x, head.query()), new Side(x, head.key()), ids);
        compare(copied, scores.get("ov"));
        compare(matched, scores.get("qk"));
      }
    }
  }

  private static void compare(OwnPlace found, JsonNode expected) {
    assertThat(found.first()).isCloseTo(expected.get("top1").asDouble(), within(CLOSE));
    assertThat(found.firstFive()).isCloseTo(expected.get("top5").asDouble(), within(CLOSE));
  }

  private static DMatrixRMaj times(DMatrixRMaj a, DMatrixRMaj b) {
    DMatrixRMaj product = new DMatrixRMaj(a.numRows, b.numCols);
    CommonOps_DDRM.mult(a, b, product);
    return product;
  }

  @ParameterizedTest
  @MethodSource("compositions")
  void compositionsOfAllPairsAreThoseOfTheReference(String name) {
    FoldedModel model = CircuitCase.model(name);
    JsonNode file = CircuitCase.json(name + "-composition.json");
    assertThat(1. / model.freeDimension())
        .isCloseTo(file.get("null_mean_square").asDouble(), within(DIGITS));
    compare(model, file.get("rows"), 0);
    if (file.has("rows_at_offset_1")) {
      compare(model, file.get("rows_at_offset_1"), 1);
    }
  }

  private static void compare(FoldedModel model, JsonNode rows, int distance) {
    Map<String, double[][][]> found = new HashMap<>();
    for (JsonNode row : rows) {
      int first = row.get(0).asInt();
      int second = row.get(2).asInt();
      double[][][] scores =
          found.computeIfAbsent(
              first + " " + second,
              key ->
                  CircuitCase.scores(
                      model.triangles(first, distance), model.triangles(second, distance)));
      for (Composition.Kind kind : Composition.Kind.values()) {
        assertThat(scores[kind.ordinal()][row.get(1).asInt()][row.get(3).asInt()])
            .as(row + " " + kind)
            .isCloseTo(row.get(4 + kind.ordinal()).asDouble(), within(DIGITS));
      }

      HeadWeights earlier = model.head(first, row.get(1).asInt(), distance);
      HeadWeights later = model.head(second, row.get(3).asInt(), distance);
      if (row.size() > 7) {
        assertThat(
                HaarNull.deviationOfSquare(
                    Spectrum.ofValueOutput(earlier),
                    Spectrum.ofQueryKey(later),
                    model.freeDimension()))
            .isCloseTo(row.get(7).asDouble(), within(DIGITS));
        assertThat(
                HaarNull.deviationOfSquare(
                    Spectrum.ofValueOutput(earlier),
                    Spectrum.ofValueOutput(later),
                    model.freeDimension()))
            .isCloseTo(row.get(8).asDouble(), within(DIGITS));
      }
    }
  }

  private static HeadTriangles triangles(HeadWeights head) {
    return HeadTriangles.of(List.of(head)).get(0);
  }

  @Test
  void sampledRotationsAgreeWithTheReferenceAndTheClosedForm() {
    FoldedModel model = CircuitCase.model("hf-gpt2");
    HaarNull haar = new HaarNull(model.freeDimension(), 12, 2_000, 1);
    for (JsonNode expected : CircuitCase.json("hf-gpt2-composition.json").get("haar")) {
      JsonNode pair = expected.get("pair");
      HeadWeights later = model.head(pair.get(2).asInt(), pair.get(3).asInt(), 0);
      HaarNull.Sample sample =
          haar.sample(
              Spectrum.ofValueOutput(model.head(pair.get(0).asInt(), pair.get(1).asInt(), 0)),
              expected.get("kind").asText().equals("v")
                  ? Spectrum.ofValueOutput(later)
                  : Spectrum.ofQueryKey(later));
      double mean = expected.get("null_mean").asDouble();
      double deviation = expected.get("null_sd").asDouble();
      assertThat(sample.mean()).isCloseTo(mean, within(.06 * mean));
      assertThat(sample.deviation()).isCloseTo(deviation, within(.2 * deviation));
    }
  }

  @Test
  void scoresOfNormalFactorsSpreadAsInTheReference() {
    FoldedModel model = CircuitCase.model("hf-gpt2");
    JsonNode expected = CircuitCase.json("hf-gpt2-heads.json").get("null");
    TokenProducts products =
        TokenProducts.of(model, TokenBasis.BLOCK0, CircuitCase.all(model)).centeredOverTokens();
    double[] residual = new double[model.dimension()];
    Arrays.fill(residual, 1);
    assertThat(ScoreNull.deviation(residual, 12, 400, 1))
        .isCloseTo(expected.get("residual").get("sd").asDouble(), within(.02));
    assertThat(ScoreNull.deviation(Spectrum.of(products.outputs()).values(), 12, 400, 1))
        .isCloseTo(expected.get("ov block0").get("sd").asDouble(), within(.03));
    assertThat(ScoreNull.deviation(Spectrum.of(products.matches()).values(), 12, 400, 1))
        .isCloseTo(expected.get("qk block0").get("sd").asDouble(), within(.06));
  }

  @Test
  void scoresOverTokensThatOccurAreThoseOfTheReference() {
    FoldedModel model = CircuitCase.model("llama-shakespeare");
    JsonNode file = CircuitCase.json("llama-shakespeare-seen-tokens.json");
    Set<Integer> unseen = new HashSet<>();
    file.get("unseen").forEach(id -> unseen.add(id.asInt()));
    int[] seen =
        IntStream.range(0, model.vocabulary()).filter(id -> !unseen.contains(id)).toArray();
    assertThat(seen).hasSize(file.get("tokens_seen").asInt());
    file.get("bases")
        .properties()
        .forEach(
            basis -> {
              TokenProducts products =
                  TokenProducts.of(
                          model, TokenBasis.valueOf(basis.getKey().toUpperCase(Locale.ROOT)), seen)
                      .centeredOverTokens();
              for (JsonNode row : basis.getValue().get("rows")) {
                HeadWeights head = model.head(row.get(0).asInt(), row.get(1).asInt(), 0);
                Eigenvalues copying = new TokenEigenvalues(products).ofValueOutput(head);
                assertThat(copying.score()).isCloseTo(row.get(4).asDouble(), within(DIGITS));
                assertThat(new TokenEigenvalues(products).ofQueryKey(head).score())
                    .isCloseTo(row.get(9).asDouble(), within(DIGITS));
              }
            });
  }

  @Test
  void scoresOfBlockZeroAreThoseOfTheReference() {
    for (JsonNode its : CircuitCase.json("layer0-scores.json").get("models")) {
      String name = its.get("model").asText();
      FoldedModel model = CircuitCase.model(name.equals("gpt2") ? "hf-gpt2" : name);
      for (JsonNode row : its.get("rows")) {
        int destination = row.get(1).asInt();
        int source = row.get(2).asInt();
        HeadWeights head = model.head(0, row.get(0).asInt(), destination - source);
        DMatrixRMaj read =
            model
                .block(0)
                .norm()
                .of(
                    model.stream(
                        new int[] {row.get(3).asInt(), row.get(4).asInt()},
                        new int[] {destination, source}));
        DMatrixRMaj queries = times(read, head.query());
        DMatrixRMaj keys = times(read, head.key());
        double score = 0;
        for (int e = 0; e < head.query().numCols; e++) {
          score += (queries.get(0, e) + head.queryBias()[e]) * (keys.get(1, e) + head.keyBias()[e]);
        }

        double expected = row.get(5).asDouble();
        assertThat(score * model.scale(0))
            .as(name + " " + row)
            .isCloseTo(expected, within(DIGITS * (1 + Math.abs(expected))));
      }
    }
  }

  static Stream<String> virtual() {
    return CircuitCase.models("-virtual.json");
  }

  @ParameterizedTest
  @MethodSource("virtual")
  void virtualHeadsAreThoseOfTheReference(String name) {
    FoldedModel model = CircuitCase.model(name);
    int[] all = CircuitCase.all(model);
    TokenProducts plain = TokenProducts.of(model, TokenBasis.EMBEDDING, all);
    boolean isLayerNorm = model.freeDimension() < model.dimension();
    TokenProducts products = isLayerNorm ? plain.centeredOverTokens() : plain;
    DMatrixRMaj x = TokenBasis.EMBEDDING.rows(model, all);
    for (JsonNode row : CircuitCase.json(name + "-virtual.json").get("rows")) {
      HeadWeights earlier = model.head(row.get(0).asInt(), row.get(1).asInt(), 0);
      HeadWeights later = model.head(row.get(2).asInt(), row.get(3).asInt(), 0);
      VirtualHead found =
          VirtualHead.of(triangles(earlier), triangles(later), new TokenEigenvalues(products));
      String of = name + " " + row;
      assertThat(found.norm())
          .as(of)
          .isCloseTo(row.get(4).asDouble(), within(DIGITS * found.norm()));
      compare(of, found.moved(), row, 5);
      compare(of, found.copied(), row, 8);
      compare(of, found.induced(), row, 11);
      if (row.get(3).asInt() == 0) {
        assertThat(VirtualHead.found(earlier, later, x, all).first())
            .as(of)
            .isCloseTo(row.get(14).asDouble(), within(CLOSE));
      }
    }
  }

  private static void compare(String of, Eigenvalues found, JsonNode row, int from) {
    double moduli = row.get(from + 1).asDouble();
    assertThat(found.trace()).as(of).isCloseTo(row.get(from).asDouble(), within(DIGITS * moduli));
    assertThat(found.moduli()).as(of).isCloseTo(moduli, within(1e-6 * moduli));
    assertThat(found.score()).as(of).isCloseTo(row.get(from + 2).asDouble(), within(1e-6));
  }
}
