/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.kernel;

import dev.kindred.math.ExactDot;
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
      int length,
      float[] initial,
      int initialOffset,
      int initialStride,
      float[] products,
      int productsOffset,
      int stride) {
    if (ALL_WINDOWS_FIT) {
      eightWindows(
          windows,
          windowsOffset,
          prompts,
          promptsOffset,
          length,
          initial,
          initialOffset,
          initialStride,
          products,
          productsOffset,
          stride);
    } else {
      for (int row = 0; row < WINDOWS; row += 4) {
        fourWindows(
            windows,
            windowsOffset + row,
            prompts,
            promptsOffset,
            length,
            initial,
            initialOffset + row * initialStride,
            initialStride,
            products,
            productsOffset + row * stride,
            stride);
      }
    }
  }

  /** Branch-free: the sign of threshold - product becomes the row's bit. */
  @Override
  public int above(float[] products, int offset, float threshold, int[] rowsAbove) {
    FloatVector limit = FloatVector.broadcast(LANES, threshold);
    IntVector any = IntVector.zero(INT_LANES);
    for (int column = 0; column < PROMPTS; column += VECTOR) {
      int first = offset + column;
      IntVector bits =
          sign(limit, products, first)
              .or(sign(limit, products, first + PROMPTS).lanewise(VectorOperators.LSHL, 1))
              .or(sign(limit, products, first + 2 * PROMPTS).lanewise(VectorOperators.LSHL, 2))
              .or(sign(limit, products, first + 3 * PROMPTS).lanewise(VectorOperators.LSHL, 3))
              .or(sign(limit, products, first + 4 * PROMPTS).lanewise(VectorOperators.LSHL, 4))
              .or(sign(limit, products, first + 5 * PROMPTS).lanewise(VectorOperators.LSHL, 5))
              .or(sign(limit, products, first + 6 * PROMPTS).lanewise(VectorOperators.LSHL, 6))
              .or(sign(limit, products, first + 7 * PROMPTS).lanewise(VectorOperators.LSHL, 7));
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
  public void dots(
      float[] a,
      int aOffset,
      float[] rows,
      int[] starts,
      int shift,
      int count,
      float[] products,
      int length) {
    int j = 0;
    for (; length % (2 * VECTOR) == 0 && j <= count - 4; j += 4) {
      fourDots(a, aOffset, rows, starts, j, shift, products, length);
    }

    for (; j < count; j++) {
      products[j] = dot(a, aOffset, rows, starts[j] + shift, length);
    }
  }

  /** Four rows side by side: one chain of multiply-adds waits while the others are computed. */
  private static void fourDots(
      float[] a,
      int aOffset,
      float[] rows,
      int[] starts,
      int j,
      int shift,
      float[] products,
      int length) {
    int row0 = starts[j] + shift;
    int row1 = starts[j + 1] + shift;
    int row2 = starts[j + 2] + shift;
    int row3 = starts[j + 3] + shift;
    FloatVector even0 = FloatVector.zero(LANES);
    FloatVector even1 = even0;
    FloatVector even2 = even0;
    FloatVector even3 = even0;
    FloatVector odd0 = even0;
    FloatVector odd1 = even0;
    FloatVector odd2 = even0;
    FloatVector odd3 = even0;
    for (int k = 0; k < length; k += 2 * VECTOR) {
      FloatVector even = FloatVector.fromArray(LANES, a, aOffset + k);
      even0 = even.fma(FloatVector.fromArray(LANES, rows, row0 + k), even0);
      even1 = even.fma(FloatVector.fromArray(LANES, rows, row1 + k), even1);
      even2 = even.fma(FloatVector.fromArray(LANES, rows, row2 + k), even2);
      even3 = even.fma(FloatVector.fromArray(LANES, rows, row3 + k), even3);
      FloatVector odd = FloatVector.fromArray(LANES, a, aOffset + k + VECTOR);
      odd0 = odd.fma(FloatVector.fromArray(LANES, rows, row0 + k + VECTOR), odd0);
      odd1 = odd.fma(FloatVector.fromArray(LANES, rows, row1 + k + VECTOR), odd1);
      odd2 = odd.fma(FloatVector.fromArray(LANES, rows, row2 + k + VECTOR), odd2);
      odd3 = odd.fma(FloatVector.fromArray(LANES, rows, row3 + k + VECTOR), odd3);
    }

    products[j] = even0.add(odd0).reduceLanes(VectorOperators.ADD);
    products[j + 1] = even1.add(odd1).reduceLanes(VectorOperators.ADD);
    products[j + 2] = even2.add(odd2).reduceLanes(VectorOperators.ADD);
    products[j + 3] = even3.add(odd3).reduceLanes(VectorOperators.ADD);
  }

  @Override
  public void weightedSum(
      float[] rows,
      int[] starts,
      int shift,
      int count,
      float[] weights,
      int weightsOffset,
      float[] sums,
      int sumsOffset,
      int length) {
    int i = 0;
    for (; i <= length - 4 * VECTOR; i += 4 * VECTOR) {
      FloatVector sum0 = FloatVector.zero(LANES);
      FloatVector sum1 = sum0;
      FloatVector sum2 = sum0;
      FloatVector sum3 = sum0;
      for (int j = 0; j < count; j++) {
        FloatVector weight = FloatVector.broadcast(LANES, weights[weightsOffset + j]);
        int row = starts[j] + shift + i;
        sum0 = weight.fma(FloatVector.fromArray(LANES, rows, row), sum0);
        sum1 = weight.fma(FloatVector.fromArray(LANES, rows, row + VECTOR), sum1);
        sum2 = weight.fma(FloatVector.fromArray(LANES, rows, row + 2 * VECTOR), sum2);
        sum3 = weight.fma(FloatVector.fromArray(LANES, rows, row + 3 * VECTOR), sum3);
      }

      sum0.intoArray(sums, sumsOffset + i);
      sum1.intoArray(sums, sumsOffset + i + VECTOR);
      sum2.intoArray(sums, sumsOffset + i + 2 * VECTOR);
      sum3.intoArray(sums, sumsOffset + i + 3 * VECTOR);
    }

    for (; i <= length - VECTOR; i += VECTOR) {
      FloatVector sum = FloatVector.zero(LANES);
      for (int j = 0; j < count; j++) {
        sum =
            FloatVector.broadcast(LANES, weights[weightsOffset + j])
                .fma(FloatVector.fromArray(LANES, rows, starts[j] + shift + i), sum);
      }

      sum.intoArray(sums, sumsOffset + i);
    }

    for (; i < length; i++) {
      float sum = 0;
      for (int j = 0; j < count; j++) {
        sum = Math.fma(weights[weightsOffset + j], rows[starts[j] + shift + i], sum);
      }

      sums[sumsOffset + i] = sum;
    }
  }

  @Override
  public void softmax(float[] x, int offset, int length) {
    int end = offset + length;
    int vectorsEnd = offset + LANES.loopBound(length);
    FloatVector greatestOfLanes = FloatVector.broadcast(LANES, Float.NEGATIVE_INFINITY);
    for (int i = offset; i < vectorsEnd; i += VECTOR) {
      greatestOfLanes = greatestOfLanes.max(FloatVector.fromArray(LANES, x, i));
    }

    float greatest = greatestOfLanes.reduceLanes(VectorOperators.MAX);
    for (int i = vectorsEnd; i < end; i++) {
      greatest = Math.max(greatest, x[i]);
    }

    for (int i = offset; i < vectorsEnd; i += VECTOR) {
      exponential(FloatVector.fromArray(LANES, x, i).sub(greatest)).intoArray(x, i);
    }

    for (int i = vectorsEnd; i < end; i++) {
      x[i] = Exponential.of(x[i] - greatest);
    }

    float sum = 0;
    for (int i = offset; i < end; i++) {
      sum += x[i];
    }

    for (int i = offset; i < vectorsEnd; i += VECTOR) {
      FloatVector.fromArray(LANES, x, i).div(sum).intoArray(x, i);
    }

    for (int i = vectorsEnd; i < end; i++) {
      x[i] /= sum;
    }
  }

  /** The steps of {@link Exponential#of} in all lanes. */
  private static FloatVector exponential(FloatVector x) {
    FloatVector bounded = x.max(Exponential.LEAST);
    FloatVector rounding = FloatVector.broadcast(LANES, Exponential.ROUNDING);
    FloatVector rounded = bounded.fma(FloatVector.broadcast(LANES, Exponential.PER_LN_2), rounding);
    FloatVector n = rounded.sub(rounding);
    FloatVector r =
        n.fma(
            FloatVector.broadcast(LANES, -Exponential.LN_2_LOW),
            n.fma(FloatVector.broadcast(LANES, -Exponential.LN_2_HIGH), bounded));
    FloatVector one = FloatVector.broadcast(LANES, 1);
    FloatVector p =
        r.fma(
            FloatVector.broadcast(LANES, Exponential.C7),
            FloatVector.broadcast(LANES, Exponential.C6));
    p = p.fma(r, FloatVector.broadcast(LANES, Exponential.C5));
    p = p.fma(r, FloatVector.broadcast(LANES, Exponential.C4));
    p = p.fma(r, FloatVector.broadcast(LANES, Exponential.C3));
    p = p.fma(r, FloatVector.broadcast(LANES, Exponential.C2));
    p = p.fma(r, one);
    p = p.fma(r, one);
    IntVector power = rounded.viewAsIntegralLanes().sub(Exponential.ROUNDING_BITS);
    IntVector half = power.lanewise(VectorOperators.ASHR, 1);
    return p.mul(powerOfTwo(half)).mul(powerOfTwo(power.sub(half)));
  }

  private static FloatVector powerOfTwo(IntVector n) {
    return n.add(127).lanewise(VectorOperators.LSHL, 23).viewAsFloatingLanes();
  }

  @Override
  public void add(float[] x, int from, float[] sums, int to, int length) {
    int k = 0;
    for (; k <= length - VECTOR; k += VECTOR) {
      FloatVector.fromArray(LANES, sums, to + k)
          .add(FloatVector.fromArray(LANES, x, from + k))
          .intoArray(sums, to + k);
    }

    for (; k < length; k++) {
      sums[to + k] += x[from + k];
    }
  }

  @Override
  public void normalize(
      float[] x,
      int from,
      float mean,
      float scale,
      float[] weight,
      float[] bias,
      float[] y,
      int to) {
    FloatVector shift = FloatVector.broadcast(LANES, mean);
    FloatVector factor = FloatVector.broadcast(LANES, scale);
    int k = 0;
    for (; k <= weight.length - VECTOR; k += VECTOR) {
      FloatVector.fromArray(LANES, x, from + k)
          .sub(shift)
          .mul(factor)
          .mul(FloatVector.fromArray(LANES, weight, k))
          .add(FloatVector.fromArray(LANES, bias, k))
          .intoArray(y, to + k);
    }

    for (; k < weight.length; k++) {
      y[to + k] = (x[from + k] - mean) * scale * weight[k] + bias[k];
    }
  }

  @Override
  public double exactDot(double[] a, int aOffset, double[] b, int bOffset, int length) {
    double[] chains = new double[ExactDot.CHAINS];
    int unrolled = length & -ExactDot.CHAINS;
    if (DOUBLE_VECTOR == 8) {
      twoByEight(a, aOffset, b, bOffset, unrolled, chains);
    } else if (DOUBLE_VECTOR == 4) {
      fourByFour(a, aOffset, b, bOffset, unrolled, chains);
    } else {
      return ExactDot.dot(a, aOffset, b, bOffset, length);
    }

    return ExactDot.finish(chains, a, aOffset, b, bOffset, unrolled, length);
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
      int length,
      float[] initial,
      int initialOffset,
      int initialStride,
      float[] products,
      int productsOffset,
      int stride) {
    int i = initialOffset;
    FloatVector a0 = FloatVector.fromArray(LANES, initial, i);
    FloatVector b0 = FloatVector.fromArray(LANES, initial, i + VECTOR);
    FloatVector c0 = FloatVector.fromArray(LANES, initial, i + 2 * VECTOR);
    i += initialStride;
    FloatVector a1 = FloatVector.fromArray(LANES, initial, i);
    FloatVector b1 = FloatVector.fromArray(LANES, initial, i + VECTOR);
    FloatVector c1 = FloatVector.fromArray(LANES, initial, i + 2 * VECTOR);
    i += initialStride;
    FloatVector a2 = FloatVector.fromArray(LANES, initial, i);
    FloatVector b2 = FloatVector.fromArray(LANES, initial, i + VECTOR);
    FloatVector c2 = FloatVector.fromArray(LANES, initial, i + 2 * VECTOR);
    i += initialStride;
    FloatVector a3 = FloatVector.fromArray(LANES, initial, i);
    FloatVector b3 = FloatVector.fromArray(LANES, initial, i + VECTOR);
    FloatVector c3 = FloatVector.fromArray(LANES, initial, i + 2 * VECTOR);
    i += initialStride;
    FloatVector a4 = FloatVector.fromArray(LANES, initial, i);
    FloatVector b4 = FloatVector.fromArray(LANES, initial, i + VECTOR);
    FloatVector c4 = FloatVector.fromArray(LANES, initial, i + 2 * VECTOR);
    i += initialStride;
    FloatVector a5 = FloatVector.fromArray(LANES, initial, i);
    FloatVector b5 = FloatVector.fromArray(LANES, initial, i + VECTOR);
    FloatVector c5 = FloatVector.fromArray(LANES, initial, i + 2 * VECTOR);
    i += initialStride;
    FloatVector a6 = FloatVector.fromArray(LANES, initial, i);
    FloatVector b6 = FloatVector.fromArray(LANES, initial, i + VECTOR);
    FloatVector c6 = FloatVector.fromArray(LANES, initial, i + 2 * VECTOR);
    i += initialStride;
    FloatVector a7 = FloatVector.fromArray(LANES, initial, i);
    FloatVector b7 = FloatVector.fromArray(LANES, initial, i + VECTOR);
    FloatVector c7 = FloatVector.fromArray(LANES, initial, i + 2 * VECTOR);
    int w = windowsOffset;
    int p = promptsOffset;
    for (int k = 0; k < length; k++) {
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

    int out = productsOffset;
    a0.intoArray(products, out);
    b0.intoArray(products, out + VECTOR);
    c0.intoArray(products, out + 2 * VECTOR);
    out += stride;
    a1.intoArray(products, out);
    b1.intoArray(products, out + VECTOR);
    c1.intoArray(products, out + 2 * VECTOR);
    out += stride;
    a2.intoArray(products, out);
    b2.intoArray(products, out + VECTOR);
    c2.intoArray(products, out + 2 * VECTOR);
    out += stride;
    a3.intoArray(products, out);
    b3.intoArray(products, out + VECTOR);
    c3.intoArray(products, out + 2 * VECTOR);
    out += stride;
    a4.intoArray(products, out);
    b4.intoArray(products, out + VECTOR);
    c4.intoArray(products, out + 2 * VECTOR);
    out += stride;
    a5.intoArray(products, out);
    b5.intoArray(products, out + VECTOR);
    c5.intoArray(products, out + 2 * VECTOR);
    out += stride;
    a6.intoArray(products, out);
    b6.intoArray(products, out + VECTOR);
    c6.intoArray(products, out + 2 * VECTOR);
    out += stride;
    a7.intoArray(products, out);
    b7.intoArray(products, out + VECTOR);
    c7.intoArray(products, out + 2 * VECTOR);
  }

  private static void fourWindows(
      float[] windows,
      int windowsOffset,
      float[] prompts,
      int promptsOffset,
      int length,
      float[] initial,
      int initialOffset,
      int initialStride,
      float[] products,
      int productsOffset,
      int stride) {
    int i = initialOffset;
    FloatVector a0 = FloatVector.fromArray(LANES, initial, i);
    FloatVector b0 = FloatVector.fromArray(LANES, initial, i + VECTOR);
    i += initialStride;
    FloatVector a1 = FloatVector.fromArray(LANES, initial, i);
    FloatVector b1 = FloatVector.fromArray(LANES, initial, i + VECTOR);
    i += initialStride;
    FloatVector a2 = FloatVector.fromArray(LANES, initial, i);
    FloatVector b2 = FloatVector.fromArray(LANES, initial, i + VECTOR);
    i += initialStride;
    FloatVector a3 = FloatVector.fromArray(LANES, initial, i);
    FloatVector b3 = FloatVector.fromArray(LANES, initial, i + VECTOR);
    int w = windowsOffset;
    int p = promptsOffset;
    for (int k = 0; k < length; k++) {
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

    int out = productsOffset;
    a0.intoArray(products, out);
    b0.intoArray(products, out + VECTOR);
    out += stride;
    a1.intoArray(products, out);
    b1.intoArray(products, out + VECTOR);
    out += stride;
    a2.intoArray(products, out);
    b2.intoArray(products, out + VECTOR);
    out += stride;
    a3.intoArray(products, out);
    b3.intoArray(products, out + VECTOR);
  }
}
