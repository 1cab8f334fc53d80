/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import dev.kindred.InvalidInput;
import dev.kindred.math.Half;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;

/**
 * The numbers that the vectors of windows and prompts are kept in. What is compared are the numbers
 * that are kept: a pair's similarity is that of the rounded vectors.
 */
public enum Precision {
  /** As the model computes them. */
  F32,
  /** Rounded to binary16, ties to even: half of the bytes. */
  F16;

  private static final String OVERFLOW = "--store-activations f16: ";

  /** Returns the table of windows' vectors. */
  public Table activations() {
    return switch (this) {
      case F32 -> Tables.ACTIVATIONS;
      case F16 -> Tables.ACTIVATIONS_F16;
    };
  }

  /** Returns the bytes of a number. */
  public int bytes() {
    return switch (this) {
      case F32 -> Float.BYTES;
      case F16 -> Short.BYTES;
    };
  }

  /** Returns how far a rounded number can be from its own value, relative to that. */
  public double error() {
    return switch (this) {
      case F32 -> 0;
      case F16 -> 0x1p-11;
    };
  }

  /** Returns the precision that a run's setting store-activations stands for. */
  public static Precision ofSetting(String store) {
    return store.equalsIgnoreCase(F16.name()) ? F16 : F32;
  }

  /** Whether an error says that a number did not fit; null for none. */
  public static boolean isOverflow(InvalidInput error) {
    return error != null && error.getMessage().startsWith(OVERFLOW);
  }

  /**
   * Rounds a vector, in place.
   *
   * @param kind which vector of the block it is
   * @return the vector
   * @throws InvalidInput naming the block, if a component is beyond the greatest number
   */
  public float[] round(float[] vector, BlockVector kind, int block) {
    for (int k = 0; this == F16 && k < vector.length; k++) {
      float rounded = Half.toFloat(Half.of(vector[k]));
      if (Float.isInfinite(rounded)) {
        throw new InvalidInput(
            OVERFLOW
                + "blocks.%d.%s reaches %s, and binary16 ends at 65504; give"
                + " --store-activations f32, or other --blocks",
            block,
            kind.point().hookName(),
            vector[k]);
      }

      vector[k] = rounded;
    }

    return vector;
  }
}
