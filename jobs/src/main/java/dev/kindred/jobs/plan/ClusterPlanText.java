/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.plan;

import dev.kindred.jobs.plan.ClusterPlan.Simulated;
import dev.kindred.jobs.run.DiskNeed;
import dev.kindred.jobs.run.TaskNeed;
import dev.kindred.jobs.workspace.Progress;
import java.util.Arrays;
import java.util.Locale;

/**
 * A simulated run as text of at most 100 columns, and a last line for scripts.
 *
 * @param disk of a run with nothing to reuse
 */
record ClusterPlanText(
    ClusterPlan.Run run,
    Estimate.Rates rates,
    ClusterPlan.Overheads overheads,
    ClusterPlan.Cluster cluster,
    DiskNeed disk,
    TaskNeed modelTask,
    TaskNeed joinTask) {
  /** Powers of two that the cores are multiplied by, to see what more or fewer of them bring. */
  private static final int[] DOUBLINGS = {-3, -2, -1, 0, 1, 2, 3};

  String text() {
    ClusterPlan plan = ClusterPlan.of(run, rates, overheads, cluster);
    StringBuilder text = new StringBuilder("\n");
    line(text, "Simulated on %,d cores in %,d executors:", cluster.cores(), cluster.executors());
    line(
        text,
        "%,d distinct windows, %,d prompts, %d blocks",
        run.work().windows(),
        run.work().prompts(),
        rates.secondsPerPair().length);
    line(
        text,
        "A core: model %.1f GFLOP/s, join %.2f ns a pair (%.2g of them similar), evidence %.0f MB/s",
        rates.operationsPerSecond() / rates.cores() / 1e9,
        1e9 * mean(rates.secondsPerPair()),
        mean(rates.found()),
        overheads.evidenceBytesPerSecond() / 1e6);
    line(
        text,
        "The driver: %.1f ms a task, %.1f us a window's next tokens, %.0f MB/s to an executor",
        1e3 * overheads.taskSeconds(),
        1e6 * overheads.nextTokensSeconds(),
        cluster.networkBytesPerSecond() / 1e6);
    text.append('\n');
    line(
        text,
        "%-16s %12s %14s %12s %12s %10s",
        "stage",
        "tasks",
        "driver alone",
        "core hours",
        "time about",
        "cores busy");
    plan.stages().forEach(stage -> line(text, stage));
    line(text, plan.total());
    text.append('\n');
    line(
        text,
        "%-16s %14s %10s %14s   %s",
        "cores",
        "time about",
        "busy",
        "driver alone",
        "they wait longest in");
    for (int doubling : DOUBLINGS) {
      long cores = Math.round(cluster.cores() * Math.pow(2, doubling));
      if (cores >= 1) {
        scaled(text, cores);
      }
    }

    text.append('\n');
    line(
        text,
        "Disk %s, of it activations %s. A task's heap: model %s, join %s.",
        PlanText.bytes(disk.total()),
        PlanText.bytes(disk.activations()),
        PlanText.bytes(modelTask.heapBytes()),
        PlanText.bytes(joinTask.heapBytes()));
    Simulated total = plan.total();
    line(
        text,
        "kindred: plan windows=%d cores=%d core_hours=%.0f disk_bytes=%d seconds=%.0f",
        run.work().windows(),
        cluster.cores(),
        total.coreSeconds() / 3600,
        disk.total(),
        total.seconds());
    return text.toString();
  }

  private void scaled(StringBuilder text, long cores) {
    ClusterPlan plan = ClusterPlan.of(run, rates, overheads, cluster.withCores(cores));
    line(
        text,
        "%-16s %14s %10s %14s   %s",
        String.format(Locale.ROOT, "%,d", cores),
        Progress.text(plan.total().seconds()),
        percent(plan.total().busy(cores)),
        Progress.text(plan.total().driverSeconds()),
        plan.waitsLongest(cores).name());
  }

  private void line(StringBuilder text, Simulated stage) {
    line(
        text,
        "%-16s %12s %14s %12s %12s %10s",
        stage.name(),
        String.format(Locale.ROOT, "%,d", stage.tasks()),
        Progress.text(stage.driverSeconds()),
        String.format(Locale.ROOT, "%,.1f", stage.coreSeconds() / 3600),
        Progress.text(stage.seconds()),
        percent(stage.busy(cluster.cores())));
  }

  private static double mean(double[] numbers) {
    return Arrays.stream(numbers).average().orElse(0);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.0f %%", 100 * share);
  }

  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
