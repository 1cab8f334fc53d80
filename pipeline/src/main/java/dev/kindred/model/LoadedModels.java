/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import ai.djl.Device;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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

  private record Key(String modelId, Device device) {}

  private LoadedModels() {}

  /**
   * The model on this task's device: the GPU that Spark assigned to the task, else the CPU.
   *
   * @throws dev.kindred.InvalidInput if the self-check fails
   */
  public static LanguageModel get(ModelDirectory directory) {
    Device device = assignedDevice();
    return LOADED.computeIfAbsent(
        new Key(directory.id(), device),
        key -> {
          long start = System.nanoTime();
          LanguageModel model = directory.load(device);
          LOG.info(
              "Model {} loaded on {} and checked in {} s",
              directory.id(),
              device,
              String.format("%.1f", (System.nanoTime() - start) / 1e9));
          return model;
        });
  }

  /** The GPU that Spark assigned to this task, else the CPU. */
  public static Device assignedDevice() {
    TaskContext task = TaskContext.get();
    if (task == null) {
      return Device.cpu();
    }

    ResourceInformation gpu = task.resourcesJMap().get("gpu");
    return gpu == null ? Device.cpu() : Device.gpu(Integer.parseInt(gpu.addresses()[0]));
  }
}
