/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import ai.djl.Device;
import dev.kindred.DjlEngine;
import dev.kindred.InvalidInput;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;

/** The device that a task computes on. */
public final class TaskDevice {
  private TaskDevice() {}

  /**
   * The GPU that Spark assigned to this task, else the CPU.
   *
   * @throws InvalidInput if Spark assigned what PyTorch cannot use; it is never the CPU instead
   */
  public static Device assigned() {
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
