/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.model.Blocks;
import dev.kindred.model.Models;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Tensors;
import dev.kindred.model.family.Architectures;
import dev.kindred.model.files.Bos;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.model.files.Safetensors;
import dev.kindred.model.files.StoredTensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;

/** Files of reference values, which numpy computed in double precision; README.md says how. */
final class CircuitCase {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, FoldedModel> MODELS = new HashMap<>();

  private CircuitCase() {}

  static JsonNode json(String file) {
    try {
      return JSON.readTree(resource("/circuits").resolve(file).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The models that have a file with this ending. */
  static Stream<String> models(String ending) {
    try (Stream<Path> files = Files.list(resource("/circuits"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(ending))
          .map(file -> file.substring(0, file.length() - ending.length()))
          .sorted()
          .toList()
          .stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static FoldedModel model(String name) {
    return MODELS.computeIfAbsent(
        name,
        model -> {
          if (isMade(model)) {
            return Folding.fold(blueprint(model), tensors(model));
          }

          ModelDirectory directory = directory(model);
          return directory.weights().read(tensors -> Folding.fold(directory.blueprint(), tensors));
        });
  }

  /** The scores of a block's heads with those of a later one, by kind, head and later head. */
  static double[][][] scores(List<HeadTriangles> earlier, List<HeadTriangles> later) {
    CompositionSquares all =
        new CompositionSquares(List.of(earlier, later), List.of(List.of(earlier), List.of(later)));
    double[][] squares =
        CompositionSquares.sum(
            IntStream.range(0, CompositionSquares.PARTS).mapToObj(all::part).toList());
    int readers = 3 * later.size();
    double[][][] scores = new double[3][earlier.size()][later.size()];
    for (Composition.Kind kind : Composition.Kind.values()) {
      for (int first = 0; first < earlier.size(); first++) {
        for (int second = 0; second < later.size(); second++) {
          int place = CompositionSquares.reader(kind, 0, 1, second, later.size());
          scores[kind.ordinal()][first][second] =
              Composition.score(
                  squares[1][first * readers + place],
                  earlier.get(first),
                  later.get(second),
                  kind,
                  later.get(second).head().query().numRows);
        }
      }
    }

    return scores;
  }

  /** Whether a model lies here, without a tokenizer. */
  private static boolean isMade(String name) {
    return CircuitCase.class.getResource("/circuits/" + name + "/config.json") != null;
  }

  /** A model that lies here, described. */
  static Blueprint blueprint(String name) {
    try {
      Path config = resource("/circuits/" + name).resolve("config.json");
      return Architectures.read(ConfigJson.parse(name, Files.readString(config)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Its weights. */
  static Tensors tensors(String name) {
    try {
      Path weights = resource("/circuits/" + name).resolve("model.safetensors");
      Safetensors file = Safetensors.parse(name, Files.readAllBytes(weights));
      StoredTensors.checkAll(file, blueprint(name).tensors());
      Map<String, float[]> floats = new HashMap<>();
      file.tensors().forEach(tensor -> floats.put(tensor.name(), file.floats(tensor)));
      return floats::get;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ModelDirectory directory(String name) {
    if (name.startsWith("hf-")) {
      return read(resource("/hf/" + name.substring("hf-".length())));
    }

    // The cases were made with an earlier dickens-small than the one that Kindred brings.
    return name.equals("dickens-small")
        ? read(resource("/models/dickens-reference"))
        : Models.directory("models/" + name);
  }

  private static ModelDirectory read(Path folder) {
    return ModelDirectory.read(
        "--model", folder.toUri().toString(), Bos.NO, Blocks.ALL, new Configuration(false));
  }

  static Path resource(String name) {
    URL url = CircuitCase.class.getResource(name);
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static int[] all(FoldedModel model) {
    return IntStream.range(0, model.vocabulary()).toArray();
  }
}
