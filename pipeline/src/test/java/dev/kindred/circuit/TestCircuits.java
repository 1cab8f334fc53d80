/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import dev.kindred.InvalidInput;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.Embedding;
import dev.kindred.model.architecture.FeedForward;
import dev.kindred.model.architecture.Linear;
import dev.kindred.model.architecture.Mixer;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Positions;
import dev.kindred.model.architecture.Unembedding;
import dev.kindred.model.files.ModelDirectory;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.NormOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.QRDecomposition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What must be true of the circuits of any model, and of one that was made by hand. */
class TestCircuits {
  private static final int D = 10;
  private static final int E = 4;
  private static final double CLOSE = 1e-11;

  private static DMatrixRMaj normal(int rows, int columns, SplittableRandom random) {
    return ScoreNull.normal(rows, columns, random);
  }

  private static HeadWeights head(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return new HeadWeights(
        normal(D, E, random),
        normal(D, E, random),
        normal(D, E, random),
        normal(E, D, random),
        new double[E],
        new double[E]);
  }

  private static DMatrixRMaj times(DMatrixRMaj a, DMatrixRMaj b) {
    DMatrixRMaj product = new DMatrixRMaj(a.numRows, b.numCols);
    CommonOps_DDRM.mult(a, b, product);
    return product;
  }

  private static DMatrixRMaj transposed(DMatrixRMaj a) {
    return CommonOps_DDRM.transpose(a, null);
  }

  private static DMatrixRMaj valueOutput(HeadWeights head) {
    return times(head.value(), head.output());
  }

  private static DMatrixRMaj queryKey(HeadWeights head) {
    return times(head.query(), transposed(head.key()));
  }

  @Test
  void eigenvaluesSumToTheTraceAndTheirSquaresToThatOfTheSquare() {
    HeadWeights head = head(1);
    Eigenvalues values = Residual.valueOutput(head);
    double sum = Arrays.stream(values.real()).sum();
    double squares =
        IntStream.range(0, E).mapToDouble(i -> values.real()[i] * values.real()[i]).sum()
            - Arrays.stream(values.imaginary()).map(value -> value * value).sum();
    DMatrixRMaj circuit = valueOutput(head);
    assertThat(values.trace()).isCloseTo(CommonOps_DDRM.trace(circuit), within(CLOSE));
    assertThat(sum).isCloseTo(values.trace(), within(CLOSE));
    assertThat(squares).isCloseTo(CommonOps_DDRM.trace(times(circuit, circuit)), within(1e-9));
  }

  @Test
  void aFactoredCircuitHasTheEigenvaluesOfTheDenseOne() {
    HeadWeights head = head(2);
    Eigenvalues small = Residual.queryKey(head);
    Eigenvalues dense = Eigenvalues.of(queryKey(head));
    assertThat(small.moduli()).isCloseTo(dense.moduli(), within(1e-8)); // others are 0, rounded
    assertThat(Math.hypot(small.real()[0], small.imaginary()[0]))
        .isCloseTo(Math.hypot(dense.real()[0], dense.imaginary()[0]), within(CLOSE));
  }

  private static double[][][] scores(List<HeadWeights> earlier, List<HeadWeights> later) {
    return CircuitCase.scores(HeadTriangles.of(earlier), HeadTriangles.of(later));
  }

  @Test
  void compositionIsTheFrobeniusNormOfTheDenseProduct() {
    HeadWeights first = head(3);
    HeadWeights second = head(4);
    double[][][] scores = scores(List.of(first), List.of(second));
    DMatrixRMaj writes = valueOutput(first);
    assertThat(scores[0][0][0]).isCloseTo(dense(writes, queryKey(second)), within(CLOSE));
    assertThat(scores[1][0][0])
        .isCloseTo(dense(writes, transposed(queryKey(second))), within(CLOSE));
    assertThat(scores[2][0][0]).isCloseTo(dense(writes, valueOutput(second)), within(CLOSE));
  }

  /** Of three blocks, which read at two distances; more rows than one part takes at once. */
  @Test
  void squaresOfAllPairsAreThoseOfTheDenseProducts() {
    List<List<HeadTriangles>> heads =
        IntStream.range(0, 6)
            .mapToObj(i -> HeadTriangles.of(List.of(head(20 + 2 * i), head(21 + 2 * i))))
            .toList();
    CompositionSquares all =
        new CompositionSquares(
            heads.subList(0, 3),
            IntStream.range(0, 3).mapToObj(i -> List.of(heads.get(i), heads.get(i + 3))).toList());
    double[][] squares =
        CompositionSquares.sum(
            IntStream.range(0, CompositionSquares.PARTS).mapToObj(all::part).toList());
    assertThat(squares[0]).isEmpty();
    for (int later = 1; later < 3; later++) {
      assertThat(squares[later]).hasSize(2 * later * 10);
      for (int earlier = 0; earlier < 2 * later; earlier++) {
        DMatrixRMaj writes = valueOutput(heads.get(earlier / 2).get(earlier % 2).head());
        for (int reader = 0; reader < 4; reader++) {
          HeadWeights head = heads.get(later + reader / 2 * 3).get(reader % 2).head();
          double[] expected = {
            NormOps_DDRM.normF(times(writes, queryKey(head))),
            NormOps_DDRM.normF(times(writes, transposed(queryKey(head)))),
            NormOps_DDRM.normF(times(writes, valueOutput(head)))
          };
          for (Composition.Kind kind : Composition.Kind.values()) {
            int place = CompositionSquares.reader(kind, reader / 2, 2, reader % 2, 2);
            if (kind != Composition.Kind.VALUE || reader < 2) {
              double square = expected[kind.ordinal()] * expected[kind.ordinal()];
              assertThat(squares[later][earlier * 10 + place])
                  .isCloseTo(square, within(CLOSE * square));
            }
          }
        }
      }
    }
  }

  private static double dense(DMatrixRMaj a, DMatrixRMaj b) {
    return NormOps_DDRM.normF(times(a, b)) / NormOps_DDRM.normF(a) / NormOps_DDRM.normF(b);
  }

  @Test
  void turningTheStreamLeavesEveryScore() {
    QRDecomposition<DMatrixRMaj> solver = DecompositionFactory_DDRM.qr(D, D);
    solver.decompose(normal(D, D, new SplittableRandom(5)));
    DMatrixRMaj turn = solver.getQ(null, false);
    HeadWeights first = head(6);
    HeadWeights second = head(7);
    HeadWeights firstTurned = turned(first, turn);
    HeadWeights secondTurned = turned(second, turn);
    assertThat(Residual.valueOutput(firstTurned).score())
        .isCloseTo(Residual.valueOutput(first).score(), within(CLOSE));
    assertThat(Residual.queryKey(firstTurned).score())
        .isCloseTo(Residual.queryKey(first).score(), within(CLOSE));
    assertThat(Spectrum.ofValueOutput(firstTurned).values())
        .containsExactly(Spectrum.ofValueOutput(first).values(), within(CLOSE));
    double[][][] scores = scores(List.of(first), List.of(second));
    double[][][] turnedScores = scores(List.of(firstTurned), List.of(secondTurned));
    for (int kind = 0; kind < scores.length; kind++) {
      assertThat(turnedScores[kind][0][0]).isCloseTo(scores[kind][0][0], within(CLOSE));
    }
  }

  private static HeadWeights turned(HeadWeights head, DMatrixRMaj turn) {
    return new HeadWeights(
        times(turn, head.query()),
        times(turn, head.key()),
        times(turn, head.value()),
        times(head.output(), transposed(turn)),
        head.queryBias(),
        head.keyBias());
  }

  @Test
  void aNilpotentCircuitHasNoScore() {
    DMatrixRMaj shift = new DMatrixRMaj(E, E);
    for (int i = 0; i + 1 < E; i++) {
      shift.set(i, i + 1, 7);
    }

    QRDecomposition<DMatrixRMaj> solver = DecompositionFactory_DDRM.qr(E, E);
    solver.decompose(normal(E, E, new SplittableRandom(8)));
    DMatrixRMaj turn = solver.getQ(null, false);
    assertThat(Eigenvalues.of(times(times(turn, shift), transposed(turn))).score()).isNull();
    assertThat(Eigenvalues.of(new DMatrixRMaj(E, E)).score()).isNull();
  }

  /** More tokens than are looked at at once, some of whose rows are equal. */
  @Test
  void firstPlacesAreThoseOfTheWholeMatrix() {
    SplittableRandom random = new SplittableRandom(9);
    int tokens = 900;
    DMatrixRMaj x = normal(tokens, D, random);
    DMatrixRMaj y = normal(tokens, D, random);
    for (int i = 0; i < tokens; i++) {
      for (int j = 0; j < D; j++) { // some tokens find themselves
        y.data[i * D + j] = (i % 3 == 0 ? 1 : .1) * y.data[i * D + j] + x.data[i * D + j];
      }
    }

    System.arraycopy(x.data, 0, x.data, (tokens - 1) * D, D);
    System.arraycopy(y.data, 0, y.data, (tokens - 1) * D, D);
    DMatrixRMaj left = normal(D, E, random);
    DMatrixRMaj right = left.copy();
    DMatrixRMaj whole = times(times(x, left), transposed(times(y, right)));
    int[] rows = IntStream.range(0, tokens).filter(i -> i % 2 == 0 || i > 800).toArray();
    int first = 0;
    int firstFive = 0;
    for (int row : rows) {
      double own = whole.get(row, row) + 1e-9;
      long greater =
          IntStream.range(0, tokens).filter(column -> whole.get(row, column) > own).count();
      first += greater == 0 ? 1 : 0;
      firstFive += greater < 5 ? 1 : 0;
    }

    OwnPlace found = OwnPlace.of(new OwnPlace.Side(x, left), new OwnPlace.Side(y, right), rows);
    assertThat(found.first()).isEqualTo((double) first / rows.length).isBetween(.01, .9);
    assertThat(found.firstFive()).isEqualTo((double) firstFive / rows.length).isBetween(.02, .95);
  }

  @ParameterizedTest
  @ValueSource(strings = {"hf-gpt2", "hf-llama", "hf-gpt_neox", "tinyshakespeare"})
  void aFoldedModelPredictsWhatTheModelDoes(String name) {
    ModelDirectory directory = CircuitCase.directory(name);
    FoldedModel model = CircuitCase.model(name);
    int[] ids = {1, 5, 9};
    DMatrixRMaj stream = model.stream(ids, new int[ids.length]);
    for (int block = 0; block < model.blockCount(); block++) {
      stream = model.block(block).ofSinglePositions(stream);
    }

    int[] all = CircuitCase.all(model);
    DMatrixRMaj logits = times(model.finalNorm().of(stream), transposed(model.unembeddings(all)));
    try (LanguageModel whole = directory.loadInEngine(Device.cpu())) {
      for (int row = 0; row < ids.length; row++) {
        float[] expected = whole.predict(new int[][] {{ids[row]}}).probabilities();
        double[] found = new double[all.length];
        for (int token : all) {
          found[token] = logits.get(row, token) + model.unembeddingBias(token);
        }

        double normalizer = Math.log(Arrays.stream(found).map(Math::exp).sum());
        for (int token : all) {
          assertThat(Math.exp(found[token] - normalizer)).isCloseTo(expected[token], within(2e-5));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"induction-ln", "induction-plain"})
  void theInductionHeadThatWasMadeByHandHasTheScoresThatItMustHave(String name) {
    FoldedModel model = CircuitCase.model(name);
    JsonNode expected = CircuitCase.json(name + "/expected.json");
    HeadWeights previous = model.head(0, 0, 0);
    HeadWeights finding = model.head(1, 0, 0);
    HeadWeights empty = model.head(0, 1, 0);
    double[][][] scores = scores(List.of(previous, empty), List.of(finding));
    assertThat(scores[0][0][0]).isCloseTo(0, within(1e-12));
    assertThat(scores[1][0][0])
        .isCloseTo(1 / Math.sqrt(model.vocabulary()), within(1e-12))
        .isCloseTo(expected.get("composition_0_0_to_1_0").get("k").asDouble(), within(1e-12));
    assertThat(scores[2][0][0]).isCloseTo(0, within(1e-12));
    assertThat(scores[0][1][0]).isNaN();
    JsonNode heads = expected.get("heads");
    for (String place : List.of("0.0", "1.0")) {
      HeadWeights head = place.equals("0.0") ? previous : finding;
      assertThat(Spectrum.ofValueOutput(head).norm())
          .isCloseTo(heads.get(place).get("ov_norm").asDouble(), within(1e-9));
      assertThat(Spectrum.ofQueryKey(head).norm())
          .isCloseTo(heads.get(place).get("qk_norm").asDouble(), within(1e-9));
      assertThat(Spectrum.ofValueOutput(head).effectiveRank()).isCloseTo(16., within(1e-6));
      assertThat(Residual.queryKey(head).score()).as("matching of " + place).isNull();
    }

    assertThat(Residual.valueOutput(previous).score()).isNull();
    assertThat(Residual.valueOutput(finding).score()).isCloseTo(1., within(1e-12));
    assertThat(Spectrum.ofValueOutput(empty).effectiveRank()).isNull();
    int[] all = CircuitCase.all(model);
    TokenProducts products = TokenProducts.of(model, TokenBasis.EMBEDDING, all);
    assertThat(new TokenEigenvalues(products).ofValueOutput(finding).score())
        .isCloseTo(1., within(1e-12));
    assertThat(new TokenEigenvalues(products).ofValueOutput(previous).score()).isNull();
    assertThat(new TokenEigenvalues(products).ofQueryKey(finding).score()).isNull();
    OwnPlace copied =
        OwnPlace.of(
            new OwnPlace.Side(TokenBasis.EMBEDDING.rows(model, all), finding.value()),
            new OwnPlace.Side(model.unembeddings(all), transposed(finding.output())),
            all);
    assertThat(copied.first()).isEqualTo(1);
    JsonNode together = expected.get("virtual_0_0_1_0");
    VirtualHead both =
        VirtualHead.of(
            model.triangles(0, 0).get(0),
            model.triangles(1, 0).get(0),
            new TokenEigenvalues(products));
    assertThat(both.norm()).isCloseTo(0, within(1e-12));
    assertThat(both.induced().trace())
        .isCloseTo(together.get("induction_term_sum").asDouble(), within(1e-9));
    assertThat(both.induced().score()).isCloseTo(1., within(1e-12));
    assertThat(
            VirtualHead.found(previous, finding, TokenBasis.EMBEDDING.rows(model, all), all)
                .first())
        .isEqualTo(1);
  }

  @Test
  void aModelThatMixesWithoutHeadsIsRefused() {
    Blueprint mixer =
        Blueprint.of(
            D,
            E,
            Embedding.of("tokens", 3, D, Positions.NONE),
            1,
            block ->
                Block.preNorm(
                    Norm.NONE,
                    Mixer.Masked.flat(Mixer.Triangle.of("weight", "bias", E), D),
                    Norm.NONE,
                    FeedForward.NONE),
            Unembedding.of(Norm.NONE, Linear.of("tokens", null, 3, D)));
    assertThatThrownBy(() -> Folding.check("a mixer", mixer))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "a mixer: it mixes positions without attention, so that there are no circuits of heads;"
                + " give a model with attention");
  }
}
