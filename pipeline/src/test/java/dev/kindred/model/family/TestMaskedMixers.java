/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import static dev.kindred.model.MixerReference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.InvalidInput;
import dev.kindred.kernel.TileKernels;
import dev.kindred.model.BlockVector;
import dev.kindred.model.Changes;
import dev.kindred.model.DistinctSequences;
import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.Input;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.MixerReference;
import dev.kindred.model.PrefixTree;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Embedding;
import dev.kindred.model.architecture.FeedForward;
import dev.kindred.model.architecture.Linear;
import dev.kindred.model.architecture.Mixer;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Positions;
import dev.kindred.model.architecture.Tensors;
import dev.kindred.model.architecture.Unembedding;
import dev.kindred.model.cpu.CpuModel;
import dev.kindred.model.torch.DropoutMasks;
import dev.kindred.model.torch.TorchModel;
import dev.kindred.model.torch.TorchStream;
import dev.kindred.model.torch.TorchTraining;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Masked mixers of every kind against values that PyTorch found in double precision. */
class TestMaskedMixers {
  private static final double TOLERANCE = 2e-5;
  private static final int D = 16;

  private static List<MixerReference> all() {
    return MixerReference.all();
  }

  private static ResidualStream stream(MixerReference mixer, Tensors weights) {
    return TorchStream.load(mixer.blueprint(), weights, Device.cpu());
  }

  @ParameterizedTest
  @MethodSource("all")
  void haveTheExpectedStreamAtAnyLength(MixerReference mixer) {
    Map<String, float[]> expected = mixer.tensors("expected.safetensors");
    try (ResidualStream stream = stream(mixer, mixer.weights()::get)) {
      for (String set : List.of("full", "k7", "k1")) {
        try (ResidualStream.Pass pass = stream.run(mixer.sequences(set))) {
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

  private static Hook hook(String name) {
    String[] parts = name.split("\\.");
    return switch (parts[1]) {
      case "input" -> Hook.of(HookPoint.RESID_PRE, 0);
      case "mix" -> Hook.of(HookPoint.ATTN_OUT, Integer.parseInt(parts[2]));
      case "mid" -> Hook.of(HookPoint.RESID_MID, Integer.parseInt(parts[2]));
      case "ffn" -> Hook.of(HookPoint.MLP_OUT, Integer.parseInt(parts[2]));
      case "resid" -> Hook.of(HookPoint.RESID_POST, Integer.parseInt(parts[2]));
      case "logits" -> Hook.of(HookPoint.LOGITS);
      default -> throw new IllegalArgumentException(name);
    };
  }

  @ParameterizedTest
  @MethodSource("all")
  void haveNoPlacesOfHeads(MixerReference mixer) {
    assertThat(mixer.blueprint().hooks())
        .map(Hook::toString)
        .contains("blocks.0.hook_attn_out", "blocks.1.mlp.hook_post")
        .noneMatch(name -> name.contains(".attn.hook_"));
  }

  @ParameterizedTest
  @MethodSource("all")
  void predictAsExpectedFromBatchesAndTrees(MixerReference mixer) {
    try (LanguageModel model =
        TorchModel.load(mixer.blueprint(), mixer.weights()::get, Device.cpu())) {
      assertPredictions(mixer, model);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void predictAsExpectedOnOwnKernels(MixerReference mixer) {
    assertThat(CpuModel.supports(mixer.blueprint())).isTrue();
    for (TileKernels.Choice choice : TileKernels.Choice.values()) {
      if (choice == TileKernels.Choice.SIMD && !TileKernels.isSimdPresent()) {
        continue;
      }

      try (LanguageModel model =
          new CpuModel(mixer.blueprint(), mixer.weights()::get, TileKernels.get(choice))) {
        assertPredictions(mixer, model);
      }
    }
  }

  /** Each position as the last one of a prefix. */
  private static void assertPredictions(MixerReference mixer, LanguageModel model) {
    Map<String, float[]> expected = mixer.tensors("expected.safetensors");
    Map<BlockVector, String> tensors =
        Map.of(
            BlockVector.ATTN_OUT, "mix",
            BlockVector.FFN_OUT, "ffn",
            BlockVector.RESID_POST, "resid");
    int[][] sequences = mixer.sequences("full");
    for (int end = 1; end <= 12; end++) {
      int length = end;
      int[][] prefixes =
          Arrays.stream(sequences)
              .map(tokens -> Arrays.copyOf(tokens, length))
              .toArray(int[][]::new);
      DistinctSequences distinct = DistinctSequences.of(prefixes);
      float[] logits = ofPosition(expected.get("full.logits"), length - 1);
      float[] probabilities = model.predict(prefixes).probabilities();
      assertClose("probabilities", probabilities, softmax(logits), TOLERANCE);
      tensors.forEach(
          (kind, name) -> {
            float[][] found = model.vectors(kind, prefixes);
            float[][] ofTree = model.vectors(kind, distinct.tree(), 2);
            for (int block = 0; block < 2; block++) {
              float[] its = ofPosition(expected.get("full." + name + "." + block), length - 1);
              assertClose(name + " of a batch", found[block], its, 2 * TOLERANCE);
              assertClose(
                  name + " of a tree", distinct.ofSequences(ofTree[block], D), its, 2 * TOLERANCE);
            }
          });
    }
  }

  private static float[] ofPosition(float[] all, int position) {
    int width = all.length / 24;
    float[] rows = new float[2 * width];
    for (int i = 0; i < 2; i++) {
      System.arraycopy(all, (i * 12 + position) * width, rows, i * width, width);
    }

    return rows;
  }

  private static float[] softmax(float[] logits) {
    float[] probabilities = new float[logits.length];
    for (int from = 0; from < logits.length; from += 50) {
      double sum = 0;
      for (int token = 0; token < 50; token++) {
        sum += Math.exp(logits[from + token]);
      }

      for (int token = 0; token < 50; token++) {
        probabilities[from + token] = (float) (Math.exp(logits[from + token]) / sum);
      }
    }

    return probabilities;
  }

  /** Tokens at positions 0, 3 and 4 see each other as those do in a sequence that has gaps. */
  @ParameterizedTest
  @MethodSource("all")
  void stringsKeepThePositionsWhereTheyStand(MixerReference mixer) {
    int[][] sequences = {{4, 9, 2}, {4, 9, 7}, {8, 1, 1}};
    int[] positions = {0, 3, 4};
    boolean[][] sees = new boolean[5][5];
    for (int i = 0; i < 5; i++) {
      sees[i][i] = true;
      for (int position : positions) {
        sees[i][position] |= position <= i;
      }
    }

    try (ResidualStream stream = stream(mixer, mixer.weights()::get);
        LanguageModel model =
            TorchModel.load(mixer.blueprint(), mixer.weights()::get, Device.cpu())) {
      float[][] found =
          model.vectors(BlockVector.RESID_POST, PrefixTree.of(sequences, positions), 2);
      int[][] padded =
          Arrays.stream(sequences)
              .map(tokens -> new int[] {tokens[0], 0, 0, tokens[1], tokens[2]})
              .toArray(int[][]::new);
      Changes masks = Changes.NONE.mask(0, sees).mask(1, sees);
      try (ResidualStream.Pass pass = stream.run(Input.tokens(padded), masks)) {
        float[] last = pass.last(Hook.of(HookPoint.RESID_POST, 1));
        assertClose("the last position", found[1], last, TOLERANCE);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void goOnFromOtherVectorsOfTheLastPosition(MixerReference mixer) {
    try (ResidualStream stream = stream(mixer, mixer.weights()::get);
        ResidualStream.Pass pass = stream.run(mixer.sequences("full"));
        ResidualStream.Pass other = stream.run(lastChanged(mixer.sequences("full")))) {
      float[] last = other.last(Hook.of(HookPoint.RESID_PRE, 0));
      assertClose("logits", pass.logits(0, last), other.logits(), TOLERANCE);
    }
  }

  private static int[][] lastChanged(int[][] sequences) {
    return Arrays.stream(sequences)
        .map(
            tokens -> {
              int[] changed = tokens.clone();
              changed[11] = (changed[11] + 1) % 50;
              return changed;
            })
        .toArray(int[][]::new);
  }

  @ParameterizedTest
  @MethodSource("all")
  void whatIsBeforeAChangedTokenStaysBitForBit(MixerReference mixer) {
    int[][] sequences = {mixer.sequences("full")[0], mixer.sequences("full")[0].clone()};
    sequences[1][5] = (sequences[1][5] + 1) % 50;
    try (ResidualStream stream = stream(mixer, mixer.weights()::get);
        ResidualStream.Pass pass = stream.run(sequences)) {
      float[] logits = pass.all(Hook.of(HookPoint.LOGITS));
      assertThat(Arrays.copyOfRange(logits, 12 * 50, 17 * 50))
          .containsExactly(Arrays.copyOf(logits, 5 * 50));
      assertThat(Arrays.copyOfRange(logits, 17 * 50, 18 * 50))
          .isNotEqualTo(Arrays.copyOfRange(logits, 5 * 50, 6 * 50));
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void whatIsStoredAboveTheDiagonalIsNeverUsed(MixerReference mixer) {
    Map<String, float[]> others = new HashMap<>(mixer.weights());
    Map<String, float[]> gradients = mixer.tensors("gradients.safetensors");
    mixer
        .weights()
        .forEach(
            (name, values) -> {
              if (name.contains(".mix.") && name.endsWith("weight")) {
                float[] cleared = values.clone();
                for (int i : masked(mixer.blueprint(), name)) {
                  assertThat(values[i]).as("junk in %s", name).isNotZero();
                  assertThat(gradients.get("grad." + name)[i]).isZero();
                  cleared[i] = 1e6f;
                }

                others.put(name, cleared);
              }
            });
    try (ResidualStream stream = stream(mixer, mixer.weights()::get);
        ResidualStream with = stream(mixer, others::get);
        ResidualStream.Pass pass = stream.run(mixer.sequences("full"));
        ResidualStream.Pass other = with.run(mixer.sequences("full"))) {
      Hook logits = Hook.of(HookPoint.LOGITS);
      assertThat(other.all(logits)).containsExactly(pass.all(logits));
    }
  }

  /** The places of a matrix of positions that are above its triangle; none of other tensors. */
  private static List<Integer> masked(Blueprint blueprint, String name) {
    List<Integer> masked = new ArrayList<>();
    for (Block block : blueprint.blocks()) {
      Mixer.Masked mixer = (Mixer.Masked) block.mixer();
      List<Mixer.Triangle> triangles = new ArrayList<>(mixer.branches());
      if (mixer.spread() != null) {
        triangles.add(mixer.spread());
      }

      for (Mixer.Triangle triangle : triangles) {
        int rows = Math.max(1, triangle.heads()) * triangle.rows() * 12;
        int columns = triangle.columns() * 12;
        for (int i = 0; triangle.weight().equals(name) && i < rows * columns; i++) {
          int t = i / columns % (triangle.rows() * 12) / triangle.rows();
          if (i % columns / triangle.columns() > t) {
            masked.add(i);
          }
        }
      }
    }

    return masked;
  }

  @ParameterizedTest
  @MethodSource("all")
  void haveTheExpectedLossAndGradients(MixerReference mixer) {
    JsonNode json = mixer.json("expected.json");
    Map<String, float[]> expected = mixer.tensors("gradients.safetensors");
    int[][] sequences = mixer.sequences("full");
    try (TorchTraining training =
            new TorchTraining(mixer.blueprint(), mixer.weights(), Device.cpu());
        TorchTraining.Gradients found =
            training.gradients(sequences, 1. / 22, new DropoutMasks(0, 0))) {
      assertThat(found.nats() / 22).isCloseTo(json.get("loss").asDouble(), within(1e-5));
      assertThat(training.nats(mixer.sequences("k7")) / 6)
          .isCloseTo(json.get("loss_short_7").asDouble(), within(1e-5));
      for (Map.Entry<String, NDArray> tensor : found.byName().entrySet()) {
        float[] gradient = tensor.getValue().toFloatArray();
        assertClose(
            tensor.getKey(), gradient, expected.get("grad." + tensor.getKey()), 5 * TOLERANCE);
        masked(mixer.blueprint(), tensor.getKey()).forEach(i -> assertThat(gradient[i]).isZero());
      }
    }
  }

  @Test
  void parallelMatricesWithoutActivationsAreTheirSum() {
    MixerReference parallel = new MixerReference("parallel-linear");
    Map<String, float[]> weights = parallel.weights();
    for (int block = 0; block < 2; block++) {
      for (String part : List.of("weight", "bias")) {
        String name = "h." + block + ".mix.";
        float[] sum = weights.get(name + "0." + part).clone();
        for (int i = 0; i < sum.length; i++) {
          sum[i] += weights.get(name + "1." + part)[i];
        }

        weights.put(name + part, sum);
      }
    }

    Map<String, float[]> expected = parallel.tensors("expected.safetensors");
    try (ResidualStream flat =
            TorchStream.load(new MixerReference("flat").blueprint(), weights::get, Device.cpu());
        ResidualStream.Pass pass = flat.run(parallel.sequences("full"))) {
      float[] logits = pass.all(Hook.of(HookPoint.LOGITS));
      assertClose("logits", logits, expected.get("full.logits"), TOLERANCE);
    }
  }

  @Test
  void mixAsByHand() throws IOException {
    JsonNode json =
        new ObjectMapper().readTree(getClass().getResourceAsStream("/mixer/by-hand.json"));
    float[] x = numbers(json.get("x"));
    float[] matrix = numbers(json.get("M_as_stored_with_junk_above_the_diagonal"));
    for (String set : List.of("", "_2")) {
      Map<String, float[]> weights =
          Map.of(
              "tokens", x,
              "matrix", matrix,
              "bias", numbers(json.get("bias" + set)));
      Blueprint blueprint =
          Blueprint.of(
              3,
              3,
              Embedding.of("tokens", 3, 3, Positions.NONE),
              1,
              block ->
                  Block.preNorm(
                      Norm.NONE,
                      Mixer.Masked.flat(Mixer.Triangle.of("matrix", "bias", 3), 3),
                      Norm.NONE,
                      FeedForward.NONE),
              Unembedding.of(Norm.NONE, Linear.of("tokens", null, 3, 3)));
      try (ResidualStream stream = TorchStream.load(blueprint, weights::get, Device.cpu());
          ResidualStream.Pass pass = stream.run(new int[][] {{0, 1, 2}})) {
        assertThat(pass.all(0, HookPoint.ATTN_OUT)).isEqualTo(numbers(json.get("y" + set)));
      }
    }
  }

  private static float[] numbers(JsonNode json) {
    List<Float> numbers = new ArrayList<>();
    json.forEach(
        row -> {
          if (row.isArray()) {
            row.forEach(number -> numbers.add((float) number.asDouble()));
          } else {
            numbers.add((float) row.asDouble());
          }
        });
    float[] floats = new float[numbers.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = numbers.get(i);
    }

    return floats;
  }

  private static ConfigJson config(String mixing, Object... more) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("architecture", "mixer");
    fields.put("d_vocab", 40);
    fields.put("d_model", 24);
    fields.put("n_layers", 2);
    fields.put("n_ctx", 64);
    fields.put("d_mlp", 96);
    fields.put("activation", "gelu");
    fields.put("norm", "layer");
    fields.put("norm_epsilon", 1e-5);
    fields.put("mlp", true);
    fields.put("mixing", mixing);
    for (int i = 0; i < more.length; i += 2) {
      fields.put((String) more[i], more[i + 1]);
    }

    return ConfigJson.of("config.json", fields);
  }

  @ParameterizedTest
  @CsvSource({
    "wte.weight, 1, 6",
    "h.0.mix.weight, .0722, .125",
    "h.1.mix.bias, .0722, .125",
    "h.0.mlp.fc.bias, .1179, .2042",
    "h.1.mlp.proj.weight, .0589, .1021",
    "lm_head.weight, .1179, .2042"
  })
  void beginAsThoseOfTheStudies(String tensor, double deviation, double most) {
    ConfigJson config = config("flat");
    float[] drawn =
        Architectures.read(config)
            .initial(Architectures.of(config).initialization(config), OptionalInt.empty(), 5)
            .floats(tensor);
    double squares = 0;
    for (float number : drawn) {
      assertThat(Math.abs(number)).isLessThanOrEqualTo((float) most);
      squares += number * number;
    }

    assertThat(Math.sqrt(squares / drawn.length))
        .isCloseTo(deviation, within(deviation * 2 / Math.sqrt(drawn.length)));
  }

  @Test
  void beginWithNormsThatChangeNothingButSizes() {
    ConfigJson config = config("heads", "n_heads", 4);
    Tensors drawn =
        Architectures.read(config)
            .initial(Architectures.of(config).initialization(config), OptionalInt.empty(), 5);
    assertThat(drawn.floats("h.0.ln_1.weight")).containsOnly(1);
    assertThat(drawn.floats("h.1.ln_2.bias")).containsOnly(0);
  }

  @Test
  void areReadWithOtherNormsAndWithoutNetworks() {
    Block block =
        Architectures.read(config("flat", "norm", "rms", "mlp", false, "d_mlp", 0)).blocks().get(0);
    assertThat(block.mixerNorm()).isEqualTo(new Norm.RmsNorm("h.0.ln_1.weight", 24, 1e-5f, 0));
    assertThat(block.feedForward()).isEqualTo(FeedForward.NONE);
    assertThat(block.feedForwardNorm()).isEqualTo(Norm.NONE);
  }

  @Test
  void whatAConfigurationCannotMeanIsRefused() {
    assertRefused(config("round"), "mixing is \"round\", supported are flat, expanded, parallel");
    assertRefused(config("expanded"), "field \"expansion\" is missing");
    assertRefused(config("flat", "n_heads", 4), "n_heads is of mixing \"heads\", not \"flat\"");
    assertRefused(config("heads", "n_heads", 5), "d_model 24 is not divisible by n_heads 5");
    assertRefused(
        config("parallel", "branches", 2, "branch_activation", "relu"),
        "branch_activation is \"relu\", supported are none, gelu");
    assertRefused(
        config("expanded", "expansion", 5000), "expansion is 5000, expected at most 1024");
  }

  private static void assertRefused(ConfigJson config, String message) {
    assertThatThrownBy(() -> Architectures.read(config))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("config.json: " + message);
  }
}
