/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.GenericRowWithSchema;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

class TestDatamodels {
  private static final StructType PREDICTED =
      new StructType()
          .add("seed", "bigint")
          .add("prompt_id", "int")
          .add("part", "int")
          .add("log_probability", "float");
  private static final double[] TRUE = {1, 5, -2, .5, 3};

  /** Models whose log-probability is the sum of what their units do, of one prompt. */
  private static List<Row> rows(double[] scores) {
    List<BitSet> halves = new ArrayList<>();
    List<Row> predictions = new ArrayList<>();
    for (int half = 0; half < 6; half++) {
      BitSet units = new BitSet();
      float sum = 0;
      for (int unit = 0; unit < TRUE.length; unit++) {
        if (((37 * (half + 3) >> unit) & 1) == 1) {
          units.set(unit);
          sum += (float) TRUE[unit];
        }
      }

      halves.add(units);
      for (long seed : half < 3 ? new long[] {1, 2} : new long[] {1}) {
        predictions.add(
            new GenericRowWithSchema(
                new Object[] {seed, 0, half, seed == 1 ? sum : -sum}, PREDICTED));
      }
    }

    return Datamodels.correlated(
        predictions, halves, List.of(new UnitScores(0, "mine", scores)), 1);
  }

  @Test
  void scoresThatAddUpToTheTruthHaveACorrelationOfOne() {
    double[] stretched = {2, 10, -4, 1, 6};

    assertThat(rows(stretched).get(0).getDouble(3)).isCloseTo(1, within(1e-12));
  }

  @Test
  void scoresOfTheOppositeHaveMinusOne() {
    double[] opposite = {-1, -5, 2, -.5, -3};

    assertThat(rows(opposite).get(0).getDouble(3)).isCloseTo(-1, within(1e-12));
  }

  @Test
  void scoresThatTellNothingHaveNone() {
    assertThat(rows(new double[5]).get(0).getDouble(3)).isZero();
  }

  @Test
  void aSecondSeedIsComparedOnTheHalvesThatItHas() {
    Row seed = rows(TRUE).get(1);

    assertThat(seed.getString(0)).isEqualTo(Datamodels.SEED);
    assertThat(seed.getInt(1)).isEqualTo(3);
    assertThat(seed.getDouble(3)).isCloseTo(-1, within(1e-12));
  }
}
