/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import dev.kindred.model.architecture.Tensors;
import java.io.Serializable;
import java.util.List;
import java.util.function.Function;
import org.apache.spark.SparkContext;

/** Where the weights of a model come from: each process gets them by itself. */
public interface Weights extends Serializable {

  /**
   * Reads the weights.
   *
   * @param load takes tensors until it returns
   * @throws dev.kindred.InvalidInput if they are not to be read
   */
  <M> M read(Function<Tensors, M> load);

  /**
   * Returns the weights for executors.
   *
   * @param id of the model
   */
  Weights onExecutors(SparkContext spark, String id);

  /** Whether they are drawn, for a model that was never trained. */
  boolean areDrawn();

  /** What numbers they are stored in, sorted; none for weights that are in no file. */
  List<String> dtypes();
}
