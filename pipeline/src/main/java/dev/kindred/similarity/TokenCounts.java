/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import java.util.Arrays;

/**
 * Counts by a key from 0 on, such as a token id. Of a small range there is a place for every key;
 * of a large one only the keys that occur have places, in a table with open addressing that grows
 * with them: a vocabulary has 50,000 tokens and more, of which some hundred follow the strings that
 * are similar to a prompt.
 */
final class TokenCounts {
  /** The greatest range with a place for every key, 32 kB of them. */
  private static final int DENSE = 4096;

  private static final int FIRST_PLACES = 32;
  private static final int SPREAD = 0x9E3779B9; // 2^32 divided by the golden ratio, as Knuth does

  private int[] keys; // plus 1, 0 where a place is free; null if a key is its own place
  private long[] counts;
  private int size; // places that are taken

  /** Counts of keys below a range. */
  TokenCounts(int range) {
    if (range <= DENSE) {
      counts = new long[range];
    } else {
      keys = new int[FIRST_PLACES];
      counts = new long[FIRST_PLACES];
    }
  }

  /** Bytes that counts take before there are any. */
  static long leastBytes(long range) {
    return range <= DENSE ? Long.BYTES * range : (Integer.BYTES + Long.BYTES) * (long) FIRST_PLACES;
  }

  /** Bytes that counts take when all keys of the range occur. */
  static long mostBytes(long range) {
    return range <= DENSE
        ? Long.BYTES * range
        : (Integer.BYTES + Long.BYTES) * 4 * range; // a power of 2, and half of the places are free
  }

  /** Bytes that they take now. */
  long bytes() {
    return Long.BYTES * (long) counts.length
        + (keys == null ? 0 : Integer.BYTES * (long) keys.length);
  }

  /**
   * Adds to a key's count.
   *
   * @param count at least 1
   */
  void add(int key, long count) {
    if (keys == null) {
      counts[key] += count;
      return;
    }

    int place = place(key);
    if (keys[place] == 0) {
      keys[place] = key + 1;
      size++;
      if (2 * size > keys.length) {
        grow();
        place = place(key);
      }
    }

    counts[place] += count;
  }

  /** Where a key is, or would be. */
  private int place(int key) {
    int place = key * SPREAD >>> Integer.numberOfLeadingZeros(keys.length) + 1; // the upper bits
    while (keys[place] != 0 && keys[place] != key + 1) {
      place = (place + 1) & keys.length - 1;
    }

    return place;
  }

  private void grow() {
    int[] keysBefore = keys;
    long[] countsBefore = counts;
    keys = new int[2 * keysBefore.length];
    counts = new long[keys.length];
    for (int i = 0; i < keysBefore.length; i++) {
      if (keysBefore[i] != 0) {
        int place = place(keysBefore[i] - 1);
        keys[place] = keysBefore[i];
        counts[place] = countsBefore[i];
      }
    }
  }

  /**
   * Keys that occur, with their counts.
   *
   * @param keys ascending
   * @param counts of the same places
   */
  record Sorted(int[] keys, long[] counts) {}

  /** Returns what has been counted. */
  Sorted sorted() {
    int[] found = keys == null ? present() : taken();
    long[] ofFound = new long[found.length];
    for (int i = 0; i < found.length; i++) {
      ofFound[i] = counts[keys == null ? found[i] : place(found[i])];
    }

    return new Sorted(found, ofFound);
  }

  private int[] present() {
    int[] present = new int[counts.length];
    int next = 0;
    for (int key = 0; key < counts.length; key++) {
      if (counts[key] > 0) {
        present[next++] = key;
      }
    }

    return Arrays.copyOf(present, next);
  }

  private int[] taken() {
    int[] taken = new int[size];
    int next = 0;
    for (int key : keys) {
      if (key != 0) {
        taken[next++] = key - 1;
      }
    }

    Arrays.sort(taken);
    return taken;
  }
}
