/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.activation.WindowVector;
import dev.kindred.model.Precision;
import java.io.Serializable;
import java.math.BigInteger;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The mean FFN output of a block over all windows of a corpus, which is taken away from vectors
 * before their cosine where a run says so: in many models a few coordinates are great in all of
 * them, and any two vectors are similar.
 */
public final class Centers {
  private static final double SCALE =
      0x1p40; // activations up to 2^22 are summed exactly from 2^-40 on
  private static final int HALF = 32;

  private Centers() {}

  /** Sums of a partition's vectors, as high and low halves of whole numbers. */
  private record Sums(long count, long[] high, long[] low) implements Serializable {}

  /**
   * Computes the mean. Sums are of whole numbers, so that it does not depend on partitions.
   *
   * @param activations rows of {@link Precision#activations} of one model, corpus and block
   */
  public static float[] mean(Dataset<Row> activations) {
    List<Sums> parts =
        WindowVector.read(activations)
            .mapPartitions(vectors -> List.of(sums(vectors)).iterator())
            .collect();
    long count = parts.stream().mapToLong(Sums::count).sum();
    int dimension = parts.stream().mapToInt(part -> part.high().length).max().orElse(0);
    float[] mean = new float[dimension];
    for (int i = 0; i < dimension; i++) {
      BigInteger sum = BigInteger.ZERO;
      for (Sums part : parts) {
        if (part.count() > 0) {
          sum =
              sum.add(BigInteger.valueOf(part.high()[i]).shiftLeft(HALF))
                  .add(BigInteger.valueOf(part.low()[i]));
        }
      }

      mean[i] = (float) (sum.doubleValue() / SCALE / count);
    }

    return mean;
  }

  private static Sums sums(Iterator<WindowVector> vectors) {
    long count = 0;
    long[] high = new long[0];
    long[] low = new long[0];
    while (vectors.hasNext()) {
      float[] vector = vectors.next().ffnOut();
      if (count == 0) {
        high = new long[vector.length];
        low = new long[vector.length];
      }

      for (int i = 0; i < vector.length; i++) {
        long scaled = Math.round(vector[i] * SCALE);
        high[i] += scaled >> HALF;
        low[i] += scaled & 0xffffffffL;
      }

      count++;
    }

    return new Sums(count, high, low);
  }

  /** Takes a mean away from a vector, in place; null for none. */
  public static float[] subtract(float[] vector, float[] mean) {
    for (int i = 0; mean != null && i < vector.length; i++) {
      vector[i] -= mean[i];
    }

    return vector;
  }
}
