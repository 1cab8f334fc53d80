/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.Linear;
import dev.kindred.model.architecture.Tensors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Where the parts of a model get their weights: the arrays of a training, or a model's own. */
interface TorchWeights {

  /** A stored tensor that a part uses as it is. */
  NDArray array(String name);

  /** Numbers that are not stored. */
  NDArray constant(float[] values);

  TorchLinear linear(Linear map);

  /** Arrays by name that others change, so that linear maps are views of them. */
  record Shared(NDManager manager, Map<String, NDArray> arrays) implements TorchWeights {
    @Override
    public NDArray array(String name) {
      return arrays.get(name);
    }

    @Override
    public NDArray constant(float[] values) {
      return manager.create(values);
    }

    @Override
    public TorchLinear linear(Linear map) {
      return new TorchLinear(transposed(map, array(map.stored().weight())), bias(map, this));
    }
  }

  /**
   * The tensors of a model that is evaluated, read when a part asks for them. Linear maps keep
   * copies in the order that multiplies fastest.
   */
  final class Read implements TorchWeights {
    /** Numbers that the engine takes at once: its buffers end at 2 GiB. */
    private static final int MOST_AT_ONCE = 1 << 28;

    private final NDManager manager;
    private final Tensors tensors;
    private final Map<String, long[]> shapes;
    private final Map<String, NDArray> kept = new HashMap<>();

    Read(Blueprint blueprint, Tensors tensors, NDManager manager) {
      this.manager = manager;
      this.tensors = tensors;
      this.shapes = blueprint.tensors();
    }

    @Override
    public NDArray array(String name) {
      return kept.computeIfAbsent(name, this::read);
    }

    private NDArray read(String name) {
      return create(manager, tensors.floats(name), new Shape(shapes.get(name)), MOST_AT_ONCE);
    }

    /** An array of values, which the engine takes in parts of whole rows. */
    static NDArray create(NDManager manager, float[] values, Shape shape, int mostAtOnce) {
      if (values.length <= mostAtOnce) {
        return manager.create(values, shape);
      }

      NDArray array = manager.create(shape, DataType.FLOAT32);
      int row = (int) (values.length / shape.get(0));
      int rows = Math.max(1, mostAtOnce / row);
      for (int from = 0, to; from < shape.get(0); from = to) {
        to = (int) Math.min(shape.get(0), from + (long) rows);
        float[] part = Arrays.copyOfRange(values, from * row, to * row);
        long[] lengths = shape.getShape().clone();
        lengths[0] = to - from;
        try (NDArray some = manager.create(part, new Shape(lengths))) {
          array.set(new NDIndex().addSliceDim(from, to), some);
        }
      }

      return array;
    }

    @Override
    public NDArray constant(float[] values) {
      return manager.create(values);
    }

    @Override
    public TorchLinear linear(Linear map) {
      NDArray copy;
      try (NDScope scope = new NDScope()) { // views would keep what they are of
        scope.suppressNotUsedWarning();
        String name = map.stored().weight();
        NDArray known = kept.get(name);
        copy = transposed(map, known == null ? read(name) : known).duplicate();
        NDScope.unregister(copy);
      }

      return new TorchLinear(copy, bias(map, this));
    }
  }

  /** A map's weight as a view of what is stored, [inputs, outputs]. */
  private static NDArray transposed(Linear map, NDArray stored) {
    return map.stored().layout() == Linear.Layout.BY_OUTPUT
        ? outputs(map, stored).transpose()
        : outputs(map, stored.transpose()).transpose();
  }

  /** A map's bias as a view of what is stored, [outputs]; null if it has none. */
  private static NDArray bias(Linear map, TorchWeights weights) {
    return map.hasBias() ? outputs(map, weights.array(map.stored().bias())) : null;
  }

  /** Takes the map's outputs from what is stored by output, [stored outputs, ..]. */
  private static NDArray outputs(Linear map, NDArray stored) {
    int all = map.stored().outputs();
    if (map.outputs() == all && map.run() == all) {
      return stored;
    }

    if (map.run() == map.outputs()) {
      return Rows.slice(stored, map.first(), map.first() + map.outputs());
    }

    long[] lengths = stored.getShape().getShape();
    long[] grouped = new long[lengths.length + 1];
    grouped[0] = all / map.stride();
    grouped[1] = map.stride();
    System.arraycopy(lengths, 1, grouped, 2, lengths.length - 1);
    lengths = lengths.clone();
    lengths[0] = map.outputs();
    return Rows.positions(
            stored.reshape(new Shape(grouped)), map.first(), map.first() + (long) map.run())
        .reshape(new Shape(lengths));
  }
}
