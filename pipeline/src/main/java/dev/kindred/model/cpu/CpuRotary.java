/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.cpu;

import dev.kindred.model.architecture.Positions.Rotary;

/** Turns queries and keys by their positions. T = positions, P = planes. */
final class CpuRotary {
  private final int planes; // P
  private final int distance; // between the coordinates of a plane
  private final int step; // from plane to plane
  private final float[] cosines; // [T, P]
  private final float[] sines; // [T, P]

  /** Makes tables for the first {@code length} positions. */
  CpuRotary(Rotary rotary, int length) {
    boolean halves = rotary.pairing() == Rotary.Pairing.HALVES;
    this.planes = rotary.frequencies().size();
    this.distance = halves ? planes : 1;
    this.step = halves ? 1 : 2;
    this.cosines = new float[length * planes];
    this.sines = new float[length * planes];
    for (int i = 0; i < cosines.length; i++) {
      double angle = i / planes * rotary.frequencies().get(i % planes);
      cosines[i] = (float) (rotary.factor() * Math.cos(angle));
      sines[i] = (float) (rotary.factor() * Math.sin(angle));
    }
  }

  /** Turns the head that begins at {@code from}, in place. */
  void apply(float[] x, int from, int position) {
    for (int i = 0; i < planes; i++) {
      int first = from + i * step;
      int second = first + distance;
      float cosine = cosines[position * planes + i];
      float sine = sines[position * planes + i];
      float a = x[first];
      float b = x[second];
      x[first] = a * cosine - b * sine;
      x[second] = b * cosine + a * sine;
    }
  }
}
