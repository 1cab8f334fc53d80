/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import dev.kindred.InvalidInput;
import dev.kindred.model.BlockVector;
import dev.kindred.model.Blocks;
import dev.kindred.model.LogitMap;
import dev.kindred.model.Precision;
import dev.kindred.model.files.Bos;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import java.io.Serializable;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.util.SerializableConfiguration;

/**
 * The model of a run, where its settings say that it is. It is read when a function first needs it,
 * by each process that runs the function.
 *
 * @param settings of the run
 */
record RunModel(String modelId, Map<String, String> settings, SerializableConfiguration hadoop)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /**
   * Returns what makes logits of the run's vectors.
   *
   * @param function that asks, for messages
   * @throws InvalidInput if the model is not there any more, or is another one
   */
  LogitMap logitMap(String function) {
    return LoadedModels.logitMap(directory(function));
  }

  /**
   * Returns the run's model.
   *
   * @param function that asks, for messages
   * @throws InvalidInput if it is not there any more, or is another one
   */
  ModelDirectory directory(String function) {
    ModelDirectory model =
        ModelDirectory.read(
                function + ": --model",
                settings.get("model"),
                Bos.valueOf(settings.getOrDefault("bos", "no").toUpperCase(Locale.ROOT)),
                settings.getOrDefault("blocks", Blocks.ALL),
                BlockVector.of(settings.getOrDefault("vectors", BlockVector.FFN_OUT.toString())),
                hadoop.value())
            .in(Precision.ofSetting(settings.getOrDefault("store-activations", "f32")));
    if (!model.id().equals(modelId)) {
      throw new InvalidInput(
          "%s: the model in %s is %s, the run's was %s; what it predicted and read can only be read"
              + " with that one",
          function, model.uri(), model.id(), modelId);
    }

    return model;
  }
}
