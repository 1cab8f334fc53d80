/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

import java.util.List;

/** A kind of models that Kindred also trains, and whose {@code config.json} it writes. */
public interface TrainedArchitecture extends Architecture {

  /** The fields of {@code config.json} that it reads, in the order in which Kindred writes them. */
  List<String> fields();

  /** The fields that it reads, too, where they are there. */
  List<String> optionalFields();

  /**
   * What is chosen of a model that is to be trained.
   *
   * @param vocabulary tokens
   * @param dModel width of the residual stream
   * @param heads of attention; divides {@code dModel}
   * @param context longest sequence
   */
  record Size(int vocabulary, int dModel, int layers, int heads, int context) {}

  /** The {@code config.json} of a model to be trained. */
  ConfigJson config(Size size);
}
