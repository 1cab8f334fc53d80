/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.jobs.option.ActivationStore;
import dev.kindred.jobs.plan.ClusterPlan.Cluster;
import dev.kindred.jobs.plan.ClusterPlan.Overheads;
import dev.kindred.jobs.plan.ClusterPlan.Run;
import dev.kindred.jobs.plan.ClusterPlan.Simulated;
import dev.kindred.jobs.run.DiskNeed;
import dev.kindred.jobs.run.Reused;
import dev.kindred.model.ModelShape;
import java.util.List;
import org.junit.jupiter.api.Test;

class TestClusterPlan {
  private static final ModelShape SHAPE = new ModelShape(65, 100, 2, 256);
  private static final Estimate.Rates RATES =
      new Estimate.Rates(
          2, 1e11, 4e8, 8e8, new double[] {1e-9, 3e-9}, new double[] {20, 80}, new double[] {0, 0});
  private static final Overheads NONE = new Overheads(0, 0, 1e300);
  private static final Cluster HERE = new Cluster(2, 2, 1e300);

  private static Run run(long windows, long prompts, ActivationStore store) {
    return new Run(
        new Estimate.Work(2 * windows, windows, windows * 4e6, prompts, 2e10, 4e10, 0),
        new DiskNeed.Kept(SHAPE, store),
        1e6,
        16_384,
        4_096,
        10);
  }

  private static Simulated stage(ClusterPlan plan, String name) {
    return plan.stages().stream()
        .filter(stage -> stage.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void onThisMachineItIsWhatThePlanSays() {
    Run run = run(4_000_000, 20_000, ActivationStore.F32);
    DiskNeed disk = DiskNeed.of(4_000_000, 20_000, 0, run.kept(), 10);
    Estimate estimate =
        Estimate.of(
            run.work(), RATES, run.kept(), disk, new Reused(false, false, false, false, false));
    ClusterPlan plan = ClusterPlan.of(run, RATES, NONE, HERE);
    for (String name : List.of("windows", "activations", "join", "evaluation", "audit")) {
      double expected = estimate.stage(name).seconds();
      // What is uneven of tasks makes the last one late.
      assertThat(stage(plan, name).seconds()).as(name).isCloseTo(expected, within(.2 * expected));
    }
  }

  @Test
  void coresComputeTheSameWhereverTheyAre() {
    Run run = run(100_000_000, 20_000, ActivationStore.F32);
    double here = ClusterPlan.of(run, RATES, NONE, HERE).total().coreSeconds();
    ClusterPlan cluster = ClusterPlan.of(run, RATES, NONE, HERE.withCores(1000));
    assertThat(cluster.total().coreSeconds()).isCloseTo(here, within(1e-6 * here));
    assertThat(cluster.total().busy(1000)).isBetween(.1, 1.);
  }

  @Test
  void whatTheDriverDoesAloneStaysWithMoreCores() {
    // 12 pieces, whose 100 million windows' next tokens are collected once for both blocks.
    Run run = run(100_000_000, 1000, ActivationStore.F32);
    Overheads collecting = new Overheads(0, 1e-6, 1e300);
    for (int cores : new int[] {10, 10_000}) {
      ClusterPlan plan = ClusterPlan.of(run, RATES, collecting, HERE.withCores(cores));
      assertThat(stage(plan, "join").driverSeconds()).isCloseTo(2 * 2 + 100, within(1e-6));
    }

    assertThat(
            ClusterPlan.of(run, RATES, collecting, HERE.withCores(10_000))
                .waitsLongest(10_000)
                .name())
        .isEqualTo("join");
  }

  @Test
  void evidenceIsSentByEachTaskThatFindsAny() {
    Run run = run(1_000_000, 1000, ActivationStore.F32);
    Estimate.Rates similar =
        new Estimate.Rates(
            2,
            1e11,
            4e8,
            8e8,
            new double[] {1e-9, 3e-9},
            new double[] {20, 80},
            new double[] {.01, .01});
    double without = stage(ClusterPlan.of(run, RATES, NONE, HERE), "join").coreSeconds();
    double with =
        stage(ClusterPlan.of(run, similar, new Overheads(0, 0, 1e6), HERE), "join").coreSeconds();
    // 2 blocks, 1000 prompts, 2 tasks: 10 windows kept, 4,096 of 5,000 tokens.
    assertThat(with - without)
        .isCloseTo(2 * 1000 * 2 * (120 + 10 * 16 + 4096 * 12) / 1e6, within(1e-6));
  }

  @Test
  void withoutActivationsTheJoinEvaluates() {
    Run run = run(100_000_000, 1000, ActivationStore.NONE);
    ClusterPlan plan = ClusterPlan.of(run, RATES, NONE, HERE.withCores(100));
    assertThat(plan.stages())
        .extracting(Simulated::name)
        .containsExactly(
            "windows", "predictions", "fitting windows", "pass and join", "evaluation", "audit");
    assertThat(stage(plan, "audit").coreSeconds()).isZero();
    // 12 pieces of at most a task a core, of which none has less than a batch.
    assertThat(stage(plan, "pass and join").tasks()).isEqualTo(12 * 100);
    ClusterPlan wide = ClusterPlan.of(run, RATES, NONE, HERE.withCores(10_000));
    assertThat(stage(wide, "pass and join").tasks()).isEqualTo(12 * Math.round(1e8 / 12 / 4096));
    // 1e8 windows: sorted in 1e-5 s, 4e6 operations at 5e10, and 1000 pairs of 1 and of 3 ns.
    assertThat(stage(plan, "pass and join").coreSeconds())
        .isCloseTo(1e8 * (1e-5 + 8e-5 + 4e-6) + 2 * 1000 * 4.5e-4, within(1e-3));
  }
}
