/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.training;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.torch.DropoutMasks;
import dev.kindred.model.torch.TorchTraining;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Trains a model on a token stream, step by step.
 *
 * <p>A step's batch is cut into parts that threads work on, each with an engine thread of its own;
 * the parts' gradients are added in the parts' order. So the result depends on configuration,
 * recipe and tokens, and not on the number of threads.
 */
public final class Trainer implements AutoCloseable {
  private final Recipe recipe;
  private final Batches batches;
  private final int threads;
  private final TorchTraining model;
  private final AdamW optimizer;
  private final ExecutorService workers;
  private int step;

  /**
   * A training that begins.
   *
   * @param tokens the whole stream; both splits must be longer than the model's context
   * @param threads parts of a batch that are worked on at the same time
   * @param initialWeights by name
   */
  public Trainer(
      Blueprint blueprint,
      Recipe recipe,
      int[] tokens,
      int threads,
      Map<String, float[]> initialWeights) {
    this(blueprint, recipe, tokens, threads, initialWeights, new BitSet());
  }

  /**
   * A training that begins, and learns nothing from some of the tokens.
   *
   * @param leftOut places of tokens in the stream that do not count in the loss when they are the
   *     next ones; they are read as before, and batches are those of the training without
   */
  public Trainer(
      Blueprint blueprint,
      Recipe recipe,
      int[] tokens,
      int threads,
      Map<String, float[]> initialWeights,
      BitSet leftOut) {
    this.recipe = recipe;
    this.batches = new Batches(tokens, recipe, blueprint.shape().contextLength(), leftOut);
    this.threads = threads;
    this.model = new TorchTraining(blueprint, initialWeights, Device.cpu());
    this.optimizer = new AdamW(recipe, model.weights());
    this.workers =
        Executors.newFixedThreadPool(
            threads,
            work -> {
              Thread thread = new Thread(work, "training");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** A training that goes on where a checkpoint was taken. */
  public Trainer(
      Blueprint blueprint, Recipe recipe, int[] tokens, int threads, Checkpoint checkpoint) {
    this(blueprint, recipe, tokens, threads, checkpoint.weights());
    optimizer.mean().forEach((name, moment) -> moment.set(checkpoint.mean().get(name)));
    optimizer.variance().forEach((name, moment) -> moment.set(checkpoint.variance().get(name)));
    step = checkpoint.step();
  }

  /** Tokens of a stream that a model is trained on: the first 90 %. The others validate it. */
  public static long trainingTokens(long tokens) {
    return Batches.trainingTokens(tokens);
  }

  /** Steps done. */
  public int step() {
    return step;
  }

  /**
   * What a step did.
   *
   * @param loss of its batch before the step, with dropout, in nats a token
   * @param gradientNorm Euclidean, over all weights together, before clipping
   * @param tokens predicted in its batch, of those that count
   */
  public record Step(int number, double loss, double gradientNorm, int tokens) {
    /** Whether the weights before the step could be learnt from; says nothing of those after it. */
    public boolean isFinite() {
      return Double.isFinite(loss) && Double.isFinite(gradientNorm);
    }
  }

  /**
   * Learns from the next batch. If its loss or gradient is not finite, the weights are left as they
   * were.
   */
  public Step next() {
    List<Batches.Batch> parts = batches.ofStep(step + 1);
    // A batch of which nothing counts has gradients of zero.
    int tokens = Math.max(1, parts.stream().mapToInt(Batches.Batch::predictions).sum());
    double nats = 0;
    Map<String, NDArray> gradient = new LinkedHashMap<>();
    try {
      Deque<Future<TorchTraining.Gradients>> inOrder = new ArrayDeque<>();
      int begun = 0;
      for (int done = 0; done < parts.size(); done++) {
        // One more than threads, so that none waits for the sum.
        for (; begun < parts.size() && begun <= done + threads; begun++) {
          Batches.Batch part = parts.get(begun);
          inOrder.add(workers.submit(() -> gradients(part, tokens)));
        }

        TorchTraining.Gradients next = result(inOrder.remove());
        nats += next.nats();
        if (gradient.isEmpty()) {
          gradient.putAll(next.byName());
        } else {
          gradient.forEach((name, sum) -> sum.addi(next.byName().get(name)));
          next.close();
        }
      }

      double norm = norm(gradient);
      Step taken = new Step(step + 1, nats / tokens, norm, tokens);
      if (taken.isFinite()) {
        step++;
        update(gradient, recipe.clip() > 0 ? Math.min(1, recipe.clip() / norm) : 1);
      }

      return taken;
    } finally {
      gradient.values().forEach(NDArray::close);
    }
  }

  private TorchTraining.Gradients gradients(Batches.Batch part, int tokens) {
    DropoutMasks dropout = new DropoutMasks(recipe.dropout(), part.dropoutSeed());
    return model.gradients(part.sequences(), part.counted(), 1. / tokens, dropout);
  }

  static double norm(Map<String, NDArray> gradient) {
    double squares = 0;
    for (NDArray values : gradient.values()) {
      try (NDArray norm = values.norm()) {
        squares += Math.pow(norm.getFloat(), 2);
      }
    }

    return Math.sqrt(squares);
  }

  private void update(Map<String, NDArray> gradient, double scale) {
    List<Callable<Void>> updates = new ArrayList<>();
    model
        .weights()
        .forEach(
            (name, weight) ->
                updates.add(
                    () -> {
                      optimizer.update(name, weight, gradient.get(name), step, scale);
                      return null;
                    }));
    all(updates);
  }

  /** Mean losses of the model as it is, in nats a token. */
  public Losses evaluate() {
    return new Losses(step, loss(batches.trainingSample()), loss(batches.validationSample()));
  }

  /** The losses after a step, in nats a token, on a sample of each split. */
  public record Losses(int step, double trainLoss, double validationLoss) {
    /** Whether the weights are still numbers that predict. */
    public boolean isFinite() {
      return Double.isFinite(trainLoss) && Double.isFinite(validationLoss);
    }
  }

  private double loss(List<int[][]> sample) {
    List<Callable<Double>> parts = new ArrayList<>();
    long tokens = 0;
    for (int[][] sequences : sample) {
      parts.add(() -> model.nats(sequences));
      tokens += (long) sequences.length * (sequences[0].length - 1);
    }

    return all(parts).stream().mapToDouble(Double::doubleValue).sum() / tokens;
  }

  private <T> List<T> all(List<Callable<T>> work) {
    List<Future<T>> begun = new ArrayList<>();
    work.forEach(part -> begun.add(workers.submit(part)));
    return begun.stream().map(Trainer::result).toList();
  }

  private static <T> T result(Future<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("training failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /**
   * What the model as it is predicts.
   *
   * @param sequences token ids, all of one length
   * @return [B][V], ln p of each token to be the next
   */
  public float[][] logProbabilities(int[][] sequences) {
    return TrainedModel.rows(model.ends(sequences).logProbabilities(), sequences.length);
  }

  /** Everything that the next step depends on. */
  public Checkpoint checkpoint() {
    return new Checkpoint(
        step, floats(model.weights()), floats(optimizer.mean()), floats(optimizer.variance()));
  }

  private static Map<String, float[]> floats(Map<String, NDArray> arrays) {
    Map<String, float[]> floats = new LinkedHashMap<>();
    arrays.forEach((name, array) -> floats.put(name, array.toFloatArray()));
    return floats;
  }

  /** Waits for parts that are being worked on: the engine's memory must outlive them. */
  @Override
  public void close() {
    workers.shutdown();
    try {
      workers.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }

    model.close();
  }
}
