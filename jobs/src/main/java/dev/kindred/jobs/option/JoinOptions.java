/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.kernel.TileKernels;
import picocli.CommandLine.Option;

/** How vectors are compared; none of it changes which pairs are found. */
public final class JoinOptions {
  @Option(
      names = "--kernel",
      paramLabel = "auto|simd|scalar",
      converter = Values.Kernel.class,
      description = "implementation of the similarity kernel (${DEFAULT-VALUE})")
  private TileKernels.Choice kernel;

  @Option(
      names = "--prefix-axes",
      paramLabel = "auto|N",
      converter = Values.Axes.class,
      description =
          "axes of the join's first bound; 0 computes every similarity in full (${DEFAULT-VALUE})")
  private int prefixAxes;

  /**
   * Checks that this machine has the kernel.
   *
   * @throws dev.kindred.InvalidInput if it has not
   */
  public void check() {
    TileKernels.check(kernel);
  }

  public TileKernels.Choice kernel() {
    return kernel;
  }

  /** Returns a number of axes, or {@link dev.kindred.similarity.JoinSettings#AUTO_AXES}. */
  public int prefixAxes() {
    return prefixAxes;
  }
}
