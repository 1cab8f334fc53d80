/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.workspace;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class TestAwaitedExecutors {
  @Test
  void itSaysWhatWasAskedFor() {
    SparkConf conf =
        new SparkConf(false).set("spark.executor.cores", "4").set("spark.executor.memory", "8g");

    assertThat(AwaitedExecutors.message(conf, 60))
        .isEqualTo(
            "kindred: no executor has come for 60 s; asked for executors of 4 cores and 8g of heap"
                + " (spark.executor.cores, spark.executor.memory); the cluster may be busy, or none"
                + " of its hosts has so much");
  }

  @Test
  void gpusAreNamedWhereTheyWereAskedFor() {
    SparkConf conf = new SparkConf(false).set("spark.executor.resource.gpu.amount", "1");

    assertThat(AwaitedExecutors.message(conf, 30))
        .contains("executors of 1 cores and 1g of heap", " with 1 GPU each;");
  }

  @Test
  void anExecutorOfAStandaloneClusterTakesAllCoresUnlessItIsToldHowMany() {
    SparkConf conf = new SparkConf(false).set("spark.master", "spark://host:7077");

    assertThat(AwaitedExecutors.message(conf, 30)).contains("executors of all cores");
  }
}
