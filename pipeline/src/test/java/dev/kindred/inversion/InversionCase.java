/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.Models;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.model.files.Safetensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;

/** A case that PyTorch computed in double precision; the folder's README.md says how. */
record InversionCase(String name, JsonNode json, Map<String, float[]> arrays) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, ResidualStream> MODELS = new HashMap<>();
  private static final Map<String, LanguageModel> LANGUAGE_MODELS = new HashMap<>();

  static InversionCase read(String name) {
    try {
      Path json = folder().resolve(name + ".json");
      Path tensors = folder().resolve(name + ".safetensors");
      Map<String, float[]> arrays = new HashMap<>();
      if (Files.exists(tensors)) {
        Safetensors file = Safetensors.parse(name, Files.readAllBytes(tensors));
        file.tensors().forEach(tensor -> arrays.put(tensor.name(), file.floats(tensor)));
      }

      return new InversionCase(name, JSON.readTree(json.toFile()), arrays);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Names of cases, without their endings. */
  static Stream<String> names(String... prefixes) {
    try (Stream<Path> files = Files.list(folder())) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(".json"))
          .map(file -> file.substring(0, file.length() - ".json".length()))
          .filter(file -> Arrays.stream(prefixes).anyMatch(file::startsWith))
          .sorted()
          .toList()
          .stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path folder() {
    return resource("/inversion");
  }

  private static Path resource(String name) {
    URL url = InversionCase.class.getResource(name);
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  ResidualStream model() {
    return MODELS.computeIfAbsent(
        json.get("model").asText(), model -> directory(model).loadStream(Device.cpu()));
  }

  private ModelDirectory directory(String model) {
    if (name.startsWith("hf-")) {
      return read(resource("/hf/" + model));
    }

    // The cases were made with an earlier dickens-small than the one that Kindred brings.
    return model.equals("dickens-small")
        ? read(resource("/models/dickens-reference"))
        : Models.directory("models/" + model);
  }

  private static ModelDirectory read(Path folder) {
    return ModelDirectory.read(folder.toUri().toString(), new Configuration(false));
  }

  TokenVectors tokens() {
    return arrays.containsKey("W")
        ? new TokenVectors(
            arrays.get("W"), model().shape().vocabularySize(), model().shape().modelDimension())
        : TokenVectors.of(model());
  }

  LanguageModel languageModel() {
    return LANGUAGE_MODELS.computeIfAbsent(
        json.get("model").asText(), model -> directory(model).load(Device.cpu()));
  }

  int[] tokenIds() {
    return ids(json.get("token_ids"));
  }

  int length() {
    return tokenIds().length;
  }

  /** What is added to token vectors, T x D. */
  float[] positions() {
    float[] own = TokenVectors.positions(model(), length());
    int d = model().shape().modelDimension();
    return switch (json.get("positions").asText()) {
      case "own" -> own;
      case "zero" -> {
        float[] zero = new float[own.length];
        for (int t = 0; t < length(); t++) {
          System.arraycopy(own, 0, zero, t * d, d);
        }

        yield zero;
      }
      default -> new float[own.length];
    };
  }

  /** Token vectors and positions as the case has them, T x D. */
  float[] trueVectors() {
    return sum(positions());
  }

  /** Token vectors and each position's own vector, T x D. */
  float[] ownVectors() {
    return sum(TokenVectors.positions(model(), length()));
  }

  private float[] sum(float[] positions) {
    float[] rows = tokens().of(tokenIds());
    for (int i = 0; i < rows.length; i++) {
      rows[i] += positions[i];
    }

    return rows;
  }

  Target target() {
    JsonNode target = json.get("target");
    List<JsonNode> paths = list(target.get("block_paths"));
    List<JsonNode> last = list(paths.get(paths.size() - 1));
    boolean again = last.size() > 1 && last.get(1).asInt() == 0;
    JsonNode slice = target.get("slice");
    if (slice == null) {
      return new Target(
          last.size(),
          Target.Outputs.LAST,
          BlockPart.valueOf(target.get("part").asText().toUpperCase(Locale.ROOT)),
          target.get("causal").asBoolean(),
          TokenRange.ALL,
          null);
    }

    JsonNode range = slice.get("tokens");
    int d = model().shape().modelDimension();
    int[] features =
        slice.has("feature_list")
            ? ids(slice.get("feature_list"))
            : IntStream.range(
                    slice.get("features").get(0).asInt(), slice.get("features").get(1).asInt())
                .toArray();
    return new Target(
        last.size(),
        paths.size() == 1
            ? Target.Outputs.LAST
            : again ? Target.Outputs.FIRST_AGAIN : Target.Outputs.EACH,
        BlockPart.valueOf(target.get("part").asText().toUpperCase(Locale.ROOT)),
        target.get("causal").asBoolean(),
        new TokenRange(range.get(0).asInt(), range.get(1).asInt()),
        features.length == d ? null : features);
  }

  InversionLoss loss() {
    JsonNode loss = json.get("loss");
    InversionLoss.Kind kind = InversionLoss.parse("loss", loss.get("kind").asText()).kind();
    return kind == InversionLoss.Kind.MIXED
        ? InversionLoss.mixed(loss.get("alpha").asDouble(), loss.get("beta").asDouble())
        : InversionLoss.of(kind, loss.get("factor").asDouble());
  }

  Descent descent() {
    JsonNode recipe = json.get("recipe");
    return new Descent(
        Descent.Optimizer.valueOf(recipe.get("optimizer").asText().toUpperCase(Locale.ROOT)),
        recipe.path("steps_a_stage").asInt(recipe.path("steps").asInt()),
        recipe.get("learning_rate_start").asDouble(),
        recipe.get("learning_rate_end").asDouble());
  }

  static int[] ids(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
  }

  static double[] numbers(JsonNode array) {
    return IntStream.range(0, array.size()).mapToDouble(i -> array.get(i).asDouble()).toArray();
  }

  static List<JsonNode> list(JsonNode array) {
    return IntStream.range(0, array.size()).mapToObj(array::get).toList();
  }
}
