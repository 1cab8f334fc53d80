/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

/** A way to find all pairs above the threshold. Every one finds the same. */
interface PairJoin {

  /** Adds all pairs of the batch's windows and the prompts above the threshold to the evidence. */
  void join(WindowBatch windows);
}
