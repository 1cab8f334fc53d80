/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.kindred.DjlEngine;
import dev.kindred.model.architecture.Blueprint;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A model whose weights can change: the loss of token sequences, and its gradients by the engine's
 * autograd. Several threads may ask for gradients at the same time, but not while weights are being
 * changed.
 *
 * <p>Letters in shapes are those of {@link TorchModel}.
 */
public final class TorchTraining implements AutoCloseable {
  private final Blueprint blueprint;
  private final NDManager manager;
  private final Map<String, NDArray> weights = new LinkedHashMap<>();

  /**
   * Puts a model's weights on a device.
   *
   * @param values by name, row-major, as {@link Blueprint#tensors} has them
   */
  public TorchTraining(Blueprint blueprint, Map<String, float[]> values, Device device) {
    DjlEngine.load();
    this.blueprint = blueprint;
    this.manager = NDManager.newBaseManager(device, "PyTorch");
    blueprint
        .tensors()
        .forEach(
            (name, shape) -> weights.put(name, manager.create(values.get(name), new Shape(shape))));
  }

  /** The weights by name, to be changed in place. */
  public Map<String, NDArray> weights() {
    return weights;
  }

  /**
   * The loss of sequences, and its derivative by every weight.
   *
   * @param nats sum over all predicted tokens of -ln p
   * @param byName derivatives of {@code nats} times the scale that was asked for, shaped like the
   *     weights
   */
  public record Gradients(double nats, Map<String, NDArray> byName) implements AutoCloseable {
    @Override
    public void close() {
      byName.values().forEach(NDArray::close);
    }
  }

  /**
   * Predicts every token of some sequences but the first, from those before it.
   *
   * @param sequences B x (T + 1) token ids
   * @return sum over all B x T predicted tokens of -ln p
   */
  public double nats(int[][] sequences) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      JniUtils.setGradMode(false);
      return losses(weights, sequences, Dropout.NONE).sum().getFloat();
    }
  }

  /**
   * Predicts every token of some sequences but the first, from those before it.
   *
   * @param sequences B x (T + 1) token ids
   * @return [B * T], -ln p of each, sequence by sequence
   */
  public float[] losses(int[][] sequences) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      JniUtils.setGradMode(false);
      return losses(weights, sequences, Dropout.NONE).toFloatArray();
    }
  }

  /**
   * What stands at the end of some sequences.
   *
   * @param streams [B * D], the residual stream behind the last block
   * @param logProbabilities [B * V], ln p of each token to be the next
   */
  public record Ends(float[] streams, float[] logProbabilities) {}

  /**
   * Reads sequences of one length to their ends.
   *
   * @param sequences B x T token ids
   */
  public Ends ends(int[][] sequences) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      JniUtils.setGradMode(false);
      int length = sequences[0].length;
      TorchLayers layers = layers(weights);
      NDArray last = // [B, 1, D]
          stream(layers, sequences, length, Dropout.NONE).get(":, {}:, :", length - 1);
      NDArray logits = layers.unembedding().logits(last);
      return new Ends(last.toFloatArray(), logits.logSoftmax(-1).toFloatArray());
    }
  }

  /**
   * Predicts the same tokens in training, and returns the gradients.
   *
   * @param sequences B x (T + 1) token ids
   * @param counted B x T, whether each predicted token counts; null if all do
   * @param scale factor of the gradients
   * @param dropout what is dropped of attention weights and of what blocks add
   */
  public Gradients gradients(
      int[][] sequences, boolean[][] counted, double scale, DropoutMasks dropout) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      // Leaves of this batch's own over the same memory: gradients of a leaf add up, and its
      // threads would wait for each other.
      Map<String, NDArray> leaves = new LinkedHashMap<>();
      weights.forEach(
          (name, weight) -> {
            NDArray leaf = weight.stopGradient();
            leaf.setRequiresGradient(true);
            leaves.put(name, leaf);
          });

      double nats;
      // DJL's own collector allows one thread in a process.
      JniUtils.setGradMode(true);
      try {
        NDArray losses = losses(leaves, sequences, dropout::apply);
        NDArray loss = (counted == null ? losses : losses.mul(factors(counted))).sum();
        nats = loss.getFloat();
        NDArray seed = loss.getManager().create((float) scale);
        JniUtils.backward((PtNDArray) loss, (PtNDArray) seed, false, false);
      } finally {
        JniUtils.setGradMode(false);
      }

      Map<String, NDArray> gradients = new LinkedHashMap<>();
      leaves.forEach(
          (name, leaf) -> {
            NDArray gradient = leaf.getGradient();
            NDScope.unregister(gradient);
            gradients.put(name, gradient);
          });
      return new Gradients(nats, gradients);
    }
  }

  /** The same where all predicted tokens count. */
  public Gradients gradients(int[][] sequences, double scale, DropoutMasks dropout) {
    return gradients(sequences, null, scale, dropout);
  }

  private NDArray factors(boolean[][] counted) {
    float[] factors = new float[counted.length * counted[0].length];
    for (int i = 0; i < factors.length; i++) {
      factors[i] = counted[i / counted[0].length][i % counted[0].length] ? 1 : 0;
    }

    return manager.create(factors, new Shape(factors.length, 1));
  }

  /** Returns [B * T, 1], -ln p of each predicted token. */
  private NDArray losses(Map<String, NDArray> tensors, int[][] sequences, Dropout dropout) {
    TorchLayers layers = layers(tensors);
    int batch = sequences.length;
    int length = sequences[0].length - 1;
    long[] targets = new long[batch * length];
    for (int b = 0; b < batch; b++) {
      for (int t = 0; t < length; t++) {
        targets[b * length + t] = sequences[b][t + 1];
      }
    }

    NDArray logits =
        layers
            .unembedding()
            .logits(stream(layers, sequences, length, dropout))
            .reshape((long) batch * length, blueprint.shape().vocabularySize());
    NDArray target = manager.create(targets, new Shape((long) batch * length, 1));
    return logits.logSoftmax(-1).gather(target, 1).neg();
  }

  private TorchLayers layers(Map<String, NDArray> tensors) {
    return TorchLayers.of(blueprint, new TorchWeights.Shared(manager, tensors));
  }

  /** Returns [B, T, D], the residual stream behind the last block, of each sequence's first T. */
  private NDArray stream(TorchLayers layers, int[][] sequences, int length, Dropout dropout) {
    int batch = sequences.length;
    int[] inputs = new int[batch * length];
    for (int b = 0; b < batch; b++) {
      System.arraycopy(sequences[b], 0, inputs, b * length, length);
    }

    NDArray x =
        layers
            .embedding()
            .embed(
                manager.create(inputs, new Shape(batch, length)), manager.arange(length), Tap.NONE);
    for (TorchBlock block : layers.blocks()) {
      x = block.apply(x, dropout, Tap.NONE);
    }

    return x;
  }

  @Override
  public void close() {
    manager.close();
  }
}
