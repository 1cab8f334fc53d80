/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import dev.kindred.LocalSpark;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The join on the CPU device; what it shares with a GPU is everything but the BLAS. */
@ExtendWith(LocalSpark.class)
class TestTorchJoin {
  private static final TileKernel KERNEL = TileKernels.get(TileKernels.Choice.AUTO);
  private static final int VOCABULARY = 5;
  private static final int ONE_PROMPT = 1; // bytes: less than one prompt's similarities
  private static final int MANY_PROMPTS = 32 << 20;

  /** Window i has id 10 * i; prompt i has the own window 10 * i while there is one. */
  private record Problem(float[][] windows, float[][] prompts, double threshold) {}

  /**
   * What is found for a prompt.
   *
   * @param counts of next tokens
   * @param pairs similarity by window id
   */
  private record Found(
      long similarCount, boolean own, Map<Integer, Long> counts, Map<Long, Float> pairs) {}

  @Test
  void findsWhatTheOracleFindsInEveryDimension(SparkSession spark) {
    Random random = new Random(21);
    for (int dimension : new int[] {1, 2, 3, 7, 15, 16, 17, 33, 383, 384}) {
      assertEqualsOracle(
          spark,
          new Problem(clustered(random, 130, dimension), clustered(random, 45, dimension), 0.6));
    }
  }

  @Test
  void anyChunkOfPromptsGivesTheSame(SparkSession spark) {
    Random random = new Random(22);
    Problem problem = new Problem(clustered(random, 61, 12), clustered(random, 50, 12), 0.4);
    List<Found> expected = oracle(problem);
    int promptBytes = 61 * Float.BYTES;
    for (int chunkBytes :
        new int[] {ONE_PROMPT, promptBytes, 7 * promptBytes + 3, 25 * promptBytes, MANY_PROMPTS}) {
      assertThat(join(spark, problem, chunkBytes)).as("%d bytes", chunkBytes).isEqualTo(expected);
    }
  }

  @Test
  void manyBatchesAddUp(SparkSession spark) {
    Random random = new Random(23);
    assertEqualsOracle(
        spark, new Problem(clustered(random, 1300, 9), clustered(random, 30, 9), 0.7));
  }

  @Test
  void aSinglePromptIsEnough(SparkSession spark) {
    Random random = new Random(24);
    assertEqualsOracle(
        spark, new Problem(clustered(random, 700, 12), clustered(random, 1, 12), 0.5));
  }

  @Test
  void morePromptsThanWindowsAreFine(SparkSession spark) {
    Random random = new Random(25);
    assertEqualsOracle(
        spark, new Problem(clustered(random, 3, 12), clustered(random, 900, 12), 0.5));
  }

  @Test
  void thresholdsOfZeroAndBelowTakeOrthogonalAndOppositeVectors(SparkSession spark) {
    float[][] vectors = {{1, 0}, {0, 1}, {-1, 0}, {0, 0}, {0, -2}};
    for (double threshold : new double[] {0, -0.5, -1}) {
      assertEqualsOracle(spark, new Problem(vectors, vectors, threshold));
    }
  }

  @Test
  void aVectorOfZerosHasSimilarityZeroWithAll(SparkSession spark) {
    Random random = new Random(26);
    float[][] zeros = new float[4][20];
    float[][] prompts = clustered(random, 10, 20);
    assertThat(join(spark, new Problem(zeros, prompts, 0), MANY_PROMPTS))
        .allSatisfy(found -> assertThat(found.similarCount()).isZero());
    assertThat(join(spark, new Problem(zeros, prompts, -1e-9), MANY_PROMPTS))
        .allSatisfy(found -> assertThat(found.similarCount()).isEqualTo(4));
  }

  @Test
  void aThresholdAtTheExactSimilarityOfAPairExcludesIt(SparkSession spark) {
    Random random = new Random(27);
    for (int dimension : new int[] {2, 31, 384}) {
      float[][] windows = clustered(random, 40, dimension);
      float[][] prompts = clustered(random, 6, dimension);
      for (int pair = 0; pair < 6; pair++) {
        double exact = similarity(prompts[pair], windows[3 * pair]);
        long windowId = 30L * pair;
        Problem at = new Problem(windows, prompts, exact);
        Problem below = new Problem(windows, prompts, Math.nextDown(exact));
        assertEqualsOracle(spark, at);
        assertEqualsOracle(spark, below);
        assertThat(oracle(at).get(pair).pairs()).doesNotContainKey(windowId);
        assertThat(oracle(below).get(pair).pairs()).containsKey(windowId);
      }
    }
  }

  @Test
  void duplicatesCountEach(SparkSession spark) {
    float[][] windows = new float[600][];
    Arrays.fill(windows, new float[] {1, 2, 3});
    float[][] prompts = {{2, 4, 6}, {2, 4, 6}, {-2, -4, -6}};
    List<Found> found = join(spark, new Problem(windows, prompts, 0.99), MANY_PROMPTS);
    assertThat(found).extracting(Found::similarCount).containsExactly(600L, 600L, 0L);
  }

  @Test
  void anEmptyBatchAddsNothing(SparkSession spark) {
    Problem problem = new Problem(new float[][] {{1, 0}}, new float[][] {{1, 0}}, -1);
    Joined joined = new Joined(spark, problem);
    try (TorchJoin join = joined.open(MANY_PROMPTS)) {
      join.join(new WindowBatch(2, KERNEL));
    }

    assertThat(joined.evidence.drain()).isEmpty();
  }

  private static void assertEqualsOracle(SparkSession spark, Problem problem) {
    List<Found> expected = oracle(problem);
    assertThat(join(spark, problem, MANY_PROMPTS)).isEqualTo(expected);
    assertThat(join(spark, problem, 1000)).isEqualTo(expected);
  }

  /** Nested loops over the definition. */
  private static List<Found> oracle(Problem problem) {
    List<Found> found = new ArrayList<>();
    for (int prompt = 0; prompt < problem.prompts().length; prompt++) {
      Map<Integer, Long> counts = new TreeMap<>();
      Map<Long, Float> pairs = new TreeMap<>();
      for (int window = 0; window < problem.windows().length; window++) {
        double similarity = similarity(problem.prompts()[prompt], problem.windows()[window]);
        if (similarity > problem.threshold()) {
          nextTokens(window).forEach((token, count) -> counts.merge(token, count, Long::sum));
          pairs.put(10L * window, (float) similarity);
        }
      }

      found.add(new Found(pairs.size(), pairs.containsKey(10L * prompt), counts, pairs));
    }

    return found;
  }

  private static double similarity(float[] a, float[] b) {
    double norms = Cosine.norm(a, 0, a.length) * Cosine.norm(b, 0, b.length);
    return Cosine.similarity(Cosine.dot(a, 0, b, 0, a.length), norms);
  }

  /** Every seventh window ends a document: it has no next token. */
  private static Map<Integer, Long> nextTokens(int window) {
    Map<Integer, Long> counts = new TreeMap<>();
    if (window % 7 != 6) {
      counts.put(window % VOCABULARY, 1L + window % 3);
      counts.put((window + 2) % VOCABULARY, 2L);
    }

    return counts;
  }

  private static List<Found> join(SparkSession spark, Problem problem, int chunkBytes) {
    Joined joined = new Joined(spark, problem);
    try (TorchJoin join = joined.open(chunkBytes)) {
      WindowBatch batch = new WindowBatch(problem.windows()[0].length, KERNEL);
      for (int window = 0; window < problem.windows().length; window++) {
        if (batch.isFull()) {
          join.join(batch);
          batch.clear();
        }

        batch.add(10L * window, joined.nextTokens.find(10L * window), problem.windows()[window]);
      }

      join.join(batch);
    }

    assertThat(joined.settled.byFloat + joined.settled.byDouble)
        .isEqualTo((long) problem.windows().length * problem.prompts().length);
    Map<Integer, Found> byPrompt = new TreeMap<>();
    for (int prompt = 0; prompt < problem.prompts().length; prompt++) {
      byPrompt.put(prompt, new Found(0, false, Map.of(), Map.of()));
    }

    for (Evidence row : joined.evidence.drain()) {
      Map<Integer, Long> counts = new TreeMap<>();
      for (int i = 0; i < row.getTokens().length; i++) {
        counts.put(row.getTokens()[i], row.getCounts()[i]);
      }

      Map<Long, Float> pairs = new TreeMap<>();
      for (int i = 0; i < row.getWindowIds().length; i++) {
        pairs.put(row.getWindowIds()[i], row.getSimilarities()[i]);
      }

      byPrompt.put(
          row.getPromptId(),
          new Found(row.getSimilarCount(), row.isOwnWindowSimilar(), counts, pairs));
    }

    return List.copyOf(byPrompt.values());
  }

  /** A problem in the shape that joins take. */
  private static final class Joined {
    private static final Map<Integer, NextTokens> NEXT_TOKENS = new HashMap<>(); // by windows

    private final Problem problem;
    private final PromptVectors prompts;
    private final NextTokens nextTokens;
    private final EvidenceTable evidence;
    private final SettledPairs settled = new SettledPairs();

    private Joined(SparkSession spark, Problem problem) {
      this.problem = problem;
      int count = problem.prompts().length;
      int dimension = problem.prompts()[0].length;
      int[] promptIds = new int[count];
      long[] ownWindowIds = new long[count];
      float[] vectors = new float[count * dimension];
      for (int i = 0; i < count; i++) {
        promptIds[i] = i;
        ownWindowIds[i] = i < problem.windows().length ? 10L * i : PromptVectors.NO_WINDOW;
        System.arraycopy(problem.prompts()[i], 0, vectors, i * dimension, dimension);
      }

      this.prompts = new PromptVectors(dimension, promptIds, ownWindowIds, vectors);
      this.nextTokens =
          NEXT_TOKENS.computeIfAbsent(
              problem.windows().length, windows -> collectNextTokens(spark, windows));
      this.evidence = new EvidenceTable(prompts, nextTokens, VOCABULARY, MostSimilar.ALL);
    }

    private static NextTokens collectNextTokens(SparkSession spark, int windows) {
      List<Row> rows = new ArrayList<>();
      for (int i = 0; i < windows; i++) {
        rows.add(RowFactory.create(10L * i, nextTokens(i)));
      }

      return NextTokens.collect(
          spark.createDataFrame(
              rows,
              new StructType()
                  .add("window_id", DataTypes.LongType)
                  .add(
                      "next_tokens",
                      DataTypes.createMapType(DataTypes.IntegerType, DataTypes.LongType))));
    }

    private TorchJoin open(int chunkBytes) {
      PairCheck check = new PairCheck(KERNEL, prompts, evidence, settled, problem.threshold());
      return new TorchJoin(Device.cpu(), prompts, check, settled, chunkBytes);
    }
  }

  /** Vectors near few directions, some of them opposite, and a vector of zeros. */
  private static float[][] clustered(Random random, int count, int dimension) {
    float[][] centres = new float[4][];
    for (int i = 0; i < 4; i++) {
      centres[i] = gaussian(random, dimension);
    }

    float[][] vectors = new float[count][];
    for (int i = 0; i < count; i++) {
      float[] vector = gaussian(random, dimension);
      float[] centre = centres[random.nextInt(4)];
      float sign = random.nextInt(5) == 0 ? -1 : 1;
      for (int k = 0; k < dimension; k++) {
        vector[k] = sign * (centre[k] + 0.7f * vector[k]);
      }

      vectors[i] = i == count / 2 && count > 1 ? new float[dimension] : vector;
    }

    return vectors;
  }

  private static float[] gaussian(Random random, int dimension) {
    float[] values = new float[dimension];
    for (int k = 0; k < dimension; k++) {
      values[k] = (float) random.nextGaussian();
    }

    return values;
  }
}
