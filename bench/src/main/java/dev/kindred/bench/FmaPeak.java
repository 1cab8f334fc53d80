/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * As many fused multiply-adds as a core can do: independent chains in registers, no memory. What a
 * kernel would reach if loading its data cost nothing.
 *
 * <p>There are more chains than latency times units of any core: 16 where a core has 32 vector
 * registers, 12 where it has 16 and one more would not stay in a register.
 */
public final class FmaPeak {
  private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
  private static final boolean MANY_REGISTERS = LANES.vectorBitSize() >= 512;

  private FmaPeak() {}

  /** Floating-point operations of a round: two for each chain and lane. */
  static double operationsPerRound() {
    return 2.0 * LANES.length() * (MANY_REGISTERS ? 16 : 12);
  }

  /**
   * Runs all chains.
   *
   * @return the sum of all of them, so that none is left out
   */
  public static float run(int rounds) {
    return MANY_REGISTERS ? sixteen(rounds) : twelve(rounds);
  }

  private static float sixteen(int rounds) {
    FloatVector factor = FloatVector.broadcast(LANES, 1f / rounds);
    FloatVector s0 = FloatVector.broadcast(LANES, 1f);
    FloatVector s1 = FloatVector.broadcast(LANES, 2f);
    FloatVector s2 = FloatVector.broadcast(LANES, 3f);
    FloatVector s3 = FloatVector.broadcast(LANES, 4f);
    FloatVector s4 = FloatVector.broadcast(LANES, 5f);
    FloatVector s5 = FloatVector.broadcast(LANES, 6f);
    FloatVector s6 = FloatVector.broadcast(LANES, 7f);
    FloatVector s7 = FloatVector.broadcast(LANES, 8f);
    FloatVector s8 = FloatVector.broadcast(LANES, 9f);
    FloatVector s9 = FloatVector.broadcast(LANES, 10f);
    FloatVector s10 = FloatVector.broadcast(LANES, 11f);
    FloatVector s11 = FloatVector.broadcast(LANES, 12f);
    FloatVector s12 = FloatVector.broadcast(LANES, 13f);
    FloatVector s13 = FloatVector.broadcast(LANES, 14f);
    FloatVector s14 = FloatVector.broadcast(LANES, 15f);
    FloatVector s15 = FloatVector.broadcast(LANES, 16f);
    for (int i = 0; i < rounds; i++) {
      s0 = factor.fma(factor, s0);
      s1 = factor.fma(factor, s1);
      s2 = factor.fma(factor, s2);
      s3 = factor.fma(factor, s3);
      s4 = factor.fma(factor, s4);
      s5 = factor.fma(factor, s5);
      s6 = factor.fma(factor, s6);
      s7 = factor.fma(factor, s7);
      s8 = factor.fma(factor, s8);
      s9 = factor.fma(factor, s9);
      s10 = factor.fma(factor, s10);
      s11 = factor.fma(factor, s11);
      s12 = factor.fma(factor, s12);
      s13 = factor.fma(factor, s13);
      s14 = factor.fma(factor, s14);
      s15 = factor.fma(factor, s15);
    }

    return s0.add(s1)
        .add(s2)
        .add(s3)
        .add(s4)
        .add(s5)
        .add(s6)
        .add(s7)
        .add(s8)
        .add(s9)
        .add(s10)
        .add(s11)
        .add(s12)
        .add(s13)
        .add(s14)
        .add(s15)
        .reduceLanes(VectorOperators.ADD);
  }

  private static float twelve(int rounds) {
    FloatVector factor = FloatVector.broadcast(LANES, 1f / rounds);
    FloatVector s0 = FloatVector.broadcast(LANES, 1f);
    FloatVector s1 = FloatVector.broadcast(LANES, 2f);
    FloatVector s2 = FloatVector.broadcast(LANES, 3f);
    FloatVector s3 = FloatVector.broadcast(LANES, 4f);
    FloatVector s4 = FloatVector.broadcast(LANES, 5f);
    FloatVector s5 = FloatVector.broadcast(LANES, 6f);
    FloatVector s6 = FloatVector.broadcast(LANES, 7f);
    FloatVector s7 = FloatVector.broadcast(LANES, 8f);
    FloatVector s8 = FloatVector.broadcast(LANES, 9f);
    FloatVector s9 = FloatVector.broadcast(LANES, 10f);
    FloatVector s10 = FloatVector.broadcast(LANES, 11f);
    FloatVector s11 = FloatVector.broadcast(LANES, 12f);
    for (int i = 0; i < rounds; i++) {
      s0 = factor.fma(factor, s0);
      s1 = factor.fma(factor, s1);
      s2 = factor.fma(factor, s2);
      s3 = factor.fma(factor, s3);
      s4 = factor.fma(factor, s4);
      s5 = factor.fma(factor, s5);
      s6 = factor.fma(factor, s6);
      s7 = factor.fma(factor, s7);
      s8 = factor.fma(factor, s8);
      s9 = factor.fma(factor, s9);
      s10 = factor.fma(factor, s10);
      s11 = factor.fma(factor, s11);
    }

    return s0.add(s1)
        .add(s2)
        .add(s3)
        .add(s4)
        .add(s5)
        .add(s6)
        .add(s7)
        .add(s8)
        .add(s9)
        .add(s10)
        .add(s11)
        .reduceLanes(VectorOperators.ADD);
  }
}
