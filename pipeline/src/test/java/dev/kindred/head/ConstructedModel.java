/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.model.Models;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Tensors;
import dev.kindred.model.family.Architectures;
import dev.kindred.model.files.Safetensors;
import dev.kindred.model.torch.TorchStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

/** A model that was made by hand, without a tokenizer, and what is known of it. */
record ConstructedModel(HeadModel model, JsonNode expected) {

  /** Reads a model of {@code src/test/resources/circuits}. */
  static ConstructedModel of(String name) {
    Path folder = Models.folder("pipeline/src/test/resources/circuits").resolve(name);
    try {
      Blueprint blueprint =
          Architectures.read(
              ConfigJson.parse(name, Files.readString(folder.resolve("config.json"))));
      Safetensors file =
          Safetensors.parse(name, Files.readAllBytes(folder.resolve("model.safetensors")));
      Map<String, float[]> floats = new HashMap<>();
      file.tensors().forEach(tensor -> floats.put(tensor.name(), file.floats(tensor)));
      Tensors tensors = floats::get;
      return new ConstructedModel(
          HeadModel.of(TorchStream.load(blueprint, tensors, Device.cpu()), blueprint, tensors),
          new ObjectMapper().readTree(Files.readString(folder.resolve("expected.json"))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Returns a stimulus of it.
   *
   * @param name bos: after the token that begins texts; none: without
   */
  Stimulus stimulus(String name) {
    JsonNode tokens = expected.at("/" + name + "/token_ids");
    int begins = name.equals("bos") ? 1 : 0;
    return new Stimulus(
        Stimulus.Kind.PERMUTATION,
        IntStream.range(0, tokens.size())
            .mapToObj(i -> HeadReference.ints(tokens.get(i)))
            .toArray(int[][]::new),
        begins,
        (tokens.get(0).size() - begins) / 2);
  }
}
