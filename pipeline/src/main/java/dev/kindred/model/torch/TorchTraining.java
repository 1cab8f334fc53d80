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
      return nats(weights, sequences, Dropout.NONE).getFloat();
    }
  }

  /**
   * Predicts the same tokens in training, and returns the gradients.
   *
   * @param sequences B x (T + 1) token ids
   * @param scale factor of the gradients
   * @param dropout what is dropped of attention weights and of what blocks add
   */
  public Gradients gradients(int[][] sequences, double scale, DropoutMasks dropout) {
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
        NDArray loss = nats(leaves, sequences, dropout::apply);
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

  private NDArray nats(Map<String, NDArray> tensors, int[][] sequences, Dropout dropout) {
    TorchLayers layers = TorchLayers.of(blueprint, new TorchWeights.Shared(manager, tensors));
    int batch = sequences.length;
    int length = sequences[0].length - 1;
    int[] inputs = new int[batch * length];
    long[] targets = new long[batch * length];
    for (int b = 0; b < batch; b++) {
      for (int t = 0; t < length; t++) {
        inputs[b * length + t] = sequences[b][t];
        targets[b * length + t] = sequences[b][t + 1];
      }
    }

    NDArray x = // [B, T, D]
        layers
            .embedding()
            .embed(
                manager.create(inputs, new Shape(batch, length)), manager.arange(length), Tap.NONE);
    for (TorchBlock block : layers.blocks()) {
      x = block.apply(x, dropout, Tap.NONE);
    }

    NDArray logits =
        layers
            .unembedding()
            .logits(x)
            .reshape((long) batch * length, blueprint.shape().vocabularySize());
    NDArray target = manager.create(targets, new Shape((long) batch * length, 1));
    return logits.logSoftmax(-1).gather(target, 1).sum().neg();
  }

  @Override
  public void close() {
    manager.close();
  }
}
