/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

import java.util.ArrayList;
import java.util.List;

/** What brings vectors to one size before, or after, a part of a model. */
public sealed interface Norm {
  Norm NONE = new None();

  List<Tensor> tensors();

  /**
   * The direction in which a vector before this norm must point for its dot product with another
   * vector after the norm to be high, as long as what the norm divides by is the same.
   *
   * @param row the other vector
   * @param factors what the norm multiplies each coordinate by
   */
  double[] direction(float[] row, float[] factors);

  private static double[] products(float[] row, float[] factors) {
    double[] products = new double[row.length];
    for (int i = 0; i < row.length; i++) {
      products[i] = (double) row[i] * factors[i];
    }

    return products;
  }

  /** Leaves vectors as they are. */
  record None() implements Norm {
    @Override
    public List<Tensor> tensors() {
      return List.of();
    }

    @Override
    public double[] direction(float[] row, float[] factors) {
      return products(row, factors);
    }
  }

  /**
   * Layer norm (Ba, Kiros and Hinton 2016): (x - mean) / sqrt(variance + epsilon), times weight,
   * plus bias.
   *
   * @param weight name of the tensor; null for a norm without weight and bias
   * @param bias name of the tensor; null for none
   * @param size coordinates of the vectors
   */
  record LayerNorm(String weight, String bias, int size, float epsilon) implements Norm {

    /** Makes a norm whose tensors are {@code name.weight} and {@code name.bias}. */
    public static LayerNorm named(String name, int size, float epsilon) {
      return new LayerNorm(name + ".weight", name + ".bias", size, epsilon);
    }

    @Override
    public List<Tensor> tensors() {
      List<Tensor> tensors = new ArrayList<>();
      if (weight != null) {
        tensors.add(new Tensor(weight, Tensor.Start.ONES, size));
      }

      if (bias != null) {
        tensors.add(new Tensor(bias, Tensor.Start.ZEROS, size));
      }

      return tensors;
    }

    /** The norm takes the coordinates' mean away before it multiplies them: so does this, after. */
    @Override
    public double[] direction(float[] row, float[] factors) {
      double[] direction = products(row, factors);
      double mean = 0;
      for (double coordinate : direction) {
        mean += coordinate / size;
      }

      for (int i = 0; i < size; i++) {
        direction[i] -= mean;
      }

      return direction;
    }
  }

  /**
   * Root mean square norm (Zhang and Sennrich 2019): x / sqrt(mean of squares + epsilon), times
   * weight.
   *
   * @param weight name of the tensor
   * @param size coordinates of the vectors
   * @param added to each number of the weight: 1 in Gemma's, else 0
   */
  record RmsNorm(String weight, int size, float epsilon, float added) implements Norm {
    @Override
    public List<Tensor> tensors() {
      return List.of(new Tensor(weight, added == 0 ? Tensor.Start.ONES : Tensor.Start.ZEROS, size));
    }

    @Override
    public double[] direction(float[] row, float[] factors) {
      return products(row, factors);
    }
  }
}
