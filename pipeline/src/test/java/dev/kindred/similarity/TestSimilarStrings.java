/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.LocalSpark;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LocalSpark.class)
class TestSimilarStrings {
  private static final int VOCABULARY = 5;
  private static final int[] PARTITIONS = {1, 7};
  private static final StructType VECTORS =
      new StructType()
          .add("id", DataTypes.LongType)
          .add("ffn_out", DataTypes.createArrayType(DataTypes.FloatType, false));

  /** A pair that is found. */
  private record Pair(int promptId, long windowId, float similarity) {}

  /** What a join gives, or the oracle. */
  private record Found(
      Map<Integer, Long> similarCounts,
      Map<Integer, Map<Integer, Long>> tokenCounts,
      Map<Integer, Boolean> ownWindows,
      List<Pair> pairs) {}

  /**
   * A corpus of vectors: window i has id 10 * i, prompt i has own window 10 * i while there is one.
   */
  private record Problem(float[][] windows, float[][] prompts, double threshold, int keep) {}

  @Test
  void findsWhatTheOracleFindsOnRandomVectors(SparkSession spark) {
    Random random = new Random(7);
    for (int dimension : new int[] {1, 3, 17, 64}) {
      float[][] windows = clustered(random, 130, dimension);
      float[][] prompts = clustered(random, 45, dimension);
      assertEqualsOracle(spark, new Problem(windows, prompts, 0.6, MostSimilar.ALL));
    }
  }

  @Test
  void aSinglePromptIsEnough(SparkSession spark) {
    Random random = new Random(8);
    assertEqualsOracle(
        spark,
        new Problem(clustered(random, 700, 12), clustered(random, 1, 12), 0.5, MostSimilar.ALL));
  }

  @Test
  void morePromptsThanWindowsAreFine(SparkSession spark) {
    Random random = new Random(9);
    assertEqualsOracle(
        spark,
        new Problem(clustered(random, 3, 12), clustered(random, 90, 12), 0.5, MostSimilar.ALL));
  }

  @Test
  void thresholdsOfZeroAndBelowTakeOrthogonalAndOppositeVectors(SparkSession spark) {
    float[][] vectors = {{1, 0}, {0, 1}, {-1, 0}, {0, 0}, {0, -2}};
    for (double threshold : new double[] {0, -0.5, -1}) {
      assertEqualsOracle(spark, new Problem(vectors, vectors, threshold, MostSimilar.ALL));
    }
  }

  @Test
  void aThresholdAtTheExactSimilarityOfAPairExcludesIt(SparkSession spark) {
    float[][] prompts = {{3, 4}};
    float[][] windows = {{4, 3}, {3, 4}}; // similarities 24 / 25 and 1
    assertThat(join(spark, new Problem(windows, prompts, 24.0 / 25, 10), 1).similarCounts())
        .containsEntry(0, 1L);
    double below = Math.nextDown(24.0 / 25);
    assertThat(join(spark, new Problem(windows, prompts, below, 10), 1).similarCounts())
        .containsEntry(0, 2L);
    assertThat(join(spark, new Problem(windows, prompts, 1, 10), 1).similarCounts())
        .containsEntry(0, 0L);
  }

  @Test
  void duplicatesCountEachAndTiesGoToTheFirstOccurrence(SparkSession spark) {
    float[][] windows = new float[600][];
    java.util.Arrays.fill(windows, new float[] {1, 2, 3});
    Problem problem = new Problem(windows, new float[][] {{2, 4, 6}}, 0.99, 3);
    for (int partitions : PARTITIONS) {
      Found found = join(spark, problem, partitions);
      assertThat(found.similarCounts()).containsEntry(0, 600L);
      assertThat(found.pairs()).extracting(Pair::windowId).containsExactly(0L, 10L, 20L);
    }
  }

  @Test
  void keepsTheMostSimilarAndStillCountsAll(SparkSession spark) {
    Random random = new Random(10);
    float[][] windows = clustered(random, 400, 8);
    float[][] prompts = clustered(random, 20, 8);
    for (int keep : new int[] {0, 1, 5}) {
      assertEqualsOracle(spark, new Problem(windows, prompts, 0.3, keep));
    }
  }

  @Test
  void aPromptWithoutEvidenceHasARowAllTheSame(SparkSession spark) {
    Found found =
        join(
            spark,
            new Problem(new float[][] {{1, 0}}, new float[][] {{1, 0}, {-1, 0}}, 0.5, 10),
            1);
    assertThat(found.similarCounts()).containsEntry(0, 1L).containsEntry(1, 0L);
    assertThat(found.tokenCounts().get(1)).isEmpty();
  }

  @Test
  void bothKernelsFindTheSame(SparkSession spark) {
    Random random = new Random(12);
    Problem problem = new Problem(clustered(random, 300, 33), clustered(random, 70, 33), 0.7, 50);
    assertThat(join(spark, problem, 3, TileKernels.Choice.SIMD))
        .isEqualTo(join(spark, problem, 3, TileKernels.Choice.SCALAR));
  }

  private static void assertEqualsOracle(SparkSession spark, Problem problem) {
    Found expected = oracle(problem);
    for (int partitions : PARTITIONS) {
      Found found = join(spark, problem, partitions);
      assertThat(found.similarCounts()).isEqualTo(expected.similarCounts());
      assertThat(found.tokenCounts()).isEqualTo(expected.tokenCounts());
      assertThat(found.ownWindows()).isEqualTo(expected.ownWindows());
      assertThat(found.pairs()).hasSameSizeAs(expected.pairs());
      for (int i = 0; i < expected.pairs().size(); i++) {
        Pair pair = found.pairs().get(i);
        assertThat(pair.promptId()).isEqualTo(expected.pairs().get(i).promptId());
        assertThat(pair.windowId()).isEqualTo(expected.pairs().get(i).windowId());
        assertThat(pair.similarity())
            .isCloseTo(expected.pairs().get(i).similarity(), within(1e-6f));
      }
    }
  }

  /** Nested loops in double precision. */
  private static Found oracle(Problem problem) {
    Found found = new Found(new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), new ArrayList<>());
    for (int prompt = 0; prompt < problem.prompts().length; prompt++) {
      Map<Integer, Long> counts = new TreeMap<>();
      List<Pair> pairs = new ArrayList<>();
      boolean own = false;
      for (int window = 0; window < problem.windows().length; window++) {
        double similarity = cosine(problem.prompts()[prompt], problem.windows()[window]);
        if (similarity > problem.threshold()) {
          nextTokens(window).forEach((token, count) -> counts.merge(token, count, Long::sum));
          pairs.add(new Pair(prompt, 10L * window, (float) similarity));
          own |= window == prompt;
        }
      }

      found.similarCounts().put(prompt, (long) pairs.size());
      found.tokenCounts().put(prompt, counts);
      found.ownWindows().put(prompt, own);
      pairs.stream().sorted(BEST_FIRST).limit(problem.keep()).forEach(found.pairs()::add);
    }

    return found;
  }

  private static final Comparator<Pair> BEST_FIRST =
      Comparator.comparingInt(Pair::promptId)
          .thenComparing(Comparator.comparingDouble(Pair::similarity).reversed())
          .thenComparingLong(Pair::windowId);

  private static double cosine(float[] a, float[] b) {
    double dot = 0;
    double normA = 0;
    double normB = 0;
    for (int k = 0; k < a.length; k++) {
      dot += (double) a[k] * b[k];
      normA += (double) a[k] * a[k];
      normB += (double) b[k] * b[k];
    }

    return normA == 0 || normB == 0 ? 0 : dot / (Math.sqrt(normA) * Math.sqrt(normB));
  }

  /** Every seventh window ends a document: it has no next token. */
  private static Map<Integer, Long> nextTokens(int window) {
    Map<Integer, Long> counts = new HashMap<>();
    if (window % 7 != 6) {
      counts.put(window % VOCABULARY, 1L + window % 3);
      counts.put((window + 2) % VOCABULARY, 2L);
    }

    return counts;
  }

  private static Found join(SparkSession spark, Problem problem, int partitions) {
    return join(spark, problem, partitions, TileKernels.Choice.AUTO);
  }

  private static Found join(
      SparkSession spark, Problem problem, int partitions, TileKernels.Choice kernel) {
    Dataset<Evidence> evidence =
        SimilarStrings.join(
            spark,
            vectors(spark, problem.windows(), 10).repartition(partitions),
            vectors(spark, problem.prompts(), 1)
                .withColumn("prompt_id", functions.col("prompt_id").cast("int")),
            prompts(spark, problem),
            windows(spark, problem.windows().length),
            new SimilarStrings.Settings(
                0, problem.threshold(), problem.keep(), VOCABULARY, kernel));
    Found found = new Found(new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), new ArrayList<>());
    for (Row row :
        Tables.BLOCK_DISTRIBUTIONS
            .conform(SimilarStrings.blockDistributions(evidence))
            .collectAsList()) {
      int prompt = row.getInt(0);
      found.similarCounts().put(prompt, row.getLong(1));
      found.tokenCounts().put(prompt, new TreeMap<>(row.<Integer, Long>getJavaMap(2)));
      found.ownWindows().put(prompt, row.getBoolean(3));
    }

    for (Row row :
        Tables.SIMILAR_STRINGS.conform(SimilarStrings.mostSimilar(evidence)).collectAsList()) {
      found.pairs().add(new Pair(row.getInt(0), row.getLong(1), row.getFloat(2)));
    }

    return found;
  }

  private static Dataset<Row> vectors(SparkSession spark, float[][] vectors, int idStep) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < vectors.length; i++) {
      rows.add(RowFactory.create((long) idStep * i, vectors[i]));
    }

    return spark
        .createDataFrame(rows, VECTORS)
        .select(
            functions.col("id").as(idStep == 1 ? "prompt_id" : "window_id"),
            functions.col("ffn_out"));
  }

  private static Dataset<Row> prompts(SparkSession spark, Problem problem) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < problem.prompts().length; i++) {
      rows.add(RowFactory.create(i, i < problem.windows().length ? 10L * i : null));
    }

    return spark.createDataFrame(
        rows,
        new StructType()
            .add("prompt_id", DataTypes.IntegerType)
            .add("window_id", DataTypes.LongType));
  }

  private static Dataset<Row> windows(SparkSession spark, int count) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rows.add(RowFactory.create(10L * i, nextTokens(i)));
    }

    return spark.createDataFrame(
        rows,
        new StructType()
            .add("window_id", DataTypes.LongType)
            .add(
                "next_tokens", DataTypes.createMapType(DataTypes.IntegerType, DataTypes.LongType)));
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
