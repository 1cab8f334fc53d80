/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.training;

import ai.djl.Device;
import dev.kindred.math.Vectors;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.torch.DropoutMasks;
import dev.kindred.model.torch.TorchTraining;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A trained model whose losses can be differentiated. For one thread.
 *
 * <p>Letters in shapes: B = sequences, T = tokens of each that are read, D = numbers of the
 * residual stream, V = tokens of the vocabulary, P = weights of all tensors together.
 */
public final class TrainedModel implements AutoCloseable {
  private final Blueprint blueprint;
  private final Map<String, float[]> weights;
  private final TorchTraining model;

  /**
   * @param weights by name, as {@link Blueprint#tensors} has them
   */
  public TrainedModel(Blueprint blueprint, Map<String, float[]> weights) {
    this.blueprint = blueprint;
    this.weights = weights;
    this.model = new TorchTraining(blueprint, weights, Device.cpu());
  }

  /**
   * Predicts every token of some sequences but the first, from those before it.
   *
   * @param sequences B x (T + 1) token ids
   * @return [B * T], -ln p of each, sequence by sequence
   */
  public float[] losses(int[][] sequences) {
    return model.losses(sequences);
  }

  /**
   * Returns [B][D], the residual stream behind the last block at the end of each sequence.
   *
   * @param sequences B x T token ids
   */
  public float[][] streams(int[][] sequences) {
    return rows(model.ends(sequences).streams(), sequences.length);
  }

  /**
   * Returns [P], the gradient of the summed loss of some predicted tokens.
   *
   * @param sequences B x (T + 1) token ids
   * @param counted B x T, whether each predicted token counts
   */
  public float[] gradient(int[][] sequences, boolean[][] counted) {
    try (TorchTraining.Gradients gradients =
        model.gradients(sequences, counted, 1, new DropoutMasks(0, 0))) {
      float[] all = new float[Math.toIntExact(blueprint.parameters())];
      int end = 0;
      for (String name : blueprint.tensors().keySet()) {
        float[] values = gradients.byName().get(name).toFloatArray();
        System.arraycopy(values, 0, all, end, values.length);
        end += values.length;
      }

      return all;
    }
  }

  /**
   * Moves the weights from where they were at first, whatever moves there have been since.
   *
   * @param direction [P], as {@link #gradient} has it
   * @param by multiple of it; 0 brings the weights back
   */
  public void move(float[] direction, double by) {
    Map<String, float[]> moved = new LinkedHashMap<>();
    int end = 0;
    for (String name : blueprint.tensors().keySet()) {
      float[] values = weights.get(name).clone();
      for (int i = 0; i < values.length; i++) {
        values[i] += (float) (by * direction[end + i]);
      }

      moved.put(name, values);
      end += values.length;
    }

    moved.forEach((name, values) -> model.weights().get(name).set(values));
  }

  /** Returns the Euclidean length of all weights together. */
  public double norm() {
    return Math.sqrt(
        weights.values().stream().mapToDouble(values -> Math.pow(Vectors.norm(values), 2)).sum());
  }

  static float[][] rows(float[] values, int rows) {
    int length = values.length / rows;
    float[][] cut = new float[rows][];
    Arrays.setAll(cut, row -> Arrays.copyOfRange(values, row * length, (row + 1) * length));
    return cut;
  }

  @Override
  public void close() {
    model.close();
  }
}
