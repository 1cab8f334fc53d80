/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.jobs.option.TaskOptions;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.ModelShape;
import dev.kindred.prediction.ModelPredictions;
import dev.kindred.similarity.JoinMemory;
import dev.kindred.similarity.NextTokens;
import dev.kindred.table.Part;

/**
 * Memory that a task of a stage fills, at most.
 *
 * @param heapBytes on the heap
 * @param sharedBytes those of them that all tasks of an executor fill together
 * @param engineBytes outside the heap, or on the GPU
 */
public record TaskNeed(long heapBytes, long sharedBytes, long engineBytes) {
  /** The join's chunk of windows, twice: as read, and in order. */
  private static final long JOIN_CHUNKS = 2L * JoinMemory.CHUNK_BYTES;

  /** The next tokens of the windows that are joined at once. */
  private static final long NEXT_TOKENS = 160L << 20;

  /**
   * Returns what a task needs in the stages that evaluate the model: a batch's FFN outputs and
   * predictions, twice while they become rows, what makes the latter, and the open files' buffers.
   */
  public static TaskNeed ofModel(TaskOptions tasks, int windowLength, LanguageModel model) {
    ModelShape shape = model.shape();
    long batch = tasks.windowsInFlight(windowLength);
    long vectors = Float.BYTES * (long) shape.modelDimension() * shape.blocks();
    long perWindow = vectors + ModelPredictions.bytes(shape);
    long files = Math.min(Part.OPEN_FILE_BYTES, vectors * tasks.windowsPerTask());
    long nodes = Math.min(Integer.MAX_VALUE, batch * windowLength);
    LanguageModel.EvaluationMemory evaluation = model.evaluationMemory((int) nodes, windowLength);
    long shared = ModelPredictions.sharedBytes(shape);
    return new TaskNeed(
        2 * batch * perWindow
            + ModelPredictions.taskBytes(shape)
            + shared
            + files
            + evaluation.heapBytes(),
        shared,
        evaluation.engineBytes());
  }

  /**
   * Returns what a task needs in a join like this one that evaluates the model on the way: the
   * prompts of all blocks are there at once, and their evidence.
   *
   * @param model what evaluating the model takes
   */
  public TaskNeed evaluated(TaskNeed model, ModelShape shape, long prompts, int keepSimilar) {
    JoinMemory.PromptBytes all =
        JoinMemory.PromptBytes.ofBlocks(
            shape.blocks(), prompts, shape.modelDimension(), shape.vocabularySize(), keepSimilar);
    JoinMemory.PromptBytes slice =
        JoinMemory.PromptBytes.of(
            prompts, shape.modelDimension(), shape.vocabularySize(), keepSimilar);
    long shared = sharedBytes - slice.vectors() + all.vectors();
    return new TaskNeed(model.heapBytes() + all.evidence() + shared, shared, model.engineBytes());
  }

  /**
   * Returns what a task needs in the join at a run's thresholds. Prompts and next tokens are shared
   * by the tasks of an executor.
   *
   * @param keepSimilar strings kept of a prompt and block
   * @param windows distinct windows, or a bound of them
   */
  public static TaskNeed ofJoin(int keepSimilar, ModelShape shape, long windows, long prompts) {
    JoinMemory.PromptBytes ofPrompts =
        JoinMemory.PromptBytes.of(
            prompts, shape.modelDimension(), shape.vocabularySize(), keepSimilar);
    long shared =
        ofPrompts.vectors() + Math.min(NEXT_TOKENS, windows * NextTokens.BYTES_PER_WINDOW);
    return new TaskNeed(JOIN_CHUNKS + ofPrompts.evidence() + shared, shared, 0);
  }
}
