/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import ai.djl.Device;
import dev.kindred.DjlEngine;
import dev.kindred.InvalidInput;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models of this process, one per model and device: loaded and self-checked by the first who
 * asks, then shared by all tasks until the process ends.
 */
public final class LoadedModels {
  private static final Logger LOG = LoggerFactory.getLogger(LoadedModels.class);
  private static final Map<Key, LanguageModel> LOADED = new ConcurrentHashMap<>();

  private static final Map<Key, TappedGpt> TAPPED = new ConcurrentHashMap<>();

  private record Key(String modelId, Device device) {}

  private LoadedModels() {}

  /**
   * The model on this task's device: the GPU that Spark assigned to the task, else the CPU.
   *
   * @throws InvalidInput if the self-check fails, or the GPU cannot be used
   */
  public static LanguageModel get(ModelDirectory directory) {
    return LOADED.computeIfAbsent(
        new Key(directory.id(), assignedDevice()),
        key -> timed(directory, key.device(), directory::load));
  }

  private static <M> M timed(ModelDirectory directory, Device device, Function<Device, M> load) {
    long start = System.nanoTime();
    M model = load.apply(device);
    LOG.info(
        "Model {} loaded on {} and checked in {} s",
        directory.id(),
        device,
        String.format(Locale.ROOT, "%.1f", (System.nanoTime() - start) / 1e9));
    return model;
  }

  /**
   * The same model with its residual stream to be seen, after the same self-check of its own.
   *
   * @throws InvalidInput if the self-check fails, or the GPU cannot be used
   */
  public static TappedGpt tapped(ModelDirectory directory) {
    return TAPPED.computeIfAbsent(
        new Key(directory.id(), assignedDevice()),
        key -> timed(directory, key.device(), directory::loadTapped));
  }

  /**
   * The GPU that Spark assigned to this task, else the CPU.
   *
   * @throws InvalidInput if Spark assigned what PyTorch cannot use; it is never the CPU instead
   */
  public static Device assignedDevice() {
    TaskContext task = TaskContext.get();
    ResourceInformation gpu = task == null ? null : task.resourcesJMap().get("gpu");
    return gpu == null ? Device.cpu() : device(gpu.addresses(), DjlEngine.gpuCount());
  }

  /**
   * The device of an assignment.
   *
   * @param addresses what Spark assigned
   * @param gpuCount GPUs that PyTorch sees, numbered from 0
   */
  static Device device(String[] addresses, int gpuCount) {
    if (addresses.length != 1) {
      throw new InvalidInput(
          "spark.task.resource.gpu.amount: this task was assigned the GPUs %s but computes on one;"
              + " set it to 1 or a fraction",
          String.join(", ", addresses));
    }

    String address = addresses[0];
    if (!address.matches("[0-9]{1,4}")) {
      throw new InvalidInput(
          "GPU %s, assigned to this task: not a number from 0; use submit-scripts/discover-gpus.sh"
              + " as the discovery script",
          address);
    }

    int number = Integer.parseInt(address);
    if (number >= gpuCount) {
      throw new InvalidInput(
          "GPU %d, assigned to this task: PyTorch sees %d GPUs; give executors the CUDA libraries"
              + " that docs/gpu.md names, or submit without spark.executor.resource.gpu.amount",
          number, gpuCount);
    }

    return Device.gpu(number);
  }
}
