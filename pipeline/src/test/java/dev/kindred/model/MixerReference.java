/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.family.Architectures;
import dev.kindred.model.files.Safetensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A small masked mixer that PyTorch ran in double precision; see mixer/README.md. */
public record MixerReference(String name) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Those with activations, gradients, a training step and inversions. */
  public static List<MixerReference> all() {
    return List.of("flat", "expanded", "parallel-gelu", "parallel-linear", "heads").stream()
        .map(MixerReference::new)
        .toList();
  }

  /** One of its files. */
  public Path file(String file) {
    try {
      return Path.of(MixerReference.class.getResource("/mixer/" + name + "/" + file).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  public JsonNode json(String file) {
    try {
      return JSON.readTree(file(file).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The tensors of a file by name. */
  public Map<String, float[]> tensors(String file) {
    try {
      Safetensors read = Safetensors.parse(file, Files.readAllBytes(file(file)));
      Map<String, float[]> tensors = new LinkedHashMap<>();
      read.tensors().forEach(tensor -> tensors.put(tensor.name(), read.floats(tensor)));
      return tensors;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Map<String, float[]> weights() {
    return tensors("model.safetensors");
  }

  public Blueprint blueprint() {
    try {
      return Architectures.read(
          ConfigJson.parse("config.json", Files.readString(file("config.json"))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Token ids of the two sequences of 12, or of the one of 7 or 1. */
  public int[][] sequences(String set) {
    JsonNode expected = json("expected.json");
    return JSON.convertValue(
        set.equals("full")
            ? expected.get("sequences")
            : expected.get("short").get(set.substring(1)),
        int[][].class);
  }

  /**
   * Compares numbers, whose greatest difference may be a share of the greatest number.
   *
   * @param share 2e-5 would not overlook any wrong reading of a model
   */
  public static void assertClose(String what, float[] found, float[] expected, double share) {
    assertThat(found).as(what).hasSameSizeAs(expected);
    double greatest = 0;
    double worst = 0;
    for (int i = 0; i < found.length; i++) {
      greatest = Math.max(greatest, Math.abs(expected[i]));
      worst = Math.max(worst, Math.abs(found[i] - expected[i]));
    }

    assertThat(worst).as(what).isLessThanOrEqualTo(share * greatest);
  }

  @Override
  public String toString() {
    return name;
  }
}
