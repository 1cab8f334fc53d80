/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.kindred.model.HookPoint;
import dev.kindred.model.architecture.Norm;
import java.util.Arrays;

/** A norm of vectors, which lie along the last dimension. */
sealed interface TorchNorm {

  static TorchNorm of(Norm norm, TorchWeights weights) {
    if (norm instanceof Norm.LayerNorm layer) {
      return new Layer(
          layer.weight() == null
              ? weights.constant(of(layer.size(), 1))
              : weights.array(layer.weight()),
          layer.bias() == null
              ? weights.constant(of(layer.size(), 0))
              : weights.array(layer.bias()),
          layer);
    }

    if (norm instanceof Norm.RmsNorm rms) {
      NDArray weight = weights.array(rms.weight());
      return new Rms(rms.added() == 0 ? weight : weight.add(rms.added()), rms.epsilon());
    }

    return new None();
  }

  private static float[] of(int size, float value) {
    float[] values = new float[size];
    Arrays.fill(values, value);
    return values;
  }

  NDArray apply(NDArray x);

  /**
   * Applies the norm where the tap sees what is divided by.
   *
   * @param point where that is
   */
  NDArray apply(NDArray x, HookPoint point, Tap tap);

  /** What each coordinate is multiplied by; null for a norm that is not there. */
  NDArray factors();

  /** A norm that is not there. */
  record None() implements TorchNorm {
    @Override
    public NDArray apply(NDArray x) {
      return x;
    }

    @Override
    public NDArray apply(NDArray x, HookPoint point, Tap tap) {
      return x;
    }

    @Override
    public NDArray factors() {
      return null;
    }
  }

  /** See {@link Norm.LayerNorm}. */
  record Layer(NDArray weight, NDArray bias, Norm.LayerNorm norm) implements TorchNorm {
    @Override
    public NDArray apply(NDArray x) {
      return x.getNDArrayInternal()
          .layerNorm(x, new Shape(norm.size()), weight, bias, norm.epsilon())
          .singletonOrThrow();
    }

    @Override
    public NDArray apply(NDArray x, HookPoint point, Tap tap) {
      if (!tap.wants(point)) {
        return apply(x);
      }

      NDArray centered = x.sub(x.mean(new int[] {-1}, true));
      NDArray scale = scale(centered, norm.epsilon());
      NDArray seen = tap.at(point, scale);
      return seen == scale ? apply(x) : centered.div(seen).mul(weight).add(bias);
    }

    @Override
    public NDArray factors() {
      return weight;
    }
  }

  /** See {@link Norm.RmsNorm}. */
  record Rms(NDArray weight, float epsilon) implements TorchNorm {
    @Override
    public NDArray apply(NDArray x) {
      return x.div(scale(x, epsilon)).mul(weight);
    }

    @Override
    public NDArray apply(NDArray x, HookPoint point, Tap tap) {
      return x.div(tap.at(point, scale(x, epsilon))).mul(weight);
    }

    @Override
    public NDArray factors() {
      return weight;
    }
  }

  private static NDArray scale(NDArray x, float epsilon) {
    return x.mul(x).mean(new int[] {-1}, true).add(epsilon).sqrt();
  }
}
