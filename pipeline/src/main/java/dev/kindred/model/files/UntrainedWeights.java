/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import dev.kindred.model.architecture.Architecture;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Tensors;
import dev.kindred.model.family.Architectures;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;
import org.apache.spark.SparkContext;

/**
 * Weights that no training has changed, drawn as the model's family begins. They are in no file.
 *
 * @param source of {@code config.json}, for messages
 */
record UntrainedWeights(String source, String configJson, long seed) implements Weights {
  /**
   * Checks what the family needs to begin.
   *
   * @throws dev.kindred.InvalidInput if the token that pads texts is none of the model's
   */
  UntrainedWeights {
    ConfigJson config = ConfigJson.parse(source, configJson);
    padding(config, Architectures.of(config));
  }

  @Override
  public <M> M read(Function<Tensors, M> load) {
    ConfigJson config = ConfigJson.parse(source, configJson);
    Architecture architecture = Architectures.of(config);
    return load.apply(
        architecture
            .read(config)
            .initial(architecture.initialization(config), padding(config, architecture), seed));
  }

  private static OptionalInt padding(ConfigJson config, Architecture architecture) {
    OptionalInt padding = architecture.paddingToken(config);
    int tokens = architecture.read(config).embedding().tokens();
    if (padding.isPresent() && (padding.getAsInt() < -tokens || padding.getAsInt() >= tokens)) {
      throw config.invalid(
          "pad_token_id is %d, none of the model's %d tokens; give one of them, or null",
          padding.getAsInt(), tokens);
    }

    return padding.isEmpty() ? padding : OptionalInt.of(Math.floorMod(padding.getAsInt(), tokens));
  }

  @Override
  public Weights onExecutors(SparkContext spark, String id) {
    return this;
  }

  @Override
  public List<String> dtypes() {
    return List.of();
  }

  @Override
  public boolean areDrawn() {
    return true;
  }
}
