/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import dev.kindred.LocalSpark;
import dev.kindred.kernel.TileKernel;
import dev.kindred.kernel.TileKernels;
import dev.kindred.similarity.JoinProblem.Found;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every way to join, with both kernels, against nested loops over {@link Cosine}. */
@ExtendWith(LocalSpark.class)
class TestPairJoins {
  private static final int MOST_WINDOWS = 2100;
  private static final int[] SHORT_AXES = {1, 4, 16, 48};
  private static final int[] KEEP = {0, 1, 5, MostSimilar.ALL};
  private static final int ONE_PROMPT = 1; // bytes: less than one prompt's similarities
  private static final int SEVERAL_CHUNKS = 7000; // bytes: a dozen prompts of a hundred windows
  private static final int ONE_CHUNK = 32 << 20;

  private static NextTokens nextTokens;

  /** Opens a join. */
  private interface Way {
    PairJoin open(
        PromptVectors prompts,
        EvidenceTable evidence,
        PairCheck check,
        SettledPairs settled,
        double threshold);
  }

  @BeforeAll
  static void collectNextTokens(SparkSession spark) {
    nextTokens = NextTokens.collect(JoinProblem.windowRows(spark, MOST_WINDOWS));
  }

  /** Kinds of vectors by name: from a seed, windows and prompts of a dimension. */
  private static Map<String, Function<Random, float[][]>> kinds(int count, int dimension) {
    Map<String, Function<Random, float[][]>> kinds = new LinkedHashMap<>();
    kinds.put("random", random -> JoinProblem.gaussian(random, count, dimension));
    kinds.put("clustered", random -> JoinProblem.clustered(random, count, dimension));
    kinds.put("few axes", random -> fewAxes(random, count, dimension));
    kinds.put("duplicates", random -> duplicates(random, count, dimension));
    kinds.put("nearly parallel", random -> nearlyParallel(random, count, dimension));
    kinds.put("zeros", random -> new float[count][dimension]);
    kinds.put("huge", random -> scaled(random, count, dimension, 1e20f));
    kinds.put("tiny", random -> scaled(random, count, dimension, 1e-20f));
    kinds.put("all sizes", random -> scaled(random, count, dimension, 1e-40f, 1e-20f, 1, 1e20f));
    return kinds;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 16, 17, 31, 33, 64, 96, 100, 384})
  void findWhatTheOracleFinds(int dimension) {
    int windows = 75;
    int prompts = 53;
    kinds(windows + prompts, dimension)
        .forEach(
            (kind, vectors) -> {
              float[][] all = vectors.apply(new Random(dimension));
              Collections.shuffle(Arrays.asList(all), new Random(1));
              JoinProblem problem =
                  new JoinProblem(
                      Arrays.copyOf(all, windows),
                      Arrays.copyOfRange(all, windows, windows + prompts));
              assertFindTheOracles(kind, problem, thresholds(problem));
            });
  }

  @Test
  void keepTheMostSimilarAndStillCountAll() {
    Random random = new Random(31);
    for (int dimension : new int[] {2, 24, 96}) {
      JoinProblem problem =
          new JoinProblem(
              JoinProblem.clustered(random, 300, dimension), duplicates(random, 20, dimension));
      double[][] similarities = problem.similarities();
      Map<String, Way> ways = ways(problem);
      for (int keep : KEEP) {
        for (double threshold : new double[] {-1, 0, 0.4}) {
          assertFindTheOracles("several", problem, similarities, ways, threshold, keep);
        }
      }
    }
  }

  @Test
  void countByBinWhatTheOracleFindsBetweenItsEdges() {
    Random random = new Random(33);
    SimilarityBins bins = SimilarityBins.grid("-0.2", "0.07");
    for (int dimension : new int[] {2, 24, 96}) {
      JoinProblem problem =
          new JoinProblem(
              JoinProblem.clustered(random, 300, dimension), duplicates(random, 20, dimension));
      double[][] similarities = problem.similarities();
      List<Integer> order = IntStream.range(0, 300).boxed().toList();
      ways(problem)
          .forEach(
              (name, way) -> {
                for (Evidence found : evidence(way, problem, order, bins, 3)) {
                  assertThat(found.getSimilarCounts())
                      .as("%s, prompt %d", name, found.getPromptId())
                      .containsExactly(counts(similarities[found.getPromptId()], bins));
                }
              });
    }
  }

  private static long[] counts(double[] similarities, SimilarityBins bins) {
    long[] counts = new long[bins.count()];
    for (int bin = 0; bin < counts.length; bin++) {
      double above = bins.edge(bin);
      double upTo = bin + 1 < counts.length ? bins.edge(bin + 1) : Double.POSITIVE_INFINITY;
      counts[bin] = Arrays.stream(similarities).filter(s -> s > above && s <= upTo).count();
    }

    return counts;
  }

  /** Equal similarities are a tie, whatever decides that they are above the threshold. */
  @Test
  void tiesGoToTheFirstWindowInAnyOrderOfArrival() {
    Random random = new Random(32);
    for (int round = 0; round < 40; round++) {
      float[] window = JoinProblem.gaussian(random, 1, 19)[0];
      float[][] windows = new float[30][];
      Arrays.fill(windows, window);
      JoinProblem problem = new JoinProblem(windows, JoinProblem.gaussian(random, 2, 19));
      double similarity = problem.similarities()[0][0];
      for (int keep : new int[] {1, 3}) {
        assertFindTheOracles("duplicates", problem, Math.nextDown(similarity), keep);
        assertFindTheOracles("duplicates", problem, similarity - 0.2, keep);
      }
    }
  }

  @Test
  void aSinglePromptIsEnough() {
    Random random = new Random(33);
    JoinProblem problem =
        new JoinProblem(
            JoinProblem.clustered(random, 700, 12), JoinProblem.gaussian(random, 1, 12));
    assertFindTheOracles("a single prompt", problem, 0.2, 5);
  }

  @Test
  void morePromptsThanWindowsAreFine() {
    Random random = new Random(34);
    float[][] all = JoinProblem.clustered(random, 93, 12);
    JoinProblem problem =
        new JoinProblem(Arrays.copyOf(all, 3), Arrays.copyOfRange(all, 3, all.length));
    assertFindTheOracles("three windows", problem, 0.3, MostSimilar.ALL);
  }

  @Test
  void manyBatchesOfWindowsAndSlicesOfPromptsAddUp() {
    Random random = new Random(35);
    float[][] centres = JoinProblem.gaussian(random, 12, 17);
    JoinProblem problem =
        new JoinProblem(
            JoinProblem.around(centres, random, MOST_WINDOWS),
            JoinProblem.around(centres, random, 1100));
    assertFindTheOracles("many", problem, 0.85, 5);
    assertFindTheOracles("many", problem, 0.5, 1);
  }

  @Test
  void anEmptyBatchAddsNothing() {
    JoinProblem problem = new JoinProblem(new float[0][], new float[][] {{1, 0}, {0, 1}});
    ways(problem)
        .forEach(
            (name, way) ->
                assertThat(join(way, problem, List.of(), -1, 5))
                    .as(name)
                    .isEqualTo(JoinProblem.oracle(new double[2][0], -1, 5)));
  }

  /** Fixed ones, and those at which a single bit decides a pair. */
  private static double[] thresholds(JoinProblem problem) {
    double[][] similarities = problem.similarities();
    double some = similarities[3][5];
    double own = similarities[7][7];
    return new double[] {
      0, -0.5, -1, 1, 0.7, some, Math.nextDown(some), own, Math.nextDown(own), Math.nextUp(own)
    };
  }

  private static void assertFindTheOracles(String kind, JoinProblem problem, double[] thresholds) {
    double[][] similarities = problem.similarities();
    Map<String, Way> ways = ways(problem);
    for (int i = 0; i < thresholds.length; i++) {
      assertFindTheOracles(kind, problem, similarities, ways, thresholds[i], KEEP[i % KEEP.length]);
    }
  }

  private static void assertFindTheOracles(
      String kind, JoinProblem problem, double threshold, int keep) {
    assertFindTheOracles(kind, problem, problem.similarities(), ways(problem), threshold, keep);
  }

  private static void assertFindTheOracles(
      String kind,
      JoinProblem problem,
      double[][] similarities,
      Map<String, Way> ways,
      double threshold,
      int keep) {
    List<Found> expected = JoinProblem.oracle(similarities, threshold, keep);
    List<Integer> order =
        new ArrayList<>(IntStream.range(0, problem.windows().length).boxed().toList());
    Collections.shuffle(order, new Random(2));
    ways.forEach(
        (name, way) -> {
          List<Found> found = join(way, problem, order, threshold, keep);
          assertThat(found.equals(expected))
              .as(
                  "%s, %d components, %s, above %s, keep %d: %s",
                  kind, problem.dimension(), name, threshold, keep, difference(found, expected))
              .isTrue();
        });
  }

  private static String difference(List<Found> found, List<Found> expected) {
    for (int prompt = 0; prompt < expected.size(); prompt++) {
      if (!found.get(prompt).equals(expected.get(prompt))) {
        return "prompt "
            + prompt
            + " has "
            + found.get(prompt)
            + " instead of "
            + expected.get(prompt);
      }
    }

    return "none";
  }

  /** Every join with every kernel, by name. */
  private static Map<String, Way> ways(JoinProblem problem) {
    Map<String, Way> ways = new LinkedHashMap<>();
    PrincipalAxes axes = axes(problem);
    for (TileKernels.Choice choice : List.of(TileKernels.Choice.SCALAR, TileKernels.Choice.SIMD)) {
      TileKernel kernel = TileKernels.get(choice);
      ways.put("brute force, " + choice, way(kernel, JoinPlan.bruteForce()));
      for (int few : SHORT_AXES) {
        if (few < axes.count()) {
          ways.put(few + " axes, " + choice, way(kernel, new JoinPlan(axes, few, 1)));
        }
      }

      ways.put("all axes, " + choice, way(kernel, new JoinPlan(axes, axes.count(), 1)));
    }

    for (int bytes : new int[] {ONE_PROMPT, SEVERAL_CHUNKS, ONE_CHUNK}) {
      ways.put(
          "device, chunks of " + bytes,
          (prompts, evidence, check, settled, threshold) ->
              new TorchJoin(Device.cpu(), prompts, check, settled, bytes));
    }

    return ways;
  }

  private static Way way(TileKernel kernel, JoinPlan plan) {
    return (prompts, evidence, check, settled, threshold) ->
        plan.open(kernel, prompts, check, settled, threshold);
  }

  /** As many as a plan has at most, from the prompts. */
  private static PrincipalAxes axes(JoinProblem problem) {
    PromptVectors prompts = problem.promptVectors();
    float[] units = new float[prompts.vectors().length];
    UnitVectors.pack(
        prompts.vectors(), prompts.norms(), prompts.count(), prompts.dimension(), 1, units);
    return PrincipalAxes.of(
        units,
        prompts.count(),
        prompts.dimension(),
        Math.min(JoinSettings.MAX_AXES, prompts.dimension()));
  }

  private static List<Found> join(
      Way way, JoinProblem problem, List<Integer> order, double threshold, int keep) {
    return JoinProblem.found(
        problem.prompts().length,
        evidence(way, problem, order, SimilarityBins.above(threshold), keep));
  }

  private static List<Evidence> evidence(
      Way way, JoinProblem problem, List<Integer> order, SimilarityBins bins, int keep) {
    TileKernel kernel = TileKernels.get(TileKernels.Choice.AUTO);
    PromptVectors prompts = problem.promptVectors();
    EvidenceTable evidence = new EvidenceTable(prompts, JoinProblem.VOCABULARY, bins.count(), keep);
    SettledPairs settled = new SettledPairs();
    PairCheck check = new PairCheck(kernel, prompts, evidence, settled, bins);
    PairJoin join = way.open(prompts, evidence, check, settled, bins.floor());
    WindowBatch batch = new WindowBatch(problem.dimension(), kernel);
    for (int window : order) {
      if (batch.isFull()) {
        join.join(batch);
        batch.clear();
      }

      batch.add(JoinProblem.windowId(window), problem.windows()[window], nextTokens);
    }

    join.join(batch);
    if (join instanceof TorchJoin onDevice) {
      onDevice.close();
    }

    assertThat(settled.byPrefix + settled.byFloat + settled.byDouble)
        .as("pairs settled")
        .isEqualTo((long) order.size() * problem.prompts().length);
    return evidence.drain();
  }

  /** Vectors in a subspace of three dimensions, where there are more. */
  private static float[][] fewAxes(Random random, int count, int dimension) {
    float[][] axes = JoinProblem.gaussian(random, 3, dimension);
    float[][] along = JoinProblem.gaussian(random, count, 3);
    float[][] vectors = new float[count][dimension];
    for (int i = 0; i < count; i++) {
      for (int k = 0; k < dimension; k++) {
        vectors[i][k] =
            along[i][0] * axes[0][k] + along[i][1] * axes[1][k] + along[i][2] * axes[2][k];
      }
    }

    return vectors;
  }

  /** Few vectors, each many times, in several lengths and opposite. */
  private static float[][] duplicates(Random random, int count, int dimension) {
    float[][] few = JoinProblem.gaussian(random, 4, dimension);
    float[] lengths = {1, 1, 3, 0.1f, -1, -7};
    float[][] vectors = new float[count][dimension];
    for (float[] vector : vectors) {
      float[] one = few[random.nextInt(few.length)];
      float length = lengths[random.nextInt(lengths.length)];
      for (int k = 0; k < dimension; k++) {
        vector[k] = length * one[k];
      }
    }

    return vectors;
  }

  /** One vector, with a few components off in the last bits. */
  private static float[][] nearlyParallel(Random random, int count, int dimension) {
    float[] one = JoinProblem.gaussian(random, 1, dimension)[0];
    float[][] vectors = new float[count][];
    for (int i = 0; i < count; i++) {
      vectors[i] = one.clone();
      for (int change = 0; change < 3; change++) {
        int k = random.nextInt(dimension);
        vectors[i][k] += (random.nextInt(9) - 4) * Math.ulp(vectors[i][k]);
      }
    }

    return vectors;
  }

  private static float[][] scaled(Random random, int count, int dimension, float... scales) {
    float[][] vectors = JoinProblem.clustered(random, count, dimension);
    for (float[] vector : vectors) {
      float scale = scales[random.nextInt(scales.length)];
      for (int k = 0; k < dimension; k++) {
        vector[k] *= scale;
      }
    }

    return vectors;
  }
}
