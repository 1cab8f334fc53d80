/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Searches from given starts against the same in PyTorch, in double precision. A case says how far
 * PyTorch itself comes from that in single precision; this engine is granted ten times as much.
 * Paths that rounding can turn are compared for five steps, nearly all others for twenty.
 */
class TestInversionReference {
  private static final double GRANTED = 10;
  private static final double ROUNDING = 1e-6; // of the greatest value, at least

  /** What of a start moved by 1e-9 is left after 20 steps, beyond which a path is chaotic. */
  private static final double CHAOTIC = 1e-6;

  /** How far PyTorch in single precision may be after 20 steps. */
  private static final double LOST = 1e-4;

  /** A residual so small that rounding can turn its sign, which an l1 gradient is made of. */
  private static final double TURNED = 1e-6;

  private static final int COMPARED = 5; // steps of every path
  private static final String LAST = "x20";

  static Stream<String> searches() {
    return InversionCase.names("ds-", "llama-", "neox-", "hf-");
  }

  private static Search search(InversionCase expected) {
    return new Search(
        expected.model(),
        expected.target(),
        expected.length(),
        expected.loss(),
        expected.descent(),
        Search.Steepness.PLAIN,
        expected.arrays().get("start"),
        expected.trueVectors());
  }

  private static double greatest(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> Math.abs(values[i])).max().orElse(0);
  }

  private static double difference(float[] found, float[] expected) {
    assertThat(found).hasSameSizeAs(expected);
    return IntStream.range(0, found.length)
        .mapToDouble(i -> Math.abs((double) found[i] - expected[i]))
        .max()
        .orElse(0);
  }

  private static double granted(InversionCase expected, String what) {
    return GRANTED * expected.json().get("float32").get(what).asDouble();
  }

  @ParameterizedTest
  @MethodSource("searches")
  void outputGradientAndTheFirstStepsAreThose(String name) {
    InversionCase expected = InversionCase.read(name);
    Search search = search(expected);
    float[] target = expected.arrays().get("target");
    assertThat(difference(search.targets()[0], target))
        .as("target")
        .isLessThan(1e-5 * (1 + greatest(target)));

    float[] gradient = expected.arrays().get("gradient");
    assertThat(difference(search.gradient(), gradient))
        .as("gradient")
        .isLessThan(
            (ROUNDING + granted(expected, "gradient_relative")) * (1e-12 + greatest(gradient)));

    double[] losses = InversionCase.numbers(expected.json().get("losses"));
    for (int step = 0; step < COMPARED; step++) {
      search.step();
      assertThat(search.losses()[0])
          .as("loss %d", step)
          .isCloseTo(
              losses[step],
              within((ROUNDING + granted(expected, "loss_relative")) * (1e-6 + losses[step])));
      String at = "x" + (step + 1);
      if (expected.arrays().containsKey(at)) {
        assertThat(difference(search.vectors(), expected.arrays().get(at)))
            .as(at)
            .isLessThan(tolerance(expected, at));
      }
    }
  }

  private static double tolerance(InversionCase expected, String at) {
    return ROUNDING * (1 + greatest(expected.arrays().get(at))) + granted(expected, at);
  }

  /**
   * A unit whose input is 0 but for rounding is on or off as the processor rounds, and turns the
   * gradient. So a few of the paths part within twenty steps, on each kind of processor others.
   */
  @Test
  void nearlyAllPathsAreThoseForTwentySteps() {
    List<String> compared = new ArrayList<>();
    List<String> parted = new ArrayList<>();
    searches()
        .forEach(
            name -> {
              InversionCase expected = InversionCase.read(name);
              if (isLost(expected) || !expected.arrays().containsKey(LAST)) {
                return;
              }

              Search search = search(expected);
              for (int step = 0; step < 20; step++) {
                search.step();
              }

              compared.add(name);
              if (difference(search.vectors(), expected.arrays().get(LAST))
                  > tolerance(expected, LAST)) {
                parted.add(name);
              }
            });
    assertThat(compared).hasSizeGreaterThan(50);
    assertThat(parted).hasSizeLessThanOrEqualTo(compared.size() / 10);
  }

  /** Whether rounding alone can take the path elsewhere within twenty steps. */
  private static boolean isLost(InversionCase expected) {
    return expected.json().get("float32").get("x20").asDouble() > LOST
        || expected.json().at("/double_start_moved_by_1e-9/x20").asDouble() > CHAOTIC
        || expected.json().path("smallest_residual_20").asDouble(1) < TURNED;
  }

  static Stream<String> mixedSearches() {
    return InversionCase.names("ds-mixed-");
  }

  @ParameterizedTest
  @MethodSource("mixedSearches")
  void aBalancedLossBeginsWithEqualGradientsOfBothParts(String name) {
    InversionCase expected = InversionCase.read(name);
    TargetOutput output = new TargetOutput(expected.model(), expected.target(), expected.length());
    InversionLoss[] found =
        Search.lossOf(
            output,
            List.of(InversionLoss.balanced()),
            expected.arrays().get("start"),
            output.of(expected.trueVectors()));
    double alpha = expected.json().get("loss").get("alpha").asDouble();
    assertThat(found[0].cosineFactor()).isCloseTo(alpha, within(1e-4 * alpha));
    assertThat(found[0].l1Factor()).isEqualTo(1);
  }

  static Stream<String> searchesByPosition() {
    return InversionCase.names("sequential-");
  }

  @ParameterizedTest
  @MethodSource("searchesByPosition")
  void searchesForOnePositionAfterAnotherAreThose(String name) {
    InversionCase expected = InversionCase.read(name);
    String method = expected.json().get("method").asText();
    Experiment experiment =
        new Experiment(
            method.equals("sound")
                ? Experiment.Method.SEQUENTIAL
                : Experiment.Method.valueOf(method.toUpperCase(Locale.ROOT).replace('-', '_')),
            expected.target(),
            expected.loss(),
            expected.descent(),
            0,
            1,
            Experiment.Positions.OWN,
            0);
    TokenVectors tokens = expected.tokens();
    float[] positions = TokenVectors.positions(expected.model(), expected.length());
    SequentialSearch search =
        new SequentialSearch(
            expected.model(),
            tokens,
            new Decoder(tokens),
            experiment,
            expected.length(),
            positions,
            expected.arrays().get("start"),
            expected.ownVectors());
    float[] before = new float[0];
    for (int position = 0; position < expected.length(); position++) {
      JsonNode stage = expected.json().get("stages").get(position);
      double[] losses = InversionCase.numbers(stage.get("losses"));
      Search its = search.stage(position);
      boolean goesOn = method.equals("expanding") && position > 0;
      if (goesOn) {
        assertThat(Arrays.copyOf(its.vectors(), before.length))
            .as("where position %d begins", position)
            .containsExactly(before);
        int dimension = tokens.dimension();
        assertThat(Arrays.copyOfRange(its.vectors(), before.length, its.vectors().length))
            .as("where the vector of position %d begins", position)
            .containsExactly(
                Arrays.copyOfRange(
                    expected.arrays().get("start"),
                    position * dimension,
                    (position + 1) * dimension));
      }

      boolean isAlone = experiment.method() == Experiment.Method.PER_TOKEN;
      for (int step = 0; step < (isAlone ? 20 : experiment.descent().steps()); step++) {
        its.step();
        if (step < (goesOn ? 1 : COMPARED)) {
          // Where a stage goes on from is where rounding led those before it: some way from there.
          assertThat(its.losses()[0])
              .as("position %d, loss %d", position, step)
              .isCloseTo(losses[step], within((goesOn ? 1e-1 : 1e-5) * losses[step]));
        }

        if (step == 19 && !goesOn) {
          float[] x20 = expected.arrays().get("x20." + position);
          float[] found = its.vectors();
          assertThat(difference(last(found, x20.length), x20))
              .as("x20 of position %d", position)
              .isLessThan(1e-4);
        }
      }

      search.end(position, its);
      before = its.vectors();
    }
  }

  private static float[] last(float[] values, int count) {
    return Arrays.copyOfRange(values, values.length - count, values.length);
  }

  static Stream<String> directSearches() {
    return InversionCase.names("direct-");
  }

  @ParameterizedTest
  @MethodSource("directSearches")
  void mixturesOfTheVocabularyAreThoseOfTheSearchInAllItsDimensions(String name) {
    InversionCase expected = InversionCase.read(name);
    TokenVectors tokens = expected.tokens();
    float[] start = expected.arrays().get("start");
    float[] truth = tokens.of(expected.tokenIds());
    for (int i = 0; i < truth.length; i++) {
      truth[i] *= (float) Experiment.DIRECT_SCALE;
    }

    Mixtures mixtures = new Mixtures(tokens, tokens.products(), expected.length());
    Search search =
        new Search(
            expected.model(),
            expected.target(),
            expected.length(),
            expected.loss(),
            expected.descent(),
            mixtures,
            Mixtures.vectors(tokens, start),
            truth);
    for (int step = 1; step <= 20; step++) {
      search.step();
      float[] at = expected.arrays().get("e" + step);
      if (at != null) {
        assertThat(difference(search.vectors(), at))
            .as("e%d", step)
            .isLessThan(1e-4 * (1 + greatest(at)));
      }
    }

    float[] end = expected.arrays().get("a20");
    int row = expected.length() - 1;
    double[] mixture = mixtures.mixture(row, start, row);
    for (int token = 0; token < mixture.length; token++) {
      assertThat(mixture[token])
          .isCloseTo(end[row * mixture.length + token], within(1e-4 * (1 + greatest(end))));
    }
  }

  static Stream<String> decodings() {
    return InversionCase.names("decode-");
  }

  @ParameterizedTest
  @MethodSource("decodings")
  void vectorsAreReadAsThoseTokens(String name) {
    InversionCase expected = InversionCase.read(name);
    Decoder decoder = new Decoder(expected.tokens());
    int[] trueIds = InversionCase.ids(expected.json().get("true_ids"));
    int[] allowed = InversionCase.ids(expected.json().get("allowed"));
    float[] vectors = expected.arrays().get("e");
    for (Decoding decoding : Decoding.values()) {
      JsonNode its = expected.json().get("decodings").get(decoding.text());
      double[][] all = decoder.scores(decoding, vectors, 1);
      for (int row = 0; row < trueIds.length; row++) {
        double[] scores = all[row];
        Decoder.Decoded read = Decoder.decoded(scores, trueIds[row]);
        String where = decoding.text() + " row " + row;
        double score = its.get("score_of_true").get(row).asDouble();
        assertThat(read.score()).as(where).isCloseTo(score, within(1e-5 * (1 + Math.abs(score))));
        double margin = its.get("margin_of_true").get(row).asDouble();
        assertThat(read.margin())
            .as(where)
            .isCloseTo(margin, within(1e-5 * (1 + Math.abs(margin))));
        if (its.get("gap_of_first_two").get(row).asDouble() > 1e-5) {
          assertThat(read.token()).as(where).isEqualTo(its.get("ids").get(row).asInt());
          assertThat(read.rank()).as(where).isEqualTo(its.get("rank_of_true").get(row).asInt());
          int[] best = InversionCase.ids(its.get("top5").get(row));
          for (int place = 0; place < best.length; place++) {
            assertThat(scores[read.best()[place]])
                .as("%s place %d", where, place)
                .isCloseTo(scores[best[place]], within(1e-6));
          }
        }

        for (String mode : new String[] {"minus-infinity", "zero"}) {
          double[] restricted = Decoder.restricted(scores, allowed, mode.equals("zero"));
          int token = its.get("restricted_" + mode).get("ids").get(row).asInt();
          assertThat(restricted[Decoder.decoded(restricted, trueIds[row]).token()])
              .as("%s restricted %s", where, mode)
              .isCloseTo(restricted[token], within(1e-6));
        }
      }
    }
  }

  static Stream<String> roundTrips() {
    return InversionCase.names("round-trip-");
  }

  @ParameterizedTest
  @MethodSource("roundTrips")
  void tokensThatAreReadAsOthersAreThose(String name) {
    InversionCase expected = InversionCase.read(name);
    TokenVectors tokens =
        expected.arrays().containsKey("W")
            ? toy(expected.arrays().get("W"), expected.json())
            : expected.tokens();
    Decoder decoder = new Decoder(tokens);
    decoder
        .roundTrip(IntStream.range(0, tokens.size()).toArray())
        .forEach(
            (decoding, read) -> {
              JsonNode undecided = expected.json().get("undecided_" + decoding.text());
              int[] skipped = undecided == null ? new int[0] : InversionCase.ids(undecided);
              JsonNode fails = expected.json().get("fails_" + decoding.text());
              int[] asExpected = IntStream.range(0, tokens.size()).toArray();
              InversionCase.list(fails)
                  .forEach(pair -> asExpected[pair.get(0).asInt()] = pair.get(1).asInt());
              int[] found = read.clone();
              Arrays.stream(skipped).forEach(token -> found[token] = asExpected[token]);
              assertThat(found).as(decoding.text()).containsExactly(asExpected);
            });
  }

  private static TokenVectors toy(float[] rows, JsonNode json) {
    int size = json.get("vocabulary").asInt();
    return new TokenVectors(rows, size, rows.length / size);
  }

  static Stream<String> oracles() {
    return InversionCase.names("oracle-");
  }

  @ParameterizedTest
  @MethodSource("oracles")
  void distancesOfAllTokensInAPlaceAreThose(String name) {
    InversionCase expected = InversionCase.read(name);
    Oracle oracle = new Oracle(expected.model(), expected.tokens(), expected.target());
    float[] positions = TokenVectors.positions(expected.model(), expected.length());
    double near = 1e-5 * expected.json().get("target_norm").asDouble();
    for (Oracle.Known known : oracle.known(expected.tokenIds(), positions)) {
      JsonNode its = expected.json().get("positions").get(known.position());
      String where = "position " + known.position();
      assertThat(known.seen()).as(where).isEqualTo(its.get("seen").asBoolean());
      assertThat(known.trueDistance()).as(where).isLessThan(near);
      if (known.seen()) {
        assertThat(known.runnerUpDistance())
            .as(where)
            .isCloseTo(its.get("runner_up_distance").asDouble(), within(near));
        if (its.get("third_distance").asDouble() - its.get("runner_up_distance").asDouble()
            > 2 * near) {
          assertThat(known.runnerUp()).as(where).isEqualTo(its.get("runner_up").asInt());
        }
      } else {
        assertThat(known.runnerUpDistance()).as(where).isLessThan(near);
      }
    }
  }

  static Stream<String> recoveries() {
    return InversionCase.names("recover-");
  }

  @ParameterizedTest
  @MethodSource("recoveries")
  void tokensAreRecoveredFromVectorsAlone(String name) {
    InversionCase expected = InversionCase.read(name);
    JsonNode path = expected.json().at("/target/block_paths/0");
    Target target = Target.of(path.size());
    TargetOutput output = new TargetOutput(expected.model(), target, expected.length());
    float[] vectors = output.of(expected.ownVectors())[0];
    List<Recovery.Recovered> found =
        Recovery.recover(expected.languageModel(), path.size() - 1, vectors);
    assertThat(found.stream().mapToInt(Recovery.Recovered::tokenId).toArray())
        .containsExactly(InversionCase.ids(expected.json().get("recovered")));
  }

  /** The control says what its input was, and the search finds it. */
  @Test
  void theControlAndItsSearchAreThoseAndFindEveryToken() {
    InversionCase expected = InversionCase.read("fcnet");
    FullyConnected control =
        new FullyConnected(
            expected.arrays().get("w1"),
            expected.arrays().get("b1"),
            expected.arrays().get("w2"),
            expected.arrays().get("b2"));
    int[] ids = expected.tokenIds();
    float[] rows = expected.arrays().get("W");
    float[] start = expected.arrays().get("start");
    int dimension = start.length / ids.length;
    TokenVectors tokens = new TokenVectors(rows, rows.length / dimension, dimension);
    float[] truth = tokens.of(ids);
    InversionLoss[] l1 = {InversionLoss.of(InversionLoss.Kind.L1, 1)};
    Search search =
        new Search(
            control,
            l1,
            List.of(expected.descent()),
            Search.Steepness.PLAIN,
            start,
            control.of(truth));
    float[] gradient = expected.arrays().get("gradient");
    assertThat(difference(search.gradient(), gradient)).isLessThan(ROUNDING * greatest(gradient));
    double[] losses = InversionCase.numbers(expected.json().get("losses"));
    for (int step = 0; step < expected.descent().steps(); step++) {
      search.step();
      if (step < losses.length) {
        assertThat(search.losses()[0]).isCloseTo(losses[step], within(1e-5));
      }

      float[] x = expected.arrays().get("x" + (step + 1));
      if (x != null) {
        assertThat(difference(search.vectors(), x)).as("x%d", step + 1).isLessThan(1e-5);
      }
    }

    double[][] scores = new Decoder(tokens).scores(Decoding.NEAREST, search.vectors(), 1);
    for (int row = 0; row < ids.length; row++) {
      assertThat(Decoder.decoded(scores[row], ids[row]).token()).isEqualTo(ids[row]);
    }

    assertThat(difference(search.vectors(), truth)).isLessThan(5e-3);
  }
}
