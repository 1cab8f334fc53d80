/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.LocalSpark;
import dev.kindred.activation.Activations;
import dev.kindred.kernel.TileKernels;
import dev.kindred.model.Models;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.similarity.EvaluatedJoin.Cut;
import dev.kindred.similarity.EvaluatedJoin.Side;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Forward pass and join in one stage, beside the join of what was stored. */
@ExtendWith(LocalSpark.class)
class TestEvaluatedJoin {
  private static final int WINDOWS = 330;
  private static final int BATCH = 50; // the last one is short
  private static final int VOCABULARY = 77;
  private static final int[][] PIECES_AND_TASKS = {{1, 1}, {2, 2}, {3, 4}, {20, 1}};

  /** What is found of a prompt, in an order that does not depend on the join. */
  private record Found(
      int similar, int ownBin, Map<Integer, Long> counts, Map<Long, Double> mostSimilar) {
    private static Found of(Evidence evidence) {
      Map<Integer, Long> counts = new TreeMap<>();
      for (int i = 0; i < evidence.getTokens().length; i++) {
        counts.put(evidence.getTokens()[i], evidence.getCounts()[i]);
      }

      Map<Long, Double> mostSimilar = new TreeMap<>();
      for (int i = 0; i < evidence.getWindowIds().length; i++) {
        mostSimilar.put(evidence.getWindowIds()[i], evidence.getSimilarities()[i]);
      }

      return new Found((int) evidence.similarCount(), evidence.getOwnBin(), counts, mostSimilar);
    }
  }

  @Test
  void findsWhatTheJoinOfStoredVectorsFindsInEveryBit(SparkSession spark) {
    ModelDirectory directory = Models.directory(Models.TWO_BLOCKS);
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    Broadcast<ModelDirectory> model = context.broadcast(directory);
    Dataset<Row> windows = windows(spark).cache();
    Dataset<Row> activations = Activations.compute(windows, model, BATCH, 3).cache();
    List<Side> sides = new ArrayList<>();
    for (int block : directory.blocks().numbers()) {
      sides.add(side(spark, "p-few", block, activations, 9, SimilarityBins.above(.9), 5));
      sides.add(
          side(
              spark,
              "p-many",
              block,
              activations,
              70,
              SimilarityBins.grid("0.5", "0.05"),
              MostSimilar.ALL));
    }

    List<Map<Integer, Found>> expected = new ArrayList<>();
    for (Side side : sides) {
      expected.add(
          found(
              SimilarStrings.join(
                      spark,
                      List.of(
                          new SimilarStrings.Piece(
                              activations.where("block = " + side.block()),
                              context.broadcast(NextTokens.collect(windows)))),
                      side.promptActivations(),
                      side.prompts(),
                      side.settings())
                  .evidence()));
    }

    assertThat(expected.get(0)).hasSize(9);
    assertThat(expected.get(1).values())
        .anySatisfy(found -> assertThat(found.similar()).isPositive());
    for (int[] cut : PIECES_AND_TASKS) {
      assertThat(evaluated(windows, model, new Cut(WINDOWS, BATCH, cut[0], cut[1]), sides))
          .as(Arrays.toString(cut))
          .isEqualTo(expected);
    }
  }

  private static List<Map<Integer, Found>> evaluated(
      Dataset<Row> windows, Broadcast<ModelDirectory> model, Cut cut, List<Side> sides) {
    EvaluatedJoin join = EvaluatedJoin.of(windows, model, cut, sides);
    Dataset<Row> all = join.evidence(0);
    for (int piece = 1; piece < cut.count(); piece++) {
      all = all.unionByName(join.evidence(piece));
    }

    Dataset<Row> pieces = all.cache();
    List<Map<Integer, Found>> found =
        sides.stream().map(side -> found(EvaluatedJoin.merged(pieces, side))).toList();
    assertThat(join.windowsDone().sum()).isEqualTo(WINDOWS);
    pieces.unpersist();
    return found;
  }

  @Test
  void otherSettingsAndOtherCutsAreOtherJoins(SparkSession spark) {
    Dataset<Row> none = spark.emptyDataFrame();
    JoinSettings settings = settings(SimilarityBins.above(.9), 5);
    Cut cut = new Cut(WINDOWS, BATCH, 2, 2);
    String id = EvaluatedJoin.id(cut, List.of(new Side("p-1", 0, none, none, settings)));
    assertThat(id).matches("j-[0-9a-f]{16}");
    assertThat(EvaluatedJoin.id(cut, List.of(new Side("p-1", 0, none, none, settings))))
        .isEqualTo(id);
    assertThat(
            List.of(
                EvaluatedJoin.id(cut, List.of(new Side("p-2", 0, none, none, settings))),
                EvaluatedJoin.id(cut, List.of(new Side("p-1", 1, none, none, settings))),
                EvaluatedJoin.id(
                    cut,
                    List.of(
                        new Side("p-1", 0, none, none, settings(SimilarityBins.above(.91), 5)))),
                EvaluatedJoin.id(
                    new Cut(WINDOWS, BATCH, 3, 2),
                    List.of(new Side("p-1", 0, none, none, settings)))))
        .doesNotContain(id)
        .doesNotHaveDuplicates();
  }

  private static Map<Integer, Found> found(Dataset<Evidence> evidence) {
    Map<Integer, Found> found = new TreeMap<>();
    evidence
        .collectAsList()
        .forEach(of -> assertThat(found.put(of.getPromptId(), Found.of(of))).isNull());
    return found;
  }

  private static JoinSettings settings(SimilarityBins bins, int keep) {
    return new JoinSettings(
        bins, keep, VOCABULARY, TileKernels.Choice.AUTO, JoinSettings.AUTO_AXES);
  }

  /** Every third window is a prompt. */
  private static Side side(
      SparkSession spark,
      String promptSet,
      int block,
      Dataset<Row> activations,
      int count,
      SimilarityBins bins,
      int keep) {
    Dataset<Row> prompts =
        spark.range(count).selectExpr("cast(id as int) as prompt_id", "id * 9 as window_id");
    return new Side(
        promptSet,
        block,
        activations
            .where("block = " + block)
            .join(prompts, "window_id")
            .select("prompt_id", "ffn_out"),
        prompts,
        settings(bins, keep));
  }

  private static Dataset<Row> windows(SparkSession spark) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < WINDOWS; i++) {
      int[] tokens = new Random(i / 20).ints(10, 0, 3).toArray();
      tokens[8] = i / 20;
      tokens[9] = i % 20;
      rows.add(
          RowFactory.create(
              3L * i,
              tokens,
              scala.jdk.javaapi.CollectionConverters.asScala(Map.of(i % 7, 1L, 20 + i % 5, 2L))));
    }

    return spark.createDataFrame(
        rows,
        new StructType()
            .add("window_id", DataTypes.LongType)
            .add("token_ids", DataTypes.createArrayType(DataTypes.IntegerType, false))
            .add(
                "next_tokens",
                DataTypes.createMapType(DataTypes.IntegerType, DataTypes.LongType, false)));
  }
}
