/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.LocalSpark;
import dev.kindred.head.Stimulus.Kind;
import dev.kindred.model.Models;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Heads that Spark spreads, and what is drawn for them. */
@ExtendWith(LocalSpark.class)
class TestHeads {
  private static final int[] ALLOWED = IntStream.range(2, 60).toArray();

  private static HeadQuestion question() {
    List<Stimulus> stimuli =
        Stream.of(Kind.PERMUTATION, Kind.REPEATED, Kind.RANDOM)
            .map(kind -> Stimuli.draw(kind, 3, 4, ALLOWED, null, 7))
            .toList();
    return new HeadQuestion(
        stimuli, TokenKinds.of(100, id -> ""), List.of(Ablation.MEAN, Ablation.ZERO_FOLDED));
  }

  /** All rows, as texts. */
  private static List<String> rows(SparkSession spark, int tasks) {
    ModelDirectory directory = Models.directory(Models.TWO_BLOCKS);
    HeadQuestion question = question();
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    Broadcast<ModelDirectory> model = directory.onExecutors(spark);
    Broadcast<HeadQuestion> asked = context.broadcast(question);
    HeadRows rows =
        new HeadRows(
            question,
            directory.blueprint(),
            Heads.measure(spark, model, asked, tasks).collectAsList());
    List<Row> ablations =
        rows.ablations(
            Heads.ablate(spark, model, asked, context.broadcast(rows.means()), tasks)
                .collectAsList());
    return Stream.of(rows.scores(), rows.distances(), rows.losses(), ablations)
        .flatMap(List::stream)
        .map(TestHeads::text)
        .toList();
  }

  private static String text(Row row) {
    return IntStream.range(0, row.size())
        .mapToObj(
            i ->
                row.get(i) instanceof double[] numbers
                    ? Arrays.toString(numbers)
                    : String.valueOf(row.get(i)))
        .toList()
        .toString();
  }

  @Test
  void rowsDoNotDependOnHowManyTasksThereAre(SparkSession spark) {
    List<String> one = rows(spark, 1);

    assertThat(one).hasSizeGreaterThan(100).doesNotHaveDuplicates().isEqualTo(rows(spark, 7));
  }

  @Test
  void drawnSequencesRepeatAsTheirKindSays() {
    Stimulus permutation = Stimuli.draw(Kind.PERMUTATION, 2, 5, ALLOWED, 1, 3);
    Stimulus random = Stimuli.draw(Kind.RANDOM, 2, 5, ALLOWED, null, 3);
    Stimulus prefix = Stimuli.draw(Kind.PREFIX, 1, 25, ALLOWED, null, 3);

    for (int[] tokens : permutation.tokenIds()) {
      assertThat(tokens[0]).isEqualTo(1);
      assertThat(IntStream.of(tokens).skip(1)).allMatch(id -> id >= 2 && id < 60);
      assertThat(Arrays.copyOfRange(tokens, 1, 6))
          .doesNotHaveDuplicates()
          .isEqualTo(Arrays.copyOfRange(tokens, 6, 11));
    }

    assertThat(permutation.begins()).isEqualTo(1);
    assertThat(permutation.tokenIds()[0]).isNotEqualTo(permutation.tokenIds()[1]);
    assertThat(random.tokenIds()[0]).hasSize(10).isNotEqualTo(random.tokenIds()[1]);
    assertThat(random.period()).isZero();
    assertThat(prefix.tokenIds()[0]).hasSize(100);
    assertThat(Stimuli.draw(Kind.PERMUTATION, 9, 5, ALLOWED, 1, 3).tokenIds()[1])
        .isEqualTo(permutation.tokenIds()[1]);
    assertThat(Stimuli.draw(Kind.PERMUTATION, 2, 5, ALLOWED, 1, 4).tokenIds()[1])
        .isNotEqualTo(permutation.tokenIds()[1]);
  }

  @Test
  void piecesOfATextAreDrawnBySeedWhateverTheOrderOfPassages(SparkSession spark) {
    List<Row> passages =
        IntStream.range(0, 4)
            .mapToObj(
                i ->
                    Tables.PASSAGES.row(
                        (long) i,
                        10L * i,
                        "a",
                        10L * i,
                        IntStream.range(10 * i, 10 * i + (i == 3 ? 2 : 10)).toArray()))
            .toList();
    List<Row> turned = new ArrayList<>(passages);
    Collections.reverse(turned);

    List<String> all = pieces(spark, passages, 9, 1);
    assertThat(all)
        .hasSize(6) // two of each that is long enough; the last passage has none
        .doesNotHaveDuplicates()
        .contains("[0, 1, 2, 3]", "[4, 5, 6, 7]", "[24, 25, 26, 27]")
        .isEqualTo(pieces(spark, turned, 9, 1))
        .isNotEqualTo(pieces(spark, passages, 9, 2));
    assertThat(pieces(spark, turned, 2, 1)).isEqualTo(all.subList(0, 2));
    assertThat(Stimuli.ofText(List.of(new int[] {5, 6}), 1).tokenIds()[0]).containsExactly(1, 5, 6);
  }

  private static List<String> pieces(SparkSession spark, List<Row> passages, int count, long seed) {
    return Stimuli.pieces(
            spark.createDataFrame(passages, Tables.PASSAGES.fileColumns()).repartition(3),
            count,
            4,
            seed)
        .collectAsList()
        .stream()
        .map(row -> row.getList(0).toString())
        .toList();
  }

  @Test
  void aHeadThatNeedsThreeMatchingTokensLooksThereFromThreeOn() {
    Stimulus stimulus = Stimuli.draw(Kind.PERMUTATION, 1, 6, ALLOWED, 1, 1);
    PatternMeasures asked = new PatternMeasures(stimulus, TokenKinds.of(60, id -> ""));
    int[] tokens = stimulus.tokenIds()[0];
    int length = tokens.length;
    double[] pattern = new double[length * length];
    for (int i = 0; i < length; i++) {
      int found = 0; // the first token, where nothing matches
      for (int earlier = 3; earlier < i; earlier++) {
        boolean matches =
            tokens[earlier] == tokens[i]
                && tokens[earlier - 1] == tokens[i - 1]
                && tokens[earlier - 2] == tokens[i - 2];
        found = matches ? earlier + 1 : found;
      }

      pattern[i * length + found] = 1;
    }

    double[] ones = new double[length];
    Arrays.fill(ones, 1);
    double[] measured = asked.of(pattern, tokens, new PatternMeasures.Written(ones, ones, ones));
    assertThat(
            Measure.INDUCTION_MATCHES.stream()
                .map(score -> measured[asked.place(Measure.of(score))]))
        .containsExactly(0., 0., 1., 1.);
  }

  @Test
  void attentionToPronounsLeavesOutWordsThatBeginLikeOne() {
    List<String> texts = List.of(" he", "art", ",", " goes", "He", "\n", "t");
    TokenKinds kinds = TokenKinds.of(texts.size(), texts::get);
    int[] tokens = {4, 3, 2, 0, 1, 2, 0, 3, 5, 4, 6, 4}; // He goes, heart, he goes, HetHe
    Stimulus stimulus = new Stimulus(Kind.TEXT, new int[][] {tokens}, 0, 0);
    PatternMeasures asked = new PatternMeasures(stimulus, kinds);
    int length = tokens.length;
    double[] pattern = new double[length * length];
    for (int i = 0; i < length; i++) { // half to each: the first token, and the place of "he"
      pattern[i * length] = .5;
      pattern[i * length + Math.min(i, 6)] += .5;
    }

    double[] ones = new double[length];
    Arrays.fill(ones, 1);
    double[] folded = ones.clone();
    folded[0] = 3;
    double[] measured = asked.of(pattern, tokens, new PatternMeasures.Written(ones, folded, ones));
    assertThat(kinds.pronouns(tokens))
        .containsExactly(
            true, false, false, false, false, false, true, false, false, false, false, false);
    assertThat(kinds.pronouns(new int[] {3, 6, 4})).containsExactly(false, false, false);
    assertThat(measured[asked.place(new Measure(Measure.Score.PRONOUN, Weighting.PATTERN, -1))])
        .isEqualTo(1);
    assertThat(measured[asked.place(new Measure(Measure.Score.COMMA, Weighting.PATTERN, -1))])
        .isZero();
    pattern[11 * length + 6] = 0;
    pattern[11 * length + 5] = .5; // a comma, of 1 in 4 by what is written
    measured = asked.of(pattern, tokens, new PatternMeasures.Written(ones, folded, ones));
    assertThat(measured[asked.place(new Measure(Measure.Score.COMMA, Weighting.VALUE_FOLDED, -1))])
        .isEqualTo(.25 / 6);
  }

  @Test
  void bandsOfAllWeightingsAddUpAndHeadsThatLookAtOnePlaceHaveItsDistance() {
    Stimulus stimulus = Stimuli.draw(Kind.PERMUTATION, 1, 6, ALLOWED, null, 1);
    PatternMeasures asked = new PatternMeasures(stimulus, TokenKinds.of(60, id -> ""));
    int length = stimulus.length();
    double[] ones = new double[length];
    Arrays.fill(ones, 2);
    PatternMeasures.Written written = new PatternMeasures.Written(ones, ones, ones);
    double[] itself = new double[length * length];
    double[] before = new double[length * length];
    for (int i = 0; i < length; i++) {
      itself[i * length + i] = 1;
      before[i * length + Math.max(0, i - 1)] = 1;
    }

    double[] ofItself = asked.of(itself, stimulus.tokenIds()[0], written);
    double[] ofBefore = asked.of(before, stimulus.tokenIds()[0], written);
    double[] uniform =
        asked.of(
            PatternMeasures.uniform(length, Integer.MAX_VALUE), stimulus.tokenIds()[0], written);
    for (Weighting weighting : Weighting.values()) {
      int distance = asked.place(new Measure(Measure.Score.MEAN_DISTANCE, weighting, -1));
      assertThat(ofItself[distance]).isZero();
      assertThat(ofBefore[distance]).isEqualTo(1);
      assertThat(
              IntStream.range(0, Band.ALL.size())
                  .mapToDouble(
                      band ->
                          uniform[asked.place(new Measure(Measure.Score.BAND, weighting, band))])
                  .sum())
          .isCloseTo(1, within(1e-12));
    }

    assertThat(ofBefore[asked.place(Measure.of(Measure.Score.PREVIOUS))]).isEqualTo(1);
    assertThat(ofItself[asked.place(Measure.of(Measure.Score.ENTROPY))]).isZero();
    assertThat(PatternMeasures.uniform(4, 2)).startsWith(1).endsWith(0, 0, .5, .5);
  }
}
