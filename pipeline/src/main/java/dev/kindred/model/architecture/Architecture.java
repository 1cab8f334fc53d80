/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

import java.util.OptionalInt;

/** A kind of models: how the fields of their {@code config.json} become a description. */
public interface Architecture {

  /** What {@code config.json} calls it. */
  String name();

  /**
   * Describes a model.
   *
   * @throws dev.kindred.InvalidInput for a field that is missing, impossible or not supported
   */
  Blueprint read(ConfigJson config);

  /** How files of this kind may name tensors otherwise than the description. */
  default StoredNames storedNames() {
    return StoredNames.EXACT;
  }

  /**
   * The token that pads texts, if its row of the embedding begins as zeros; negative numbers count
   * from the end of the vocabulary.
   */
  default OptionalInt paddingToken(ConfigJson config) {
    return OptionalInt.empty();
  }

  /** How models of this kind begin before they are trained. */
  default Initialization initialization(ConfigJson config) {
    double deviation = config.positive("initializer_range", Initialization.DEVIATION);
    return tensor -> deviation;
  }
}
