/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

/**
 * A hash over hashes in their order, that of two stretches from those of each: a polynomial modulo
 * 2^64. So stretches can be hashed by different tasks, wherever they are cut.
 */
record DocumentNames(long hash) {
  private static final long BASE = 0x9e3779b97f4a7c15L; // odd

  /**
   * The hash of what this is of and what follows.
   *
   * @param following the hash of that; a single hash is that of itself
   * @param count how many hashes follow
   */
  DocumentNames followedBy(long following, long count) {
    long factor = 1;
    long square = BASE;
    for (long rest = count; rest > 0; rest >>= 1) {
      factor *= (rest & 1) == 1 ? square : 1;
      square *= square;
    }

    return new DocumentNames(hash * factor + following);
  }
}
