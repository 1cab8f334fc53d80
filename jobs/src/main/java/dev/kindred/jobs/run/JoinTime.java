/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

/** About how long the join takes on one core, before it is measured. */
public final class JoinTime {
  /** Seconds that each block takes, however little there is in it. */
  public static final double BLOCK_SECONDS = 2;

  /** Seconds that the evidence of a prompt takes to be written. */
  public static final double EVIDENCE_SECONDS = 4.5e-4;

  private static final double SECONDS_PER_WINDOW = 1e-5; // that is read
  private static final double SECONDS_PER_PAIR = 2e-9;

  private JoinTime() {}

  /** Returns the seconds in which a block's pairs are compared. */
  public static double comparing(long windows, long prompts) {
    return BLOCK_SECONDS
        + windows * SECONDS_PER_WINDOW
        + (double) windows * prompts * SECONDS_PER_PAIR;
  }

  /** Returns the seconds in which a block's evidence is written. */
  public static double writing(long prompts) {
    return BLOCK_SECONDS + prompts * EVIDENCE_SECONDS;
  }
}
