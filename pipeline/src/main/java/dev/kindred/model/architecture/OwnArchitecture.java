/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

import java.util.List;

/** A kind of models that is Kindred's own: no other program writes its {@code config.json}. */
public interface OwnArchitecture extends TrainedArchitecture {

  /** The fields of {@code config.json} that it reads, in the order in which Kindred writes them. */
  List<String> fields();

  /** The fields that it reads, too, where they are there. */
  List<String> optionalFields();
}
