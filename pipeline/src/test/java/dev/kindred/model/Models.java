/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import ai.djl.Device;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;

/** The bundled models, for tests. */
public final class Models {
  public static final String TINYSHAKESPEARE = "tinyshakespeare";
  public static final String DICKENS_SMALL = "dickens-small";

  private Models() {}

  public static Path folder(String name) {
    return Path.of(System.getProperty("kindred.home"), "models", name);
  }

  public static ModelDirectory directory(String name) {
    return ModelDirectory.read(folder(name).toUri().toString(), new Configuration(false));
  }

  /** By Kindred's own kernels. */
  static LanguageModel load(String name) {
    return directory(name).load(Device.cpu());
  }

  static LanguageModel loadInEngine(String name) {
    return directory(name).loadInEngine(Device.cpu());
  }
}
