/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import dev.kindred.model.architecture.Architecture;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Tensors;
import dev.kindred.model.family.Architectures;
import java.util.List;
import java.util.function.Function;
import org.apache.spark.SparkContext;

/**
 * Weights that no training has changed, drawn as the model's family begins. They are in no file.
 *
 * @param source of {@code config.json}, for messages
 */
record UntrainedWeights(String source, String configJson, long seed) implements Weights {
  @Override
  public <M> M read(Function<Tensors, M> load) {
    ConfigJson config = ConfigJson.parse(source, configJson);
    Architecture architecture = Architectures.of(config);
    return load.apply(architecture.read(config).initial(architecture.initialization(config), seed));
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
