/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import ai.djl.Device;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.InvalidInput;
import dev.kindred.JsonProblem;
import dev.kindred.Location;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.math.Softmax;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.family.Architectures;
import dev.kindred.table.WholeFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Finds out whether a model directory is read rightly. */
public final class ModelCheck {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SEQUENCES = "sequences";
  private static final double MARGIN = 5; // of what engines differ by, for other machines

  private ModelCheck() {}

  /**
   * What a model is.
   *
   * @param family as config.json calls it
   * @param mixing of its first block, in a few words
   * @param dtypes that its weights are stored in
   * @param tokens of its tokenizer
   * @param firstToken the text of the token that is read before every sequence; null for none
   */
  public record About(
      String family,
      Blueprint blueprint,
      String mixing,
      List<String> dtypes,
      int tokens,
      String firstToken) {}

  /** Describes a model. */
  public static About about(ModelDirectory directory) {
    Blueprint blueprint = directory.blueprint();
    Tokenizer tokenizer = Tokenizer.of(directory.tokenizerJson());
    return new About(
        Architectures.of(ConfigJson.parse("config.json", directory.configJson())).name(),
        blueprint,
        blueprint.blocks().get(0).mixer().text(),
        directory.weights().dtypes(),
        tokenizer.vocabularySize(),
        directory.firstToken() == null ? null : tokenizer.decode(directory.firstToken()));
  }

  /**
   * How far two ways to evaluate a model are apart.
   *
   * @param ffnOutputs the greatest difference of a block's FFN outputs, relative to their greatest
   *     number
   * @param outputs the same of probabilities, absolutely, or of logits, relative to the greatest;
   *     NaN where there are none to compare with
   */
  public record Difference(double ffnOutputs, double outputs) {}

  /**
   * Compares the engine with Kindred's own kernels, on random tokens, and writes a self-check of
   * what the engine finds.
   *
   * @param difference of both; none where the kernels do not evaluate the model
   */
  public record Result(Optional<Difference> difference, String selfCheck) {}

  /**
   * Runs both, and the self-check if there is one.
   *
   * @throws InvalidInput if the self-check fails, or what the model computes is not finite
   */
  public static Result run(ModelDirectory directory) {
    List<int[]> sequences =
        SelfCheckSequences.random(
            directory.shape(), Tokenizer.of(directory.tokenizerJson()).vocabularySize());
    try (LanguageModel engine = directory.loadWithoutFirstToken(Device.cpu())) {
      int[][] batch = sequences.toArray(int[][]::new);
      Optional<Difference> difference =
          directory
              .loadOnKernels()
              .map(kernels -> difference(kernels.predict(batch), engine.predict(batch)));
      double apart = difference.map(d -> Math.max(d.ffnOutputs(), d.outputs())).orElse(0.);
      return new Result(
          difference,
          directory.newSelfCheck(engine, sequences, Math.max(SelfCheck.TOLERANCE, MARGIN * apart)));
    }
  }

  private static Difference difference(
      LanguageModel.Predictions found, LanguageModel.Predictions expected) {
    return new Difference(
        IntStream.range(0, found.vectors().length)
            .mapToDouble(i -> relative(found.vectors()[i], expected.vectors()[i]))
            .max()
            .orElse(0),
        greatest(found.probabilities(), expected.probabilities()));
  }

  /**
   * Compares a model with values that another program has found: a JSON file with token ids in
   * {@code sequences}, and beside it a file of the same name that ends with .safetensors, with the
   * FFN outputs {@code last.ffn.0} and so on, and {@code last.logits}, all at the last position.
   *
   * @param uri of the JSON file
   * @throws InvalidInput if they cannot be read, or are not of such a model
   */
  public static Difference compare(ModelDirectory directory, String uri, Configuration hadoop) {
    Location location = Location.of("--reference", uri);
    Path json = location.path();
    if (!json.getName().endsWith(".json")) {
      throw new InvalidInput("--reference %s: expected the name of a .json file", uri);
    }

    Path values = new Path(json.toString().replaceFirst("json$", "safetensors"));
    FileSystem files = location.fileSystem(hadoop);
    try (FileContent content = FileContent.open(files, values)) {
      int[][] sequences = sequences(uri, WholeFile.read(files, json), directory);
      Safetensors expected = Safetensors.open(values.toString(), content);
      try (LanguageModel engine = directory.loadWithoutFirstToken(Device.cpu())) {
        LanguageModel.Predictions found = engine.predict(sequences);
        double worst = 0;
        for (int block = 0; block < found.vectors().length; block++) {
          String name = "last.ffn." + block;
          float[] outputs = found.vectors()[block];
          float[] wanted =
              floats(expected, values, name, outputs.length)
                  .orElseThrow(() -> new InvalidInput("%s: tensor %s is missing", values, name));
          worst = Math.max(worst, relative(outputs, wanted));
        }

        float[] probabilities = found.probabilities();
        return new Difference(
            worst,
            floats(expected, values, "last.logits", probabilities.length)
                .map(logits -> ofLogits(probabilities, logits, directory.shape().vocabularySize()))
                .orElse(Double.NaN));
      }
    } catch (FileNotFoundException e) {
      throw new InvalidInput("--reference %s: %s or %s is missing", uri, json, values);
    } catch (IOException e) {
      throw new InvalidInput("--reference %s: cannot be read: %s", uri, e.getMessage());
    }
  }

  private static int[][] sequences(String uri, byte[] json, ModelDirectory directory)
      throws IOException {
    JsonNode sequences;
    try {
      sequences = JSON.readTree(json).path(SEQUENCES);
    } catch (JsonProcessingException e) {
      throw new InvalidInput("--reference %s: not JSON: %s", uri, JsonProblem.line(e));
    }

    int vocabulary = directory.shape().vocabularySize();
    for (JsonNode sequence : sequences) {
      for (JsonNode token : sequence) {
        if (!token.isInt() || token.asInt() < 0 || token.asInt() >= vocabulary) {
          throw new InvalidInput(
              "--reference %s: token %s is outside [0, %d)", uri, token, vocabulary);
        }
      }

      if (sequence.isEmpty() || sequence.size() != sequences.get(0).size()) {
        throw new InvalidInput("--reference %s: expected %s of one length", uri, SEQUENCES);
      }
    }

    if (sequences.isEmpty()) {
      throw new InvalidInput("--reference %s: no %s in it", uri, SEQUENCES);
    }

    return JSON.convertValue(sequences, int[][].class);
  }

  /** The numbers of a tensor; none where the file lacks it. */
  private static Optional<float[]> floats(Safetensors file, Path path, String name, int expected) {
    Optional<float[]> values =
        file.tensors().stream()
            .filter(tensor -> tensor.name().equals(name))
            .findFirst()
            .map(file::floats);
    values.ifPresent(
        found -> {
          if (found.length != expected) {
            throw new InvalidInput(
                "%s: tensor %s has %d numbers, expected %d", path, name, found.length, expected);
          }

          for (float value : found) {
            if (!Float.isFinite(value)) {
              throw new InvalidInput("%s: tensor %s has %s in it", path, name, value);
            }
          }
        });
    return values;
  }

  /**
   * Returns the greatest deviation of logits, relative to the greatest of them. What is added to
   * all logits of a row is left out, as probabilities do not tell it.
   */
  private static double ofLogits(float[] probabilities, float[] logits, int vocabulary) {
    double worst = 0;
    for (int row = 0; row < logits.length / vocabulary; row++) {
      double[] expected = Softmax.row(logits, row, vocabulary);
      for (int token = 0; token < vocabulary; token++) {
        if (expected[token] > 1e-6) { // smaller ones have lost digits as floats
          double ratio = probabilities[row * vocabulary + token] / expected[token];
          worst = Math.max(worst, Math.abs(Math.log(ratio)));
        }
      }
    }

    return worst / magnitude(logits);
  }

  private static double relative(float[] found, float[] expected) {
    return greatest(found, expected) / magnitude(expected);
  }

  /** The greatest number without its sign; above 0, to be divided by. */
  private static double magnitude(float[] values) {
    double greatest = Double.MIN_NORMAL;
    for (float value : values) {
      greatest = Math.max(greatest, Math.abs(value));
    }

    return greatest;
  }

  private static double greatest(float[] found, float[] expected) {
    return IntStream.range(0, expected.length)
        .mapToDouble(i -> Math.abs(found[i] - expected[i]))
        .max()
        .orElse(0);
  }
}
