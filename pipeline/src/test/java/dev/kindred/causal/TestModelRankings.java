/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.LocalSpark;
import dev.kindred.math.Cosine;
import dev.kindred.model.RandomGpt;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.training.TrainedModel;
import dev.kindred.training.TrainingRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LocalSpark.class)
class TestModelRankings {
  private static final int LENGTH = 5;
  private static final int CONTEXT = 8;
  private static final int TRAIN = 12 * CONTEXT + 1;
  private static final int MOST = 10;
  private static final int[] TOKENS = new Random(1).ints(140, 0, 6).toArray();
  private static final List<Explained> PROMPTS = List.of(prompt(0, 110, 4), prompt(1, 120, 2));
  private static final TrainingRecord RECORD = record();
  private static final AskedModel MODEL =
      AskedModel.of(RECORD, RandomGpt.values(RECORD.blueprint(), 3), TOKENS);

  private static Explained prompt(int id, int place, int token) {
    return new Explained(id, Arrays.copyOfRange(TOKENS, place - LENGTH, place), token);
  }

  /** The record of a training, with a model for these tokens. */
  private static TrainingRecord record() {
    try {
      Path home = Path.of(System.getProperty("kindred.home"));
      TrainingRecord any =
          TrainingRecord.parse(
              "bundled", Files.readString(home.resolve("models/dickens-small/training.json")));
      TreeMap<String, Object> fields = new TreeMap<>(any.model());
      fields.put("d_vocab", 6);
      fields.put("d_model", 12);
      fields.put("d_mlp", 24);
      fields.put("n_layers", 2);
      fields.put("n_heads", 2);
      fields.put("n_ctx", CONTEXT);
      return new TrainingRecord(
          any.corpus(),
          any.corpusSha256(),
          any.tokenizerSha256(),
          TRAIN,
          TOKENS.length - TRAIN,
          fields,
          any.recipe(),
          any.versions(),
          List.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Ranking> rankings(SparkSession spark, int pieces) {
    return ModelRankings.merged(
        ModelRankings.bestOfPieces(
                spark,
                JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(MODEL),
                PROMPTS,
                LENGTH,
                MOST,
                pieces)
            .collectAsList(),
        PROMPTS,
        MOST);
  }

  @Test
  void gradientsAreMultipliedAsIfEachHadBeenTaken(SparkSession spark) {
    Blueprint blueprint = RECORD.blueprint();
    double[] expected = new double[TRAIN];
    try (TrainedModel model = new TrainedModel(blueprint, MODEL.weights())) {
      float[] ofPrompt = Gradients.of(model, PROMPTS.get(0));
      for (int place = 1; place < TRAIN; place++) {
        int stretch = (place - 1) / CONTEXT;
        boolean[] counted = new boolean[CONTEXT];
        counted[(place - 1) % CONTEXT] = true;
        float[] gradient =
            model.gradient(new int[][] {MODEL.stretch(stretch)}, new boolean[][] {counted});
        expected[place] = Gradients.dot(ofPrompt, gradient);
      }
    }

    Ranking found = rankings(spark, 3).get(1);

    assertThat(found.choice()).isEqualTo(Choice.GRADIENT);
    double[] best =
        IntStream.range(1, TRAIN)
            .mapToObj(place -> expected[place])
            .sorted(Comparator.reverseOrder())
            .limit(MOST)
            .mapToDouble(Double::doubleValue)
            .toArray();
    for (int i = 0; i < MOST; i++) {
      assertThat(found.scores()[i]).isCloseTo(best[i], within(.01 * best[0]));
      assertThat(expected[found.places()[i]]).isCloseTo(found.scores()[i], within(.01 * best[0]));
    }
  }

  @Test
  void streamsAreComparedWhereTheExplainedTokenFollows(SparkSession spark) {
    Ranking found = rankings(spark, 3).get(0);

    assertThat(found.choice()).isEqualTo(Choice.STREAM);
    assertThat(Arrays.stream(found.places()))
        .allMatch(place -> TOKENS[place] == 4 && place < TRAIN);
    try (TrainedModel model = new TrainedModel(RECORD.blueprint(), MODEL.weights())) {
      float[] prompt = model.streams(new int[][] {PROMPTS.get(0).tokens()})[0];
      double[] all =
          IntStream.range(LENGTH, TRAIN)
              .filter(place -> TOKENS[place] == 4)
              .mapToDouble(
                  place ->
                      Cosine.similarity(
                          prompt,
                          model
                              .streams(
                                  new int[][] {Arrays.copyOfRange(TOKENS, place - LENGTH, place)})[
                              0]))
              .map(cosine -> -cosine)
              .sorted()
              .limit(MOST)
              .map(cosine -> -cosine)
              .toArray();
      for (int i = 0; i < all.length; i++) {
        assertThat(found.scores()[i]).isCloseTo(all[i], within(1e-5));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 5})
  void piecesDoNotMatter(int pieces, SparkSession spark) {
    List<Ranking> expected = rankings(spark, 1);
    List<Ranking> found = rankings(spark, pieces);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(found.get(i).places()).hasSameSizeAs(expected.get(i).places());
      for (int j = 0; j < expected.get(i).scores().length; j++) {
        assertThat(found.get(i).scores()[j])
            .isCloseTo(expected.get(i).scores()[j], within(.01 * expected.get(i).scores()[0]));
      }
    }
  }
}
