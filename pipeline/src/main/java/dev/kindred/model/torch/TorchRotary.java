/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.kindred.model.architecture.Positions.Rotary;

/**
 * Turns queries and keys by their positions. W = coordinates of a head that are turned, E = all of
 * them, H = heads.
 */
final class TorchRotary {
  private final Rotary rotary;

  TorchRotary(Rotary rotary) {
    this.rotary = rotary;
  }

  /**
   * Turns vectors.
   *
   * @param x [.., R, H, E]
   * @param positions of the R rows
   */
  NDArray apply(NDArray x, int[] positions) {
    int width = rotary.width();
    int planes = width / 2;
    float[] cosines = new float[positions.length * planes];
    float[] sines = new float[cosines.length];
    for (int i = 0; i < cosines.length; i++) {
      double angle = positions[i / planes] * rotary.frequencies().get(i % planes);
      cosines[i] = (float) (rotary.factor() * Math.cos(angle));
      sines[i] = (float) (rotary.factor() * Math.sin(angle));
    }

    NDManager manager = x.getManager();
    Shape perRow = new Shape(positions.length, 1, planes);
    NDArray cosine = manager.create(cosines, perRow);
    NDArray sine = manager.create(sines, perRow);

    boolean halves = rotary.pairing() == Rotary.Pairing.HALVES;
    Shape shape = x.getShape();
    int last = shape.dimension() - 1;
    Shape heads = shape.slice(0, last);
    NDArray turned = ofLast(x, 0, width);
    NDArray pairs = turned.reshape(halves ? heads.add(2).add(planes) : heads.add(planes).add(2));
    NDArray first = ofPair(pairs, 0, halves); // [.., R, H, W / 2]
    NDArray second = ofPair(pairs, 1, halves);
    NDArray together =
        NDArrays.stack(
                new NDList(
                    first.mul(cosine).sub(second.mul(sine)),
                    second.mul(cosine).add(first.mul(sine))),
                halves ? last : last + 1)
            .reshape(turned.getShape());
    long all = shape.get(last);
    return all == width ? together : together.concat(ofLast(x, width, all), last);
  }

  private static NDArray ofLast(NDArray x, long from, long to) {
    return x.get(new NDIndex().addEllipseDim().addSliceDim(from, to));
  }

  private static NDArray ofPair(NDArray pairs, int which, boolean halves) {
    NDIndex index = new NDIndex().addEllipseDim().addIndices(which);
    return pairs.get(halves ? index.addAllDim() : index);
  }
}
