/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.training;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.MixerReference;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.TrainedArchitecture;
import dev.kindred.model.family.Architectures;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.model.files.Safetensors;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders that trainings wrote, and what transformers makes of them; see trained/README.md. */
class TestModelsForTransformers {
  private static Path folder(String architecture) {
    try {
      return Path.of(
          TestModelsForTransformers.class.getResource("/trained/" + architecture).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "gpt_neox"})
  void haveTheLogitsOfTransformers(String architecture) throws IOException {
    Safetensors expected =
        Safetensors.parse(
            "expected", Files.readAllBytes(folder(architecture).resolve("expected.safetensors")));
    int[][] tokens =
        tokens(Files.readAllBytes(folder(architecture).resolve("expected.safetensors")));
    float[] logits =
        expected.tensors().stream()
            .filter(tensor -> tensor.name().equals("logits"))
            .findFirst()
            .map(expected::floats)
            .orElseThrow();
    ModelDirectory directory =
        ModelDirectory.read(folder(architecture).toString(), new Configuration(false));
    try (ResidualStream stream = directory.loadStream(Device.cpu());
        ResidualStream.Pass pass = stream.run(tokens)) {
      float[] found = pass.all(Hook.of(HookPoint.LOGITS));
      MixerReference.assertClose("logits", found, logits, 2e-6);
    }
  }

  /** Whole numbers are not read as weights are. */
  private static int[][] tokens(byte[] file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int length = (int) bytes.getLong();
    int begin =
        new ObjectMapper().readTree(file, Long.BYTES, length).at("/tokens/data_offsets/0").asInt();
    bytes.position(Long.BYTES + length + begin);
    int[][] tokens = new int[3][32];
    for (int[] sequence : tokens) {
      for (int i = 0; i < sequence.length; i++) {
        sequence[i] = bytes.getInt();
      }
    }

    return tokens;
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "gpt_neox"})
  void areWrittenAsWhatTransformersRead(String architecture) throws IOException {
    Map<String, String> chosen =
        architecture.equals("llama")
            ? Map.of("key-value-heads", "2", "unembedding", "tied")
            : Map.of();
    ConfigJson config =
        Architectures.trained(architecture)
            .config(new TrainedArchitecture.Size(60, 32, 2, 4, 32), chosen);
    assertThat(folder(architecture).resolve("config.json")).hasContent(config.text());
    Safetensors weights =
        Safetensors.parse(
            "model", Files.readAllBytes(folder(architecture).resolve("model.safetensors")));
    assertThat(weights.metadata()).containsEntry("format", "pt");
    assertThat(weights.tensors())
        .map(Safetensors.Tensor::name)
        .containsExactlyElementsOf(Architectures.read(config).tensors().keySet());
  }
}
