/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import dev.kindred.model.architecture.Tensors;
import java.util.List;
import java.util.function.Function;
import org.apache.spark.SparkContext;

/**
 * A model's weights with the table of its tokens' vectors taken from others.
 *
 * @param table the tensor with the vectors
 */
record OtherEmbedding(Weights own, Weights others, String table) implements Weights {
  @Override
  public <M> M read(Function<Tensors, M> load) {
    return own.read(
        of ->
            others.read(
                other ->
                    load.apply(name -> name.equals(table) ? other.floats(name) : of.floats(name))));
  }

  @Override
  public Weights onExecutors(SparkContext spark, String id) {
    return new OtherEmbedding(
        own.onExecutors(spark, id), others.onExecutors(spark, id + "-table"), table);
  }

  @Override
  public List<String> dtypes() {
    return own.dtypes();
  }

  @Override
  public boolean areDrawn() {
    return own.areDrawn();
  }
}
