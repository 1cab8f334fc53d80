/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred;

import ai.djl.engine.Engine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Set;

/** Loading DJL's native engine the same way in every process. */
public final class DjlEngine {
  private static final String PYTORCH = "PyTorch";
  private static final Set<PosixFilePermission> OWNERS =
      PosixFilePermissions.fromString("rwx------");

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
    try {
      Path shared = Path.of(System.getProperty("java.io.tmpdir"));
      Path own = ownFolder(shared, System.getProperty("user.name"), ownerOfNewFiles(shared));
      try (FileChannel channel =
          FileChannel.open(
              own.resolve("djl.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        channel.lock(); // released with the channel
        Engine.getEngine(PYTORCH);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A user's folder in one that is shared, made if it is not there. Whoever could put a file there
   * under the name that is expected could make this process fail or wait for ever.
   *
   * @param owner who this process is
   * @throws InvalidInput if it is somebody else's, or others can write to it
   */
  static Path ownFolder(Path shared, String user, UserPrincipal owner) throws IOException {
    Path own = shared.resolve("kindred-" + user);
    try {
      Files.createDirectory(own, PosixFilePermissions.asFileAttribute(OWNERS));
    } catch (FileAlreadyExistsException e) {
      // As it is after the first time; whose it is says the check.
    }

    PosixFileAttributes found =
        Files.readAttributes(own, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!found.isDirectory()
        || !found.owner().equals(owner)
        || !OWNERS.containsAll(found.permissions())) {
      throw new InvalidInput(
          "%s: is not a folder that you alone can use (mode 700); remove it, or name another folder"
              + " for temporary files with -Djava.io.tmpdir",
          own);
    }

    return own;
  }

  /** Java has no other way to ask who the process is. */
  private static UserPrincipal ownerOfNewFiles(Path folder) throws IOException {
    Path file = Files.createTempFile(folder, "kindred", "");
    try {
      return Files.getOwner(file);
    } finally {
      Files.delete(file);
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
