/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import dev.kindred.kernel.TileKernels;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.PrefixTree;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.cpu.CpuModel;
import dev.kindred.model.family.Architectures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * How fast Kindred's own kernels evaluate models of each family over a prefix tree, as a share of
 * the fused multiply-adds that a core can do. Weights are random: only their number matters.
 */
final class FamilyComparison {
  private static final int D_MODEL = 384;
  private static final int HEADS = 6;
  private static final int BLOCKS = 4;
  private static final int VOCABULARY = 1_024;
  private static final int WINDOW = 10;
  private static final int WINDOWS = 4_096;
  private static final int QUICK_WINDOWS = 1_024;
  private static final int ROUNDS = 5;

  private final Figures figures;
  private final boolean quick;

  FamilyComparison(Figures figures, boolean quick) {
    this.figures = figures;
    this.quick = quick;
  }

  void run() {
    System.err.println("bench: families");
    figures.group(
        String.format(
            Locale.ROOT, "7. Families: prefix tree on own kernels, d_model %d, one core", D_MODEL));
    double peak = peak();
    figures.number("family_fma_peak_gflops", peak, "GFLOP/s", "machine's peak (FMA in registers)");
    PrefixTree tree = tree(quick ? QUICK_WINDOWS : WINDOWS);
    for (String family : Architectures.families()) {
      double speed = speed(family, tree);
      figures.number("family_" + family + "_gflops", speed, "GFLOP/s", family);
      figures.number("family_" + family + "_over_peak", speed / peak, "x", family + ", over peak");
    }
  }

  /** What a core can do, GFLOP/s. */
  static double peak() {
    int rounds = 20_000_000;
    double best = Double.MAX_VALUE;
    float sum = 0;
    for (int i = 0; i < ROUNDS; i++) {
      long started = System.nanoTime();
      sum += FmaPeak.run(rounds);
      best = Math.min(best, (System.nanoTime() - started) / 1e9);
    }

    return Float.isNaN(sum) ? 0 : rounds * FmaPeak.operationsPerRound() / best / 1e9;
  }

  /** Windows that share prefixes as those of a text do: each token one of some that may follow. */
  private static PrefixTree tree(int windows) {
    SplittableRandom random = new SplittableRandom(1);
    List<int[]> sequences = new ArrayList<>();
    int[] text = random.ints(2L * windows + WINDOW, 0, 48).toArray();
    for (int i = 0; i < 2 * windows; i++) {
      sequences.add(Arrays.copyOfRange(text, i, i + WINDOW));
    }

    return PrefixTree.of(
        sequences.stream()
            .sorted(Arrays::compare)
            .limit(windows)
            .map(Arrays::toString)
            .distinct()
            .map(FamilyComparison::parsed)
            .sorted(Arrays::compare)
            .toArray(int[][]::new));
  }

  private static int[] parsed(String text) {
    return Arrays.stream(text.substring(1, text.length() - 1).split(", "))
        .mapToInt(Integer::parseInt)
        .toArray();
  }

  private double speed(String family, PrefixTree tree) {
    Blueprint blueprint = Architectures.read(ConfigJson.of(family, config(family)));
    SplittableRandom random = new SplittableRandom(2);
    Map<String, long[]> shapes = blueprint.tensors();
    try (LanguageModel model =
        new CpuModel(
            blueprint,
            name -> {
              float[] values =
                  new float[(int) Arrays.stream(shapes.get(name)).reduce(1, (a, b) -> a * b)];
              for (int i = 0; i < values.length; i++) {
                values[i] = (float) (.02 * random.nextDouble(-1, 1));
              }

              return values;
            },
            TileKernels.get(TileKernels.Choice.AUTO))) {
      double best = Double.MAX_VALUE;
      for (int round = 0; round < (quick ? 2 : ROUNDS); round++) {
        long started = System.nanoTime();
        model.ffnOutputs(tree);
        best = Math.min(best, (System.nanoTime() - started) / 1e9);
      }

      return model.operations(tree.levels(), BLOCKS) / best / 1e9;
    }
  }

  /** The sizes under the names of all families; each reads its own. */
  private static Map<String, Object> config(String family) {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("model_type", family);
    config.put("vocab_size", VOCABULARY);
    for (String name : List.of("hidden_size", "n_embd", "word_embed_proj_dim")) {
      config.put(name, D_MODEL);
    }

    for (String name : List.of("num_hidden_layers", "n_layer", "num_layers")) {
      config.put(name, BLOCKS);
    }

    for (String name : List.of("num_attention_heads", "n_head", "num_heads")) {
      config.put(name, HEADS);
    }

    for (String name : List.of("intermediate_size", "n_inner", "ffn_dim")) {
      config.put(name, 4 * D_MODEL);
    }

    for (String name : List.of("max_position_embeddings", "n_positions")) {
      config.put(name, 64);
    }

    config.put("num_key_value_heads", HEADS);
    config.put("head_dim", D_MODEL / HEADS);
    if (family.equals("gpt_neo")) {
      config.put("attention_types", List.of(List.of(List.of("global", "local"), BLOCKS / 2)));
    }

    if (family.equals("gptj")) {
      config.put("rotary_dim", 32);
    }

    return config;
  }
}
