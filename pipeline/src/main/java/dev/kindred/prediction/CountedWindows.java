/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.prediction;

/**
 * The windows of a corpus, with how often which token follows each.
 *
 * <p>Letters: W = windows, L = tokens of each.
 */
public interface CountedWindows {
  /** Returns W. */
  int size();

  /** Returns L. */
  int windowLength();

  /** Returns a token id of a window. */
  int token(int window, int place);

  /** Tells what follows a window. */
  void following(int window, Following each);

  /** Takes a token that follows. */
  @FunctionalInterface
  interface Following {
    /** Takes a token id, and how often it follows. */
    void take(int token, long count);
  }
}
