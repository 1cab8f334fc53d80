/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.kernel;

import dev.kindred.InvalidInput;
import java.util.Arrays;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which {@link TileKernel} this process uses. */
public final class TileKernels {
  private static final Logger LOG = LoggerFactory.getLogger(TileKernels.class);

  /** The setting {@code kernel}. */
  public enum Choice {
    /** SIMD where the module jdk.incubator.vector is present, else scalar with a warning. */
    AUTO,
    /** SIMD, or an error where it is not there. */
    SIMD,
    /** The plain version, for comparison. */
    SCALAR;

    /** The choice of this name, in any case. */
    public static Choice of(String name) {
      for (Choice choice : values()) {
        if (choice.name().equalsIgnoreCase(name)) {
          return choice;
        }
      }

      throw new InvalidInput(
          "--kernel %s: expected one of %s",
          name, Arrays.toString(values()).toLowerCase(Locale.ROOT));
    }
  }

  private TileKernels() {}

  /**
   * Checks that this process has what was chosen.
   *
   * @throws InvalidInput if SIMD was asked for and is not there
   */
  public static void check(Choice choice) {
    get(choice);
  }

  /** Whether this process has the SIMD kernel. */
  public static boolean isSimdPresent() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }

  /** The kernel of this choice. */
  public static TileKernel get(Choice choice) {
    if (isSimdPresent() && choice != Choice.SCALAR) {
      return Simd.KERNEL;
    }

    if (choice == Choice.SIMD) {
      throw new InvalidInput(
          "--kernel simd: the module jdk.incubator.vector is missing; start Java with"
              + " --add-modules jdk.incubator.vector");
    }

    return choice == Choice.AUTO ? Fallback.KERNEL : Scalar.KERNEL;
  }

  /** Loads the Vector API only when asked for. */
  private static final class Simd {
    private static final TileKernel KERNEL = new SimdTileKernel();

    static {
      LOG.info("Tile kernel: SIMD with {} lanes of float", SimdTileKernel.lanes());
    }
  }

  private static final class Scalar {
    private static final TileKernel KERNEL = new ScalarTileKernel();

    static {
      LOG.info("Tile kernel: scalar");
    }
  }

  /** The scalar kernel where nobody asked for it: the warning is given once. */
  private static final class Fallback {
    private static final TileKernel KERNEL = new ScalarTileKernel();

    static {
      LOG.warn(
          "No module jdk.incubator.vector: similarities are computed without SIMD, many times"
              + " slower; start Java with --add-modules jdk.incubator.vector");
    }
  }
}
