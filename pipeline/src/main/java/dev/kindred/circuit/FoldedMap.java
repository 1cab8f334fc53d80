/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import dev.kindred.model.architecture.Linear;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Norm.LayerNorm;
import dev.kindred.model.architecture.Norm.RmsNorm;
import dev.kindred.model.architecture.Tensors;
import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;

/**
 * A linear map in double precision, y = x weight + bias.
 *
 * @param weight [inputs, outputs]
 * @param bias one number an output
 */
record FoldedMap(DMatrixRMaj weight, double[] bias) {

  /**
   * Reads a map that reads the stream after a norm, and folds the norm's weight and bias into it.
   * After a norm that takes means away, what the map makes of a constant counts for nothing: the
   * mean of its weights over inputs is taken away, too.
   */
  static FoldedMap reading(Linear linear, Norm norm, Tensors tensors) {
    FoldedMap map = of(linear, tensors);
    double[] factors = factors(norm, linear.inputs(), tensors);
    int outputs = linear.outputs();
    if (norm instanceof LayerNorm layer && layer.bias() != null) {
      float[] shift = tensors.floats(layer.bias());
      for (int i = 0; i < shift.length; i++) {
        for (int o = 0; o < outputs; o++) {
          map.bias[o] += shift[i] * map.weight.data[i * outputs + o];
        }
      }
    }

    for (int i = 0; i < factors.length; i++) {
      for (int o = 0; o < outputs; o++) {
        map.weight.data[i * outputs + o] *= factors[i];
      }
    }

    if (norm instanceof LayerNorm) {
      takeMeanOverInputs(map.weight);
    }

    return map;
  }

  /** Reads a map that writes to the stream, of which means over coordinates may be taken away. */
  static FoldedMap writing(Linear linear, boolean centers, Tensors tensors) {
    FoldedMap map = of(linear, tensors);
    if (centers) {
      takeMeans(map.weight.data, linear.outputs());
      takeMeans(map.bias, linear.outputs());
    }

    return map;
  }

  private static FoldedMap of(Linear linear, Tensors tensors) {
    float[] stored = linear.weight(tensors);
    int inputs = linear.inputs();
    int outputs = linear.outputs();
    DMatrixRMaj weight = new DMatrixRMaj(inputs, outputs);
    for (int o = 0; o < outputs; o++) {
      for (int i = 0; i < inputs; i++) {
        weight.data[i * outputs + o] = stored[o * inputs + i];
      }
    }

    double[] bias = new double[outputs];
    float[] storedBias = linear.bias(tensors);
    for (int o = 0; storedBias != null && o < outputs; o++) {
      bias[o] = storedBias[o];
    }

    return new FoldedMap(weight, bias);
  }

  /** What a norm multiplies each coordinate by. */
  static double[] factors(Norm norm, int size, Tensors tensors) {
    double[] factors = new double[size];
    Arrays.fill(factors, 1);
    if (norm instanceof LayerNorm layer && layer.weight() != null) {
      float[] weight = tensors.floats(layer.weight());
      Arrays.setAll(factors, i -> weight[i]);
    } else if (norm instanceof RmsNorm rms) {
      float[] weight = tensors.floats(rms.weight());
      Arrays.setAll(factors, i -> (double) weight[i] + rms.added());
    }

    return factors;
  }

  private static void takeMeanOverInputs(DMatrixRMaj weight) {
    int outputs = weight.numCols;
    double[] mean = new double[outputs];
    for (int i = 0; i < weight.data.length; i++) {
      mean[i % outputs] += weight.data[i] / weight.numRows;
    }

    for (int i = 0; i < weight.data.length; i++) {
      weight.data[i] -= mean[i % outputs];
    }
  }

  /** Takes from each row its mean. */
  static void takeMeans(double[] rows, int width) {
    for (int from = 0; from < rows.length; from += width) {
      double mean = 0;
      for (int i = 0; i < width; i++) {
        mean += rows[from + i] / width;
      }

      for (int i = 0; i < width; i++) {
        rows[from + i] -= mean;
      }
    }
  }
}
