/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.kernel.TileKernel;
import dev.kindred.kernel.TileKernels;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TestJoinPlanner {
  private static final TileKernel KERNEL = TileKernels.get(TileKernels.Choice.AUTO);

  @Test
  void computesAllWhereNothingCanBeRuledOut() {
    Random random = new Random(61);
    float[][] windows = JoinProblem.gaussian(random, 400, 32);
    float[][] prompts = JoinProblem.gaussian(random, 300, 32);
    assertThat(plan(windows, prompts, 0.1).isBruteForce()).isTrue();
    assertThat(plan(windows, prompts, -1).isBruteForce()).isTrue();
  }

  @Test
  void takesPrefixesWhereVectorsLieAroundFewDirections() {
    Random random = new Random(62);
    JoinPlan plan = plan(tight(random, 800), tight(random, 500), 0.95);
    assertThat(plan.isBruteForce()).isFalse();
    assertThat(plan.shortAxes()).isBetween(1, JoinSettings.MAX_AXES);
    assertThat(plan.axes().dimension()).isEqualTo(384);
    assertThat(plan.survivors()).isBetween(0.0, 0.2);
    assertThat(plan.toString()).contains("prefixes of");
  }

  @Test
  void theSameSampleGivesTheSamePlan() {
    float[][] windows = tight(new Random(63), 500);
    float[][] prompts = tight(new Random(64), 300);
    JoinPlan plan = plan(windows, prompts, 0.9);
    JoinPlan again = plan(windows, prompts, 0.9);
    assertThat(again.shortAxes()).isEqualTo(plan.shortAxes());
    assertThat(again.survivors()).isEqualTo(plan.survivors());
    assertThat(again.axes().rows()).isEqualTo(plan.axes().rows());
  }

  @Test
  void bothKernelsPlanTheSame() {
    Random random = new Random(65);
    float[][] windows = tight(random, 300);
    PromptVectors prompts = new JoinProblem(windows, tight(random, 200)).promptVectors();
    JoinPlan scalar =
        JoinPlanner.plan(
            TileKernels.get(TileKernels.Choice.SCALAR), prompts, List.of(windows), 0.9);
    JoinPlan simd =
        JoinPlanner.plan(TileKernels.get(TileKernels.Choice.SIMD), prompts, List.of(windows), 0.9);
    assertThat(simd.shortAxes()).isEqualTo(scalar.shortAxes());
    assertThat(simd.survivors()).isEqualTo(scalar.survivors());
  }

  @Test
  void survivorsAreTheShareOfPairsWhoseBoundIsAboveTheThreshold() {
    float[][] vectors = {{1, 0}, {1, 0}, {0, 1}, {-1, 0}};
    PromptVectors prompts = new JoinProblem(vectors, vectors).promptVectors();
    // One axis holds three of them in full, and of the fourth nothing.
    JoinPlan plan = JoinPlanner.forced(KERNEL, prompts, List.of(vectors), 0.5, 1);
    assertThat(plan.survivors()).isEqualTo(6.0 / 16);
  }

  @Test
  void forcedAxesAreTakenWhetherOrNotTheyPay() {
    Random random = new Random(66);
    float[][] windows = JoinProblem.gaussian(random, 100, 24);
    PromptVectors prompts = new JoinProblem(windows, windows).promptVectors();
    assertThat(JoinPlanner.forced(KERNEL, prompts, List.of(windows), -1, 4).shortAxes())
        .isEqualTo(4);
    assertThat(JoinPlanner.forced(KERNEL, prompts, List.of(windows), -1, 64).shortAxes())
        .isEqualTo(24);
    assertThat(JoinPlanner.forced(KERNEL, prompts, List.of(windows), -1, 0).isBruteForce())
        .isTrue();
  }

  @Test
  void withoutWindowsThereIsNothingToPlan() {
    PromptVectors prompts = new JoinProblem(new float[0][], new float[][] {{1, 2}}).promptVectors();
    assertThat(JoinPlanner.plan(KERNEL, prompts, List.of(), 0.9).isBruteForce()).isTrue();
    assertThat(JoinPlanner.forced(KERNEL, prompts, List.of(), 0.9, 4).isBruteForce()).isTrue();
  }

  private static JoinPlan plan(float[][] windows, float[][] prompts, double threshold) {
    return JoinPlanner.plan(
        KERNEL, new JoinProblem(windows, prompts).promptVectors(), List.of(windows), threshold);
  }

  /** Vectors around thirty directions of 384 dimensions. */
  private static float[][] tight(Random random, int count) {
    float[][] centres = JoinProblem.gaussian(new Random(7), 30, 384);
    float[][] vectors = JoinProblem.gaussian(random, count, 384);
    for (float[] vector : vectors) {
      float[] centre = centres[random.nextInt(centres.length)];
      for (int k = 0; k < vector.length; k++) {
        vector[k] = centre[k] + 0.1f * vector[k];
      }
    }

    return vectors;
  }
}
