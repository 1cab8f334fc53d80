/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.kernel.TileKernels;
import dev.kindred.math.Vectors;
import dev.kindred.model.BlockVector;
import dev.kindred.model.Blocks;
import dev.kindred.model.Changes;
import dev.kindred.model.DistinctSequences;
import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.Input;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.LogitMap;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.cpu.CpuModel;
import dev.kindred.model.files.Bos;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.model.files.Safetensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Small checkpoints of each family against values of Hugging Face's transformers and of an
 * independent implementation, in float64; see hf/README.md.
 */
class TestFamilies {
  private static final double TOLERANCE = 2e-5; // of the greatest number of a tensor
  private static final double OF_GRADIENTS = 1e-4;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The tensors of {@code expected.safetensors}, before the block's number. */
  private static final Map<BlockVector, String> TENSORS =
      Map.of(
          BlockVector.FFN_OUT,
          "ffn",
          BlockVector.ATTN_OUT,
          "attn",
          BlockVector.RESID_POST,
          "resid");

  /** A checkpoint with one of its two forms of config.json. */
  record Checkpoint(String name, String config) {
    private Path folder() {
      try {
        return Path.of(TestFamilies.class.getResource("/hf/" + name).toURI());
      } catch (URISyntaxException e) {
        throw new IllegalStateException(e);
      }
    }

    private ModelDirectory read(Path copy) throws IOException {
      try (Stream<Path> files = Files.list(folder())) {
        for (Path file : files.toList()) {
          Files.copy(file, copy.resolve(file.getFileName().toString()));
        }
      }

      Files.delete(copy.resolve("config.json"));
      Files.copy(folder().resolve(config), copy.resolve("config.json"));
      return ModelDirectory.read(
          "--model", copy.toUri().toString(), Bos.NO, Blocks.ALL, new Configuration());
    }

    private int[][] tokens(String set) throws IOException {
      JsonNode all = JSON.readTree(folder().resolve("tokens.json").toFile()).get(set);
      return JSON.convertValue(all, int[][].class);
    }

    private Map<String, float[]> expected() throws IOException {
      Safetensors file =
          Safetensors.parse(
              "expected", Files.readAllBytes(folder().resolve("expected.safetensors")));
      Map<String, float[]> expected = new LinkedHashMap<>();
      file.tensors().forEach(tensor -> expected.put(tensor.name(), file.floats(tensor)));
      return expected;
    }

    @Override
    public String toString() {
      return name + ", " + config;
    }
  }

  /** The greatest differences, by family and way to evaluate: a table for docs/models.md. */
  private static final Map<String, Map<String, Double>> FOUND = new TreeMap<>();

  private static final List<String> WAYS = List.of("stream", "gradients", "engine", "kernels");

  @TempDir private Path copy;

  private String family;
  private String way;

  @AfterAll
  static void writeDifferences() throws IOException {
    StringBuilder table = new StringBuilder("| family |");
    WAYS.forEach(one -> table.append(' ').append(one).append(" |"));
    table.append("\n|---|---|---|---|---|\n");
    FOUND.forEach(
        (name, differences) -> {
          table.append("| `").append(name).append("` |");
          WAYS.forEach(
              one ->
                  table.append(
                      String.format(Locale.ROOT, " %.1e |", differences.getOrDefault(one, 0.))));
          table.append('\n');
        });
    Files.writeString(Path.of("target", "families.md"), table);
  }

  private void begin(Checkpoint checkpoint, String evaluated) throws IOException {
    family =
        JSON.readTree(checkpoint.folder().resolve("config.json").toFile())
            .get("model_type")
            .asText();
    way = evaluated;
  }

  private void note(double difference) {
    FOUND.computeIfAbsent(family, key -> new TreeMap<>()).merge(way, difference, Math::max);
  }

  static List<Checkpoint> checkpoints() {
    List<Checkpoint> checkpoints = new ArrayList<>();
    try (Stream<Path> folders =
        Files.list(Path.of(TestFamilies.class.getResource("/hf").toURI()))) {
      folders
          .filter(folder -> Files.exists(folder.resolve("expected.safetensors")))
          .map(folder -> folder.getFileName().toString())
          .sorted()
          .forEach(
              name -> {
                checkpoints.add(new Checkpoint(name, "config.json"));
                checkpoints.add(new Checkpoint(name, "config.transformers5.json"));
              });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }

    return checkpoints;
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void haveTheExpectedStream(Checkpoint checkpoint) throws IOException {
    begin(checkpoint, "stream");
    Map<String, float[]> expected = checkpoint.expected();
    try (ResidualStream stream = checkpoint.read(copy).loadStream(Device.cpu())) {
      for (String set : List.of("long", "short")) {
        try (ResidualStream.Pass pass = stream.run(checkpoint.tokens(set))) {
          expected.forEach(
              (name, values) -> {
                if (name.startsWith(set + ".")) {
                  assertClose(name, pass.all(hook(name)), values, TOLERANCE);
                }
              });
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void haveTheExpectedGradients(Checkpoint checkpoint) throws IOException {
    begin(checkpoint, "gradients");
    Map<String, float[]> expected = checkpoint.expected();
    int[][] first = {checkpoint.tokens("long")[0]};
    try (ResidualStream stream = checkpoint.read(copy).loadStream(Device.cpu())) {
      expected.forEach(
          (name, values) -> {
            if (name.startsWith("grad.")) {
              float[] found =
                  stream.gradient(
                      Input.tokens(first),
                      Changes.NONE,
                      Hook.of(HookPoint.RESID_PRE, 0),
                      hook(name),
                      TestFamilies::doubled); // of the sum of squares
              assertClose(name, found, values, OF_GRADIENTS);
            }
          });
    }
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void predictAsExpectedInTheEngine(Checkpoint checkpoint) throws IOException {
    begin(checkpoint, "engine");
    ModelDirectory directory = checkpoint.read(copy);
    try (LanguageModel model = directory.loadInEngine(Device.cpu())) {
      assertPredictions(checkpoint, model, directory.loadLogitMap());
    }
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void predictAsExpectedOnOwnKernels(Checkpoint checkpoint) throws IOException {
    begin(checkpoint, "kernels");
    ModelDirectory directory = checkpoint.read(copy);
    Blueprint blueprint =
        Architectures.read(ConfigJson.parse("config.json", directory.configJson()));
    assertThat(CpuModel.supports(blueprint)).isTrue();
    for (TileKernels.Choice choice : TileKernels.Choice.values()) {
      if (choice == TileKernels.Choice.SIMD && !TileKernels.isSimdPresent()) {
        continue;
      }

      try (LanguageModel model =
          directory.weights().read(t -> new CpuModel(blueprint, t, TileKernels.get(choice)))) {
        assertPredictions(checkpoint, model, directory.loadLogitMap());
      }
    }
  }

  /** All positions, each as the last one of a prefix, and every vector: a batch, and one tree. */
  private void assertPredictions(Checkpoint checkpoint, LanguageModel model, LogitMap map)
      throws IOException {
    Map<String, float[]> expected = checkpoint.expected();
    int[][] sequences = checkpoint.tokens("long");
    int length = sequences[0].length;
    float[] logits = expected.get("long.logits");
    for (int t = 1; t <= length; t++) {
      int end = t;
      int[][] prefixes =
          Arrays.stream(sequences).map(tokens -> Arrays.copyOf(tokens, end)).toArray(int[][]::new);
      double[] probabilities =
          softmax(
              ofPosition(logits, sequences.length, length, t - 1), model.shape().vocabularySize());
      for (BlockVector kind : BlockVector.values()) {
        LanguageModel.Predictions found = model.predict(kind, prefixes);
        assertVectors(expected, kind, found.vectors(), sequences.length, length, t - 1);
        assertClose(
            "probabilities after " + t + " tokens",
            found.probabilities(),
            probabilities,
            1,
            TOLERANCE);
        DistinctSequences distinct = DistinctSequences.of(prefixes);
        float[][] ofTree = model.vectors(kind, distinct.tree(), model.shape().blocks());
        int d = model.shape().modelDimension();
        assertVectors(
            expected,
            kind,
            Arrays.stream(ofTree)
                .map(vectors -> distinct.ofSequences(vectors, d))
                .toArray(float[][]::new),
            sequences.length,
            length,
            t - 1);
      }
    }

    DistinctSequences whole = DistinctSequences.of(sequences);
    float[] vectors = model.ends(BlockVector.FFN_OUT, whole.tree()).finalVectors();
    for (int i = 0; i < sequences.length; i++) {
      float[] vector = Vectors.row(vectors, whole.leaves()[i], map.inputs());
      double[] found = map.logits(new float[][] {vector})[0];
      int last = (i * length + length - 1) * map.tokens();
      assertClose(
          "logits of a final vector",
          floats(found),
          doubles(Arrays.copyOfRange(logits, last, last + map.tokens())),
          greatest(logits),
          TOLERANCE);
      assertThat(map.logit(vector, 3)).isCloseTo(found[3], within(1e-5 * greatest(logits)));
    }
  }

  private void assertVectors(
      Map<String, float[]> expected,
      BlockVector kind,
      float[][] found,
      int sequences,
      int length,
      int position) {
    for (int block = 0; block < found.length; block++) {
      float[] all = expected.get("long." + TENSORS.get(kind) + "." + block);
      if (all != null) {
        assertClose(
            kind + " of block " + block + " at position " + position,
            found[block],
            ofPosition(all, sequences, length, position),
            greatest(all),
            TOLERANCE);
      }
    }
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }

    return floats;
  }

  private static double[] doubles(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  private static Hook hook(String name) {
    String[] parts = name.split("\\.");
    return switch (parts[1]) {
      case "input" -> Hook.of(HookPoint.RESID_PRE, 0);
      case "attn" -> Hook.of(HookPoint.ATTN_OUT, Integer.parseInt(parts[2]));
      case "ffn" -> Hook.of(HookPoint.MLP_OUT, Integer.parseInt(parts[2]));
      case "resid" -> Hook.of(HookPoint.RESID_POST, Integer.parseInt(parts[2]));
      case "logits" -> Hook.of(HookPoint.LOGITS);
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static float[] doubled(float[] x) {
    float[] doubled = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      doubled[i] = 2 * x[i];
    }

    return doubled;
  }

  /** The rows of one position, [B, D] of [B, T, D]. */
  private static double[] ofPosition(float[] all, int sequences, int length, int position) {
    int d = all.length / sequences / length;
    return IntStream.range(0, sequences)
        .flatMap(i -> IntStream.range((i * length + position) * d, (i * length + position + 1) * d))
        .mapToDouble(i -> all[i])
        .toArray();
  }

  private static double[] softmax(double[] logits, int vocabulary) {
    double[] probabilities = new double[logits.length];
    for (int from = 0; from < logits.length; from += vocabulary) {
      double[] row = Arrays.copyOfRange(logits, from, from + vocabulary);
      double greatest = Arrays.stream(row).max().orElseThrow();
      double sum = Arrays.stream(row).map(x -> Math.exp(x - greatest)).sum();
      for (int token = 0; token < vocabulary; token++) {
        probabilities[from + token] = Math.exp(row[token] - greatest) / sum;
      }
    }

    return probabilities;
  }

  private static double greatest(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> Math.abs(values[i])).max().orElse(0);
  }

  private void assertClose(String what, float[] found, float[] expected, double tolerance) {
    assertClose(what, found, doubles(expected), greatest(expected), tolerance);
  }

  /**
   * Compares numbers.
   *
   * @param of the greatest number of the whole tensor
   */
  private void assertClose(
      String what, float[] found, double[] expected, double of, double tolerance) {
    assertThat(found).as(what).hasSameSizeAs(expected);
    double worst =
        IntStream.range(0, found.length)
            .mapToDouble(i -> Math.abs(found[i] - expected[i]) / of)
            .max()
            .orElse(0);
    assertThat(worst).as(what).isLessThanOrEqualTo(tolerance);
    note(worst);
  }
}
