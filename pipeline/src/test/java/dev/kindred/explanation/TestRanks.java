/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.LocalSpark;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LocalSpark.class)
class TestRanks {

  private static Ranks ranks(SparkSession spark) {
    return Ranks.collect(
        spark.sql(
            "select * from values (.5d, .9d), (.1d, .2d), (.5d, .6d), (.7d, 1d)"
                + " as t(hellinger, hellinger_leave_one_out)"));
  }

  @Test
  void aRankIsTheShareOfPromptsThatAreCloser(SparkSession spark) {
    assertThat(ranks(spark).compatible(.1)).isEqualTo(new Distance(.1, 0.));
    assertThat(ranks(spark).compatible(.6)).isEqualTo(new Distance(.6, .75));
    assertThat(ranks(spark).compatible(1)).isEqualTo(new Distance(1, 1.));
  }

  @Test
  void equalDistancesAreNotCloser(SparkSession spark) {
    assertThat(ranks(spark).compatible(.5)).isEqualTo(new Distance(.5, .25));
  }

  @Test
  void eachProtocolHasItsOwnRanks(SparkSession spark) {
    assertThat(ranks(spark).leaveOneOut(.7)).isEqualTo(new Distance(.7, .5));
  }

  @Test
  void withoutARunThereIsNoRank() {
    assertThat(Ranks.none().compatible(.5)).isEqualTo(new Distance(.5, null));
  }
}
