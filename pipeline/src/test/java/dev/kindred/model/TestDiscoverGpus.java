/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.resource.ResourceInformation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code submit-scripts/discover-gpus.sh} over an {@code nvidia-smi} of ours. */
class TestDiscoverGpus {
  private static final String SCRIPT =
      System.getProperty("kindred.home") + "/submit-scripts/discover-gpus.sh";

  @TempDir private Path folder;

  private record Output(int status, String out, String err) {}

  @Test
  void printsWhatSparkReads() throws IOException, InterruptedException {
    Output output = discover("printf '0\\n1\\n2\\n'", null);
    assertThat(output.status()).isZero();
    ResourceInformation gpus = ResourceInformation.parseJson(output.out());
    assertThat(gpus.name()).isEqualTo("gpu");
    assertThat(gpus.addresses()).containsExactly("0", "1", "2");
  }

  @Test
  void aSingleGpuIsFine() throws IOException, InterruptedException {
    assertThat(discover("echo 0", null).out().trim())
        .isEqualTo("{\"name\": \"gpu\", \"addresses\": [\"0\"]}");
  }

  @Test
  void visibleDevicesAreNumberedFromZeroAsCudaDoes() throws IOException, InterruptedException {
    String three = "printf '0\\n1\\n2\\n'";
    assertThat(discover(three, "1,2").out()).contains("[\"0\", \"1\"]");
    assertThat(discover(three, "2,-1,0").out()).contains("[\"0\"]");
  }

  @Test
  void noGpusAreAnErrorOfOneLine() throws IOException, InterruptedException {
    assertRefused("no nvidia-smi on PATH", discover(null, null));
    assertRefused("nvidia-smi failed: driver", discover("echo driver; exit 9", null));
    assertRefused("'No devices were found'", discover("echo No devices were found", null));
    assertRefused("CUDA_VISIBLE_DEVICES is ''", discover("echo 0", ""));
    assertRefused("CUDA_VISIBLE_DEVICES is '-1'", discover("echo 0", "-1"));
    assertRefused("names 2 GPUs, nvidia-smi 1", discover("echo 0", "0,1"));
  }

  private static void assertRefused(String message, Output output) {
    assertThat(output.status()).isEqualTo(1);
    assertThat(output.out()).isEmpty();
    assertThat(output.err()).startsWith("discover-gpus.sh: ").contains(message).hasLineCount(1);
  }

  /**
   * @param nvidiaSmi what nvidia-smi does, in shell; null for none
   * @param visible CUDA_VISIBLE_DEVICES; null for unset
   */
  private Output discover(String nvidiaSmi, String visible)
      throws IOException, InterruptedException {
    Path bin = Files.createTempDirectory(folder, "bin");
    if (nvidiaSmi != null) {
      Path command = Files.writeString(bin.resolve("nvidia-smi"), "#!/bin/sh\n" + nvidiaSmi + "\n");
      assertThat(command.toFile().setExecutable(true)).isTrue();
    }

    ProcessBuilder builder = new ProcessBuilder(SCRIPT);
    builder.environment().put("PATH", bin + File.pathSeparator + "/usr/bin:/bin");
    builder.environment().remove("CUDA_VISIBLE_DEVICES");
    if (visible != null) {
      builder.environment().put("CUDA_VISIBLE_DEVICES", visible);
    }

    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Output(process.waitFor(), out, err);
  }
}
