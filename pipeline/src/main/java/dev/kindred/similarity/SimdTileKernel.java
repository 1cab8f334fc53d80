/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The tile in registers: lanes are prompts, each window's component is broadcast to all lanes.
 *
 * <p>With 512-bit vectors a panel is three vectors wide and all eight windows go at once: 24
 * accumulators of the 32 registers, and fewer loads for a multiplication than with two. Narrower
 * machines have 16 registers: a panel of two vectors, and two halves of four windows that follow
 * each other.
 *
 * <p>Reached only through {@link TileKernels}: loading this class needs the module
 * jdk.incubator.vector. The accumulators are local variables because C2 keeps nothing else in
 * registers; a loop over an array of vectors runs slower than scalar code. For C2's sake, too, a
 * tile is written whether or not it has anything above the threshold, and tested in a method of its
 * own: a branch on the accumulators makes the loop before it slower. There is one species of float
 * vectors in the whole process: C2 shares type profiles between all callers of a vector's methods,
 * and with two species in them it can no longer keep the accumulators of the tile in registers.
 */
final class SimdTileKernel implements TileKernel {
  private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INT_LANES = IntVector.SPECIES_PREFERRED;
  private static final int VECTOR = LANES.length();
  private static final boolean ALL_WINDOWS_FIT = LANES.vectorBitSize() >= 512;
  private static final int PROMPTS = ALL_WINDOWS_FIT ? 3 * VECTOR : 2 * VECTOR;

  private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_PREFERRED;
  private static final int DOUBLE_VECTOR = DOUBLES.length();

  /** Lanes of a vector, for the log. */
  static int lanes() {
    return VECTOR;
  }

  @Override
  public int promptsPerPanel() {
    return PROMPTS;
  }

  @Override
  public void multiply(
      float[] windows,
      int windowsOffset,
      float[] prompts,
      int promptsOffset,
      int dimension,
      float[] products) {
    if (ALL_WINDOWS_FIT) {
      eightWindows(windows, windowsOffset, prompts, promptsOffset, dimension, products);
    } else {
      fourWindows(windows, windowsOffset, prompts, promptsOffset, dimension, products, 0);
      fourWindows(windows, windowsOffset, prompts, promptsOffset, dimension, products, 4);
    }
  }

  /** Branch-free: the sign of threshold - product becomes the row's bit. */
  @Override
  public int above(float[] products, float threshold, int[] rowsAbove) {
    FloatVector limit = FloatVector.broadcast(LANES, threshold);
    IntVector any = IntVector.zero(INT_LANES);
    for (int column = 0; column < PROMPTS; column += VECTOR) {
      IntVector bits =
          sign(limit, products, column)
              .or(sign(limit, products, PROMPTS + column).lanewise(VectorOperators.LSHL, 1))
              .or(sign(limit, products, 2 * PROMPTS + column).lanewise(VectorOperators.LSHL, 2))
              .or(sign(limit, products, 3 * PROMPTS + column).lanewise(VectorOperators.LSHL, 3))
              .or(sign(limit, products, 4 * PROMPTS + column).lanewise(VectorOperators.LSHL, 4))
              .or(sign(limit, products, 5 * PROMPTS + column).lanewise(VectorOperators.LSHL, 5))
              .or(sign(limit, products, 6 * PROMPTS + column).lanewise(VectorOperators.LSHL, 6))
              .or(sign(limit, products, 7 * PROMPTS + column).lanewise(VectorOperators.LSHL, 7));
      bits.intoArray(rowsAbove, column);
      any = any.or(bits);
    }

    return any.reduceLanes(VectorOperators.OR);
  }

  private static IntVector sign(FloatVector limit, float[] products, int offset) {
    return limit
        .sub(FloatVector.fromArray(LANES, products, offset))
        .reinterpretAsInts()
        .lanewise(VectorOperators.LSHR, 31);
  }

  @Override
  public float dot(float[] a, int aOffset, float[] b, int bOffset, int length) {
    FloatVector sum0 = FloatVector.zero(LANES);
    FloatVector sum1 = sum0;
    int k = 0;
    for (; k <= length - 2 * VECTOR; k += 2 * VECTOR) {
      sum0 =
          FloatVector.fromArray(LANES, a, aOffset + k)
              .fma(FloatVector.fromArray(LANES, b, bOffset + k), sum0);
      sum1 =
          FloatVector.fromArray(LANES, a, aOffset + k + VECTOR)
              .fma(FloatVector.fromArray(LANES, b, bOffset + k + VECTOR), sum1);
    }

    for (; k <= length - VECTOR; k += VECTOR) {
      sum0 =
          FloatVector.fromArray(LANES, a, aOffset + k)
              .fma(FloatVector.fromArray(LANES, b, bOffset + k), sum0);
    }

    float tail = 0;
    for (; k < length; k++) {
      tail = Math.fma(a[aOffset + k], b[bOffset + k], tail);
    }

    return sum0.add(sum1).reduceLanes(VectorOperators.ADD) + tail;
  }

  @Override
  public double exactDot(double[] a, int aOffset, double[] b, int bOffset, int length) {
    double[] chains = new double[Cosine.CHAINS];
    int unrolled = length & -Cosine.CHAINS;
    if (DOUBLE_VECTOR == 8) {
      twoByEight(a, aOffset, b, bOffset, unrolled, chains);
    } else if (DOUBLE_VECTOR == 4) {
      fourByFour(a, aOffset, b, bOffset, unrolled, chains);
    } else {
      return Cosine.dot(a, aOffset, b, bOffset, length);
    }

    return Cosine.finish(chains, a, aOffset, b, bOffset, unrolled, length);
  }

  private static void twoByEight(
      double[] a, int aOffset, double[] b, int bOffset, int length, double[] chains) {
    DoubleVector s0 = DoubleVector.zero(DOUBLES);
    DoubleVector s1 = s0;
    for (int k = 0; k < length; k += 16) {
      s0 = product(a, aOffset + k, b, bOffset + k, s0);
      s1 = product(a, aOffset + k + 8, b, bOffset + k + 8, s1);
    }

    s0.intoArray(chains, 0);
    s1.intoArray(chains, 8);
  }

  private static void fourByFour(
      double[] a, int aOffset, double[] b, int bOffset, int length, double[] chains) {
    DoubleVector s0 = DoubleVector.zero(DOUBLES);
    DoubleVector s1 = s0;
    DoubleVector s2 = s0;
    DoubleVector s3 = s0;
    for (int k = 0; k < length; k += 16) {
      s0 = product(a, aOffset + k, b, bOffset + k, s0);
      s1 = product(a, aOffset + k + 4, b, bOffset + k + 4, s1);
      s2 = product(a, aOffset + k + 8, b, bOffset + k + 8, s2);
      s3 = product(a, aOffset + k + 12, b, bOffset + k + 12, s3);
    }

    s0.intoArray(chains, 0);
    s1.intoArray(chains, 4);
    s2.intoArray(chains, 8);
    s3.intoArray(chains, 12);
  }

  private static DoubleVector product(
      double[] a, int aOffset, double[] b, int bOffset, DoubleVector sum) {
    return DoubleVector.fromArray(DOUBLES, a, aOffset)
        .fma(DoubleVector.fromArray(DOUBLES, b, bOffset), sum);
  }

  private static void eightWindows(
      float[] windows,
      int windowsOffset,
      float[] prompts,
      int promptsOffset,
      int dimension,
      float[] products) {
    FloatVector a0 = FloatVector.zero(LANES);
    FloatVector b0 = a0;
    FloatVector c0 = a0;
    FloatVector a1 = a0;
    FloatVector b1 = a0;
    FloatVector c1 = a0;
    FloatVector a2 = a0;
    FloatVector b2 = a0;
    FloatVector c2 = a0;
    FloatVector a3 = a0;
    FloatVector b3 = a0;
    FloatVector c3 = a0;
    FloatVector a4 = a0;
    FloatVector b4 = a0;
    FloatVector c4 = a0;
    FloatVector a5 = a0;
    FloatVector b5 = a0;
    FloatVector c5 = a0;
    FloatVector a6 = a0;
    FloatVector b6 = a0;
    FloatVector c6 = a0;
    FloatVector a7 = a0;
    FloatVector b7 = a0;
    FloatVector c7 = a0;
    int w = windowsOffset;
    int p = promptsOffset;
    for (int k = 0; k < dimension; k++) {
      FloatVector a = FloatVector.fromArray(LANES, prompts, p);
      FloatVector b = FloatVector.fromArray(LANES, prompts, p + VECTOR);
      FloatVector c = FloatVector.fromArray(LANES, prompts, p + 2 * VECTOR);
      FloatVector w0 = FloatVector.broadcast(LANES, windows[w]);
      a0 = w0.fma(a, a0);
      b0 = w0.fma(b, b0);
      c0 = w0.fma(c, c0);
      FloatVector w1 = FloatVector.broadcast(LANES, windows[w + 1]);
      a1 = w1.fma(a, a1);
      b1 = w1.fma(b, b1);
      c1 = w1.fma(c, c1);
      FloatVector w2 = FloatVector.broadcast(LANES, windows[w + 2]);
      a2 = w2.fma(a, a2);
      b2 = w2.fma(b, b2);
      c2 = w2.fma(c, c2);
      FloatVector w3 = FloatVector.broadcast(LANES, windows[w + 3]);
      a3 = w3.fma(a, a3);
      b3 = w3.fma(b, b3);
      c3 = w3.fma(c, c3);
      FloatVector w4 = FloatVector.broadcast(LANES, windows[w + 4]);
      a4 = w4.fma(a, a4);
      b4 = w4.fma(b, b4);
      c4 = w4.fma(c, c4);
      FloatVector w5 = FloatVector.broadcast(LANES, windows[w + 5]);
      a5 = w5.fma(a, a5);
      b5 = w5.fma(b, b5);
      c5 = w5.fma(c, c5);
      FloatVector w6 = FloatVector.broadcast(LANES, windows[w + 6]);
      a6 = w6.fma(a, a6);
      b6 = w6.fma(b, b6);
      c6 = w6.fma(c, c6);
      FloatVector w7 = FloatVector.broadcast(LANES, windows[w + 7]);
      a7 = w7.fma(a, a7);
      b7 = w7.fma(b, b7);
      c7 = w7.fma(c, c7);
      w += WINDOWS;
      p += PROMPTS;
    }

    a0.intoArray(products, 0);
    b0.intoArray(products, VECTOR);
    c0.intoArray(products, 2 * VECTOR);
    a1.intoArray(products, PROMPTS);
    b1.intoArray(products, PROMPTS + VECTOR);
    c1.intoArray(products, PROMPTS + 2 * VECTOR);
    a2.intoArray(products, 2 * PROMPTS);
    b2.intoArray(products, 2 * PROMPTS + VECTOR);
    c2.intoArray(products, 2 * PROMPTS + 2 * VECTOR);
    a3.intoArray(products, 3 * PROMPTS);
    b3.intoArray(products, 3 * PROMPTS + VECTOR);
    c3.intoArray(products, 3 * PROMPTS + 2 * VECTOR);
    a4.intoArray(products, 4 * PROMPTS);
    b4.intoArray(products, 4 * PROMPTS + VECTOR);
    c4.intoArray(products, 4 * PROMPTS + 2 * VECTOR);
    a5.intoArray(products, 5 * PROMPTS);
    b5.intoArray(products, 5 * PROMPTS + VECTOR);
    c5.intoArray(products, 5 * PROMPTS + 2 * VECTOR);
    a6.intoArray(products, 6 * PROMPTS);
    b6.intoArray(products, 6 * PROMPTS + VECTOR);
    c6.intoArray(products, 6 * PROMPTS + 2 * VECTOR);
    a7.intoArray(products, 7 * PROMPTS);
    b7.intoArray(products, 7 * PROMPTS + VECTOR);
    c7.intoArray(products, 7 * PROMPTS + 2 * VECTOR);
  }

  private static void fourWindows(
      float[] windows,
      int windowsOffset,
      float[] prompts,
      int promptsOffset,
      int dimension,
      float[] products,
      int firstRow) {
    FloatVector a0 = FloatVector.zero(LANES);
    FloatVector b0 = a0;
    FloatVector a1 = a0;
    FloatVector b1 = a0;
    FloatVector a2 = a0;
    FloatVector b2 = a0;
    FloatVector a3 = a0;
    FloatVector b3 = a0;
    int w = windowsOffset + firstRow;
    int p = promptsOffset;
    for (int k = 0; k < dimension; k++) {
      FloatVector a = FloatVector.fromArray(LANES, prompts, p);
      FloatVector b = FloatVector.fromArray(LANES, prompts, p + VECTOR);
      FloatVector w0 = FloatVector.broadcast(LANES, windows[w]);
      a0 = w0.fma(a, a0);
      b0 = w0.fma(b, b0);
      FloatVector w1 = FloatVector.broadcast(LANES, windows[w + 1]);
      a1 = w1.fma(a, a1);
      b1 = w1.fma(b, b1);
      FloatVector w2 = FloatVector.broadcast(LANES, windows[w + 2]);
      a2 = w2.fma(a, a2);
      b2 = w2.fma(b, b2);
      FloatVector w3 = FloatVector.broadcast(LANES, windows[w + 3]);
      a3 = w3.fma(a, a3);
      b3 = w3.fma(b, b3);
      w += WINDOWS;
      p += PROMPTS;
    }

    int row = firstRow * PROMPTS;
    a0.intoArray(products, row);
    b0.intoArray(products, row + VECTOR);
    a1.intoArray(products, row + PROMPTS);
    b1.intoArray(products, row + PROMPTS + VECTOR);
    a2.intoArray(products, row + 2 * PROMPTS);
    b2.intoArray(products, row + 2 * PROMPTS + VECTOR);
    a3.intoArray(products, row + 3 * PROMPTS);
    b3.intoArray(products, row + 3 * PROMPTS + VECTOR);
  }
}
