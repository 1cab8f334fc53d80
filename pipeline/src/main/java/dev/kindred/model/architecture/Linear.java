/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

import java.util.ArrayList;
import java.util.List;

/**
 * A linear map y = W x + b, and where its weights are stored: output i of the map is output {@code
 * first + i / run * stride + i % run} of what is stored.
 *
 * @param stored the tensors
 * @param outputs of the map
 * @param first of the stored outputs
 * @param run outputs that lie beside each other
 * @param stride from the first of one run to that of the next
 */
public record Linear(Stored stored, int outputs, int first, int run, int stride) {

  /** In which order a weight's numbers are stored. */
  public enum Layout {
    /** An output's weights beside each other, [outputs, inputs], as in {@code torch.nn.Linear}. */
    BY_OUTPUT,
    /** An input's weights beside each other, [inputs, outputs], as in GPT-2's {@code Conv1D}. */
    BY_INPUT
  }

  /**
   * Tensors that hold one linear map, or several whose inputs are the same.
   *
   * @param weight name of the tensor
   * @param bias name of the tensor with a number an output; null for none
   */
  public record Stored(String weight, String bias, int outputs, int inputs, Layout layout) {

    /** All of it. */
    public Linear whole() {
      return rows(0, outputs);
    }

    /** Returns the map to the outputs [from, to) alone. */
    public Linear rows(int from, int to) {
      return new Linear(this, to - from, from, to - from, to - from);
    }

    /**
     * What is stored head by head, each head's maps after one another, as in GPT-NeoX.
     *
     * @param maps of a head, each with as many outputs
     * @param map which of them, from 0
     */
    public Linear ofHeads(int heads, int maps, int map) {
      int width = outputs / heads / maps;
      return new Linear(this, heads * width, map * width, width, maps * width);
    }
  }

  /** A map that is stored by itself, by output. */
  public static Linear of(String weight, String bias, int outputs, int inputs) {
    return new Stored(weight, bias, outputs, inputs, Layout.BY_OUTPUT).whole();
  }

  /** A map that is stored by itself, by output, as {@code name.weight} and {@code name.bias}. */
  public static Linear named(String name, boolean hasBias, int outputs, int inputs) {
    return of(name + ".weight", hasBias ? name + ".bias" : null, outputs, inputs);
  }

  public int inputs() {
    return stored.inputs;
  }

  /** Whether a bias is added. */
  public boolean hasBias() {
    return stored.bias != null;
  }

  /** The stored output that output {@code i} is. */
  public int storedOutput(int i) {
    return first + i / run * stride + i % run;
  }

  /** What is stored, for {@link Blueprint#tensors}. */
  List<Tensor> tensors() {
    List<Tensor> tensors = new ArrayList<>();
    long out = stored.outputs;
    long in = stored.inputs;
    tensors.add(
        stored.layout == Layout.BY_OUTPUT
            ? new Tensor(stored.weight, Tensor.Start.NORMAL, out, in)
            : new Tensor(stored.weight, Tensor.Start.NORMAL, in, out));
    if (hasBias()) {
      tensors.add(new Tensor(stored.bias, Tensor.Start.ZEROS, out));
    }

    return tensors;
  }

  /** Floating-point operations a vector, an addition and a multiplication being two. */
  double operations() {
    return 2. * outputs * inputs();
  }

  /** Reads W, outputs x inputs, row-major. */
  public float[] weight(Tensors tensors) {
    float[] all = tensors.floats(stored.weight);
    int inputs = inputs();
    float[] weight = new float[Math.multiplyExact(outputs, inputs)];
    for (int i = 0; i < outputs; i++) {
      int row = storedOutput(i);
      if (stored.layout == Layout.BY_OUTPUT) {
        System.arraycopy(all, row * inputs, weight, i * inputs, inputs);
      } else {
        for (int k = 0; k < inputs; k++) {
          weight[i * inputs + k] = all[k * stored.outputs + row];
        }
      }
    }

    return weight;
  }

  /** Reads b, one number an output; null if there is none. */
  public float[] bias(Tensors tensors) {
    if (!hasBias()) {
      return null;
    }

    float[] all = tensors.floats(stored.bias);
    float[] bias = new float[outputs];
    for (int i = 0; i < outputs; i++) {
      bias[i] = all[storedOutput(i)];
    }

    return bias;
  }
}
