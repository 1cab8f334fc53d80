/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.LocalSpark;
import dev.kindred.model.Models;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.similarity.SimilarStrings.Piece;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestJoinPieces {
  private static final int WINDOWS = 60;
  private static final int TASKS = 6; // a file of 10 windows each, in each of two blocks

  @TempDir private Path folder;

  @Test
  void allBlocksAreCutAlikeAndNextTokensAreCollectedOnce() {
    SparkSession spark = LocalSpark.session();
    Warehouse warehouse = new Warehouse(spark, folder.toString());
    ModelDirectory model = Models.directory(Models.TWO_BLOCKS);
    warehouse
        .part(Tables.WINDOWS, "c-1")
        .write(
            spark
                .range(WINDOWS)
                .selectExpr(
                    "id as window_id",
                    "'text' as text",
                    "array(1, 2) as token_ids",
                    "1L as occurrences",
                    "map(cast(id as int), 1L) as next_tokens"));
    warehouse
        .part(Tables.ACTIVATIONS, model.id(), "c-1")
        .writeVectors(
            spark
                .range(0, WINDOWS, 1, TASKS)
                .selectExpr(
                    "explode(array(0, 1)) as block",
                    "id as window_id",
                    "array(1f, float(id)) as ffn_out"),
            2);
    JoinPieces pieces = new JoinPieces(spark, warehouse, model, "c-1", false, 25);
    List<Piece> first = pieces.of(0);
    List<Piece> second = pieces.of(1);
    assertThat(first).hasSize(3);
    assertThat(second).hasSize(3);
    List<Long> all = new ArrayList<>();
    for (int piece = 0; piece < 3; piece++) {
      assertThat(second.get(piece).nextTokens()).isSameAs(first.get(piece).nextTokens());
      assertThat(windows(second.get(piece)))
          .isEqualTo(windows(first.get(piece)))
          .hasSizeLessThanOrEqualTo(25);
      all.addAll(windows(first.get(piece)));
    }

    assertThat(all)
        .containsExactlyInAnyOrderElementsOf(LongStream.range(0, WINDOWS).boxed().toList());
  }

  private static List<Long> windows(Piece piece) {
    return piece
        .activations()
        .select("window_id")
        .sort("window_id")
        .as(Encoders.LONG())
        .collectAsList();
  }
}
