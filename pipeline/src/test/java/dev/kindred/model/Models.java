/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import ai.djl.Device;
import dev.kindred.model.files.ModelDirectory;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;

/** The bundled models, and a smaller one, for tests. */
public final class Models {
  public static final String TINYSHAKESPEARE = "models/tinyshakespeare";
  public static final String DICKENS_SMALL = "models/dickens-small";

  /** A trained one whose blocks are few and narrow, where a block is what a test takes time for. */
  public static final String TWO_BLOCKS = "pipeline/src/test/resources/models/two-blocks";

  private Models() {}

  public static Path folder(String name) {
    return Path.of(System.getProperty("kindred.home"), name);
  }

  public static ModelDirectory directory(String name) {
    return ModelDirectory.read(folder(name).toUri().toString(), new Configuration(false));
  }

  /** By Kindred's own kernels. */
  public static LanguageModel load(String name) {
    return directory(name).load(Device.cpu());
  }

  public static LanguageModel loadInEngine(String name) {
    return directory(name).loadInEngine(Device.cpu());
  }
}
