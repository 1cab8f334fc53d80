/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred;

import ai.djl.engine.Engine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Loading DJL's native engine the same way in every process. */
public final class DjlEngine {
  private static final String PYTORCH = "PyTorch";

  private DjlEngine() {}

  /**
   * DJL's system properties: never online, and one engine thread a task unless the command line
   * says otherwise. To be called before anything of DJL is used; later calls change nothing.
   */
  public static void setDefaults() {
    System.setProperty("ai.djl.offline", "true");
    setIfAbsent("ai.djl.pytorch.num_threads", "1");
    setIfAbsent("ai.djl.pytorch.num_interop_threads", "1");
  }

  private static void setIfAbsent(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /**
   * Loads the native libraries. The first process on a host unpacks them; the others wait, since
   * DJL deletes a folder that another process has just unpacked.
   */
  public static synchronized void load() {
    setDefaults();
    Path lock =
        Path.of(
            System.getProperty("java.io.tmpdir"),
            "kindred-djl-" + System.getProperty("user.name") + ".lock");
    try (FileChannel channel =
        FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.lock(); // released with the channel
      Engine.getEngine(PYTORCH);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Version of the PyTorch libraries that this process has loaded. */
  public static String pytorchVersion() {
    return Engine.getEngine(PYTORCH).getVersion();
  }

  /** GPUs that PyTorch can use in this process; 0 also where its libraries have no CUDA. */
  public static int gpuCount() {
    load();
    return Engine.getEngine(PYTORCH).getGpuCount();
  }
}
