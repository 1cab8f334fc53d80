/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.cpu;

import dev.kindred.kernel.TileKernel;
import dev.kindred.model.architecture.Linear;
import dev.kindred.model.architecture.Tensors;

/**
 * A linear map y = x W^T + b whose weights lie as {@link TileKernel} reads them.
 *
 * <p>Letters in shapes: I = inputs, O = outputs, W = outputs filled up to whole panels.
 */
final class PackedLinear {
  private final TileKernel kernel;
  private final int inputs;
  private final int width; // W
  private final float[] panels; // W / panel x I x panel
  private final float[] bias; // W, with zeros at the end

  /**
   * Packs weights.
   *
   * @param weight O x I floats, row-major
   * @param bias O floats, or null for none
   */
  PackedLinear(TileKernel kernel, float[] weight, float[] bias, int inputs) {
    int panel = kernel.promptsPerPanel();
    int outputs = weight.length / inputs;
    this.kernel = kernel;
    this.inputs = inputs;
    this.width = (outputs + panel - 1) / panel * panel;
    this.panels = new float[width * inputs];
    this.bias = new float[width];
    for (int output = 0; output < outputs; output++) {
      int start = output / panel * panel * inputs + output % panel;
      for (int k = 0; k < inputs; k++) {
        panels[start + k * panel] = weight[output * inputs + k];
      }
    }

    if (bias != null) {
      System.arraycopy(bias, 0, this.bias, 0, outputs);
    }
  }

  /** Packs the weights of a map. */
  static PackedLinear of(Linear map, TileKernel kernel, Tensors tensors) {
    return new PackedLinear(kernel, map.weight(tensors), map.bias(tensors), map.inputs());
  }

  /** The weights of an output, I floats. */
  void copyRow(int output, float[] row, int from) {
    int panel = kernel.promptsPerPanel();
    int start = output / panel * panel * inputs + output % panel;
    for (int k = 0; k < inputs; k++) {
      row[from + k] = panels[start + k * panel];
    }
  }

  /** Returns I, the number of inputs. */
  int inputs() {
    return inputs;
  }

  /** Returns W, the floats between rows of {@link #apply}'s result. */
  int width() {
    return width;
  }

  /**
   * Applies the map to rows. Here and below, each row's result has the same bits whatever rows are
   * beside it.
   *
   * @param x ceil(rows / G) groups of I x G floats, G = TileKernel.WINDOWS: component k of a
   *     group's row r is at k * G + r
   * @param partial scratch for a panel's outputs of whole groups of rows
   * @param y receives whole groups of rows of W floats; what is beyond {@code rows} and O has no
   *     meaning
   */
  void apply(float[] x, int rows, float[] partial, float[] y, int yOffset) {
    for (int output = 0; output < width; output += kernel.promptsPerPanel()) {
      applyPanel(x, rows, output, partial, y, yOffset + output, width);
    }
  }

  /**
   * Applies a part of the map.
   *
   * @param output the first output of a panel; the result has the outputs of that panel
   * @param stride floats between rows of the result
   */
  void applyPanel(
      float[] x, int rows, int output, float[] partial, float[] y, int yOffset, int stride) {
    kernel.multiplyAll(
        x,
        0,
        groups(rows),
        panels,
        output * inputs,
        inputs,
        bias,
        output,
        0,
        partial,
        y,
        yOffset,
        stride);
  }

  /**
   * Adds what inputs [from, to) contribute to the outputs. The parts from 0 to I in turn make up
   * what {@link #apply} gives.
   *
   * @param x groups as there, of these inputs alone
   * @param y rows of W floats; overwritten by the part from 0 on, added to by others
   */
  void addInputs(float[] x, int rows, int from, int to, float[] partial, float[] y) {
    int panel = kernel.promptsPerPanel();
    for (int output = 0; output < width; output += panel) {
      kernel.multiplyAll(
          x,
          0,
          groups(rows),
          panels,
          output * inputs + from * panel,
          to - from,
          from == 0 ? bias : y,
          output,
          from == 0 ? 0 : width,
          partial,
          y,
          output,
          width);
    }
  }

  private static int groups(int rows) {
    return (rows + TileKernel.WINDOWS - 1) / TileKernel.WINDOWS;
  }
}
