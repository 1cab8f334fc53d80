/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.LocalSpark;
import dev.kindred.kernel.TileKernels;
import dev.kindred.similarity.JoinProblem.Found;
import dev.kindred.similarity.JoinProblem.Kept;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The join on Spark; {@link TestPairJoins} has the difficult vectors. */
@ExtendWith(LocalSpark.class)
class TestSimilarStrings {
  private static final int[] PARTITIONS = {1, 7};
  private static final int[] AXES = {0, 4, JoinSettings.AUTO_AXES};

  /** What a join gives. */
  private record Joined(List<Found> found, Map<String, Double> metrics) {}

  @Test
  void aJoinOfPartsHasFourTasksACoreOrAFewMore() {
    for (int cores : new int[] {1, 2, 7, 2000}) {
      assertThat(SimilarStrings.tasks(cores, 1)).isEqualTo(cores);
      for (long parts : new long[] {2, 3, 4 * cores - 1, 4 * cores, 4 * cores + 1, 1_000_003}) {
        assertThat(parts * SimilarStrings.tasks(cores, parts))
            .as("%d cores, %d parts", cores, parts)
            .isBetween(4L * cores, Math.max(4L * cores + parts - 1, parts));
      }
    }
  }

  @Test
  void findsWhatTheOracleFindsOnRandomVectors(SparkSession spark) {
    Random random = new Random(7);
    JoinProblem problem =
        new JoinProblem(
            JoinProblem.clustered(random, 130, 33), JoinProblem.clustered(random, 45, 33));
    assertFindsTheOracles(spark, problem, 0.6, 5);
  }

  private static void assertFindsTheOracles(
      SparkSession spark, JoinProblem problem, double threshold, int keep) {
    List<Found> expected = JoinProblem.oracle(problem.similarities(), threshold, keep);
    for (int axes : AXES) {
      for (int partitions : PARTITIONS) {
        Joined joined = join(spark, problem, 1, partitions, settings(threshold, keep, axes));
        assertThat(joined.found())
            .as("%d axes, %d partitions", axes, partitions)
            .isEqualTo(expected);
      }
    }
  }

  @Test
  void piecesAddUp(SparkSession spark) {
    Random random = new Random(8);
    JoinProblem problem =
        new JoinProblem(
            JoinProblem.clustered(random, 200, 24), JoinProblem.clustered(random, 30, 24));
    List<Found> expected = JoinProblem.oracle(problem.similarities(), 0.3, MostSimilar.ALL);
    for (int axes : AXES) {
      assertThat(join(spark, problem, 3, 2, settings(0.3, MostSimilar.ALL, axes)).found())
          .as("%d axes", axes)
          .isEqualTo(expected);
    }
  }

  @Test
  void vectorsAreComparedWithoutTheirMeanWhereItIsTakenAway(SparkSession spark) {
    Random random = new Random(12);
    float[][] windows = JoinProblem.clustered(random, 130, 33);
    float[][] prompts = JoinProblem.clustered(random, 45, 33);
    JoinProblem problem = new JoinProblem(windows, prompts);
    double[] sums = new double[33];
    for (float[] window : windows) {
      for (int k = 0; k < sums.length; k++) {
        sums[k] += window[k];
      }
    }

    for (int partitions : PARTITIONS) {
      float[] mean = Centers.mean(pieces(spark, problem, 1, partitions).get(0).activations());
      for (int k = 0; k < sums.length; k++) {
        assertThat((double) mean[k]).isCloseTo(sums[k] / windows.length, within(1e-6));
      }

      JoinProblem centred = new JoinProblem(less(windows, mean), less(prompts, mean));
      List<SimilarStrings.Piece> pieces =
          pieces(spark, problem, 2, partitions).stream()
              .map(piece -> new SimilarStrings.Piece(piece.activations(), piece.nextTokens(), mean))
              .toList();
      for (int axes : AXES) {
        SimilarStrings join =
            SimilarStrings.join(
                spark,
                pieces,
                promptActivations(spark, problem),
                prompts(spark, problem),
                settings(0.4, 5, axes));
        assertThat(
                found(
                    EvidenceRows.blockDistributions(join.evidence(), JoinProblem.VOCABULARY),
                    EvidenceRows.mostSimilar(join.evidence())))
            .isEqualTo(JoinProblem.oracle(centred.similarities(), 0.4, 5));
      }
    }
  }

  private static float[][] less(float[][] vectors, float[] mean) {
    float[][] differences = new float[vectors.length][];
    for (int i = 0; i < vectors.length; i++) {
      differences[i] = vectors[i].clone();
      for (int k = 0; k < mean.length; k++) {
        differences[i][k] -= mean[k];
      }
    }

    return differences;
  }

  @Test
  void theMeanDoesNotDependOnPartitions(SparkSession spark) {
    JoinProblem problem =
        new JoinProblem(
            JoinProblem.clustered(new Random(13), 300, 7), new float[][] {new float[7]});
    float[] whole = Centers.mean(pieces(spark, problem, 1, 1).get(0).activations());
    assertThat(Centers.mean(pieces(spark, problem, 1, 7).get(0).activations())).isEqualTo(whole);
  }

  @Test
  void binsOfCentredSimilaritiesHaveANameOfTheirOwn() {
    SimilarityBins bins = SimilarityBins.grid("0.5", "0.01");
    assertThat(bins.centred(true)).hasToString("0.5_0.01_centred");
    assertThat(SimilarityBins.named("0.5_0.01_centred").isCentred()).isTrue();
    assertThat(bins.centred(true).centred(false)).hasToString(bins.toString());
    assertThat(SimilarityBins.named("0.5_0.01_centred").edge(3)).isEqualTo(bins.edge(3));
  }

  /** A vocabulary so large that the evidence of all prompts does not fit beside each other. */
  @Test
  void slicesOfPromptsAddUp(SparkSession spark) {
    Random random = new Random(9);
    JoinProblem problem =
        new JoinProblem(
            JoinProblem.clustered(random, 60, 12), JoinProblem.clustered(random, 40, 12));
    int vocabulary = 4_000_000; // 32 MB a prompt: sixteen prompts a slice
    for (int axes : new int[] {0, 4}) {
      JoinSettings settings =
          new JoinSettings(
              SimilarityBins.above(0.999), 3, vocabulary, TileKernels.Choice.AUTO, axes);
      assertThat(join(spark, problem, 1, 1, settings).found())
          .isEqualTo(JoinProblem.oracle(problem.similarities(), 0.999, 3));
    }
  }

  @Test
  void aThresholdAtTheExactSimilarityOfAPairExcludesIt(SparkSession spark) {
    JoinProblem problem =
        new JoinProblem(new float[][] {{4, 3}, {3, 4}}, new float[][] {{3, 4}}); // 24 / 25 and 1
    assertThat(similarCount(spark, problem, 24.0 / 25)).isEqualTo(1);
    assertThat(similarCount(spark, problem, Math.nextDown(24.0 / 25))).isEqualTo(2);
    assertThat(similarCount(spark, problem, 1)).isZero();
  }

  @Test
  void aThresholdOnABinsEdgeFindsWhatAJoinAtThatThresholdFinds(SparkSession spark) {
    Random random = new Random(11);
    JoinProblem problem =
        new JoinProblem(
            JoinProblem.clustered(random, 130, 33), JoinProblem.clustered(random, 45, 33));
    for (int axes : AXES) {
      JoinSettings settings =
          new JoinSettings(
              SimilarityBins.grid("0.3", "0.05"),
              5,
              JoinProblem.VOCABULARY,
              TileKernels.Choice.AUTO,
              axes);
      Dataset<Evidence> evidence = joined(spark, problem, 2, 3, settings).evidence().cache();
      Dataset<Row> bins =
          Tables.SIMILARITY_BINS.conform(EvidenceRows.similarityBins(evidence, settings)).cache();
      Dataset<Row> nearest =
          Tables.NEAREST_STRINGS.conform(EvidenceRows.nearestStrings(evidence)).cache();
      for (double threshold : new double[] {0.3, 0.6, 0.85, 0.95}) {
        assertThat(
                found(
                    EvidenceRows.blockDistributions(bins, prompts(spark, problem), threshold),
                    EvidenceRows.mostSimilar(nearest, threshold, 3)))
            .as("%d axes, threshold %s", axes, threshold)
            .isEqualTo(JoinProblem.oracle(problem.similarities(), threshold, 3));
      }

      evidence.unpersist();
    }
  }

  @Test
  void aPairAtABinsLowerEdgeIsInTheBinBelow(SparkSession spark) {
    JoinProblem problem =
        new JoinProblem(new float[][] {{4, 3}, {3, 4}}, new float[][] {{3, 4}}); // 24 / 25 and 1
    JoinSettings settings =
        new JoinSettings(
            SimilarityBins.grid("0.9", "0.02"),
            5,
            JoinProblem.VOCABULARY,
            TileKernels.Choice.AUTO,
            0);
    assertThat(
            EvidenceRows.similarityBins(joined(spark, problem, 1, 1, settings).evidence(), settings)
                .select("above")
                .as(Encoders.DOUBLE())
                .collectAsList())
        .containsExactly(0.94, 0.98);
  }

  private static long similarCount(SparkSession spark, JoinProblem problem, double threshold) {
    return join(spark, problem, 1, 1, settings(threshold, 10, 0)).found().get(0).similarCount();
  }

  @Test
  void duplicatesCountEachAndTiesGoToTheFirstOccurrence(SparkSession spark) {
    float[][] windows = new float[600][];
    Arrays.fill(windows, new float[] {1, 2, 3});
    JoinProblem problem = new JoinProblem(windows, new float[][] {{2, 4, 6}});
    for (int partitions : PARTITIONS) {
      Found found = join(spark, problem, 1, partitions, settings(0.99, 3, 0)).found().get(0);
      assertThat(found.similarCount()).isEqualTo(600);
      assertThat(found.kept()).extracting(Kept::windowId).containsExactly(0L, 10L, 20L);
    }
  }

  @Test
  void aPromptWithoutEvidenceHasARowAllTheSame(SparkSession spark) {
    JoinProblem problem = new JoinProblem(new float[][] {{1, 0}}, new float[][] {{1, 0}, {-1, 0}});
    assertThat(join(spark, problem, 1, 1, settings(0.5, 10, 0)).found())
        .extracting(Found::similarCount)
        .containsExactly(1L, 0L);
  }

  @Test
  void metricsAreSharesOfAllPairs(SparkSession spark) {
    Random random = new Random(10);
    JoinProblem problem =
        new JoinProblem(
            JoinProblem.clustered(random, 150, 32), JoinProblem.clustered(random, 40, 32));
    for (int axes : AXES) {
      Map<String, Double> metrics = join(spark, problem, 2, 2, settings(0.9, 5, axes)).metrics();
      assertThat(metrics).containsOnlyKeys("axes", "by_prefix", "by_float", "by_double");
      assertThat(metrics.get("by_prefix") + metrics.get("by_float") + metrics.get("by_double"))
          .as("all shares")
          .isCloseTo(1, within(1e-12));
      if (axes >= 0) {
        assertThat(metrics).containsEntry("axes", (double) axes);
      }

      if (axes == 0) {
        assertThat(metrics).containsEntry("by_prefix", 0.0);
      }
    }
  }

  private static JoinSettings settings(double threshold, int keep, int axes) {
    return new JoinSettings(
        SimilarityBins.above(threshold),
        keep,
        JoinProblem.VOCABULARY,
        TileKernels.Choice.AUTO,
        axes);
  }

  private static Joined join(
      SparkSession spark, JoinProblem problem, int pieces, int partitions, JoinSettings settings) {
    SimilarStrings join = joined(spark, problem, pieces, partitions, settings);
    Dataset<Evidence> evidence = join.evidence().cache();
    List<Found> found =
        found(
            EvidenceRows.blockDistributions(evidence, JoinProblem.VOCABULARY),
            EvidenceRows.mostSimilar(evidence));
    evidence.unpersist();
    return new Joined(found, join.metrics());
  }

  private static SimilarStrings joined(
      SparkSession spark, JoinProblem problem, int pieces, int partitions, JoinSettings settings) {
    return SimilarStrings.join(
        spark,
        pieces(spark, problem, pieces, partitions),
        promptActivations(spark, problem),
        prompts(spark, problem),
        settings);
  }

  private static List<Found> found(Dataset<Row> blockDistributions, Dataset<Row> mostSimilar) {
    Map<Integer, Row> distributions = new TreeMap<>();
    for (Row row : Tables.BLOCK_DISTRIBUTIONS.conform(blockDistributions).collectAsList()) {
      assertThat(distributions.put(row.getInt(0), row)).as("a second row").isNull();
    }

    Map<Integer, List<Kept>> kept = new TreeMap<>();
    for (Row row : Tables.SIMILAR_STRINGS.conform(mostSimilar).collectAsList()) {
      kept.computeIfAbsent(row.getInt(0), prompt -> new ArrayList<>())
          .add(new Kept(row.getLong(1), row.getFloat(2)));
    }

    List<Found> found = new ArrayList<>();
    distributions.forEach(
        (prompt, row) ->
            found.add(
                new Found(
                    row.getLong(1),
                    row.getBoolean(3),
                    new TreeMap<>(row.<Integer, Long>getJavaMap(2)),
                    kept.getOrDefault(prompt, List.of()))));
    return found;
  }

  /** The windows cut into pieces, each with the next tokens of its own windows only. */
  private static List<SimilarStrings.Piece> pieces(
      SparkSession spark, JoinProblem problem, int count, int partitions) {
    Dataset<Row> all = JoinProblem.windowRows(spark, problem.windows().length);
    List<SimilarStrings.Piece> pieces = new ArrayList<>();
    for (int piece = 0; piece < count; piece++) {
      List<Row> rows = new ArrayList<>();
      for (int i = piece; i < problem.windows().length; i += count) {
        rows.add(RowFactory.create(JoinProblem.windowId(i), problem.windows()[i]));
      }

      Dataset<Row> activations =
          spark
              .createDataFrame(
                  rows,
                  new StructType()
                      .add("window_id", DataTypes.LongType)
                      .add("ffn_out", DataTypes.createArrayType(DataTypes.FloatType, false)))
              .repartition(partitions);
      Broadcast<NextTokens> nextTokens =
          JavaSparkContext.fromSparkContext(spark.sparkContext())
              .broadcast(NextTokens.collect(all, activations));
      pieces.add(new SimilarStrings.Piece(activations, nextTokens));
    }

    return pieces;
  }

  private static Dataset<Row> promptActivations(SparkSession spark, JoinProblem problem) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < problem.prompts().length; i++) {
      rows.add(RowFactory.create(i, problem.prompts()[i]));
    }

    return spark.createDataFrame(
        rows,
        new StructType()
            .add("prompt_id", DataTypes.IntegerType)
            .add("ffn_out", DataTypes.createArrayType(DataTypes.FloatType, false)));
  }

  private static Dataset<Row> prompts(SparkSession spark, JoinProblem problem) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < problem.prompts().length; i++) {
      long own = problem.ownWindowId(i);
      rows.add(RowFactory.create(i, own == PromptVectors.NO_WINDOW ? null : own));
    }

    return spark.createDataFrame(
        rows,
        new StructType()
            .add("prompt_id", DataTypes.IntegerType)
            .add("window_id", DataTypes.LongType));
  }
}
