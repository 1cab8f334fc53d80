/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

/** How many pairs each step of a join has settled; one task's, or the sum of all. */
final class SettledPairs {
  /** Pairs above or below the threshold by the bounds of a prefix. */
  long byPrefix;

  /** Pairs settled by their similarity in single precision. */
  long byFloat;

  /** Pairs that double precision had to decide. */
  long byDouble;
}
