/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import dev.kindred.LocalSpark;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LocalSpark.class)
class TestGpuTasks {

  @Test
  void inALocalMasterAGpuStageIsOneLikeAnyOther(SparkSession spark) {
    assertThat(
            GpuTasks.mapPartitions(
                    spark.range(10).as(Encoders.LONG()), rows -> rows, Encoders.LONG())
                .collectAsList())
        .hasSize(10);
    JavaRDD<Long> rdd = spark.range(10).as(Encoders.LONG()).toJavaRDD();
    assertThat(GpuTasks.oneGpuEach(rdd)).isSameAs(rdd);
  }

  @Test
  void profilesAreForClustersWithGpusAndWithoutDynamicAllocation() {
    String amount = "spark.executor.resource.gpu.amount";
    assertThat(GpuTasks.needProfile(conf("yarn"))).isFalse();
    assertThat(GpuTasks.needProfile(conf("yarn", amount, "1"))).isTrue();
    assertThat(GpuTasks.needProfile(conf("k8s://host", amount, "2"))).isTrue();
    assertThat(GpuTasks.needProfile(conf("local[2]", amount, "1"))).isFalse();
    assertThat(GpuTasks.needProfile(conf("local", amount, "1"))).isFalse();
    SparkConf dynamic = conf("yarn", amount, "1", "spark.dynamicAllocation.enabled", "true");
    assertThat(GpuTasks.needProfile(dynamic.clone().set("spark.task.resource.gpu.amount", "0.25")))
        .isFalse();
    assertThatThrownBy(() -> GpuTasks.needProfile(dynamic))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("spark.executor.resource.gpu.amount=1 with dynamic allocation");
  }

  private static SparkConf conf(String master, String... keysAndValues) {
    SparkConf conf = new SparkConf(false).setMaster(master);
    for (int i = 0; i < keysAndValues.length; i += 2) {
      conf.set(keysAndValues[i], keysAndValues[i + 1]);
    }

    return conf;
  }
}
