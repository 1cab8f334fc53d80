/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.LocalSpark;
import dev.kindred.jobs.report.Findings.Drawing;
import dev.kindred.jobs.report.Findings.Drawings;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Pictures of circuits of made rows. */
@ExtendWith(LocalSpark.class)
class TestCircuitPictures {
  private static final Pattern SHAPE =
      Pattern.compile("<(rect|circle) class=\"(\\w+)\" c?x=\"([-\\d.]+)\" c?y=\"([-\\d.]+)\"");

  private static Row head(int block, int head, double score) {
    return Tables.HEAD_CIRCUITS.row(
        block,
        head,
        "ov",
        0,
        "residual",
        score,
        1.,
        score,
        .1,
        10 * score,
        .5,
        new double[] {1, -.5, -.5},
        new double[] {0, .5, -.5},
        null,
        null,
        null,
        null,
        1.,
        2.,
        new double[] {1, .5});
  }

  private static Row inTokens(int block, int head, double score) {
    return Tables.HEAD_CIRCUITS.row(
        block,
        head,
        "ov",
        0,
        "embedding",
        score,
        1.,
        score,
        .1,
        10 * score,
        .5,
        new double[] {1},
        new double[] {0},
        0.,
        0.,
        null,
        null,
        null,
        null,
        null);
  }

  private static List<Drawing> drawings(SparkSession spark, int heads) {
    List<Row> circuits = new ArrayList<>();
    List<Row> pairs = new ArrayList<>();
    List<Row> virtual = new ArrayList<>();
    for (int head = 0; head < heads; head++) {
      for (int block = 0; block < 2; block++) {
        circuits.add(head(block, head, head % 2 == 0 ? .5 : -.5));
        circuits.add(inTokens(block, head, head % 2 == 0 ? .5 : -.5));
      }

      for (int later = 0; later < heads; later++) {
        double score = later == head ? .4 : .1;
        pairs.add(Tables.HEAD_COMPOSITIONS.row(0, head, 1, later, "k", 0, score, .04, .01, 1.));
        virtual.add(
            Tables.VIRTUAL_HEADS.row(
                0, head, 1, later, 0, 1., 0., 0., 0., 0., 1., later == head ? .9 : -.3, .5, null));
      }
    }

    return new CircuitPictures(
            rows(spark, Tables.HEAD_CIRCUITS, circuits),
            rows(spark, Tables.HEAD_COMPOSITIONS, pairs),
            rows(spark, Tables.VIRTUAL_HEADS, virtual))
        .elements().stream().flatMap(element -> ((Drawings) element).drawings().stream()).toList();
  }

  private static Dataset<Row> rows(SparkSession spark, Table table, List<Row> rows) {
    return table.rows(spark, rows);
  }

  private static long count(Drawing drawing, String shape) {
    return Pattern.compile("<" + shape + "\"").matcher(drawing.svg()).results().count();
  }

  @Test
  void showWhatComposesWhatCopiesAndWhatFinds(SparkSession spark) {
    List<Drawing> drawings = drawings(spark, 3);
    assertThat(drawings).hasSize(1 + 5 + 1); // keys alone compose; of six heads two take away
    Drawing map = drawings.get(0);
    assertThat(count(map, "rect class=\"above")).isEqualTo(3); // .4, where .2 is chance
    assertThat(count(map, "rect class=\"below")).isEqualTo(6);
    assertThat(map.alt())
        .isEqualTo(
            "How far keys are made of what earlier heads wrote: 0.0 to 1.0 has most, 0.400; by"
                + " chance 0.200. Large squares are above chance, small ones below.");
    assertThat(drawings.get(1).alt())
        .contains("copying 0.50")
        .contains("1 of 3 have a positive real part (filled)");
    assertThat(drawings.subList(1, 6))
        .filteredOn(drawing -> drawing.alt().contains("copying -0.50"))
        .hasSize(2);
    assertThat(drawings.get(6).alt())
        .contains("2 of 9 pairs have both above 0 (filled)")
        .contains("nearest to the corner 0.0 to 1.0 with 0.90 and 0.50");
    assertThat(count(drawings.get(6), "circle class=\"above")).isEqualTo(2);
  }

  @Test
  void everythingIsWithinThePictures(SparkSession spark) {
    for (Drawing drawing : drawings(spark, 4)) {
      Matcher shape = SHAPE.matcher(drawing.svg());
      int shapes = 0;
      while (shape.find()) {
        shapes++;
        assertThat(Double.parseDouble(shape.group(3))).isBetween(0., drawing.width());
        assertThat(Double.parseDouble(shape.group(4))).isBetween(0., drawing.height());
      }

      assertThat(shapes).isGreaterThan(2);
    }
  }

  @Test
  void ofManyHeadsBlocksAreShown(SparkSession spark) {
    Drawing map = drawings(spark, 65).get(0);
    assertThat(count(map, "rect class=\"above")).isEqualTo(1);
    assertThat(map.alt()).contains("the greatest of each two blocks: block 0 to block 1 has most");
  }

  @Test
  void whereNothingComposesNothingIsDrawn(SparkSession spark) {
    assertThat(
            new CircuitPictures(
                    rows(spark, Tables.HEAD_CIRCUITS, List.of()),
                    rows(spark, Tables.HEAD_COMPOSITIONS, List.of()),
                    rows(spark, Tables.VIRTUAL_HEADS, List.of()))
                .elements())
        .isEmpty();
  }
}
