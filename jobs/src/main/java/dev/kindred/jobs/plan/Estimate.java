/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.plan;

import dev.kindred.jobs.option.ActivationStore;
import dev.kindred.jobs.run.DiskNeed;
import dev.kindred.jobs.run.JoinTime;
import dev.kindred.jobs.run.Reused;
import dev.kindred.model.ModelShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What each stage of a run takes, from how much there is to do and how fast it goes.
 *
 * <p>What a calibration of seconds cannot measure (Spark's start of stages, its shuffles, merging
 * and writing evidence) stands here as constants, fitted to runs over 1/16 to all of
 * TinyShakespeare with 5,000 and 20,000 prompts on two cores; docs/benchmarks.md has them. The
 * audit's and the evaluation's are of runs over a sixteenth of it with models of 65 and 49,152
 * tokens; docs/scale.md has those.
 */
record Estimate(List<Stage> stages) {
  static final double WINDOWS_FIXED = 7;
  static final double WINDOWS_PER_OCCURRENCE = 1e-5;
  static final double WINDOWS_PER_TOKEN = 2e-4; // of the vocabulary: tasks read the tokenizer
  static final double MODEL_STAGE_FIXED = 5;
  static final double SORT_PER_WINDOW = 1e-5;
  static final double EVALUATION_FIXED = 15;
  static final double EVALUATION_PER_WINDOW = 7e-5;
  static final double EVALUATION_PER_PROMPT = 2.6e-4;
  static final double EVALUATION_PER_PROBABILITY = 4e-7; // a prompt's, of each token
  static final double AUDIT_FIXED = 12;
  static final double AUDIT_PER_VECTOR = 6e-6;

  /**
   * A stage.
   *
   * @param operations floating-point operations in matrix products; 0 where there are none
   * @param diskBytes that it adds to the warehouse, at most
   * @param seconds about; 0 if what it makes is there
   */
  record Stage(String name, boolean reused, double operations, long diskBytes, double seconds) {}

  /**
   * How much there is to do.
   *
   * @param occurrences places where a window stands
   * @param windows distinct ones
   * @param operations of the model on the windows
   * @param prompts in the prompt set
   * @param promptOperations of the model on the prompts
   * @param fittingOperations of the model on the windows that n-grams are fitted to
   * @param alternates models of other seeds that are evaluated on the prompts, too
   */
  record Work(
      long occurrences,
      long windows,
      double operations,
      long prompts,
      double promptOperations,
      double fittingOperations,
      int alternates) {}

  /**
   * How fast it goes.
   *
   * @param cores tasks that run at once
   * @param operationsPerSecond of the model, all cores together
   * @param writtenPerSecond bytes of vectors, all cores together
   * @param readPerSecond bytes of vectors, all cores together
   * @param secondsPerPair of the join on one core, by block
   * @param operationsPerPair of the join, by block
   * @param found share of pairs that are similar, by block
   */
  record Rates(
      int cores,
      double operationsPerSecond,
      double writtenPerSecond,
      double readPerSecond,
      double[] secondsPerPair,
      double[] operationsPerPair,
      double[] found) {}

  /**
   * Estimates.
   *
   * @param kept what is kept of the model, and how
   * @param disk without what is there
   */
  static Estimate of(Work work, Rates rates, DiskNeed.Kept kept, DiskNeed disk, Reused reused) {
    ModelShape shape = kept.shape();
    double pairs = (double) work.windows() * work.prompts();
    double vectorBytes = Float.BYTES * (double) shape.modelDimension();
    double activationBytes =
        (double) work.windows()
            * shape.blocks()
            * shape.modelDimension()
            * (kept.store() == ActivationStore.NONE ? 0 : kept.store().precision().bytes());
    double rows = (double) work.prompts() * shape.blocks();
    double join =
        pairs * Arrays.stream(rates.secondsPerPair()).sum() / rates.cores()
            + activationBytes / rates.readPerSecond()
            + rows * JoinTime.EVIDENCE_SECONDS / rates.cores()
            + shape.blocks() * JoinTime.BLOCK_SECONDS;
    List<Stage> stages = new ArrayList<>();
    stages.addAll(
        List.of(
            stage(
                "windows",
                reused.windows(),
                0,
                disk.windows(),
                WINDOWS_FIXED
                    + shape.vocabularySize() * WINDOWS_PER_TOKEN
                    + work.occurrences() * WINDOWS_PER_OCCURRENCE / rates.cores()),
            stage(
                "activations",
                reused.activations(),
                work.operations(),
                disk.activations(),
                MODEL_STAGE_FIXED
                    + work.windows() * SORT_PER_WINDOW / rates.cores()
                    + work.operations() / rates.operationsPerSecond()
                    + activationBytes / rates.writtenPerSecond()),
            stage(
                "predictions",
                reused.predictions(),
                work.promptOperations(),
                disk.prompts(),
                MODEL_STAGE_FIXED
                    + work.promptOperations() / rates.operationsPerSecond()
                    + rows * vectorBytes / rates.writtenPerSecond()),
            stage(
                "fitting windows",
                reused.fittingWindows(),
                work.fittingOperations(),
                disk.fittingWindows(),
                MODEL_STAGE_FIXED + work.fittingOperations() / rates.operationsPerSecond())));
    if (work.alternates() > 0) {
      double operations = work.alternates() * work.promptOperations();
      stages.add(
          stage(
              "noise floor",
              reused.noiseFloor(),
              operations,
              disk.noiseFloor(),
              work.alternates() * MODEL_STAGE_FIXED + operations / rates.operationsPerSecond()));
    }

    stages.addAll(
        List.of(
            stage(
                "join",
                false,
                pairs * Arrays.stream(rates.operationsPerPair()).sum(),
                disk.results(),
                join),
            stage(
                "evaluation",
                false,
                0,
                0,
                EVALUATION_FIXED
                    + (work.windows() * EVALUATION_PER_WINDOW
                            + work.prompts() * evaluationPerPrompt(shape))
                        / rates.cores()),
            stage(
                "audit",
                false,
                0,
                0,
                AUDIT_FIXED + auditedVectors(work, kept) * AUDIT_PER_VECTOR / rates.cores())));
    return new Estimate(List.copyOf(stages));
  }

  /** How many vectors of windows the audit reads: those that are kept. */
  static double auditedVectors(Work work, DiskNeed.Kept kept) {
    return kept.store() == ActivationStore.NONE
        ? 0
        : (double) work.windows() * kept.shape().blocks();
  }

  /** Core seconds that the evaluation of a prompt takes. */
  static double evaluationPerPrompt(ModelShape shape) {
    return EVALUATION_PER_PROMPT + shape.vocabularySize() * EVALUATION_PER_PROBABILITY;
  }

  private static Stage stage(
      String name, boolean reused, double operations, long diskBytes, double seconds) {
    return reused
        ? new Stage(name, true, 0, 0, 0)
        : new Stage(name, false, operations, diskBytes, seconds);
  }

  /**
   * Distinct prefixes of windows drawn at random, at most: a length has no more than there are in
   * the corpus, or than windows drawn.
   *
   * @param prefixes of the corpus's windows, by length
   */
  static long[] prefixesOf(long[] prefixes, long drawn) {
    return Arrays.stream(prefixes).map(all -> Math.min(all, drawn)).toArray();
  }

  /**
   * The nodes of a tree that is cut into batches: each cut repeats a path, but for its leaf.
   *
   * @param prefixes by length
   */
  static long[] nodes(long[] prefixes, long batchSize) {
    long windows = prefixes[prefixes.length - 1];
    long cuts = (windows + batchSize - 1) / batchSize - 1;
    long[] nodes = prefixes.clone();
    for (int depth = 0; depth < nodes.length - 1; depth++) {
      nodes[depth] = Math.min(windows, nodes[depth] + cuts);
    }

    return nodes;
  }

  /** Returns the stage of a name. */
  Stage stage(String name) {
    return stages.stream().filter(stage -> stage.name().equals(name)).findFirst().orElseThrow();
  }

  Stage total() {
    return new Stage(
        "total",
        stages.stream().allMatch(Stage::reused),
        stages.stream().mapToDouble(Stage::operations).sum(),
        stages.stream().mapToLong(Stage::diskBytes).sum(),
        stages.stream().mapToDouble(Stage::seconds).sum());
  }
}
