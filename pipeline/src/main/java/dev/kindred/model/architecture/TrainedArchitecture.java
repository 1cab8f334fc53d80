/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

import java.util.Map;

/** A kind of models that Kindred also trains, and whose {@code config.json} it writes. */
public interface TrainedArchitecture extends Architecture {

  /**
   * What is chosen of every model that is to be trained.
   *
   * @param vocabulary tokens
   * @param dModel width of the residual stream
   * @param heads of attention, where it has some
   * @param context longest sequence
   */
  record Size(int vocabulary, int dModel, int layers, int heads, int context) {}

  /**
   * Makes the {@code config.json} of a model to be trained, with parts that are chosen.
   *
   * @throws dev.kindred.InvalidInput if parts do not fit each other, or the architecture has no
   *     such
   */
  default ConfigJson config(Size size, Map<String, String> given) {
    Choices choices = new Choices(name(), given);
    ConfigJson config = config(size, choices);
    choices.checkAllAsked();
    return config;
  }

  /** The {@code config.json} of a model with the architecture's usual parts. */
  default ConfigJson config(Size size) {
    return config(size, Map.of());
  }

  /** The {@code config.json} of these choices, all of which the architecture asks for. */
  ConfigJson config(Size size, Choices choices);
}
