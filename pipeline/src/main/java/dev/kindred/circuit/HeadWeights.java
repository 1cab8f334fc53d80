/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import dev.kindred.model.architecture.Positions.Rotary;
import org.ejml.data.DMatrixRMaj;

/**
 * The factors of a head's two circuits, folded: QK = query key', by which a position finds others,
 * and OV = value output, which is what it takes from them. Heads that share keys and values have
 * the same.
 *
 * @param query [D, E]
 * @param key [D, E]
 * @param value [D, E]
 * @param output [E, D]
 * @param queryBias E numbers
 * @param keyBias E numbers
 */
public record HeadWeights(
    DMatrixRMaj query,
    DMatrixRMaj key,
    DMatrixRMaj value,
    DMatrixRMaj output,
    double[] queryBias,
    double[] keyBias) {

  /**
   * Returns the head with queries that stand {@code distance} positions after keys. Where positions
   * turn queries and keys, QK is another matrix at each distance, and only the distance counts.
   * Keys that heads share stay one object where they are not scaled.
   */
  HeadWeights at(int distance, Rotary rotary) {
    DMatrixRMaj turnedQuery = query.copy();
    DMatrixRMaj turnedKey = rotary.factor() == 1 ? key : key.copy();
    double[] turnedQueryBias = queryBias.clone();
    double[] turnedKeyBias = keyBias.clone();
    turn(turnedQuery.data, query.numCols, distance, rotary);
    turn(turnedQueryBias, query.numCols, distance, rotary);
    if (turnedKey != key) {
      turn(turnedKey.data, query.numCols, 0, rotary);
    }

    turn(turnedKeyBias, query.numCols, 0, rotary);
    return new HeadWeights(turnedQuery, turnedKey, value, output, turnedQueryBias, turnedKeyBias);
  }

  private static void turn(double[] rows, int width, int position, Rotary rotary) {
    boolean halves = rotary.pairing() == Rotary.Pairing.HALVES;
    int planes = rotary.frequencies().size();
    for (int plane = 0; plane < planes; plane++) {
      double angle = position * rotary.frequencies().get(plane);
      double cosine = rotary.factor() * Math.cos(angle);
      double sine = rotary.factor() * Math.sin(angle);
      int first = halves ? plane : 2 * plane;
      int second = halves ? plane + planes : first + 1;
      for (int from = 0; from < rows.length; from += width) {
        double a = rows[from + first];
        double b = rows[from + second];
        rows[from + first] = a * cosine - b * sine;
        rows[from + second] = b * cosine + a * sine;
      }
    }
  }
}
