/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.LocalSpark;
import dev.kindred.math.Hellinger;
import dev.kindred.prediction.DensePredictions;
import dev.kindred.similarity.SimilarityBins;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Random evidence, against sums over its bins as they are in the tables. */
@ExtendWith(LocalSpark.class)
class TestTuner {
  private static final SimilarityBins BINS = SimilarityBins.grid("0.9", "0.02");
  private static final int BLOCKS = 3;
  private static final List<Integer> NUMBERS = List.of(2, 5, 11); // of blocks of a larger model
  private static final int VOCABULARY = 7;
  private static final int PROMPTS = 12;
  private static final int WITHOUT_EVIDENCE = 4; // a prompt
  private static final int NOT_A_WINDOW = 5; // a prompt

  /** What a bin has; own says whether the prompt's own window is in it. */
  private record Bin(int prompt, int block, int bin, Map<Integer, Long> counts, boolean own) {}

  private static List<Bin> evidence;
  private static Map<Integer, Map<Integer, Long>> ownNextTokens;
  private static double[][] model;
  private static List<PromptBins> prompts;

  @BeforeAll
  static void makeEvidence(SparkSession spark) {
    Random random = new Random(3);
    evidence = new ArrayList<>();
    ownNextTokens = new TreeMap<>();
    model = new double[PROMPTS][VOCABULARY];
    for (int prompt = 0; prompt < PROMPTS; prompt++) {
      for (int token = 0; token < VOCABULARY; token++) {
        model[prompt][token] = (float) (random.nextDouble() + 0.01);
      }

      double sum = Arrays.stream(model[prompt]).sum();
      for (int token = 0; token < VOCABULARY; token++) {
        model[prompt][token] = (float) (model[prompt][token] / sum);
      }

      ownNextTokens.put(prompt, Map.of(prompt % VOCABULARY, 2L));
      for (int block = 0; block < BLOCKS && prompt != WITHOUT_EVIDENCE; block++) {
        int ownBin = prompt == NOT_A_WINDOW ? -1 : BINS.count() - 1;
        for (int bin = 0; bin < BINS.count(); bin++) {
          boolean own = bin == ownBin;
          if (own || random.nextInt(3) > 0) {
            evidence.add(new Bin(prompt, block, bin, counts(random, prompt, own), own));
          }
        }
      }
    }

    prompts = new ArrayList<>(promptBins(spark, 1).collectAsList());
    prompts.sort(Comparator.comparingInt(PromptBins::promptId));
  }

  private static Map<Integer, Long> counts(Random random, int prompt, boolean own) {
    Map<Integer, Long> counts = new TreeMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      counts.merge(random.nextInt(VOCABULARY), 1L + random.nextInt(30), Long::sum);
    }

    if (own) {
      counts.merge(prompt % VOCABULARY, 2L, Long::sum);
    }

    return counts;
  }

  private static Dataset<PromptBins> promptBins(SparkSession spark, int partitions) {
    List<Row> bins = new ArrayList<>();
    for (Bin bin : evidence) {
      bins.add(
          RowFactory.create(
              "m",
              "c",
              "p",
              BINS.toString(),
              NUMBERS.get(bin.block()),
              bin.prompt(),
              bin.bin(),
              BINS.edge(bin.bin()),
              1L,
              bin.counts(),
              bin.own()));
    }

    List<Row> promptRows = new ArrayList<>();
    List<Row> windows = new ArrayList<>();
    List<float[]> predictions = new ArrayList<>();
    for (int prompt = 0; prompt < PROMPTS; prompt++) {
      Long window = prompt == NOT_A_WINDOW ? null : 100L + prompt;
      promptRows.add(RowFactory.create(prompt, window));
      windows.add(RowFactory.create(100L + prompt, ownNextTokens.get(prompt)));
      float[] probabilities = new float[VOCABULARY];
      for (int token = 0; token < VOCABULARY; token++) {
        probabilities[token] = (float) model[prompt][token];
      }

      predictions.add(probabilities);
    }

    return PromptBins.of(
        spark.createDataFrame(bins, Tables.SIMILARITY_BINS.columns()).repartition(partitions),
        columns(spark, promptRows, Tables.PROMPTS.columns(), "prompt_id", "window_id"),
        columns(spark, windows, Tables.WINDOWS.columns(), "window_id", "next_tokens"),
        DensePredictions.of(spark, predictions),
        NUMBERS,
        BINS.count());
  }

  private static Dataset<Row> columns(
      SparkSession spark, List<Row> rows, StructType all, String... names) {
    StructType schema = new StructType();
    for (String name : names) {
      schema = schema.add(all.apply(name));
    }

    return spark.createDataFrame(rows, schema);
  }

  /** A block's counts above a bin's edge, added up from the rows. */
  private static double[] counts(int prompt, int block, int from, boolean withOwn) {
    double[] counts = new double[VOCABULARY];
    for (Bin bin : evidence) {
      if (bin.prompt() == prompt && bin.block() == block && bin.bin() >= from) {
        bin.counts().forEach((token, count) -> counts[token] += count);
        if (bin.own() && !withOwn) {
          ownNextTokens.get(prompt).forEach((token, count) -> counts[token] -= count);
        }
      }
    }

    return counts;
  }

  /** The distance of a mixture by its definition. */
  private static double distance(int prompt, Tuned tuned, double saturation, boolean withOwn) {
    double[] mixed = new double[VOCABULARY];
    for (int block = 0; block < BLOCKS; block++) {
      double[] counts = counts(prompt, block, tuned.bins()[block], withOwn);
      double n = Arrays.stream(counts).sum();
      for (int token = 0; token < VOCABULARY; token++) {
        mixed[token] += tuned.weights()[block] * counts[token] / (1 + n / saturation);
      }
    }

    double sum = Arrays.stream(mixed).sum();
    return sum == 0
        ? 1
        : Hellinger.distance(model[prompt], Arrays.stream(mixed).map(x -> x / sum).toArray());
  }

  @Test
  void aMixturesDistanceIsThatOfItsDefinition() {
    Random random = new Random(4);
    for (int round = 0; round < 20; round++) {
      Tuned tuned =
          new Tuned(
              random.ints(BLOCKS, 0, BINS.count()).toArray(),
              random.doubles(BLOCKS, 0, 2).toArray());
      for (double saturation : new double[] {Double.POSITIVE_INFINITY, 40, 0.5}) {
        for (boolean withOwn : new boolean[] {true, false}) {
          for (int prompt = 0; prompt < PROMPTS; prompt++) {
            assertThat(
                    Combination.mixture(saturation).distance(prompts.get(prompt), tuned, withOwn))
                .as("%s, saturation %s, own %s, prompt %d", tuned, saturation, withOwn, prompt)
                .isCloseTo(distance(prompt, tuned, saturation, withOwn), within(1e-6));
          }
        }
      }
    }
  }

  @Test
  void aPromptWithoutEvidenceIsAsFarAsCanBe() {
    assertThat(
            Combination.mixture(10)
                .distance(
                    prompts.get(WITHOUT_EVIDENCE),
                    new Tuned(new int[3], new double[] {1, 1, 1}),
                    true))
        .isEqualTo(1);
  }

  @Test
  void anAlmostUnsaturatedMixtureOfOneBlockIsItsDistribution() {
    Tuned one = new Tuned(new int[] {1, 0, 0}, new double[] {1, 0, 0});
    Tuner tuner = new Tuner(prompts, BINS.count(), true);
    assertThat(tuner.distance(Combination.distributions(), one))
        .isCloseTo(tuner.distance(Combination.mixture(1e-6), one), within(1e-9));
  }

  @Test
  void weightsThatDoNotGrowWithSimilarityMakeAPlainMixture() {
    Tuned tuned = new Tuned(new int[] {1, 0, 2}, new double[] {1, 2, 3});
    Tuner tuner = new Tuner(prompts, BINS.count(), false);
    assertThat(tuner.distance(Combination.bySimilarity(0, 0.02, BINS.count(), 40), tuned))
        .isCloseTo(tuner.distance(Combination.mixture(40), tuned), within(1e-12));
  }

  @Test
  void aSearchEndsWhereNoOtherThresholdOfABlockIsBetter() {
    Tuner tuner = new Tuner(prompts, BINS.count(), false);
    Combination combination = Combination.mixture(30);
    Tuner.Result found =
        tuner.search(combination, List.of(new Tuned(new int[] {2, 2, 2}, new double[] {1, 1, 1})));
    double[] others =
        IntStream.range(0, BLOCKS)
            .boxed()
            .flatMapToDouble(
                block ->
                    IntStream.range(0, BINS.count())
                        .mapToDouble(
                            bin -> tuner.distance(combination, found.tuned().withBin(block, bin))))
            .toArray();
    assertThat(found.distance())
        .isLessThanOrEqualTo(Arrays.stream(others).min().orElseThrow() + 1e-6);
  }

  @Test
  void aSearchComesAtLeastAsCloseAsABlockAlone() {
    Tuned one = new Tuned(new int[] {0, 3, 0}, new double[] {0, 1, 0});
    Tuner tuner = new Tuner(prompts, BINS.count(), false);
    double alone = tuner.distance(Combination.mixture(1e-3), one);
    Tuner.Result found =
        tuner.search(
            Combination.mixture(1e-3),
            List.of(new Tuned(new int[] {0, 3, 0}, new double[] {1, 1, 1})));
    assertThat(found.distance()).isLessThanOrEqualTo(alone);
  }

  @Test
  void aSearchThatAddsUpOtherBlocksOnceFindsWhatOneThatMixesAnewFinds() {
    Tuner tuner = new Tuner(prompts, BINS.count(), false);
    Tuned start = new Tuned(new int[BLOCKS], new double[] {1, 1, 1});
    for (double saturation : new double[] {Double.POSITIVE_INFINITY, 100, 1}) {
      Combination.Sum sum = Combination.mixture(saturation);
      Combination anew = sum::mix;
      Tuner.Result found = tuner.search(sum, List.of(start));
      Tuner.Result expected = tuner.search(anew, List.of(start));

      assertThat(found.tuned().bins()).isEqualTo(expected.tuned().bins());
      assertThat(found.tuned().weights()).containsExactly(expected.tuned().weights(), within(1e-9));
      assertThat(found.distance()).isCloseTo(expected.distance(), within(1e-12));
    }
  }

  @Test
  void curvesAreEachBlocksDistancesWhateverThePartitions(SparkSession spark) {
    List<ThresholdCurves.Point> curves = ThresholdCurves.of(promptBins(spark, 1), NUMBERS, BINS);
    assertThat(curves).hasSize(BLOCKS * BINS.count());
    for (ThresholdCurves.Point point : curves) {
      double[] weights = new double[BLOCKS];
      weights[NUMBERS.indexOf(point.block())] = 1;
      int[] bins = new int[BLOCKS];
      Arrays.fill(bins, BINS.binAbove(point.threshold()));
      double mean =
          IntStream.range(0, PROMPTS)
              .mapToDouble(
                  prompt ->
                      distance(prompt, new Tuned(bins, weights), Double.POSITIVE_INFINITY, false))
              .average()
              .orElseThrow();
      assertThat(point.leaveOneOutDistance()).isCloseTo(mean, within(1e-6));
    }

    assertThat(ThresholdCurves.of(promptBins(spark, 5), NUMBERS, BINS)).isEqualTo(curves);
    assertThat(ThresholdCurves.of(prompts, NUMBERS, BINS)).isEqualTo(curves);
  }
}
