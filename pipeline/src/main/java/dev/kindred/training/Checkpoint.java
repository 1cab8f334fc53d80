/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.training;

import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.files.Safetensors;
import dev.kindred.model.files.SafetensorsWriter;
import dev.kindred.model.files.StoredTensors;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A training after a step: all that the next step depends on, besides recipe and tokens.
 *
 * @param step the last one done
 * @param weights by name, row-major
 * @param mean decayed means of gradients, by weight
 * @param variance decayed means of squared gradients, by weight
 */
public record Checkpoint(
    int step,
    Map<String, float[]> weights,
    Map<String, float[]> mean,
    Map<String, float[]> variance) {
  private static final String STEP = "step";
  private static final String MEAN = "mean.";
  private static final String VARIANCE = "variance.";

  /**
   * Writes it as a safetensors file of float32.
   *
   * @param metadata what else is to be kept with it
   */
  public void write(OutputStream out, Blueprint blueprint, Map<String, String> metadata)
      throws IOException {
    Map<String, String> about = new LinkedHashMap<>(metadata);
    about.put(STEP, Integer.toString(step));
    Map<String, float[]> values = new LinkedHashMap<>(weights);
    mean.forEach((name, moment) -> values.put(MEAN + name, moment));
    variance.forEach((name, moment) -> values.put(VARIANCE + name, moment));
    SafetensorsWriter.write(out, shapes(blueprint), values::get, Safetensors.Dtype.F32, about);
  }

  /**
   * Takes a checkpoint from the file that {@link #write} wrote.
   *
   * @throws dev.kindred.InvalidInput if the file is damaged, or of another configuration
   */
  public static Checkpoint of(Safetensors file, Blueprint blueprint) {
    StoredTensors.checkAll(file, shapes(blueprint));
    Map<String, float[]> weights = new LinkedHashMap<>();
    Map<String, float[]> mean = new LinkedHashMap<>();
    Map<String, float[]> variance = new LinkedHashMap<>();
    for (Safetensors.Tensor tensor : file.tensors()) {
      String name = tensor.name();
      float[] values = file.floats(tensor);
      if (name.startsWith(MEAN)) {
        mean.put(name.substring(MEAN.length()), values);
      } else if (name.startsWith(VARIANCE)) {
        variance.put(name.substring(VARIANCE.length()), values);
      } else {
        weights.put(name, values);
      }
    }

    return new Checkpoint(Integer.parseInt(file.metadata().get(STEP)), weights, mean, variance);
  }

  private static Map<String, long[]> shapes(Blueprint blueprint) {
    Map<String, long[]> shapes = new LinkedHashMap<>(blueprint.tensors());
    blueprint.tensors().forEach((name, shape) -> shapes.put(MEAN + name, shape));
    blueprint.tensors().forEach((name, shape) -> shapes.put(VARIANCE + name, shape));
    return shapes;
  }
}
