/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import dev.kindred.InvalidInput;
import dev.kindred.model.architecture.Tensors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.spark.SparkContext;

/**
 * The files with a model's weights, which each process reads by itself.
 *
 * @param dtypes that they are stored in, sorted
 */
record StoredWeights(List<WeightsFile> files, StoredTensors tensors, List<String> dtypes)
    implements Weights {
  @Override
  public <M> M read(Function<Tensors, M> load) {
    List<FileContent> open = new ArrayList<>();
    String reading = "";
    try {
      List<Tensors> ofFiles = new ArrayList<>();
      for (WeightsFile file : files) {
        reading = file.uri();
        FileContent content = file.open();
        open.add(content);
        ofFiles.add(Safetensors.unchanged(file.uri(), content, file.checksums()));
      }

      return load.apply(tensors.by(ofFiles));
    } catch (IOException e) {
      throw new InvalidInput("%s: cannot be read any more: %s", reading, e.getMessage());
    } finally {
      FileContent.close(open);
    }
  }

  /** What lies on a disk of this machine, Spark copies to executors. */
  @Override
  public Weights onExecutors(SparkContext spark, String id) {
    List<WeightsFile> copies = new ArrayList<>();
    for (WeightsFile file : files) {
      copies.add(file.onExecutors(spark, id + "-" + copies.size()));
    }

    return new StoredWeights(List.copyOf(copies), tensors, dtypes);
  }

  @Override
  public boolean areDrawn() {
    return false;
  }
}
