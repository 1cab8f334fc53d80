/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * How long the circuits of a model of SmolLM2-135M's shape take: 30 blocks of 9 heads that share
 * keys and values of 3, d_model 576, 49,152 tokens; with {@code --quick} a tenth of the blocks and
 * an eighth of the tokens. Weights are random: speed does not depend on what they have learned.
 */
final class CircuitFigures {
  private static final int BLOCKS = 30;
  private static final int TOKENS = 49_152;
  private static final int QUICK_BLOCKS = 3;
  private static final int QUICK_TOKENS = 6_144;

  private final Figures figures;
  private final Options options;
  private final WorkFolder work;

  CircuitFigures(Figures figures, Options options, WorkFolder work) {
    this.figures = figures;
    this.options = options;
    this.work = work;
  }

  void run() {
    figures.group("10. Circuits of a model of SmolLM2-135M's shape, all cores");
    WholeRun whole = start("0");
    figures.number("circuits_seconds", whole.seconds(), "s", "from start to end of Java");
    for (String step : List.of("heads", "compositions", "nulls", "virtual heads")) {
      figures.number(
          "circuits_" + step.replace(' ', '_') + "_seconds",
          whole.stageSeconds().getOrDefault(step, 0.),
          "s",
          "  " + step);
    }

    figures.number("circuits_cpu_seconds", whole.cpuSeconds(), "s", "  of all cores");
    figures.number("circuits_peak_memory_mib", whole.peakMemoryMib(), "MiB", "  peak memory");
    WholeRun ranked = start("2048");
    figures.number(
        "circuits_with_ranks_seconds", ranked.seconds(), "s", "with 2,048 tokens ranked");
  }

  private WholeRun start(String rankedTokens) {
    System.err.println("bench: circuits, " + rankedTokens + " tokens ranked");
    return WholeRun.of(
        "circuits",
        List.of(
            "circuits",
            "--model",
            model().toString(),
            "--untrained",
            "1",
            "--ranked-tokens",
            rankedTokens),
        options,
        work);
  }

  private Path model() {
    try {
      Path folder = Files.createDirectories(work.folder().resolve("model"));
      Files.writeString(
          folder.resolve("config.json"),
          String.format(
              Locale.ROOT,
              """
              {"model_type": "llama", "vocab_size": %d, "hidden_size": 576,
               "intermediate_size": 1536, "num_hidden_layers": %d, "num_attention_heads": 9,
               "num_key_value_heads": 3, "max_position_embeddings": 8192, "rms_norm_eps": 1e-5,
               "hidden_act": "silu", "rope_theta": 100000, "tie_word_embeddings": true}
              """,
              options.quick ? QUICK_TOKENS : TOKENS,
              options.quick ? QUICK_BLOCKS : BLOCKS));
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
