/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import dev.kindred.model.files.ModelDirectory;

/**
 * The folded model that this process looked at last. Of its feed-forward networks there is the
 * first one: circuits know no others.
 */
public final class FoldedModels {
  private static final int NETWORKS = 1;

  private static String modelId;
  private static FoldedModel last;

  private FoldedModels() {}

  /** Returns a model, folded once for tasks that come one after another. */
  public static synchronized FoldedModel of(ModelDirectory directory) {
    if (!directory.id().equals(modelId)) {
      last = null; // two of them may be more than there is room for
      last =
          directory
              .weights()
              .read(tensors -> Folding.fold(directory.blueprint(), tensors, NETWORKS));
      modelId = directory.id();
    }

    return last;
  }
}
