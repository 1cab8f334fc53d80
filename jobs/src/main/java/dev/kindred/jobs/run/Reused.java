/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

/** Which stages' tables are there, from an earlier run with the same model, corpus and prompts. */
public record Reused(
    boolean windows,
    boolean activations,
    boolean predictions,
    boolean fittingWindows,
    boolean noiseFloor) {
  /** Returns what is there of the corpus alone, for a run of another model. */
  public Reused ofCorpus() {
    return new Reused(windows, false, false, false, false);
  }
}
