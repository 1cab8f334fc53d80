/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.jobs.option.Values.Amount;
import dev.kindred.jobs.option.Values.Positive;
import java.util.OptionalLong;
import picocli.CommandLine.Option;

/**
 * A cluster that a run is simulated on, and a corpus of another size than the one that is there.
 */
public final class ClusterOptions {
  private static final int NONE = 0;

  @Option(
      names = "--windows",
      paramLabel = "N",
      converter = Amount.class,
      description =
          "simulates a corpus of so many distinct windows, such as 1e9, like those of --corpus")
  private long windows = NONE;

  @Option(
      names = "--cores",
      paramLabel = "N",
      converter = Positive.class,
      description = "simulates a cluster with so many cores, each as fast as one of this machine")
  private int cores = NONE;

  @Option(
      names = "--executor-cores",
      paramLabel = "N",
      converter = Positive.class,
      defaultValue = "4",
      description = "cores of an executor that is simulated (4)")
  private int executorCores;

  @Option(
      names = "--network",
      paramLabel = "N",
      converter = Positive.class,
      defaultValue = "1000",
      description = "megabytes a second between a simulated executor and the driver (1000)")
  private int network;

  /** Whether anything is to be simulated. */
  public boolean isGiven() {
    return windows != NONE || cores != NONE;
  }

  /** Returns the distinct windows of the corpus to simulate, or none for those that it has. */
  public OptionalLong windows() {
    return windows == NONE ? OptionalLong.empty() : OptionalLong.of(windows);
  }

  /**
   * Returns the cores to simulate.
   *
   * @param here those of this session, which count where none were given
   */
  public int cores(int here) {
    return cores == NONE ? here : cores;
  }

  public int executorCores() {
    return executorCores;
  }

  /** Returns bytes a second that the driver sends to or takes from executors. */
  public double networkBytesPerSecond() {
    return 1e6 * network;
  }
}
