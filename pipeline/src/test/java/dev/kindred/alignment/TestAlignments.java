/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.alignment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.LocalSpark;
import dev.kindred.model.ModelShape;
import dev.kindred.subspace.Stage;
import dev.kindred.subspace.Subspace;
import dev.kindred.table.FormerNames;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LocalSpark.class)
class TestAlignments {
  private static final int TOKENS = 11;
  private static final int DIMENSION = 6;
  private static final int BLOCKS = 2;
  private static final int PROMPTS = 400;
  private static final ModelShape SHAPE = new ModelShape(TOKENS, DIMENSION, BLOCKS, 32);
  private static final int WITHOUT_EVIDENCE = 17; // a prompt, in block 1

  private final Random random = new Random(9);
  private final List<Row> activations = new ArrayList<>();
  private final List<Row> distributions = new ArrayList<>();
  private final Map<List<Integer>, float[]> vectors = new HashMap<>();
  private final Map<List<Integer>, Map<Integer, Long>> counts = new HashMap<>();

  @BeforeEach
  void fill() {
    for (int block = 0; block < BLOCKS; block++) {
      for (int prompt = 0; prompt < PROMPTS; prompt++) {
        float[] vector = vector();
        Map<Integer, Long> followed = new TreeMap<>();
        if (block != 1 || prompt != WITHOUT_EVIDENCE) {
          random
              .ints(0, TOKENS)
              .distinct()
              .limit(1 + random.nextInt(4))
              .forEach(token -> followed.put(token, (long) Math.exp(6 * random.nextDouble())));
        }

        vectors.put(List.of(block, prompt), vector);
        counts.put(List.of(block, prompt), followed);
        activations.add(RowFactory.create("m-1", "p-1", block, prompt, vector));
        distributions.add(RowFactory.create("r-1", block, prompt, 3L, followed, true));
      }
    }
  }

  private float[] vector() {
    float[] vector = new float[DIMENSION];
    for (int i = 0; i < DIMENSION; i++) {
      vector[i] = (float) random.nextGaussian();
    }

    return vector;
  }

  private List<Subspace> subspaces() {
    return IntStream.range(0, TOKENS)
        .mapToObj(
            token ->
                Subspace.of(
                    IntStream.range(0, 5).mapToObj(i -> vector()).toArray(float[][]::new), 2))
        .toList();
  }

  private static Directions directions(Stage stage, List<Subspace> subspaces) {
    return Directions.ofSubspaces(stage, "fast_n5_s1", subspaces, 2);
  }

  private Dataset<Row> measure(SparkSession spark, int partitions, Directions... sets) {
    Broadcast<List<Directions>> broadcast =
        JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(List.of(sets));
    return Alignments.measure(
        spark
            .createDataFrame(activations, Tables.PROMPT_ACTIVATIONS.columns())
            .repartition(partitions),
        spark
            .createDataFrame(distributions, Tables.BLOCK_DISTRIBUTIONS.columns())
            .repartition(partitions),
        broadcast);
  }

  @Test
  void rowsAreThoseOfAPlainLoop(SparkSession spark) {
    List<Subspace> subspaces = subspaces();
    Directions directions = directions(Stage.FINAL, subspaces);
    List<Row> expected = new ArrayList<>();
    for (int block = 0; block < BLOCKS; block++) {
      for (int prompt = 0; prompt < PROMPTS; prompt++) {
        if (block != 1 || prompt != WITHOUT_EVIDENCE) {
          float[] v = vectors.get(List.of(block, prompt));
          List<Integer> placed =
              IntStream.range(0, TOKENS)
                  .boxed()
                  .sorted(
                      Comparator.comparing(
                          token -> -TestDirections.cosine(v, subspaces.get(token))))
                  .toList();
          List<Integer> considered = considered(counts.get(List.of(block, prompt)));
          int worst = considered.stream().mapToInt(placed::indexOf).max().orElseThrow() + 1;
          boolean agrees = placed.subList(0, TOKENS / 2).containsAll(considered);
          expected.add(RowFactory.create(block, prompt, considered.size(), worst, agrees));
        }
      }
    }

    Dataset<Row> measured = measure(spark, 2, directions);

    assertThat(Alignments.of(measured, directions.key()).collectAsList())
        .containsExactlyElementsOf(expected);
    assertThat(expected).extracting(row -> row.getBoolean(4)).contains(true, false);
  }

  private static List<Integer> considered(Map<Integer, Long> counts) {
    List<Integer> sorted = new ArrayList<>(counts.keySet());
    sorted.sort(Comparator.comparing(token -> -counts.get(token)));
    double total = counts.values().stream().mapToLong(Long::longValue).sum();
    double covered = 0;
    int n = 0;
    while (covered <= .9) {
      covered += counts.get(sorted.get(n)) / total;
      n++;
    }

    return sorted.subList(0, n);
  }

  @Test
  void partitionsMakeNoDifference(SparkSession spark) {
    Directions directions = Directions.random(TOKENS, DIMENSION, 1);

    assertThat(Alignments.of(measure(spark, 1, directions), "random_1").collectAsList())
        .hasSize(BLOCKS * PROMPTS - 1)
        .isEqualTo(Alignments.of(measure(spark, 3, directions), "random_1").collectAsList());
  }

  @Test
  void directionsOfABlockAreComparedWithItAlone(SparkSession spark) {
    Directions ofBlock0 = directions(new Stage(1), subspaces());
    Directions ofAll = directions(Stage.FINAL, subspaces());
    Dataset<Row> measured = measure(spark, 2, ofBlock0, ofAll);

    assertThat(
            FormerNames.of(Alignments.agreement(Alignments.of(measured, ofBlock0.key()), ofBlock0)))
        .containsOnlyKeys(
            "alignment.fast_n5_s1_k2.block.0.agreement_own_stage.mean",
            "alignment.fast_n5_s1_k2.block.0.agreement_own_stage.prompts");
    assertThat(FormerNames.of(Alignments.agreement(Alignments.of(measured, ofAll.key()), ofAll)))
        .contains(
            entry(
                "alignment.fast_n5_s1_k2.block.0.agreement_final_stage.prompts", (double) PROMPTS),
            entry("alignment.fast_n5_s1_k2.block.1.agreement_final_stage.prompts", PROMPTS - 1.0));
  }

  @Test
  void randomDirectionsAgreeByChance(SparkSession spark) {
    Directions directions = Directions.random(TOKENS, DIMENSION, 42);
    Dataset<Row> rows = Alignments.of(measure(spark, 2, directions), directions.key());

    Map<String, Double> chance = FormerNames.of(Alignments.chance(rows, SHAPE, PROMPTS));
    Map<String, Double> agreement = FormerNames.of(Alignments.agreement(rows, directions));

    for (int block = 0; block < BLOCKS; block++) {
      double expected = chance.get("alignment.block." + block + ".chance.closed_form");
      assertThat(
              agreement.get("alignment.random_42.block." + block + ".agreement_either_sign.mean"))
          .isCloseTo(expected, within(4 * Math.sqrt(expected * (1 - expected) / PROMPTS)));
      assertThat(chance.get("alignment.block." + block + ".chance.simulated.mean"))
          .isCloseTo(
              expected,
              within(4 * chance.get("alignment.block." + block + ".chance.simulated.error")));
    }
  }

  @Test
  void theTokensConsideredAreDescribed(SparkSession spark) {
    Directions directions = Directions.random(TOKENS, DIMENSION, 42);
    Dataset<Row> rows = Alignments.of(measure(spark, 2, directions), directions.key());
    double[] considered =
        rows.where("block = 1").collectAsList().stream()
            .mapToDouble(row -> row.getInt(2))
            .toArray();
    double mean =
        IntStream.range(0, considered.length).mapToDouble(i -> considered[i]).sum()
            / considered.length;
    double squares = 0;
    for (double n : considered) {
      squares += (n - mean) * (n - mean);
    }

    Map<String, Double> metrics = FormerNames.of(Alignments.chance(rows, SHAPE, PROMPTS));

    assertThat(metrics.get("alignment.block.1.considered.mean")).isCloseTo(mean, within(1e-12));
    assertThat(metrics.get("alignment.block.1.considered.std"))
        .isCloseTo(Math.sqrt(squares / (considered.length - 1)), within(1e-12));
    assertThat(metrics)
        .containsEntry("alignment.block.1.considered.min", 1.0)
        .containsEntry("alignment.block.1.considered.max", 4.0)
        .containsEntry("alignment.block.0.without_evidence", 0.0)
        .containsEntry("alignment.block.1.without_evidence", 1.0);
  }

  @Test
  void aBlockWithoutEvidenceHasNoChance(SparkSession spark) {
    Directions directions = Directions.random(TOKENS, DIMENSION, 42);
    Dataset<Row> rows =
        Alignments.of(measure(spark, 2, directions), directions.key()).where("block = 1");

    assertThat(FormerNames.of(Alignments.chance(rows, SHAPE, PROMPTS)))
        .containsEntry("alignment.block.0.without_evidence", (double) PROMPTS)
        .containsEntry("alignment.block.1.without_evidence", 1.0)
        .containsKey("alignment.block.1.chance.closed_form")
        .doesNotContainKeys(
            "alignment.block.0.considered.mean", "alignment.block.0.chance.closed_form");
  }
}
