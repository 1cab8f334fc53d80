/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import dev.kindred.InvalidInput;
import org.junit.jupiter.api.Test;

class TestTaskDevice {

  @Test
  void outsideOfATaskItIsTheCpu() {
    assertThat(TaskDevice.assigned()).isEqualTo(Device.cpu());
  }

  @Test
  void anAddressIsAGpusNumber() {
    assertThat(TaskDevice.device(new String[] {"0"}, 1)).isEqualTo(Device.gpu(0));
    assertThat(TaskDevice.device(new String[] {"11"}, 16)).isEqualTo(Device.gpu(11));
  }

  @Test
  void aGpuThatIsNotThereIsRefused() {
    assertRefused("GPU 0, assigned to this task: PyTorch sees 0 GPUs", 0, "0");
    assertRefused("GPU 2, assigned to this task: PyTorch sees 2 GPUs", 2, "2");
  }

  @Test
  void anAddressThatIsNoNumberIsRefused() {
    assertRefused("GPU GPU-8932f937, assigned to this task: not a number", 2, "GPU-8932f937");
    assertRefused("GPU -1, assigned to this task: not a number", 2, "-1");
  }

  @Test
  void severalGpusForOneTaskAreRefused() {
    assertRefused("this task was assigned the GPUs 0, 1 but computes on one", 2, "0", "1");
  }

  private static void assertRefused(String message, int gpuCount, String... addresses) {
    assertThatThrownBy(() -> TaskDevice.device(addresses, gpuCount))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining(message);
  }
}
