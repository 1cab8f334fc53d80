/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.plan;

import dev.kindred.jobs.option.ActivationStore;
import dev.kindred.jobs.run.DiskNeed;
import dev.kindred.jobs.run.JoinTime;
import dev.kindred.jobs.run.WindowPass;
import dev.kindred.model.ModelShape;
import dev.kindred.prediction.ModelPredictions;
import dev.kindred.similarity.EvidenceSample;
import dev.kindred.similarity.JoinMemory;
import dev.kindred.similarity.NextTokens;
import dev.kindred.similarity.SimilarStrings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * What a run takes on a cluster that need not be there: what one core was measured to do, spread
 * over tasks and cores as Spark does it, with what the driver does alone in between.
 *
 * <p>Not in it: disks or a network that are slower together than apart, failures, the number of
 * files, and what reading the windows of a piece again and again takes.
 *
 * @param stages in order
 */
record ClusterPlan(List<Simulated> stages) {
  /** What Spark makes a task of where it chooses itself: spark.sql.adaptive's advisory size. */
  private static final double BYTES_PER_TASK = 64 << 20;

  /** By how much tasks of one stage differ: two in three are within a tenth of the usual. */
  private static final double SPREAD = .1;

  /**
   * A cluster.
   *
   * @param cores of all executors
   * @param executorCores of one
   * @param networkBytesPerSecond between an executor and the driver
   */
  record Cluster(long cores, int executorCores, double networkBytesPerSecond) {
    long executors() {
      return (cores + executorCores - 1) / executorCores;
    }

    Cluster withCores(long other) {
      return new Cluster(other, executorCores, networkBytesPerSecond);
    }

    /**
     * Seconds in which every executor has some bytes that the driver has; executors pass them on.
     */
    private double broadcastSeconds(double bytes) {
      return bytes / networkBytesPerSecond * (executors() > 1 ? 2 : 1);
    }
  }

  /**
   * What is not measured by {@link Estimate.Rates}: what the driver does alone, and merging.
   *
   * @param taskSeconds in which the driver starts a task that does nothing, and hears of its end
   * @param nextTokensSeconds in which it collects what follows a window
   * @param evidenceBytesPerSecond that one core sends and merges
   */
  record Overheads(double taskSeconds, double nextTokensSeconds, double evidenceBytesPerSecond) {}

  /**
   * What is planned.
   *
   * @param kept what is kept of the model, and how
   * @param modelBytes of its weights
   * @param windowsPerTask that a task evaluates
   * @param batchSize windows that it evaluates at once: no task has less
   * @param keepSimilar strings of a prompt and block
   */
  record Run(
      Estimate.Work work,
      DiskNeed.Kept kept,
      double modelBytes,
      int windowsPerTask,
      int batchSize,
      int keepSimilar) {}

  /**
   * A stage.
   *
   * @param tasks that Spark starts
   * @param driverSeconds in which no task runs
   * @param coreSeconds of all tasks
   * @param seconds from its beginning to its end
   */
  record Simulated(
      String name, long tasks, double driverSeconds, double coreSeconds, double seconds) {
    private Simulated times(int count) {
      return new Simulated(
          name, count * tasks, count * driverSeconds, count * coreSeconds, count * seconds);
    }

    /** Seconds in which its cores have nothing to do. */
    double idleSeconds(long cores) {
      return seconds - coreSeconds / cores;
    }

    /** The share of its cores' time in which they compute, in (0, 1]. */
    double busy(long cores) {
      return coreSeconds / (cores * seconds);
    }
  }

  /** Simulates a run with nothing to reuse. */
  static ClusterPlan of(Run run, Estimate.Rates rates, Overheads overheads, Cluster cluster) {
    return new Stages(run, rates, overheads, cluster).all();
  }

  Simulated total() {
    return new Simulated(
        "total",
        stages.stream().mapToLong(Simulated::tasks).sum(),
        stages.stream().mapToDouble(Simulated::driverSeconds).sum(),
        stages.stream().mapToDouble(Simulated::coreSeconds).sum(),
        stages.stream().mapToDouble(Simulated::seconds).sum());
  }

  /** The stage in which so many cores wait longest. */
  Simulated waitsLongest(long cores) {
    return stages.stream()
        .max(Comparator.comparingDouble(stage -> stage.idleSeconds(cores)))
        .orElseThrow();
  }

  /** The stages of a run on a cluster. */
  private record Stages(Run run, Estimate.Rates rates, Overheads overheads, Cluster cluster) {
    private ClusterPlan all() {
      Estimate.Work work = run.work();
      List<Simulated> stages = new ArrayList<>();
      stages.add(
          stage(
              "windows",
              Estimate.WINDOWS_FIXED
                  + run.kept().shape().vocabularySize() * Estimate.WINDOWS_PER_TOKEN,
              (double) DiskNeed.ofWindows(work.windows()) / BYTES_PER_TASK,
              work.occurrences() * Estimate.WINDOWS_PER_OCCURRENCE));
      if (run.kept().store() != ActivationStore.NONE) {
        stages.add(
            stage(
                "activations",
                Estimate.MODEL_STAGE_FIXED + cluster.broadcastSeconds(run.modelBytes()),
                (double) work.windows() / run.windowsPerTask(),
                evaluating() + vectorBytes() * blocks() / perCore(rates.writtenPerSecond())));
      }

      stages.add(
          stage(
              "predictions",
              Estimate.MODEL_STAGE_FIXED + cluster.broadcastSeconds(run.modelBytes()),
              4. * work.prompts() / run.windowsPerTask(),
              work.promptOperations() / perCore(rates.operationsPerSecond())));
      stages.add(
          stage(
              "fitting windows",
              Estimate.MODEL_STAGE_FIXED,
              1,
              work.fittingOperations() / perCore(rates.operationsPerSecond())));
      stages.add(run.kept().store() == ActivationStore.NONE ? joinOfPasses() : joinOfBlocks());
      stages.add(
          stage(
              "evaluation",
              Estimate.EVALUATION_FIXED,
              ((double) DiskNeed.ofWindows(work.windows())
                      + work.prompts() * (double) ModelPredictions.bytes(run.kept().shape()))
                  / BYTES_PER_TASK,
              work.windows() * Estimate.EVALUATION_PER_WINDOW
                  + work.prompts() * Estimate.evaluationPerPrompt(run.kept().shape())));
      stages.add(
          stage(
              "audit",
              Estimate.AUDIT_FIXED,
              vectorBytes() * blocks() / BYTES_PER_TASK,
              Estimate.auditedVectors(work, run.kept()) * Estimate.AUDIT_PER_VECTOR));
      return new ClusterPlan(List.copyOf(stages));
    }

    private Simulated stage(String name, double driverSeconds, double tasks, double coreSeconds) {
      long count = Math.max(1, Math.round(tasks));
      double seconds =
          Schedule.seconds(
              count, coreSeconds / count, cluster.cores(), overheads.taskSeconds(), SPREAD);
      return new Simulated(name, count, driverSeconds, coreSeconds, driverSeconds + seconds);
    }

    /** Each block by itself: its vectors are read once for each slice of the prompts. */
    private Simulated joinOfBlocks() {
      double windows = run.work().windows();
      double prompts = run.work().prompts();
      long slices = slices(run.work().prompts());
      long pieces = SimilarStrings.pieces(run.work().windows());
      long tasks = SimilarStrings.tasks(cores(), slices * pieces);
      double collecting = windows * overheads.nextTokensSeconds() / blocks(); // once for all
      double driver =
          JoinTime.BLOCK_SECONDS
              + bytesOfPrompts() / cluster.networkBytesPerSecond()
              + cluster.broadcastSeconds(
                  bytesOfPromptsInJoins() + NextTokens.BYTES_PER_WINDOW * windows)
              + collecting;
      double pairs = Arrays.stream(rates.secondsPerPair()).average().orElse(0);
      double found = Arrays.stream(rates.found()).average().orElse(0);
      double reading = slices * vectorBytes() / perCore(rates.readPerSecond());
      double core =
          windows * prompts * pairs
              + reading
              + prompts * pieces * tasks * merging(windows / pieces / tasks * found)
              + prompts * JoinTime.EVIDENCE_SECONDS;
      return stage("join", driver, (double) slices * pieces * tasks, core).times(blocks());
    }

    /** All blocks at once, on the way of the model's pass over a piece of the windows. */
    private Simulated joinOfPasses() {
      double windows = run.work().windows();
      double prompts = run.work().prompts();
      int passes = WindowPass.pieces(run.work().windows(), run.windowsPerTask() * cluster.cores());
      double tasks = Math.min(cores(), Math.max(1, windows / passes / run.batchSize()));
      double found = Arrays.stream(rates.found()).average().orElse(0);
      double core =
          evaluating()
              + windows * prompts * Arrays.stream(rates.secondsPerPair()).sum()
              + blocks() * prompts * passes * tasks * merging(windows / passes / tasks * found)
              + blocks() * prompts * JoinTime.EVIDENCE_SECONDS;
      double driver =
          JoinTime.BLOCK_SECONDS
              + windows / passes * overheads.nextTokensSeconds()
              + cluster.broadcastSeconds(NextTokens.BYTES_PER_WINDOW * windows / passes)
              + blocks() * bytesOfPromptsInJoins() / cluster.networkBytesPerSecond() / passes;
      return stage("pass and join", driver, tasks, core / passes).times(passes);
    }

    /**
     * Core seconds in which the evidence of a task for a prompt is sent and merged.
     *
     * @param found windows that are similar, on average
     */
    private double merging(double found) {
      double isAny = 1 - Math.exp(-found);
      double tokens = Math.min(found, ModelPredictions.MOST_DENSE);
      return EvidenceSample.bytes(Math.min(found, run.keepSimilar()), tokens)
          * isAny
          / overheads.evidenceBytesPerSecond();
    }

    /** Core seconds of the model on the windows. */
    private double evaluating() {
      return run.work().windows() * Estimate.SORT_PER_WINDOW
          + run.work().operations() / perCore(rates.operationsPerSecond());
    }

    private double perCore(double rate) {
      return rate / rates.cores();
    }

    private int cores() {
      return (int) Math.min(Integer.MAX_VALUE, cluster.cores());
    }

    private int blocks() {
      return run.kept().shape().blocks();
    }

    private double bytesOfPrompts() {
      return (double) run.work().prompts() * Float.BYTES * run.kept().shape().modelDimension();
    }

    private double bytesOfPromptsInJoins() {
      return (double) run.work().prompts()
          * JoinMemory.bytesOfVectors(run.kept().shape().modelDimension());
    }

    /** Bytes of the windows' vectors of a block, as they are kept. */
    private double vectorBytes() {
      return run.kept().store() == ActivationStore.NONE
          ? 0
          : (double) run.work().windows()
              * run.kept().store().precision().bytes()
              * run.kept().shape().modelDimension();
    }

    private long slices(long prompts) {
      ModelShape shape = run.kept().shape();
      return JoinMemory.slices(
          prompts, shape.modelDimension(), shape.vocabularySize(), run.keepSimilar());
    }
  }
}
